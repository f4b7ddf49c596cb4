"""The rows of the log, as SQL: writing them is part of every call. The names of the columns are our own."""
import contextlib
import functools
from contextlib import closing

from psycopg2.extras import execute_values

from odoo.sql_db import Cursor, db_connect

# A call that has changed nothing needs no durable commit: losing its row in a crash loses nothing else, and the call
# is spared the wait for the disk. txid_current_if_assigned() tells whether anything was written before this row. It
# stands in the way of the sequence, which may itself write.
_ID = """CASE WHEN txid_current_if_assigned() IS NULL AND set_config('synchronous_commit', 'off', true) IS NULL
         THEN 0 ELSE nextval('json2_api_log_id_seq') END"""
_SET_LOCK = "SELECT set_config('json2_backport.log_lock', %s, true)"


def insert(cr, row):
    """Write a row with the transaction of a cursor.

    :param cr: the cursor
    :param dict row: ``{column: value}``
    :return: its id
    :rtype: int
    """
    row = {column: value for column, value in row.items() if value is not None}
    cr.execute(_insert_statement(tuple(row)), row)
    return cr.fetchone()[0]


@functools.lru_cache(maxsize=64)
def _insert_statement(columns):
    """Return the INSERT of these columns: the fewer there are, the less PostgreSQL has to parse."""
    values = ", ".join(f"%({column})s" for column in columns)
    return f"""
        INSERT INTO json2_api_log (id, {", ".join(columns)})
        VALUES ({_ID}, {values})
        RETURNING id
    """


def insert_late(cr, rows):
    """Write rows of calls that are over, in a transaction that nobody waits for.

    :param cr: the cursor
    :param list[dict] rows: ``{column: value}``, all with the same columns
    :return: their ids
    :rtype: list[int]
    """
    columns = tuple(rows[0])
    # What a call was made with may have been deleted since, and nothing else would see to the link; see models. It is
    # locked as for a foreign key, so that it is not being deleted at this very moment.
    existing = {
        "key_id": "(SELECT id FROM json2_api_key WHERE id = %(key_id)s FOR KEY SHARE)",
        "user_id": "(SELECT id FROM res_users WHERE id = %(user_id)s FOR KEY SHARE)",
    }
    values = ", ".join(existing.get(column, f"%({column})s") for column in columns)
    cr.execute("SET LOCAL synchronous_commit TO off")
    query = f"INSERT INTO json2_api_log ({', '.join(columns)}) VALUES %s RETURNING id"
    return [row_id for (row_id,) in execute_values(cr, query, rows, f"({values})", fetch=True)]


def set_repetitions(cr, repetitions):
    """Have rows say how many requests they stand for.

    :param cr: the cursor
    :param dict[int, int] repetitions: ``{id of a row: requests}``
    """
    with unlocked(cr):
        for row_id, number in repetitions.items():
            query = "UPDATE json2_api_log SET repetitions = %s WHERE id = %s AND repetitions < %s"
            cr.execute(query, [number, row_id, number])


def forget(cr, column, logins):
    """Let no row point to what is deleted by a transaction: now, and once more when it is committed.

    Calls that were made meanwhile have rows that the transaction does not see, and so has the call that deletes.

    :param cr: the cursor of the transaction
    :param str column: ``key_id`` or ``user_id``
    :param dict[int, str | None] logins: ``{id of what is deleted: login, for users}``
    """
    _forget(cr, column, logins)
    if isinstance(cr, Cursor):
        cr.postcommit.add(lambda: _forget_in_transaction(cr.dbname, column, logins))


def _forget_in_transaction(database, column, logins):
    with closing(db_connect(database).cursor()) as cr:
        _forget(cr, column, logins)
        # A cursor of our own.
        cr.commit()  # pylint: disable=invalid-commit


def _forget(cr, column, logins):
    values = {"key_id": "key_id = NULL", "user_id": "user_id = NULL, user_login = gone.login"}[column]
    query = f"""
        UPDATE json2_api_log log SET {values}
          FROM unnest(%s::integer[], %s::varchar[]) AS gone(id, login)
         WHERE log.{column} = gone.id
    """  # noqa: S608 - names of our own
    with unlocked(cr):
        cr.execute(query, [list(logins), list(logins.values())])


@contextlib.contextmanager
def unlocked(cr):
    """Let rows be changed or deleted for a moment, which the database refuses otherwise.

    A transaction that fails meanwhile takes this back with all the rest.

    :param cr: the cursor
    """
    cr.execute(_SET_LOCK, ["off"])
    yield
    cr.execute(_SET_LOCK, ["on"])


def lock(cr):
    """Have the database refuse to change or to delete rows: whatever the access rights say, they are only added.

    Once for each statement, so it costs those that add rows nothing.

    :param cr: the cursor
    """
    cr.execute(
        """
        CREATE OR REPLACE FUNCTION json2_api_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('json2_backport.log_lock', true) IS DISTINCT FROM 'off' THEN
                RAISE EXCEPTION 'The rows of the API log cannot be changed or deleted.' USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NULL;
        END $$;
        DROP TRIGGER IF EXISTS json2_api_log_lock ON json2_api_log;
        CREATE TRIGGER json2_api_log_lock BEFORE UPDATE OR DELETE OR TRUNCATE ON json2_api_log
            FOR EACH STATEMENT EXECUTE PROCEDURE json2_api_log_refuse()
        """
    )


def remove_lock(cr):
    """Take back what :func:`lock` has made.

    :param cr: the cursor
    """
    cr.execute("DROP FUNCTION IF EXISTS json2_api_log_refuse() CASCADE")


def commit_durably(cr):
    """Wait for the disk at the commit, whatever the rows before have said: of several calls a later one may have written.

    :param cr: the cursor of the calls
    """
    cr.execute("SET LOCAL synchronous_commit TO DEFAULT")
