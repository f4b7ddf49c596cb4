"""One row in ``json2.api.log`` for every call.

A call that succeeds writes its row in its own transaction: no second commit, and never a change without its row. One
that fails writes it in a transaction of its own, since the call's is rolled back. Writing is one INSERT without a
foreign key to check, so calls never wait for each other because of it.
"""
import logging
import time
from dataclasses import dataclass, field

_logger = logging.getLogger(__name__)

MAX_IDS = 100
MAX_TEXT = 512

# A call that has changed nothing needs no durable commit: losing its row in a crash loses nothing else, and the call
# is spared the wait for the disk. txid_current_if_assigned() tells whether anything was written before this row.
_INSERT = """
    WITH durability AS (
        SELECT CASE WHEN txid_current_if_assigned() IS NULL
                    THEN set_config('synchronous_commit', 'off', true) END
    )
    INSERT INTO json2_api_log (
        create_date, key_id, key_name, user_id, ip, endpoint, model, method, id_count, record_ids, status, duration,
        error_name, error_message, traceback, user_agent, request_size, response_size, request_id
    )
    SELECT clock_timestamp() AT TIME ZONE 'utc', %(key_id)s, %(key_name)s, %(user_id)s, %(ip)s, %(endpoint)s,
           %(model)s, %(method)s, %(id_count)s, %(record_ids)s, %(status)s, %(duration)s, %(error_name)s,
           %(error_message)s, %(traceback)s, %(user_agent)s, %(request_size)s, %(response_size)s, %(request_id)s
      FROM durability
"""


@dataclass
class Entry:
    """What is known of a request while it is served.

    :param str endpoint: the path's first part, such as ``/json/2``
    :param float started: ``time.perf_counter()`` at its beginning
    """

    endpoint: str
    ip: str = ""
    user_agent: str = ""
    request_size: int = 0
    request_id: str = ""
    started: float = field(default_factory=time.perf_counter)
    user_id: object = None
    model: str = ""
    method: str = ""
    ids: tuple = ()

    @classmethod
    def of_request(cls, endpoint, httprequest):
        return cls(
            endpoint,
            ip=httprequest.remote_addr or "",
            user_agent=httprequest.headers.get("User-Agent", "")[:MAX_TEXT],
            request_size=httprequest.content_length or 0,
        )

    def succeeded(self, cr, credentials, response_size, status=200):
        """Write the row with the call's own transaction.

        :param cr: the call's cursor
        :param Credentials | None credentials: the key
        :param int response_size: bytes of the body
        :param int status: the HTTP status
        """
        cr.execute(_INSERT, self._row(credentials, status, response_size))

    def failed(self, registry, credentials, status, response_size, error, traceback):
        """Write the row in a transaction of its own. A log that cannot be written must not hide the error.

        :param registry: the database's registry
        :param Credentials | None credentials: the key, once it is known
        :param int status: the HTTP status
        :param int response_size: bytes of the body
        :param dict error: the error object
        :param str traceback: of the exception
        """
        row = self._row(credentials, status, response_size)
        row.update(error_name=error["name"], error_message=error["message"], traceback=traceback)
        try:
            with registry.cursor() as cr:
                cr.execute(_INSERT, row)
        except Exception:
            _logger.exception("The call could not be logged.")

    def _row(self, credentials, status, response_size):
        return {
            "key_id": credentials and credentials.key_id,
            "key_name": credentials and credentials.key_name,
            "user_id": self.user_id,
            "ip": self.ip,
            "endpoint": self.endpoint,
            "model": self.model[:MAX_TEXT],
            "method": self.method[:MAX_TEXT],
            "id_count": len(self.ids),
            "record_ids": ",".join(map(str, self.ids[:MAX_IDS])),
            "status": status,
            "duration": (time.perf_counter() - self.started) * 1000,
            "error_name": None,
            "error_message": None,
            "traceback": None,
            "user_agent": self.user_agent,
            "request_size": self.request_size,
            "response_size": response_size,
            "request_id": self.request_id or None,
        }
