from .version import VERSION

# Which of the host's caches a change of a system parameter clears.
PARAMETER_CACHE = {"cache": "stable"} if VERSION >= 19 else {}

# Which of the host's caches keys are remembered in: one that is cheap to lose, but on 16, which has a single one.
KEY_CACHE = {"cache": "assets"} if VERSION >= 17 else {}


def clear_key_cache(registry):
    """Forget the keys, in this process at once and in the others once this is signalled.

    :param odoo.modules.registry.Registry registry: of the database
    """
    if VERSION >= 17:
        registry.clear_cache(KEY_CACHE["cache"])
    else:
        registry.clear_caches()
