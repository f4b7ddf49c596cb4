"""The error object of ``/json/2``: five keys, in this order (Odoo 19, ``odoo.http.serialize_exception``)."""
import traceback


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
    return {
        "name": f"{cls.__module__}.{cls.__name__}",
        "message": _message(exception) if message is None else message,
        "arguments": [_text(argument) for argument in (exception.args if arguments is None else arguments)],
        "context": getattr(exception, "context", {}),
        "debug": debug,
    }


def format_traceback(exception):
    """Return the traceback of ``exception`` and its causes, as Python prints it.

    :rtype: str
    """
    return "".join(traceback.format_exception(type(exception), exception, exception.__traceback__))


def _text(argument):
    """An error about bytes that are no text must not fail to be written as text."""
    return argument.decode("utf-8", "replace") if isinstance(argument, (bytes, bytearray)) else argument


def _message(exception):
    return "\n".join(str(argument) for argument in exception.args) or str(exception)
