"""Pages of other origins: a preflight is answered, every other answer is given the headers that let them read it."""
from werkzeug.exceptions import abort

from odoo import http

from .. import parameters
from ..protocol import cors


def begin(request):
    """Look where a request comes from, before anything else is done for it.

    Afterwards ``request.json2_headers`` holds what its answer has to say, whatever that turns out to be.

    :param odoo.http.Request request: a request for one of our endpoints
    :raise werkzeug.exceptions.HTTPException: it is a preflight from an allowed origin; carries the answer
    """
    origin = request.httprequest.headers.get("Origin")
    allowed = cors.split_origins(parameters.text(request.env, "allowed_origins"))
    request.json2_headers = cors.response_headers(allowed, origin)
    if cors.is_preflight(request.httprequest.method, request.httprequest.headers) and cors.allowed_origin(allowed, origin):
        _answer(request, cors.preflight_headers(allowed, origin))


def answer_options(request, methods=("POST",)):
    """Answer who asks what may be done where calls are made. It is never a call, not even with a key: Odoo 19 would make it.

    :param odoo.http.Request request: a request for a call; for one of our endpoints after :func:`begin`
    :param methods: the other methods that the route has
    :raise werkzeug.exceptions.HTTPException: the method is OPTIONS; carries the answer
    """
    if request.httprequest.method == "OPTIONS":
        allowed = ", ".join(dict.fromkeys([*methods, "OPTIONS"]))
        _answer(request, {"Allow": allowed, **getattr(request, "json2_headers", {})})


def _answer(request, headers):
    # The host would give the browser a session's cookie with it.
    request.session.can_save = False
    abort(http.Response(status=204, headers=headers))


def finish(request, response):
    """Add the headers to an answer.

    :param odoo.http.Request request: the request
    :param response: the answer: a response, or (of the host) another WSGI application, which is left alone
    """
    headers = getattr(request, "json2_headers", None)
    if headers and hasattr(response, "headers"):
        response.headers.extend(headers)
