"""Reaching a request's body without reading it into memory."""

_PIECE = 64 * 1024
# What a client may send in vain; beyond that its connection is cut.
_MAX_DISCARDED = 128 * 1024 * 1024


def discard_body(httprequest):
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
