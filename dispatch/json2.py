"""The envelope of ``/json/2``: a JSON object in, a JSON value or an error object out."""
import json

from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from odoo import http

from .base import EndpointDispatcher
from .errors import error_response
from .read_only import read_only_if
from .response import json_response

MIMETYPES = ("application/json",)


class Json2Dispatcher(EndpointDispatcher, http.Dispatcher):
    """Dispatcher of our ``/json/2`` routes; Odoo 19's own, which stays beside it, is called ``json2``."""

    routing_type = "json2_backport"
    path = "/json/2"
    mimetypes = MIMETYPES

    def __init__(self, request):
        super().__init__(request)
        self.body = {}

    def dispatch(self, endpoint, args):
        """Parse the body and call the endpoint.

        :param endpoint: the routed controller method
        :param dict args: what the URL names
        :rtype: odoo.http.Response
        :raise BadRequest: when the body is no JSON
        """
        check_media_type(self.request)
        # Parsed anew at every try, so that a retried call gets its arguments as they were sent (odoo/odoo#23816).
        self.body = parse_body(self.read_body())
        self.request.params = dict(args)
        with read_only_if(self.credentials, self.request):
            response = json_response(self.request.registry["ir.http"]._dispatch(endpoint))
        self.entry.succeeded(self.request.env, self.credentials, response.content_length)
        return response

    def handle_error(self, exc):
        """Turn whatever was raised into the error object.

        :param Exception exc: what was raised
        :return: a WSGI application
        """
        return error_response(exc, self.entry, self.credentials)


def check_media_type(request):
    """Refuse a body that is not declared as JSON.

    :raise UnsupportedMediaType: with the header ``Accept``
    """
    # Once with the key, and once more with the body, on routes without a key: the usual case is told at a glance.
    if request.httprequest.environ.get("CONTENT_TYPE") in MIMETYPES:
        return
    if request.httprequest.mimetype in MIMETYPES or not request.httprequest.content_length:
        return
    raise unsupported_media_type(request, request.httprequest.path)


def unsupported_media_type(request, route):
    """Return the refusal of a media type, in the words of Odoo 19 (``odoo.http.Request._set_request_dispatcher``).

    :param odoo.http.Request request: the request
    :param str route: the URL that was called
    :return: with the header ``Accept``
    :rtype: UnsupportedMediaType
    """
    compatible = ["http"] + (["jsonrpc"] if request.httprequest.mimetype == "application/json-rpc" else [])
    error = UnsupportedMediaType(
        f"Request inferred type is compatible with {compatible} but {route!r} is type='json2'.\n\n"
        "Please verify the Content-Type request header and try again."
    )
    # werkzeug has no other way to add a header to this exception.
    response = error.get_response()
    response.headers["Accept"] = ", ".join(MIMETYPES)
    return UnsupportedMediaType(response=response)


def parse_body(data):
    """Return the named arguments of the body. As on Odoo 19, a body that is no object names none.

    :param bytes data: the body
    :rtype: dict
    :raise BadRequest: when it is no JSON
    """
    if not data:
        return {}
    try:
        body = json.loads(data.decode("utf-8", "replace"))
    except RecursionError:
        raise BadRequest("could not parse the body as json: it is nested too deeply") from None
    except ValueError as exc:
        raise BadRequest(f"could not parse the body as json: {exc.args[0]}") from exc
    return body if isinstance(body, dict) else {}
