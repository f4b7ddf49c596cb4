"""Calls that may change nothing: PostgreSQL itself refuses what they try to write."""
import contextlib
import functools
import re
import secrets
import threading

from psycopg2.errors import ReadOnlySqlTransaction
from werkzeug.exceptions import Forbidden

from odoo.modules.registry import Registry

from .changes import make_pending

# What would end the transaction or its mode, sent as SQL. The savepoints of the ORM are none of these.
_TRANSACTION_CONTROL = re.compile(
    r"(?:\A|;)(?:\s|--[^\n]*\n|/\*.*?\*/)*"
    r"(?:COMMIT|END|ABORT|BEGIN|START|PREPARE\s+TRANSACTION|SET|RESET|DISCARD|ROLLBACK(?!\s+TO))\b",
    re.IGNORECASE | re.DOTALL,
)

_thread = threading.local()


def guard_other_cursors():
    """Make this process give read-only cursors to a method that opens its own while its call may change nothing."""
    if not hasattr(Registry.cursor, "json2_guarded"):
        Registry.cursor = _guarded(Registry.cursor)


@contextlib.contextmanager
def transaction_mode(credentials, env):
    """Run a call in a transaction that suits the key.

    The mode is set in a savepoint and ends with it, so that the audit row can be written after the call.

    :param Credentials | None credentials: the key
    :param odoo.api.Environment env: the environment of the call
    :raise Forbidden: when a call with a read-only key tried to write, or to end its transaction
    """
    if not credentials or not credentials.read_only:
        yield
        return
    cr = env.cr
    # Of calls before this one in a batch, which may write.
    make_pending(cr)
    # A name that no method can guess.
    savepoint = f"json2_{secrets.token_hex(8)}"
    cr.execute(f"SAVEPOINT {savepoint}")  # pylint: disable=sql-injection
    cr.execute("SET TRANSACTION READ ONLY")
    execute = cr.execute
    cr.execute, cr.commit, cr.rollback = _checked(execute), _refuse, _refuse
    _thread.is_read_only = True
    try:
        yield
        make_pending(cr)
    except Exception as exc:
        if _is_refusal(exc):
            raise _refusal() from exc
        raise
    finally:
        _thread.is_read_only = False
        del cr.execute, cr.commit, cr.rollback
    execute(f"ROLLBACK TO SAVEPOINT {savepoint}")


def _checked(execute):
    @functools.wraps(execute)
    def checked(query, *args, **kwargs):
        if _TRANSACTION_CONTROL.search(str(getattr(query, "code", query))):
            raise _ReadOnly()
        return execute(query, *args, **kwargs)

    return checked


def _guarded(cursor_of):
    @functools.wraps(cursor_of)
    def cursor(self, *args, **kwargs):
        cr = cursor_of(self, *args, **kwargs)
        if getattr(_thread, "is_read_only", False):
            cr.execute("SET TRANSACTION READ ONLY")
            cr.commit = _refuse
        return cr

    cursor.json2_guarded = True
    return cursor


def _is_refusal(exception):
    """Server actions wrap what their code raises."""
    while exception is not None:
        if isinstance(exception, (ReadOnlySqlTransaction, _ReadOnly)):
            return True
        exception = exception.__cause__ or exception.__context__
    return False


class _ReadOnly(Forbidden):
    """What a read-only key may not do."""


def _refuse():
    raise _ReadOnly()


def _refusal():
    return Forbidden("This API key is read-only.")
