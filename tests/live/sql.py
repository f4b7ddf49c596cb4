"""What tests do in the database, past Odoo, and how long they wait for it."""
import contextlib
import time

import psycopg2

from devtools import postgres

PATIENCE = 20
# Rows of calls that have only read are written a moment later than the answer.
SETTLED = 0.4


@contextlib.contextmanager
def transaction(where, environment=None):
    """A cursor in a transaction as Odoo's, committed at the end unless that was done.

    `where`: a server, or the name of a database; `environment`: PGHOST and friends, when it is not the usual PostgreSQL.
    """
    database = getattr(where, "databases", [where])[0]
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    environment = environment or postgres.environment()
    address = {option: environment[name] for option, name in names.items() if name in environment}
    connection = psycopg2.connect(dbname=database, **address)
    connection.set_session(isolation_level="REPEATABLE READ")
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def wait_until_blocked(server):
    """Wait until a transaction of the database waits for another one's lock."""
    blocked = wait_for(lambda: postgres.sql(
        "SELECT 1 FROM pg_stat_activity WHERE datname = :'name' AND wait_event_type = 'Lock'", name=server.databases[0]))
    assert blocked, "nothing waits for a lock"


def wait_for(condition):
    """What `condition` returns, as soon as it is true; or what it returned at last."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found
