from odoo import SUPERUSER_ID, api


def hook_environment(args):
    """Return the environment of an install or uninstall hook.

    :param tuple args: ``(cr, registry)`` on Odoo 16, ``(env,)`` since 17
    :rtype: odoo.api.Environment
    """
    if len(args) == 1:
        return args[0]
    return api.Environment(args[0], SUPERUSER_ID, {})
