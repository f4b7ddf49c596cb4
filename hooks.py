"""Entry points that the manifest names."""
from . import series
from .audit import prepare_server_log, remove_lock
from .dispatch.jsonrpc2.database import read_database_from_body
from .dispatch.read_only import guard_connections


def post_load():
    """Prepare the process.

    A host older than 19 learns the ``X-Odoo-Database`` header, ``/jsonrpc2`` finds its database as ``/jsonrpc`` does, and
    the server's log names our requests and no keys.

    Odoo calls this as soon as the addon is imported: at start when it is named in ``server_wide_modules``, which is
    what a server with several databases needs.
    """
    series.support_database_header()
    read_database_from_body()
    guard_connections()
    prepare_server_log()


def uninstall_hook(*args):
    """Remove what the settings page wrote after the installation, and what was added to the host's own tables.

    :param args: ``(cr, registry)`` on Odoo 16, ``(env,)`` since 17
    """
    env = series.hook_environment(args)
    env["ir.config_parameter"].search([("key", "=like", "json2_backport.%")]).unlink()
    env.cr.execute("DROP TABLE IF EXISTS json2_rate_window")
    remove_lock(env.cr)
    series.drop_user_key_expiration(env)
