"""``X-Odoo-Database`` on hosts older than 19: names the database of a request that has no session.

There is no extension point before a database is chosen, so three methods of ``odoo.http.Request`` are wrapped. They do
what the host does for every request but those for our own URLs that carry the header. Source of the rules: Odoo 19,
``odoo.http.Request._get_session_and_dbname``.
"""
import functools

import psycopg2
from werkzeug.exceptions import Forbidden, NotFound

from odoo import http
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect

from .version import VERSION

API_PATHS = ("/json/2", "/jsonrpc2")

_INSTALLED = """
    SELECT 1 FROM ir_module_module WHERE name = 'json2_backport' AND state IN ('installed', 'to upgrade', 'to remove')
"""
_NO_DATABASE = """\
<!DOCTYPE html>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>No database is selected, and this URL is not served without one.</p>
<p>Please check the host name, or name a database in the X-Odoo-Database header.</p>
"""


def support_database_header():
    """Make this process read the header, once. Odoo 19 reads it by itself."""
    if VERSION >= 19 or hasattr(http.Request, "json2_database_conflict"):
        return
    http.Request.json2_database_conflict = False
    http.Request._get_session_and_dbname = _choose_database(http.Request._get_session_and_dbname)
    http.Request._serve_db = _refuse_conflict(http.Request._serve_db)
    http.Request._serve_nodb = _explain_missing_database(http.Request._serve_nodb)


def _choose_database(host_method):
    @functools.wraps(host_method)
    def _get_session_and_dbname(self):
        session, dbname = host_method(self)
        header = self.httprequest.headers.get("X-Odoo-Database")
        if not header or not self.httprequest.path.startswith(API_PATHS):
            return session, dbname
        host = self.httprequest.environ["HTTP_HOST"]
        session_db = _stored_database(self.httprequest.cookies.get("session_id"))
        if session_db and http.db_filter([session_db], host=host):
            self.json2_database_conflict = header != session_db and _has_addon(session_db)
            return session, dbname
        is_reachable = _is_reachable(header, host)
        addressed = header if is_reachable else dbname
        if addressed and not _has_addon(addressed):
            return session, dbname
        session.can_save = False
        session.db = header if is_reachable else None
        session.is_dirty = False
        return session, session.db

    return _get_session_and_dbname


def _refuse_conflict(host_method):
    @functools.wraps(host_method)
    def _serve_db(self):
        if self.json2_database_conflict:
            raise Forbidden("Cannot use both the session_id cookie and the x-odoo-database header.")
        return host_method(self)

    return _serve_db


def _explain_missing_database(host_method):
    @functools.wraps(host_method)
    def _serve_nodb(self):
        try:
            return host_method(self)
        except NotFound as exc:
            header = self.httprequest.headers.get("X-Odoo-Database")
            is_without_addon = header and _is_reachable(header, self.httprequest.environ["HTTP_HOST"])
            if self.httprequest.path.startswith(API_PATHS) and not is_without_addon:
                headers = [("Content-Type", "text/html; charset=utf-8")]
                exc.response = http.Response(_NO_DATABASE, status=404, headers=headers)
            raise

    return _serve_nodb


def _stored_database(session_id):
    """Return the database that a session of this server is bound to."""
    store = http.root.session_store
    return store.get(session_id).get("db") if session_id and store.is_valid_key(session_id) else None


def is_served(database, host):
    """Tell whether a database has the addon, and may be reached under a host name.

    :param str database: any text
    :param str host: the request's ``HTTP_HOST``
    :rtype: bool
    """
    return _is_reachable(database, host) and _has_addon(database)


def _is_reachable(database, host):
    """It is asked by name only once it is known to be there."""
    if database in Registry.registries:
        return bool(http.db_filter([database], host=host))
    return database in http.db_list(force=True, host=host)


def _has_addon(database):
    """Tell whether the addon is installed in a database; one that is not loaded yet is not loaded for this."""
    if "json2.api.key" in (Registry.registries.get(database) or ()):
        return True
    try:
        with db_connect(database).cursor() as cr:
            cr.execute(_INSTALLED, log_exceptions=False)
            return bool(cr.rowcount)
    except (psycopg2.OperationalError, psycopg2.ProgrammingError):
        # No database of Odoo, or none that can be reached; the host is to say so.
        return False
