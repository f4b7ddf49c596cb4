"""``/jsonrpc2``: one request object in, one response object out; or a batch of them.

A request by itself is one transaction, as on ``/json/2``: what it raises goes through the host, which repeats the request
after a conflict, and comes back to ``handle_error``. So it is with an atomic batch. Otherwise each call of a batch has a
savepoint of its own, and only a conflict with another transaction, or a lost connection, ends the batch as a whole.
"""
import contextlib
import dataclasses
import logging
import time

import psycopg2
from werkzeug.exceptions import BadRequest, FailedDependency, UnsupportedMediaType

from odoo import http

from ... import parameters, series
from ...audit import commit_durably
from ...identity import count_call
from ...protocol import jsonrpc
from ...transaction import has_changed, roll_back
from ..base import EndpointDispatcher
from ..errors import headers_of, status_of
from ..response import json_response
from .exchange import Exchange, http_exception
from .services import invoke

_logger = logging.getLogger(__name__)

# curl says form-urlencoded when it is told nothing.
MIMETYPES = ("application/json", "application/json-rpc", "application/x-www-form-urlencoded", "")
# These are about the HTTP request, and not about a call in it.
_HTTP_STATUSES = (401, 413, 415, 429)


class JsonRpc2Dispatcher(EndpointDispatcher, http.Dispatcher):
    """Dispatcher of ``/jsonrpc2``."""

    routing_type = "jsonrpc2_backport"
    path = "/jsonrpc2"
    mimetypes = MIMETYPES[:-1]

    def __init__(self, request):
        super().__init__(request)
        self.exchanges = []
        self.current = None
        self.number = 0
        self.is_batch = False
        self.is_atomic = False

    def check_media_type(self):
        """Refuse what is declared as something else than JSON.

        :raise UnsupportedMediaType:
        """
        if self.request.httprequest.mimetype not in MIMETYPES:
            raise UnsupportedMediaType("The body of a JSON-RPC request is application/json.")

    def read_message(self):
        """Read the message. Anew at every try, so that a repeated call gets its arguments as they were sent.

        :raise BadRequest: it is no JSON, an empty batch or one that is too long
        """
        self.current, self.exchanges = None, []
        try:
            message = jsonrpc.decode(self.read_body())
            self.is_batch = isinstance(message, list)
            self.is_atomic = not self.is_batch or jsonrpc.is_true(self.request.httprequest.headers.get("X-Json2-Atomic"))
            if self.is_batch:
                self._check_length(len(message))
        except jsonrpc.EnvelopeError as exc:
            raise http_exception(exc) from exc
        if self.is_batch:
            self.exchanges = [Exchange(value, dataclasses.replace(self.entry)) for value in message]
        else:
            self.exchanges = [Exchange(message, self.entry)]

    def has_own_key(self):
        """Tell whether a call brings a key of its own, or needs none.

        :rtype: bool
        """
        try:
            self.read_message()
        except BadRequest:
            return False
        return any(exchange.has_own_key() or exchange.needs_no_key() for exchange in self.exchanges)

    def dispatch(self, endpoint, args):
        """Call the endpoint.

        :param endpoint: the routed controller method
        :param dict args: nothing, in this URL
        :rtype: odoo.http.Response
        :raise BadRequest: see :meth:`read_message`
        """
        self.request.params = dict(args)
        self.read_message()
        return self.request.registry["ir.http"]._dispatch(endpoint)

    def serve(self):
        """Carry out the calls.

        :rtype: odoo.http.Response
        """
        bearer = self.credentials
        if self.is_atomic:
            self._refuse_invalid()
        for number, exchange in enumerate(self.exchanges):
            self.current, self.number = exchange, number
            self.credentials = exchange.credentials = bearer
            if self.is_atomic:
                self._carry_out(exchange)
            else:
                self._try(exchange)
        if self.is_batch and has_changed(self.request.env.cr):
            commit_durably(self.request.env.cr)
        return self._response()

    def handle_error(self, exc):
        """Answer when everything was rolled back: the call that failed has its error, the others have failed with it.

        :param Exception exc: what was raised
        :return: a WSGI application
        """
        env = self.request.env
        # The transaction has failed: it is over, and PostgreSQL would refuse to read the settings in it.
        roll_back(env.cr)
        if not self.current:
            self.is_batch = False
            self.current = Exchange(None, self.entry)
            self.current.credentials = self.credentials
            self.exchanges = [self.current]
        self.current.failure = exc
        for exchange in self.exchanges:
            exchange.fail(env, exchange.failure or _rolled_back(), own_transaction=True)
        response = self._response(None if self.is_batch else exc)
        self.add_headers(response)
        return response

    def _check_length(self, length):
        limit = parameters.integer(self.request.env, "batch_limit")
        if not length:
            raise jsonrpc.EnvelopeError("a batch cannot be empty")
        if limit and length > limit:
            raise jsonrpc.EnvelopeError(f"a batch may hold {limit} requests, and this one holds {length}")

    def _refuse_invalid(self):
        """Of what is all or nothing, nothing is begun when it cannot be finished."""
        for exchange in self.exchanges:
            if exchange.failure:
                self.current = exchange
                raise exchange.failure

    def _try(self, exchange):
        env = self.request.env
        try:
            with series.savepoint(env):
                self._carry_out(exchange)
        except Exception as exc:
            if series.is_concurrency_error(exc) or env.cr.closed:
                # The host repeats the whole request. With the connection all of it is lost, the calls before this one too.
                raise
            failure = series.integrity_error(env, exc) if isinstance(exc, psycopg2.IntegrityError) else exc
            if status_of(failure) >= 500:
                _logger.error("Exception in a call of a batch.", exc_info=exc)
            exchange.fail(env, failure, own_transaction=False)

    def _carry_out(self, exchange):
        if self.credentials and not exchange.has_own_key():
            # Whatever becomes of it, also where no key is needed for it.
            count_call(self.request, self.credentials, self.number)
        if exchange.failure:
            raise exchange.failure
        exchange.entry.started = time.perf_counter() if self.is_batch else exchange.entry.started
        with series.unbroken_transaction(self.request.env) if self.is_batch else contextlib.nullcontext():
            invoke(self, exchange)
        exchange.succeed(self.request.env)

    def _response(self, exception=None):
        answers = [exchange.answer for exchange in self.exchanges if exchange.is_answered()]
        status = status_of(exception) if exception else 200
        if status in _HTTP_STATUSES:
            return json_response(self.exchanges[0].answer, status, headers_of(exception))
        if not answers:
            return _no_content()
        return json_response(b"[" + b",".join(answers) + b"]" if self.is_batch else answers[0])


def _no_content():
    response = http.Response(status=204)
    response.headers.remove("Content-Type")
    return response


def _rolled_back():
    return FailedDependency("The call was rolled back, because another one of its batch has failed.")
