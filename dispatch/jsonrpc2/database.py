"""The database of a JSON-RPC request that names it in its body alone, as clients of Odoo's ``/jsonrpc`` do.

Odoo chooses the database before it reads a body: by the session, by the header, by the host's name, or because there is
a single one. Where none of them tells, the body is asked.
"""
import functools

from werkzeug.exceptions import HTTPException

from odoo import http

from ... import series
from ...protocol import invocation, jsonrpc
from ..body import DEFAULT_MAX_SIZE, has_body
from .dispatcher import JsonRpc2Dispatcher


def read_database_from_body():
    """Make this process ask the body of ``/jsonrpc2``, once."""
    if not hasattr(http.Request._get_session_and_dbname, "json2_asks_body"):
        http.Request._get_session_and_dbname = _ask_body(http.Request._get_session_and_dbname)


def _ask_body(host_method):
    @functools.wraps(host_method)
    def _get_session_and_dbname(self):
        session, dbname = host_method(self)
        if dbname or not _is_asked(self):
            return session, dbname
        name = _named_database(_body(self))
        session.can_save = False
        session.db = name if name and series.is_served(name, self.httprequest.environ["HTTP_HOST"]) else None
        session.is_dirty = False
        return session, session.db

    _get_session_and_dbname.json2_asks_body = True
    return _get_session_and_dbname


def _is_asked(request):
    """Who sends the header has named a database, even if it is none of ours."""
    httprequest = request.httprequest
    return (
        httprequest.path == JsonRpc2Dispatcher.path
        and httprequest.method == "POST"
        and not httprequest.headers.get("X-Odoo-Database")
        and has_body(request)
        # The setting for a larger one is in the database that is still to be found.
        and httprequest.content_length <= DEFAULT_MAX_SIZE
    )


def _body(request):
    """Return the bytes of the body, which stay there for the dispatcher; none of a client that has gone away."""
    try:
        return request.httprequest.get_data()
    except (HTTPException, OSError):
        return b""


def _named_database(data):
    """Return the first database that a message names; that the others agree with it is seen to call by call."""
    try:
        message = jsonrpc.decode(data)
    except jsonrpc.EnvelopeError:
        return None
    return next(filter(None, map(_database_of, message if isinstance(message, list) else [message])), None)


def _database_of(value):
    try:
        request = jsonrpc.read_request(value)
        return invocation.read(request.method, request.params).database
    except (jsonrpc.EnvelopeError, invocation.InvalidParams, invocation.UnknownMethod):
        return None
