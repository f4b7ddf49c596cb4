"""A key that a client sends in a wrong place, such as the query of a URL, does not get into the server's log."""
import contextlib
import functools
import logging
import re

_KEY = re.compile(r"(j2_[0-9A-Za-z]{6})[0-9A-Za-z]{20,}")
_formatter = logging.Formatter()


def keep_keys_out_of_logs():
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
    # A statement that cannot be formatted is for the handlers to report, as ever.
    with contextlib.suppress(Exception):
        _mask(record)
    return record


def _mask(record):
    message = record.getMessage()
    if "j2_" in message:
        record.msg, record.args = _KEY.sub(r"\1...", message), ()
    if record.exc_info:
        text = _formatter.formatException(record.exc_info)
        if "j2_" in text:
            # Formatters print it in place of the exception.
            record.exc_text = _KEY.sub(r"\1...", text)
