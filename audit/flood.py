"""What is refused must not fill the disk, and whoever has no key can ask for as much of it as he likes.

Of each source, that is a client's network without a key or a key that is refused, and of all clients without a key
together, each process writes a bounded number of rows in a minute. What comes after is counted in the last of them. A row
is counted once its request is over: what is rolled back leaves neither a row nor a count.
"""
import threading
import time
from dataclasses import dataclass

from odoo.sql_db import Cursor

from . import journal, rows

ROWS_PER_MINUTE = 30
# Of all clients without a key together, whatever the number of their addresses.
ALL_ROWS_PER_MINUTE = 300


@dataclass(frozen=True)
class Source:
    """Whose requests are counted together.

    :param str name: a network, or the key
    :param bool has_key: whether it is a key
    """

    name: str
    has_key: bool = False


_lock = threading.Lock()
# name of the database -> _Minute; of the present one only, so that its size is bounded by the rows that are written
_minutes = {}


class _Minute:
    def __init__(self, number):
        self.number = number
        self.anonymous_rows = 0
        self.sources = {}  # source -> (number of its rows, the last of them)
        self.rest = None  # the row that stands for all further clients without a key


def write(cr, source, row):
    """Write a row once the transaction is committed, or count it in one that is there already.

    :param cr: the cursor of the request; that of a test writes at once
    :param Source source: whose requests are counted together
    :param dict row: ``{column: value}``
    """
    if isinstance(cr, Cursor):
        cr.postcommit.add(lambda: _write(cr, source, row))
    else:
        _write(cr, source, row)


def _write(cr, source, row):
    with _lock:
        kept, is_new = _kept(_minute_of(cr.dbname), source, row)
    if not is_new:
        journal.repeat(cr, kept)
    elif isinstance(cr, Cursor):
        journal.add(cr.dbname, kept)
    else:
        kept["id"] = rows.insert(cr, kept)


def _minute_of(database):
    number = int(time.time() // 60)
    minute = _minutes.get(database)
    if minute is None or minute.number != number:
        minute = _minutes[database] = _Minute(number)
    return minute


def _kept(minute, source, row):
    """Return the row that stands for a request, and whether it is new."""
    number, last = minute.sources.get(source, (0, None))
    is_full = not source.has_key and minute.anonymous_rows >= ALL_ROWS_PER_MINUTE
    if number < ROWS_PER_MINUTE and not is_full:
        minute.sources[source] = (number + 1, row)
        minute.anonymous_rows += not source.has_key
        return row, True
    if last:
        return last, False
    is_new = minute.rest is None
    # It has no address, since it is that of many.
    minute.rest = minute.rest or {**row, "ip": None}
    return minute.rest, is_new
