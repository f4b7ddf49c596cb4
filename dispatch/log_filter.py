"""A key that a client sends in a wrong place, such as the query of a URL, does not get into the server's log."""
import logging
import re

_KEY = re.compile(r"(j2_[0-9A-Za-z]{6})[0-9A-Za-z]{20,}")
_formatter = logging.Formatter()


class KeyFilter(logging.Filter):
    """Cuts our keys down to what is visible of them anyway."""

    def filter(self, record):
        message = record.getMessage()
        if "j2_" in message:
            record.msg, record.args = _KEY.sub(r"\1...", message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _KEY.sub(r"\1...", _formatter.formatException(record.exc_info))
        return True


def keep_keys_out_of_logs():
    """Put the filter on everything that the server logs to, once."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(item, KeyFilter) for item in handler.filters):
            handler.addFilter(KeyFilter())
