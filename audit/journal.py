"""What the log is told of calls that have changed nothing is written together, a moment after the calls.

So reading does not wait for its own row. When the process is killed, that of the last tenth of a second is lost, and
nothing with it.
"""
import atexit
import logging
import threading
import time
from collections import defaultdict
from contextlib import closing

import psycopg2
from psycopg2.errorcodes import UNDEFINED_TABLE
from psycopg2.pool import PoolError

from odoo.service.server import CommonServer
from odoo.sql_db import Cursor, db_connect

from .rows import insert_late, set_repetitions

_logger = logging.getLogger(__name__)

DELAY = 0.1
RETRY_DELAY = 1.0
# While the database takes no rows they are kept for so long, and so many: further calls write their rows themselves.
PATIENCE = 60.0
MAX_WAITING = 10_000

_lock = threading.Lock()
# Held while something is being written, so that the last ones are not left behind at the end of the process.
_writing = threading.Lock()
_wake_up = threading.Event()
_waiting = []  # (time.monotonic(), name of the database, row)
_repeated = []  # (name of the database, row)
_writer = None


def add(database, row):
    """Have a row written soon.

    :param str database: its name
    :param dict row: ``{column: value}``
    """
    with _lock:
        _waiting.append((time.monotonic(), database, row))
    _wake()


def repeat(cr, row):
    """Have a row say soon that it stands for one more request.

    :param cr: a cursor of its database; that of a test, whose rows nobody else sees, writes at once
    :param dict row: one that was added before
    """
    with _lock:
        row["repetitions"] += 1
        if isinstance(cr, Cursor):
            _repeated.append((cr.dbname, row))
    if isinstance(cr, Cursor):
        _wake()
    else:
        set_repetitions(cr, {row["id"]: row["repetitions"]})


def is_full():
    """Tell whether too many rows are waiting.

    :rtype: bool
    """
    return len(_waiting) >= MAX_WAITING


def flush():
    """Write what is waiting, now."""
    with _writing:
        with _lock:
            taken, _waiting[:] = _waiting[:], []
            repeated, _repeated[:] = _repeated[:], []
        by_database = defaultdict(list)
        for entry in taken:
            by_database[entry[1]].append(entry)
        for database, entries in by_database.items():
            _write(database, entries)
        counts = defaultdict(dict)
        for database, row in repeated:
            # One that is still waiting is written with its number.
            if "id" in row:
                counts[database][row["id"]] = row["repetitions"]
        for database, repetitions in counts.items():
            _write_counts(database, repetitions)


def _wake():
    # Begun by the first call, which is after the server has forked its workers.
    global _writer
    with _lock:
        if _writer is None:
            writer = threading.Thread(target=_run, name="json2_backport.journal", daemon=True)
            writer.start()
            # A server that starts itself anew ends without the former.
            atexit.register(flush)
            CommonServer.on_stop(flush)
            _writer = writer
    _wake_up.set()


def _run():
    while True:
        # Rows that could not be written are tried again.
        _wake_up.wait(timeout=RETRY_DELAY if _waiting else None)
        time.sleep(DELAY)
        _wake_up.clear()
        try:
            flush()
        except Exception:
            _logger.exception("Calls could not be logged.")


def _write(database, entries):
    try:
        _insert(database, entries)
    except (PoolError, psycopg2.OperationalError) as exc:
        _keep(entries, exc)
    except Exception as exc:
        if getattr(exc, "pgcode", None) == UNDEFINED_TABLE:
            return  # The addon was uninstalled.
        if len(entries) == 1:
            _logger.exception("A call could not be logged.")
            return
        # One that cannot be written does not take the others with it.
        for entry in entries:
            _write(database, [entry])


def _write_counts(database, repetitions):
    try:
        with closing(db_connect(database).cursor()) as cr:
            set_repetitions(cr, repetitions)
            # A cursor of our own.
            cr.commit()  # pylint: disable=invalid-commit
    except (PoolError, psycopg2.Error) as exc:
        _logger.error("%d rows of the log could not be told how often they were repeated: %s", len(repetitions), exc)


def _insert(database, entries):
    with closing(db_connect(database).cursor()) as cr:
        written = [row for _since, _database, row in entries]
        ids = insert_late(cr, written)
        # A cursor of our own.
        cr.commit()  # pylint: disable=invalid-commit
    for row, row_id in zip(written, ids):
        row["id"] = row_id


def _keep(entries, exc):
    """The database is away, or has no connection left: try again, for a while."""
    now = time.monotonic()
    young = [entry for entry in entries if now - entry[0] < PATIENCE]
    if len(young) < len(entries):
        _logger.error("%d calls could not be logged: %s", len(entries) - len(young), exc)
    with _lock:
        _waiting[:0] = young
