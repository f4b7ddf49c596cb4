from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo import api, models
from odoo.sql_db import db_connect

from ..protocol.rate_limit import PERIODS

BATCH = 1000


class Json2RateWindow(models.AbstractModel):
    """The calls of every key that has a limit, in its running window: one row for each.

    No records, but a table of its own: it has no ``id``, whose sequence every call would draw on although its row is
    there already; and it is UNLOGGED, so that counting never waits for the disk. After a crash of the database it is
    empty, and every key begins a new window.

    It is changed in short transactions of its own, READ COMMITTED. In the transaction of the call (REPEATABLE READ, and
    open until the call ends) calls of one key would wait for each other, and all but one be made again.
    """

    _name = "json2.rate.window"
    _description = "JSON-2 Rate Limit Window"

    def init(self):
        # Room on the page for the new version of a row, so that the index need not change with it.
        self.env.cr.execute(
            """
            CREATE UNLOGGED TABLE IF NOT EXISTS json2_rate_window (
                bucket varchar PRIMARY KEY,
                started timestamptz NOT NULL,
                used bigint NOT NULL
            ) WITH (fillfactor = 50)
            """
        )

    @api.model
    def _count(self, bucket, window):
        """Count a call, for every process and host that works on this database.

        A window begins with the first call after the last one ended, by the clock of the database.

        :param str bucket: what is counted
        :param int window: length of a window, in seconds
        :return: ``(used, elapsed)``: calls of the running window, this one included; seconds since it began
        :rtype: tuple[int, float]
        """
        query = """
            INSERT INTO json2_rate_window AS running (bucket, started, used)
                 VALUES (%(bucket)s, now(), 1)
            ON CONFLICT (bucket) DO UPDATE
                    SET (started, used) = (
                        SELECT CASE WHEN is_over THEN now() ELSE running.started END,
                               CASE WHEN is_over THEN 1 ELSE running.used + 1 END
                          FROM (SELECT running.started <= now() - %(window)s * interval '1 second' AS is_over) AS state
                    )
              RETURNING used, extract(epoch FROM now() - started)
        """
        with self._own_cursor() as cr:
            cr.execute(query, {"bucket": bucket, "window": window})
            used, elapsed = cr.fetchone()
        return used, float(elapsed)

    @api.autovacuum
    def _remove_old_windows(self):
        """Remove what is older than the longest period, some rows at a time: a call never waits for all of it."""
        while self._remove_batch() == BATCH:
            pass

    def _remove_batch(self):
        query = """
            DELETE FROM json2_rate_window
                  WHERE bucket IN (
                        SELECT bucket FROM json2_rate_window
                         WHERE started <= now() - %s * interval '1 second'
                         LIMIT %s FOR UPDATE SKIP LOCKED
                  )
        """
        with self._own_cursor() as cr:
            cr.execute(query, [max(PERIODS.values()), BATCH])
            return cr.rowcount

    def _own_cursor(self):
        # Not of the registry: in tests that one gives out the test's own transaction.
        cr = db_connect(self.env.cr.dbname).cursor()
        cr.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
        return cr
