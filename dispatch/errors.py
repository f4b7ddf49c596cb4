"""From whatever was raised to the HTTP status and the error object, for every endpoint."""
import psycopg2
from werkzeug.exceptions import HTTPException

from odoo.exceptions import AccessDenied
from odoo.http import request
from odoo.tools import config

from .. import parameters, series
from ..protocol.database_errors import private_lines, without
from ..protocol.errors import error_object, format_traceback
from ..transaction import roll_back
from .response import json_bytes, json_response

CONCURRENCY_MESSAGE = "Another transaction is changing the same records. Please try again."
DATABASE_MESSAGE = "The database could not carry out this call. The server's log tells why."


def error_response(exception, entry, credentials):
    """Return the response that describes an exception, and log the call.

    :param Exception exception: what was raised
    :param Entry entry: the request's place in the log
    :param Credentials | None credentials: the key, once it is known
    :rtype: odoo.http.Response
    """
    # The transaction has failed: it is over, and PostgreSQL would refuse to read the settings in it.
    roll_back(request.env.cr)
    error = describe(exception, entry.user_id)
    response = _response(exception, error)
    _log(entry, credentials, exception, error, response)
    return response


def log_failure(entry, credentials, exception, response):
    """Log a call whose error the host itself has described.

    :param Entry entry: the request's place in the log
    :param Credentials | None credentials: the key, once it is known
    :param Exception exception: what was raised
    :param response: the host's answer; a werkzeug response or exception
    """
    roll_back(request.env.cr)
    _log(entry, credentials, exception, describe(exception, None), response)


def redact(exception, user_id, response):
    """Let an answer of the host's own tell of an exception what our endpoints tell of it.

    :param Exception exception: what was raised
    :param int user_id: who made the call
    :param response: the host's answer; a werkzeug response, or for a page an exception
    """
    if isinstance(exception, HTTPException) and exception.response:
        return
    roll_back(request.env.cr)
    if isinstance(response, HTTPException):
        response.description = without(str(response.description or ""), private_lines(exception))
        return
    error = describe(exception, user_id)
    if request.dispatcher.routing_type == "jsonrpc":
        body = response.get_json()
        body["error"]["data"] = error
        response.data = json_bytes(body)
    elif request.dispatcher.routing_type == "json2":
        response.data = json_bytes(error)


def _log(entry, credentials, exception, error, response):
    status = getattr(response, "status_code", None) or response.code
    if hasattr(response, "headers"):
        response.headers["X-Request-Id"] = entry.request_id
    size = getattr(response, "content_length", None) or 0
    entry.failed(request.env, credentials, status, size, error, traceback_of(exception))


def _response(exception, error):
    if isinstance(exception, HTTPException) and exception.response:
        return exception.response
    return json_response(error, status=status_of(exception), headers=headers_of(exception))


def status_of(exception):
    """Return the HTTP status of an exception.

    :rtype: int
    """
    # One without a code carries an answer that is no error; as the end of a call it is none either.
    return (exception.code or 500) if isinstance(exception, HTTPException) else series.http_status(exception)


def headers_of(exception):
    """Return the headers that belong to an exception, such as ``WWW-Authenticate``.

    :rtype: list[tuple[str, str]]
    """
    if not isinstance(exception, HTTPException):
        return []
    headers = exception.get_headers(request.httprequest.environ)
    return [(name, value) for name, value in headers if name.lower() != "content-type"]


def describe(exception, user_id):
    """Return the error object of an exception. No SQL ever leaves the server.

    :param Exception exception: what was raised
    :param int | None user_id: who made the call, once it is known
    :rtype: dict
    """
    debug = traceback_of(exception) if _shows_traceback(user_id) else ""
    if isinstance(exception, HTTPException):
        description = exception.description
        return error_object(exception, description, (description, exception.code), debug)
    if series.is_concurrency_error(exception):
        return error_object(exception, CONCURRENCY_MESSAGE, (CONCURRENCY_MESSAGE,), debug)
    if isinstance(exception, psycopg2.Error):
        return error_object(exception, DATABASE_MESSAGE, (DATABASE_MESSAGE,), debug)
    return error_object(exception, debug=debug)


def _shows_traceback(user_id):
    """Tell whether the settings let the client see the traceback, which is for administrators only."""
    if not user_id or request.env.cr.closed:
        # Without a connection nobody can tell who is one.
        return False
    parameter = parameters.text(request.env, "traceback")
    if parameter == "never" or not (parameter == "always" or config["dev_mode"]):
        return False
    return request.env["res.users"].browse(user_id).with_user(user_id).has_group("base.group_system")


def traceback_of(exception):
    """Return the traceback of an exception, of a refused login no more than its name.

    :rtype: str
    """
    if isinstance(exception, AccessDenied):
        # As on Odoo 19: where it was raised could tell what was wrong with the credentials.
        exception.with_traceback(None)
        exception.__cause__ = exception.__context__ = None
    return format_traceback(exception)
