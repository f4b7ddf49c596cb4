"""The error object of ``/json/2``: five keys, in this order (Odoo 19, ``odoo.http.serialize_exception``).

Whatever an exception carries, a file for instance, what is told of it is small, and holds no row of the database.
"""
import datetime
import math
import traceback

from .database_errors import private_lines, without
from .masking import cut, mask_beginning

# Characters. What an exception says in one piece, and what is told of its arguments, or of its context, altogether.
MAX_TEXT = 10_000
MAX_TRACEBACK = 50_000
MAX_ARGUMENTS = 20
_MAX_DEPTH = 10
_MAX_BITS = 4096  # of an integer: Python writes some 4,300 digits, and no more
_MARGIN = 1000
_CUT = "..."


def error_object(exception, message=None, arguments=None, debug=""):
    """Describe an exception to the client.

    :param BaseException exception: what was raised
    :param str | None message: one sentence in place of the exception's own
    :param arguments: sequence in place of the exception's own arguments
    :param str debug: the traceback, or an empty string
    :return: ``{"name": str, "message": str, "arguments": list, "context": dict, "debug": str}``
    :rtype: dict
    """
    cls = type(exception)
    private = private_lines(exception)
    arguments = list(exception.args if arguments is None else arguments)[:MAX_ARGUMENTS]
    context = getattr(exception, "context", {})
    return {
        "name": f"{cls.__module__}.{cls.__name__}"[:MAX_TEXT],
        "message": _Writer(private).text(_message(exception, private) if message is None else message),
        "arguments": _Writer(private).as_json(arguments),
        "context": _Writer(private).as_json(context if isinstance(context, dict) else {}),
        "debug": debug,
    }


def format_traceback(exception):
    """Return the end of the traceback of ``exception`` and its causes, as Python prints it, without secrets.

    :rtype: str
    """
    private = private_lines(exception)
    pieces, left = [], MAX_TRACEBACK
    for piece in reversed(traceback.format_exception(type(exception), exception, exception.__traceback__)):
        text = mask_beginning(without(piece, private), MAX_TEXT)
        pieces.append(text if len(piece) <= MAX_TEXT else f"{text}{_CUT}\n")
        left -= len(pieces[-1])
        if left < 0:
            pieces[-1] = _CUT + "\n"
            break
    return "".join(reversed(pieces))


def _message(exception, private):
    texts = (_Writer(private).as_string(argument) for argument in exception.args[:MAX_ARGUMENTS])
    return "\n".join(texts) or str(exception)


class _Writer:
    """Writes values as JSON values until so many characters are written. Nothing is expanded before it is cut.

    :param private: what may not be told, see :func:`~.database_errors.private_lines`
    """

    def __init__(self, private):
        self._private = private
        self._left = MAX_TEXT

    def as_json(self, value, depth=_MAX_DEPTH):
        """Return a value as JSON can hold it: what it knows as it is, anything else as text.

        :param value: anything
        :param int depth: how deep lists and objects may be nested
        """
        self._left -= 1
        if value is None or isinstance(value, (bool, datetime.date)):
            return value
        if isinstance(value, int) and value.bit_length() <= _MAX_BITS:
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        if depth and isinstance(value, (list, tuple, set, frozenset)):
            return [self.as_json(item, depth - 1) for item in value if self._left > 0]
        if depth and isinstance(value, dict):
            items = ((self.text(self.as_string(name)), item) for name, item in value.items() if self._left > 0)
            return {name: self.as_json(item, depth - 1) for name, item in items}
        return self.text(_decoded(value, self._left))

    def text(self, text):
        """Return a text as far as there is room.

        :param text: a text of any length, or what stands for one
        :rtype: str
        """
        room = max(self._left, 0)
        whole = str(text)
        # Cut twice, so that what has to go is whole enough to be known.
        text = without(cut(whole, room + _MARGIN), self._private)
        self._left -= len(text)
        return text if len(whole) <= room + _MARGIN and len(text) <= room else cut(text, room) + _CUT

    def as_string(self, value):
        """Return what ``str`` makes of a value, or of its beginning.

        :rtype: str
        """
        if isinstance(value, (bytes, bytearray)):
            return str(value[: MAX_TEXT + _MARGIN])
        if isinstance(value, (list, tuple, set, frozenset, dict)):
            return str(self.as_json(value))
        return cut(_text(value), MAX_TEXT + _MARGIN)


def _decoded(value, size):
    """An error about bytes that are no text must not fail to be written as text."""
    if isinstance(value, (bytes, bytearray)):
        # Four of them may be one character.
        return bytes(value[: 4 * (max(size, 0) + _MARGIN + 1)]).decode("utf-8", "replace")
    return _text(value)


def _text(value):
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return f"an integer of {value.bit_length()} bits"
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"
