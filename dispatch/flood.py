"""A flood of requests without a valid key must not fill the disk.

Each process writes a bounded number of rows for one address and minute; what comes after is counted in the last of them.
"""
import threading
import time

from . import journal

ROWS_PER_MINUTE = 30
_MAX_ADDRESSES = 10_000

_lock = threading.Lock()
# (database, address) -> _Minute
_minutes = {}


class _Minute:
    def __init__(self, number):
        self.number = number
        self.rows = 0  # with those that are counted only
        self.last_row = None


def write(cr, address, insert):
    """Write a row, or count it in one that is there already.

    :param cr: the cursor to write with
    :param str | None address: None: a request that nobody could make without a key, always written
    :param collections.abc.Callable insert: writes the row and returns its id
    """
    if address is None:
        insert()
        return
    key = (cr.dbname, address)
    with _lock:
        minute = _minute_of(key)
        minute.rows += 1
        number = minute.rows
    if number <= ROWS_PER_MINUTE:
        row = insert()
        # Rows that are gone again hold no count.
        cr.postrollback.add(lambda: _minutes.pop(key, None))
        if number == ROWS_PER_MINUTE:
            minute.last_row = row
    if minute.last_row and minute.rows > ROWS_PER_MINUTE:
        journal.count(cr, minute.last_row, minute.rows - ROWS_PER_MINUTE + 1)


def _minute_of(key):
    number = int(time.time() // 60)
    minute = _minutes.get(key)
    if minute is None or minute.number != number:
        if len(_minutes) >= _MAX_ADDRESSES:
            _minutes.clear()
        minute = _minutes[key] = _Minute(number)
    return minute
