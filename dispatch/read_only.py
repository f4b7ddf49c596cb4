"""Calls that may change nothing: PostgreSQL itself refuses what they try to write.

Such a call has a connection to itself, whose session is read-only: so is each of its transactions, in whatever way the
one before it was ended. The same goes for every other connection that is opened meanwhile by the thread of the call, or
by a thread that it starts, for as long as that one lives.
"""
import contextlib
import functools
import re
import threading
from contextlib import closing

from psycopg2.errors import LockNotAvailable, ReadOnlySqlTransaction
from psycopg2.extensions import cursor as DatabaseCursor
from psycopg2.sql import Composable
from werkzeug.exceptions import Forbidden, UnprocessableEntity

from odoo.netsvc import PostgreSQLHandler
from odoo.sql_db import Connection, Cursor, PsycoConnection

from .. import series
from ..transaction import has_changed, make_pending

# Before the first statement of the call, and outside of every transaction: no ROLLBACK takes it back. What psycopg2 believes
# to be in, a transaction, is begun again.
_BEGIN = "SET default_transaction_read_only = on; COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# All that makes a session writable again has one of these in it.
_WRITABLE_AGAIN = re.compile(
    r"""transaction_read_only | \bset_config\b | \bREAD\b.*\bWRITE\b | \b(?:RESET|DISCARD)\b.*\bALL\b | \bU&["']
        | (?:\A|[;/\r\n])\s*DO\b""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def guard_connections():
    """Make this process give read-only connections to calls that may change nothing, and to the threads that they start.

    Neither the host nor Python has a hook for a new connection or a new thread.
    """
    if hasattr(Connection.cursor, "json2_guarded"):
        return
    Connection.cursor = _guarded(Connection.cursor)
    threading.Thread.start = _inherited(threading.Thread.start)
    PostgreSQLHandler.emit = _exempt(PostgreSQLHandler.emit)


@contextlib.contextmanager
def read_only_if(credentials, request, is_alone=True):
    """Let a request change nothing for a while, if its key is read-only: its environment is another one meanwhile.

    :param Credentials | None credentials: the key
    :param odoo.http.Request request: the authenticated request
    :param bool is_alone: False when its transaction is also that of other calls
    :raise Forbidden: when a call with a read-only key tried to write
    :raise UnprocessableEntity: it would have waited for its own request
    """
    if not credentials or not credentials.read_only:
        yield
        return
    env = request.env
    try:
        with _marked(True), _own_cursor(env, is_alone) as cr:
            request.env = env(cr=cr)
            yield
            make_pending(cr)
    except Exception as exc:
        if _is_refusal(exc):
            raise Forbidden("This API key is read-only.") from exc
        if isinstance(exc, LockNotAvailable) and has_changed(env.cr):
            raise UnprocessableEntity("This call waits for a change of the same request: send it by itself.") from exc
        raise
    finally:
        request.env = env
        # What calls before it in a batch have changed, it may have cached as it was.
        series.clear_invalidated_caches(env.registry)


def _own_cursor(env, is_alone):
    """Return a context that gives a read-only cursor, and never commits it."""
    if not isinstance(env.cr, Cursor):
        return _nested(env.registry)
    has_locks = has_changed(env.cr)
    return _lent(env.cr) if is_alone and not has_locks else _borrowed(env.registry, has_locks)


@contextlib.contextmanager
def _nested(registry):
    """Tests have one transaction for all. What is done in this savepoint stays in it, a commit as well."""
    with closing(registry.cursor()) as savepoint:
        savepoint.execute("SET TRANSACTION READ ONLY")
        with closing(registry.cursor()) as cr:
            yield cr


@contextlib.contextmanager
def _borrowed(registry, has_locks):
    with closing(registry.cursor()) as cr:
        if has_locks:
            # Tables that calls before it in a batch have locked stay locked until this one is over.
            cr.execute("SET LOCAL lock_timeout = '2s'")
        yield cr


@contextlib.contextmanager
def _lent(cr):
    """Give a read-only cursor on the connection of one that has changed nothing.

    Calls that each want a second connection could wait for each other.
    """
    connection = cr._cnx
    mode = connection.isolation_level, connection.readonly
    connection.rollback()
    try:
        with closing(Cursor(_Loan(connection), cr.dbname, None)) as own:
            _make_read_only(own)
            yield own
    finally:
        if not connection.closed:
            connection.reset()
            connection.isolation_level, connection.readonly = mode


class _Loan:
    """What the cursor of a connection that is lent takes for the pool."""

    readonly = None

    def __init__(self, connection):
        self._connection = connection

    def borrow(self, _dsn):
        return self._connection

    def give_back(self, _connection, keep_in_pool=True):
        """It is the connection of another cursor all the time."""


@contextlib.contextmanager
def _marked(is_read_only):
    thread = threading.current_thread()
    before = _is_marked(thread)
    thread.json2_read_only = is_read_only
    try:
        yield
    finally:
        thread.json2_read_only = before


def _is_marked(thread):
    return getattr(thread, "json2_read_only", False)


def _guarded(cursor_of):
    @functools.wraps(cursor_of)
    def cursor(self, *args, **kwargs):
        cr = cursor_of(self, *args, **kwargs)
        if _is_marked(threading.current_thread()):
            try:
                _make_read_only(cr)
            except BaseException:
                cr.close()
                raise
        return cr

    cursor.json2_guarded = True
    return cursor


def _inherited(start):
    @functools.wraps(start)
    def start_marked(self):
        if _is_marked(threading.current_thread()):
            self.json2_read_only = True
        start(self)

    return start_marked


def _exempt(emit):
    """The server's own log may be in a database too."""

    @functools.wraps(emit)
    def emit_unmarked(self, record):
        with _marked(False):
            emit(self, record)

    return emit_unmarked


def _make_read_only(cr):
    # 18 and 19 have psycopg2 begin each transaction with READ WRITE.
    cr._cnx.readonly = None
    cr._obj.execute(_BEGIN)
    cr._obj.close()
    cr.__class__, cr._cnx.__class__ = _ReadOnlyCursor, _ReadOnlyConnection
    cr._obj = cr._cnx.cursor()


class _ReadOnlyCursor(Cursor):
    def _close(self, leak=False):
        try:
            # What was left for the rollback is still done on a read-only connection.
            self.rollback()
        finally:
            self.prerollback.clear()
            self.postrollback.clear()
            # The pool resets the session of a connection before it lends it again.
            self._cnx.__class__ = PsycoConnection
            super()._close(leak)


class _ReadOnlyConnection(PsycoConnection):
    """Of a cursor that is open: nobody makes it writable again by what psycopg2 offers."""

    def cursor(self, *args, **kwargs):
        return super().cursor(*args, **{**kwargs, "cursor_factory": _ReadOnlyDatabaseCursor})

    def reset(self):
        raise _ReadOnly()

    def set_session(self, *args, **kwargs):
        raise _ReadOnly()

    @property
    def readonly(self):
        return True

    @readonly.setter
    def readonly(self, value):
        raise _ReadOnly()


class _ReadOnlyDatabaseCursor(DatabaseCursor):
    """Refuses SQL that names the mode of the session, and all after the call."""

    def execute(self, query, vars=None):
        self._check(query)
        return super().execute(query, vars)

    def executemany(self, query, vars_list):
        self._check(query)
        return super().executemany(query, vars_list)

    def callproc(self, procname, parameters=None):
        self._check(procname)
        return super().callproc(procname, parameters)

    def copy_expert(self, sql, *args, **kwargs):
        self._check(sql)
        return super().copy_expert(sql, *args, **kwargs)

    def _check(self, query):
        text = query.as_string(self) if isinstance(query, Composable) else query
        text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
        # A cursor that was kept for later works on a connection of somebody else.
        if _WRITABLE_AGAIN.search(text) or not isinstance(self.connection, _ReadOnlyConnection):
            raise _ReadOnly()


def _is_refusal(exception):
    """Server actions wrap what their code raises."""
    while exception is not None:
        if isinstance(exception, (ReadOnlySqlTransaction, _ReadOnly)):
            return True
        exception = exception.__cause__ or exception.__context__
    return False


class _ReadOnly(Forbidden):
    """What a read-only key may not do."""
