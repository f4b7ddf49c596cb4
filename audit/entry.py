"""One row in ``json2.api.log`` for every call.

A call that changes something writes its row in its own transaction: no second commit, and never a change without its
row. Writing is one INSERT without a foreign key to check, so calls never wait for each other because of it. The row of
one that has only read is written a moment later. One that fails writes it in a transaction of its own, since the call's
is rolled back.
"""
import contextlib
import functools
import json
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone

import psycopg2
from psycopg2.pool import PoolError

from odoo.sql_db import Cursor

from .. import parameters
from ..protocol.addresses import client_network
from ..protocol.errors import MAX_TEXT as MAX_MESSAGE
from ..protocol.masking import cut, mask_beginning, masked_json
from ..protocol.request_id import request_id
from ..transaction import has_changed, is_read_only, make_pending
from . import flood, journal, rows
from .server_log import name_request

_logger = logging.getLogger(__name__)
# One JSON object a line, for those who ship their logs elsewhere.
_json_logger = logging.getLogger("odoo.addons.json2_backport.calls")

MAX_IDS = 100
MAX_DIGITS = 20
MAX_TEXT = 512
MAX_SIZE = 2**31 - 1  # of a column of integers


def begin(endpoint, request):
    """Begin to account for a request; once for all tries of it, since its client waits for all of them.

    :param str endpoint: the path's first part
    :param odoo.http.Request request: the request
    :return: its place in the log
    :rtype: Entry
    """
    if not hasattr(request, "json2_entry"):
        request.json2_entry = Entry.of_request(endpoint, request.httprequest)
        name_request(request.json2_entry.request_id)
    return request.json2_entry


