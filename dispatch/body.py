"""The body of a request, before anything of it is read."""
from werkzeug.exceptions import RequestEntityTooLarge

from .. import parameters

DEFAULT_MAX_SIZE = 10 * 1024 * 1024
_PIECE = 64 * 1024
# What a client may send in vain; beyond that its connection is cut.
_MAX_DISCARDED = 128 * 1024 * 1024


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
        _discard(request.httprequest)
        raise RequestEntityTooLarge(
            f"The body has {request.httprequest.content_length} bytes, and this server takes {limit} at most."
        )
    # Since Werkzeug 2.3 a bound of the host's own (128 MiB) applies as well, however high ours is set.
    request.httprequest.max_content_length = limit


def _discard(httprequest):
    """Take a body off the connection, piece by piece, and forget it.

    A client sends its whole body before it reads the answer. If the server closed the connection while there is more to
    come, the client would see a broken connection and not the answer. Werkzeug does this by itself since 2.3 (for what
    is left then: nothing), which the hosts have on Python 3.12 only.

    :param httprequest: the ``httprequest`` of the host's request, whose body was not read yet
    """
    # Since 17 the host hides werkzeug's request, and with it the stream, behind a wrapper.
    stream = getattr(httprequest, "_HTTPRequest__wrapped", httprequest).stream
    left = min(httprequest.content_length or 0, _MAX_DISCARDED)
    while left > 0:
        piece = stream.read(min(left, _PIECE))
        if not piece:
            break
        left -= len(piece)
