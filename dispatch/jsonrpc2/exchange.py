"""One request object of JSON-RPC 2.0 and its answer."""
from werkzeug.exceptions import BadRequest, NotFound, UnprocessableEntity

from ...protocol import invocation, jsonrpc
from ..errors import describe, status_of, traceback_of
from ..response import json_bytes


class Exchange:
    """One request object and its answer.

    :param value: the JSON value that should be a request object
    :param Entry entry: its place in the log
    """

    def __init__(self, value, entry):
        self.entry = entry
        self.request = jsonrpc.Request("", {})
        self.invocation = None
        self.credentials = None
        self.failure = None
        self.answer = b""
        try:
            self.request = jsonrpc.read_request(value)
            self.invocation = invocation.read(self.request.method, self.request.params)
        except (jsonrpc.EnvelopeError, invocation.InvalidParams, invocation.UnknownMethod) as exc:
            self.failure = http_exception(exc)
        else:
            entry.model, entry.method = self.invocation.target, self.invocation.method

    def has_own_key(self):
        """Tell whether the call brings a key, or a password, of its own.

        :rtype: bool
        """
        return bool(self.invocation and (self.invocation.api_key or self.invocation.password))

    def needs_no_key(self):
        """Tell whether the call is for one of the services that are there without a key.

        :rtype: bool
        """
        return bool(self.invocation and self.invocation.service != invocation.OBJECT)

    def is_answered(self):
        """Tell whether the client gets to hear of it: no notification is answered, whatever becomes of it."""
        return not self.request.is_notification

    def fail(self, env, exception, own_transaction):
        """Answer with an error, and log it.

        :param odoo.api.Environment env: with a transaction that can be used
        :param Exception exception: what was raised
        :param bool own_transaction: whether that of the call is over
        """
        self.failure = exception
        error = describe(exception, self.entry.user_id)
        self.answer = json_bytes(jsonrpc.failure(self.request.id, _code(exception), error))
        self.entry.failed(
            env, self.credentials, status_of(exception), self._size(), error, traceback_of(exception), own_transaction
        )

    def answer_with(self, result):
        """Answer with a result, while the environment of the call can still be asked for what is lazy in it.

        :param result: what the method returned
        """
        self.answer = json_bytes(jsonrpc.success(self.request.id, result), allow_nan=False)

    def succeed(self, env):
        """Log that it was answered.

        :param odoo.api.Environment env: of the request
        """
        self.entry.succeeded(env, self.credentials, self._size())

    def _size(self):
        return len(self.answer) if self.is_answered() else 0


def http_exception(exc):
    """Return what ``/json/2`` raises in such a case; the cause tells the rest.

    :param exc: an error of :mod:`~...protocol.jsonrpc` or :mod:`~...protocol.invocation`
    :rtype: werkzeug.exceptions.HTTPException
    """
    if isinstance(exc, jsonrpc.ParseError):
        error = BadRequest(f"could not parse the body as json: {exc}")
    elif isinstance(exc, jsonrpc.EnvelopeError):
        error = BadRequest(str(exc))
    elif isinstance(exc, invocation.UnknownMethod):
        error = NotFound(str(exc))
    else:
        error = UnprocessableEntity(str(exc))
    error.__cause__ = exc
    return error


def _code(exception):
    """Return the error code of JSON-RPC for an exception."""
    if isinstance(exception, BadRequest) and isinstance(exception.__cause__, jsonrpc.EnvelopeError):
        return exception.__cause__.code
    if isinstance(exception, NotFound):
        return jsonrpc.METHOD_NOT_FOUND
    if isinstance(exception, UnprocessableEntity):
        return jsonrpc.INVALID_PARAMS
    return jsonrpc.code_of_status(status_of(exception))
