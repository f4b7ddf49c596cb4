from werkzeug.exceptions import Forbidden, HTTPException, LengthRequired

from odoo import models
from odoo.http import Response, _dispatchers, request

from .. import audit
from ..dispatch import cors
from ..dispatch.base import EndpointDispatcher
from ..dispatch.body import check_size, has_body
from ..dispatch.call import check_order
from ..dispatch.errors import log_failure, redact
from ..dispatch.json2 import Json2Dispatcher, unsupported_media_type
from ..dispatch.read_only import read_only_if
from ..identity import act_as, authenticate
from ..identity.restrictions import check_call
from ..protocol import key as key_format
from ..protocol.arguments import InvalidArgument, record_ids
from ..protocol.bearer import bearer_token


class IrHttp(models.AbstractModel):
    """Beside the ``/json/2`` of Odoo 19 itself: the host keeps its route, and our keys open it too.

    So they do with the host's other routes for bearer keys, where they have the same limits and rows in the log.
    """

    _inherit = "ir.http"

    def _generate_routing_rules(self, modules, converters):
        """Leave ``/json/2`` to the host's own module where that is loaded."""
        rules = list(super()._generate_routing_rules(modules, converters))
        if not any(url == "/json/2" and endpoint.routing["type"] == "json2" for url, endpoint in rules):
            return rules
        return [rule for rule in rules if rule[1].routing["type"] != Json2Dispatcher.routing_type]

    @classmethod
    def _match(cls, path_info):
        rule, args = super()._match(path_info)
        if rule.endpoint.routing["type"] == "json2" and not _dispatchers["json2"].is_compatible_with(request):
            # The host would refuse the request next, and nothing of it would get here any more.
            refusal = unsupported_media_type(request, rule.endpoint.routing["routes"][0])
            log_failure(audit.begin("/json/2", request), None, refusal, refusal.response)
            raise refusal
        return rule, args

    @classmethod
    def _authenticate(cls, endpoint):
        request.json2_routing = endpoint.routing
        if _is_native_call():
            _begin()
        super()._authenticate(endpoint)

    @classmethod
    def _auth_method_bearer(cls):
        token = bearer_token(request.httprequest.headers.get("Authorization"))
        if not token or not token.startswith(key_format.PREFIX):
            return super()._auth_method_bearer()
        # Without methods a route takes all of them, and most are of no use there: those that the host itself names then.
        cors.answer_options(request, request.json2_routing["methods"] or ("GET", "POST"))
        _begin()
        act_as(request, authenticate(request, token))
        return cls._auth_method_user()

    @classmethod
    def _pre_dispatch(cls, rule, args):
        super()._pre_dispatch(rule, args)
        credentials = getattr(request.dispatcher, "credentials", None)
        if _is_native_call():
            _describe_native_call(request.dispatcher.entry, args)
        if credentials and not isinstance(request.dispatcher, EndpointDispatcher):
            _check_native_call(credentials, args)
            if has_body(request):
                check_size(request)
            elif _reads_chunks():
                raise LengthRequired("A body needs a Content-Length, and no Transfer-Encoding.")

    @classmethod
    def _dispatch(cls, endpoint):
        if isinstance(request.dispatcher, EndpointDispatcher):
            return super()._dispatch(endpoint)
        credentials = getattr(request.dispatcher, "credentials", None)
        if credentials and _is_native_call():
            check_order(request.env, request.params.get("__method__", ""), request.params)
        with read_only_if(credentials, request):
            result = super()._dispatch(endpoint)
            if not _is_native_call() or isinstance(result, Response):
                return result
            # As the host does next, but while the environment can still be asked for what is lazy in the result.
            return request.make_json_response(result)

    @classmethod
    def _post_dispatch(cls, response):
        super()._post_dispatch(response)
        entry = _entry()
        if entry:
            response.headers["X-Request-Id"] = entry.request_id
            entry.ids = _ids(request.params)
            entry.arguments = request.params
            credentials = getattr(request.dispatcher, "credentials", None)
            entry.succeeded(request.env, credentials, response.content_length or 0, response.status_code)

    @classmethod
    def _handle_error(cls, exception):
        response = super()._handle_error(exception)
        credentials = getattr(request.dispatcher, "credentials", None)
        if _entry():
            if credentials:
                redact(exception, credentials.user_id, response)
            if isinstance(response, HTTPException):
                # Of a route for pages; this one takes headers.
                response = response.get_response(request.httprequest.environ)
                cors.finish(request, response)
            log_failure(_entry(), credentials, exception, response)
        return response


def _is_native_call():
    return request.httprequest.path.startswith("/json/2") and request.dispatcher.routing_type == "json2"


def _reads_chunks():
    """Tell whether the host would read a chunked body; see :func:`~..dispatch.body.has_body`. Nothing bounds that."""
    http_request = request.httprequest
    return "Transfer-Encoding" in http_request.headers and (http_request.content_length or not _is_native_call())


def _begin():
    """Account for the request, by the part of its route that is the same for all."""
    request.dispatcher.entry = audit.begin(request.json2_routing["routes"][0].split("<")[0].rstrip("/"), request)


def _entry():
    """Return the place in the log of a request that the host serves; None for one that is not logged here."""
    is_ours = isinstance(request.dispatcher, EndpointDispatcher)
    return None if is_ours else getattr(request.dispatcher, "entry", None)


def _describe_native_call(entry, args):
    entry.user_id = request.env.uid
    entry.model, entry.method = args.get("__model__", ""), args.get("__method__", "")


def _ids(arguments):
    try:
        return record_ids(arguments.get("ids"))
    except InvalidArgument:
        return ()


def _check_native_call(credentials, args):
    """Apply the restrictions to one of the host's own ``auth="bearer"`` routes, of which ``/json/2`` is one."""
    if "__model__" in args:
        check_call(credentials, args["__model__"], args["__method__"])
    elif credentials.allowed_models or credentials.allowed_methods:
        raise Forbidden("This API key is for certain models and methods, and not for this URL.")
