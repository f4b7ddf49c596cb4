"""The envelope of ``/json/2``: a JSON object in, a JSON value or an error object out."""
import json

from werkzeug.exceptions import BadRequest, NotFound, UnsupportedMediaType

from odoo import http

from .audit import Entry
from .body import check_size, has_body
from .errors import error_response
from .response import json_response

MIMETYPES = ("application/json",)


class Json2Dispatcher(http.Dispatcher):
    """Dispatcher of our ``/json/2`` routes; Odoo 19's own, which stays beside it, is called ``json2``."""

    routing_type = "json2_backport"
    mimetypes = MIMETYPES

    def __init__(self, request):
        super().__init__(request)
        self.body = {}
        self.credentials = None
        self.entry = Entry.of_request("/json/2", request.httprequest)
        if "json2.api.key" not in request.registry:
            # Loaded for the whole server, but not installed in this database.
            raise NotFound()

    @classmethod
    def is_compatible_with(cls, request):
        # Any media type: hosts before 19 would answer 400 to a wrong one, check_media_type() answers 415.
        return request.httprequest.path.startswith("/json/2")

    def dispatch(self, endpoint, args):
        """Parse the body and call the endpoint.

        :param endpoint: the routed controller method
        :param dict args: what the URL names
        :rtype: odoo.http.Response
        :raise BadRequest: when the body is no JSON
        """
        check_media_type(self.request)
        # Parsed anew at every try, so that a retried call gets its arguments as they were sent (odoo/odoo#23816).
        self.body = parse_body(self.request)
        self.request.params = dict(args)
        response = json_response(self.request.registry["ir.http"]._dispatch(endpoint))
        self.entry.succeeded(self.request.env, self.credentials, response.content_length)
        return response

    def post_dispatch(self, response):
        super().post_dispatch(response)
        # Hosts before 19 set it for images only.
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Request-Id"] = self.entry.request_id

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
    if request.httprequest.mimetype in MIMETYPES or not request.httprequest.content_length:
        return
    compatible = ["http"] + (["jsonrpc"] if request.httprequest.mimetype == "application/json-rpc" else [])
    error = UnsupportedMediaType(
        f"Request inferred type is compatible with {compatible} but {request.httprequest.path!r} is type='json2'.\n\n"
        "Please verify the Content-Type request header and try again."
    )
    # werkzeug has no other way to add a header to this exception.
    response = error.get_response()
    response.headers["Accept"] = ", ".join(MIMETYPES)
    raise UnsupportedMediaType(response=response)


def parse_body(request):
    """Return the named arguments of the body. As on Odoo 19, a body that is no object names none.

    :rtype: dict
    :raise BadRequest: when it is no JSON
    :raise RequestEntityTooLarge: when it is larger than the settings allow
    """
    if not has_body(request):
        return {}
    check_size(request)
    try:
        body = json.loads(request.httprequest.get_data(as_text=True))
    except RecursionError:
        raise BadRequest("could not parse the body as json: it is nested too deeply") from None
    except ValueError as exc:
        raise BadRequest(f"could not parse the body as json: {exc.args[0]}") from exc
    return body if isinstance(body, dict) else {}
