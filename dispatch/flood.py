"""A flood of requests without a valid key must not fill the disk.

Each process writes a bounded number of rows for one address and minute; what comes after is counted in the last of
them, which is written at most once a second.
"""
import threading
import time

ROWS_PER_MINUTE = 30
_MAX_ADDRESSES = 10_000

_lock = threading.Lock()
# (database, address) -> _Minute
_minutes = {}


class _Minute:
    def __init__(self, number):
        self.number = number
        self.rows = 0
        self.last_row = None
        self.repetitions = 1
        self.written = 0.0


def write(cr, address, insert):
    """Write a row, or count it in one that is there already.

    :param cr: the cursor to write with
    :param str | None address: None: a request that nobody could make without a key, always written
    :param collections.abc.Callable insert: writes the row and returns its id
    """
    if address is None:
        insert()
        return
    with _lock:
        minute, finished = _minute_of((cr.dbname, address))
        minute.rows += 1
        is_new = minute.rows <= ROWS_PER_MINUTE
        if not is_new:
            minute.repetitions += 1
            if time.monotonic() - minute.written < 1:
                return
        minute.written = time.monotonic()
    if finished:
        _write_count(cr, finished)
    if is_new:
        minute.last_row = insert()
    else:
        _write_count(cr, minute)


def _write_count(cr, minute):
    if minute.last_row:
        cr.execute("UPDATE json2_api_log SET repetitions = %s WHERE id = %s", [minute.repetitions, minute.last_row])


def _minute_of(key):
    """Return the running minute of an address, and the last one if its count is still to be written."""
    number = int(time.time() // 60)
    minute = _minutes.get(key)
    if minute is not None and minute.number == number:
        return minute, None
    if len(_minutes) >= _MAX_ADDRESSES:
        _minutes.clear()
    finished, _minutes[key] = minute, _Minute(number)
    return _minutes[key], finished if finished and finished.repetitions > 1 else None
