"""The body of a request, before anything of it is read."""
from werkzeug.exceptions import RequestEntityTooLarge

from .. import series
from . import parameters

DEFAULT_MAX_SIZE = 10 * 1024 * 1024


def has_body(request):
    """Tell whether there is a body to read.

    A chunked one is none, as on Odoo 19: nothing says how long it will be, and so nothing of it is ever read. Its
    Content-Length, if it has one too, is not true (RFC 9112, section 6.3), but some versions of Werkzeug believe it when
    Transfer-Encoding is not written exactly "chunked", and would read on without end.

    :rtype: bool
    """
    return bool(request.httprequest.content_length) and "Transfer-Encoding" not in request.httprequest.headers


def check_size(request):
    """Refuse a body that is too large before it is read into memory.

    :param odoo.http.Request request: one that has a body
    :raise RequestEntityTooLarge: by the system parameter ``json2_backport.max_body_size``, in bytes
    """
    limit = parameters.integer(request.env, "max_body_size", DEFAULT_MAX_SIZE)
    if request.httprequest.content_length > limit:
        series.discard_body(request.httprequest)
        raise RequestEntityTooLarge(
            f"The body has {request.httprequest.content_length} bytes, and this server takes {limit} at most."
        )
    # Since Werkzeug 2.3 a bound of the host's own (128 MiB) applies as well, however high ours is set.
    request.httprequest.max_content_length = limit