@dataclass
class Entry:
    """What is known of a request while it is served.

    :param str endpoint: the path's first part, such as ``/json/2``
    :param float started: ``time.perf_counter()`` at its beginning
    """

    endpoint: str
    ip: str = ""
    user_agent: str = ""
    request_size: int = 0
    request_id: str = ""
    started: float = field(default_factory=time.perf_counter)
    user_id: object = None
    model: str = ""
    method: str = ""
    ids: tuple = ()
    arguments: object = None

    @classmethod
    def of_request(cls, endpoint, httprequest):
        """Return the entry of an HTTP request.

        :param str endpoint: the path's first part
        :param httprequest: werkzeug's request
        :rtype: Entry
        """
        # Also of a request that is refused before anything of it is read.
        model, method = ([*httprequest.path.split("/")[3:5], "", ""])[:2] if endpoint == "/json/2" else ("", "")
        return cls(
            endpoint,
            model=model,
            method=method,
            ip=_text(httprequest.remote_addr or ""),
            user_agent=httprequest.headers.get("User-Agent", ""),
            request_size=min(httprequest.content_length or 0, MAX_SIZE),
            request_id=request_id(httprequest.headers.get("X-Request-Id")),
        )

    def succeeded(self, env, credentials, response_size, status=200):
        """Write the row: with the call's own transaction, unless that has only read.

        :param odoo.api.Environment env: of the call
        :param Credentials | None credentials: the key
        :param int response_size: bytes of the body
        :param int status: the HTTP status
        """
        make_pending(env.cr)
        cr, row = env.cr, self._row(env, credentials, status, response_size)
        if not is_read_only(cr) and (has_changed(cr) or self._is_anonymous(credentials) or journal.is_full()):
            self._write(cr, credentials, row)
        else:
            # A try that is repeated is not a call yet.
            cr.postcommit.add(lambda: journal.add(cr.dbname, row))
        _write_json_after_commit(env, cr, row)

    def failed(self, env, credentials, status, response_size, error, traceback, own_transaction=True):
        """Write the row in a transaction of its own. A log that cannot be written must not hide the error.

        :param odoo.api.Environment env: of the call, whose transaction is over
        :param Credentials | None credentials: the key, once it is known
        :param int status: the HTTP status
        :param int response_size: bytes of the body
        :param dict error: the error object
        :param str traceback: of the exception
        :param bool own_transaction: False for a call whose transaction goes on without it
        """
        try:
            row = self._row(env, credentials, status, response_size)
            # Of what a stranger does wrong the message tells all that there is.
            is_plain = self._is_anonymous(credentials) and status < 500
            row.update(
                error_name=_text(error["name"]),
                error_message=_storable(mask_beginning(str(error["message"]), MAX_TEXT if is_plain else MAX_MESSAGE)),
                traceback=None if is_plain else _storable(traceback),
            )
            try:
                with _new_transaction(env) if own_transaction else contextlib.nullcontext(env.cr) as cr:
                    self._write(cr, credentials, row)
                    _write_json_after_commit(env, cr, row)
            except (PoolError, psycopg2.OperationalError, psycopg2.InterfaceError):
                if self._is_anonymous(credentials):
                    raise
                # No connection to the database is left, or that of the call is lost. There may be one in a moment.
                journal.add(env.cr.dbname, row)
        except Exception:
            _logger.exception("The call could not be logged.")

    def _write(self, cr, credentials, row):
        if self._is_anonymous(credentials):
            flood.write(cr, flood.Source(client_network(self.ip)), row)
        elif self.user_id is None or row["status"] == 429:
            # A key that is refused: from a wrong network, or because of its limit.
            flood.write(cr, flood.Source(f"{row['key_id']} {row['user_id']}", has_key=True), row)
        else:
            rows.insert(cr, row)

    def _is_anonymous(self, credentials):
        return credentials is None and self.user_id is None

    def _row(self, env, credentials, status, response_size):
        return {
            # Of this process, like the duration: rows are not written in the order of their calls.
            "create_date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f"),
            "key_id": credentials and credentials.key_id,
            "key_name": credentials and _text(credentials.key_name),
            "user_id": self.user_id or (credentials and credentials.user_id),
            "ip": self.ip,
            "endpoint": _text(self.endpoint),
            "model": _text(self.model),
            "method": _text(self.method),
            "id_count": len(self.ids),
            "record_ids": ",".join(str(record_id)[:MAX_DIGITS] for record_id in self.ids[:MAX_IDS]) or None,
            "status": status,
            "outcome": "success" if status < 400 else "client_error" if status < 500 else "server_error",
            "duration": (time.perf_counter() - self.started) * 1000,
            "error_name": None,
            "error_message": None,
            "traceback": None,
            "arguments": self._kept_arguments(env, credentials, status),
            "user_agent": _text(self.user_agent),
            "request_size": self.request_size,
            "response_size": response_size,
            "request_id": self.request_id,
            "repetitions": 1,
        }

    def _kept_arguments(self, env, credentials, status):
        """Return the arguments as text when the key or the settings want them kept. No call fails because of them."""
        if self.arguments is None:
            return None
        try:
            wanted = credentials and credentials.log_arguments or parameters.text(env, "log_arguments")
            if wanted != "always" and not (wanted == "errors" and status >= 400):
                return None
            return _storable(masked_json(self.arguments, parameters.integer(env, "log_arguments_size", 10_000)))
        except Exception:
            _logger.exception("The arguments of a call could not be logged.")
            return None


@contextlib.contextmanager
def _new_transaction(env):
    """Give the cursor for a transaction after that of the call.

    On the connection of the call where that is still there: calls that each want a second one could wait for each other.
    """
    cr = env.cr
    if isinstance(cr, Cursor) and not cr.closed and not getattr(cr, "readonly", False):
        try:
            yield cr
            cr.commit()  # pylint: disable=invalid-commit
        except BaseException:
            # For who reads the settings next.
            cr.rollback()
            raise
    else:
        with env.registry.cursor() as cr:
            yield cr


def _text(text):
    """Return a text as a row may hold it: short, and without secrets."""
    # Cut before it is remembered; what is masked is cut once more.
    return text and _masked(cut(text, 2 * MAX_TEXT))


@functools.lru_cache(maxsize=1024)
def _masked(text):
    return _storable(mask_beginning(text, MAX_TEXT))


def _storable(text):
    """PostgreSQL stores neither NUL nor lone surrogates."""
    return text and text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _write_json_after_commit(env, cr, row):
    if parameters.is_on(env, "log_json"):
        line = json.dumps({"database": cr.dbname, **row}, ensure_ascii=False)
        cr.postcommit.add(lambda: _json_logger.info("%s", line))
