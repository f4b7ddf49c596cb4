from .version import VERSION

# Which of the host's caches a change of a system parameter clears.
PARAMETER_CACHE = {"cache": "stable"} if VERSION >= 19 else {}


def clear_caches(registry):
    """Clear the host's caches of model methods, in this process at once and in the others once this is signalled.

    :param odoo.modules.registry.Registry registry: of the database
    """
    if VERSION >= 17:
        registry.clear_cache()
    else:
        registry.clear_caches()
