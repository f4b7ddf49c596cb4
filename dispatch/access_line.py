"""The server's own line about a request names the request id: so that it, the row and the client's log can be matched."""
import logging
import threading

_thread = threading.local()


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


def add_request_ids():
    """Make the logger of the lines about requests do so, once."""
    logger = logging.getLogger("werkzeug")
    if not any(isinstance(item, _RequestIdFilter) for item in logger.filters):
        logger.addFilter(_RequestIdFilter())
