"""The envelope of JSON-RPC 2.0 (https://www.jsonrpc.org/specification): messages, requests, responses, error codes."""
import json
from dataclasses import dataclass
from typing import Union

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
# The specification leaves -32000 to -32099 to the server: room for every HTTP status that blames the client.
SERVER_ERROR = -32000

MESSAGES = {
    PARSE_ERROR: "Parse error",
    INVALID_REQUEST: "Invalid Request",
    METHOD_NOT_FOUND: "Method not found",
    INVALID_PARAMS: "Invalid params",
    INTERNAL_ERROR: "Internal error",
}

# RFC 8259, section 9 lets a parser set limits. What is nested deeper than this is an attack and no call.
MAX_DEPTH = 100


class EnvelopeError(ValueError):
    """What came is no message of JSON-RPC 2.0; the text is for the client."""

    code = INVALID_REQUEST


class ParseError(EnvelopeError):
    """What came is no JSON."""

    code = PARSE_ERROR


@dataclass(frozen=True)
class Request:
    """A request object (section 4).

    :param str method: name of the method
    :param params: its arguments, by position or by name
    :param id: what the answer has to carry
    :param bool is_notification: there was no ``id``, so nothing may be answered (section 4.1)
    """

    method: str
    params: Union[list, dict]
    id: Union[str, int, float, None] = None
    is_notification: bool = False


def decode(data):
    """Return the JSON value of a message. Only what RFC 8259 calls JSON is taken, so no ``NaN``.

    :param bytes data: as it came
    :raise ParseError: when it is no JSON, or holds what no answer could repeat
    """
    try:
        value = json.loads(data, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise ParseError("it is nested too deeply") from None
    except ValueError as exc:
        raise ParseError(str(exc)) from exc
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _is_deep(value):
        raise ParseError("it is nested too deeply")
    return value


def read_request(value):
    """Return the request that a JSON value describes.

    :rtype: Request
    :raise EnvelopeError: when it is no valid request object
    """
    if not isinstance(value, dict):
        raise EnvelopeError("a request is an object")
    if value.get("jsonrpc") != "2.0":
        raise EnvelopeError('jsonrpc must be "2.0"')
    if not isinstance(value.get("method"), str):
        raise EnvelopeError("method must be a string")
    params = value.get("params", {})
    if not isinstance(params, (list, dict)):
        raise EnvelopeError("params must be an array or an object")
    id_ = value.get("id")
    if isinstance(id_, bool) or not isinstance(id_, (str, int, float, type(None))):
        raise EnvelopeError("id must be a string, a number or null")
    return Request(value["method"], params, id_, "id" not in value)


def success(request_id, result):
    """Return a response object (section 5).

    :rtype: dict
    """
    return {"jsonrpc": "2.0", "result": result, "id": request_id}


def failure(request_id, code, error):
    """Return a response object with an error object (section 5.1).

    :param request_id: of the request; None when it could not be told
    :param int code: of the error
    :param dict error: our own error object, for ``data``
    :rtype: dict
    """
    message = MESSAGES.get(code) or (error["message"].splitlines() or ["Server error"])[0]
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message, "data": error}, "id": request_id}


def code_of_status(status):
    """Return the error code that stands for an HTTP status: 403 is -32003, 422 is -32022, and so on.

    :rtype: int
    """
    return SERVER_ERROR - (status - 400) if 400 <= status < 500 else INTERNAL_ERROR


def is_true(header):
    """Read a header that is ``true`` or ``false``.

    :param str | None header: its value; None: false
    :rtype: bool
    :raise EnvelopeError: when it is something else, because to guess could change what a batch does
    """
    text = (header or "false").strip().lower()
    if text not in ("true", "false", "1", "0"):
        raise EnvelopeError(f"{header!r} is neither true nor false")
    return text in ("true", "1")


def _refuse_constant(name):
    raise ParseError(f"{name} is no JSON")


def _finite(text):
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ParseError("a number is out of range")
    return number


def _is_deep(value):
    """Level by level, because recursion is what deep values exhaust."""
    level = [value]
    for _depth in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item) if isinstance(child, (list, dict))]
        if not level:
            return False
    return True


def _children(value):
    return value.values() if isinstance(value, dict) else value
