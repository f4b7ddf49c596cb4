"""What the server's own log says of our requests: their ids, and no keys.

A key may get there because a client sends it in a wrong place, such as the query of a URL. By its id a line about a request
can be matched with the row of the audit log, and with the client's own log.
"""
import contextlib
import functools
import logging
import re
import sys
import threading

_KEY = re.compile(r"(j2_[0-9A-Za-z]{6})[0-9A-Za-z]{20,}")
_formatter = logging.Formatter()
_thread = threading.local()


def prepare_server_log():
    """Have this process log the ids of our requests, and no keys of ours."""
    _keep_keys_out()
    _add_request_ids()


def _keep_keys_out():
    """Cut our keys down to what is visible of them anyway, in every record of the process.

    Where records are made, as the host does it (``odoo.netsvc``): a filter would miss the handlers that are added later.
    """
    factory = logging.getLogRecordFactory()
    if not hasattr(factory, "json2_backport"):
        masking_factory = functools.partial(_masked_record, factory)
        masking_factory.json2_backport = True
        logging.setLogRecordFactory(masking_factory)


def _masked_record(factory, *args, **kwargs):
    record = factory(*args, **kwargs)
    for mask in (_mask_message, _mask_exception):
        with contextlib.suppress(Exception):
            mask(record)
    return record


def _mask_message(record):
    try:
        message = record.getMessage()
    except Exception:
        _mask_unformatted(record)
        return
    if "j2_" in message:
        record.msg, record.args = _KEY.sub(r"\1...", message), ()


def _mask_unformatted(record):
    """A statement that cannot be formatted is for the handlers to report, as ever: with its parts, and all exceptions till now.

    With a key in any of these it becomes one that says so.
    """
    try:
        statement = f"{record.msg!r} % {record.args!r}"
    except Exception:
        statement = "..."
    reported = f"{statement}\n{_formatter.formatException(sys.exc_info())}"
    if _KEY.search(reported):
        record.msg, record.args = _KEY.sub(r"\1...", f"A log statement cannot be formatted: {reported}"), ()


def _mask_exception(record):
    if record.exc_info:
        text = _formatter.formatException(record.exc_info)
        if "j2_" in text:
            # Formatters print it in place of the exception.
            record.exc_text = _KEY.sub(r"\1...", text)


def name_request(request_id):
    """Put an id into the line that the server is going to log about the request of this thread.

    :param str request_id: one that is safe to print
    """
    _thread.request_id = request_id


class _RequestIdFilter(logging.Filter):
    def filter(self, record):
        # A thread serves other requests too: their lines have no id.
        request_id = _thread.__dict__.pop("request_id", None)
        if request_id and isinstance(record.msg, str):
            # An id has no percent sign, so it may stand in a format too; which may be wrong, and is for the handlers to tell.
            record.msg = f"{record.msg} [request {request_id}]"
        return True


def _add_request_ids():
    """Make the logger of the lines about requests do so, once."""
    logger = logging.getLogger("werkzeug")
    if not any(isinstance(item, _RequestIdFilter) for item in logger.filters):
        logger.addFilter(_RequestIdFilter())
