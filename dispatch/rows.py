"""The rows of the log, as SQL: writing them is part of every call. The names of the columns are our own."""
import functools

from psycopg2.extras import execute_values

# A call that has changed nothing needs no durable commit: losing its row in a crash loses nothing else, and the call
# is spared the wait for the disk. txid_current_if_assigned() tells whether anything was written before this row. It
# stands in the way of the sequence, which may itself write.
_ID = """CASE WHEN txid_current_if_assigned() IS NULL AND set_config('synchronous_commit', 'off', true) IS NULL
         THEN 0 ELSE nextval('json2_api_log_id_seq') END"""


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
        INSERT INTO json2_api_log (id, repetitions, {", ".join(columns)})
        VALUES ({_ID}, 1, {values})
        RETURNING id
    """


def insert_late(cr, rows):
    """Write rows of calls that are over, in a transaction that nobody waits for.

    :param cr: the cursor
    :param list[dict] rows: ``{column: value}``, all with the same columns
    """
    columns = tuple(rows[0])
    # What a call was made with may have been deleted since, and nothing else would see to the link; see models.
    existing = {
        "key_id": "(SELECT id FROM json2_api_key WHERE id = %(key_id)s)",
        "user_id": "(SELECT id FROM res_users WHERE id = %(user_id)s)",
    }
    values = ", ".join(existing.get(column, f"%({column})s") for column in columns)
    cr.execute("SET LOCAL synchronous_commit TO off")
    execute_values(
        cr,
        f"INSERT INTO json2_api_log (repetitions, {', '.join(columns)}) VALUES %s",
        rows,
        f"(1, {values})",
    )


def set_repetitions(cr, repetitions):
    """Have rows say how many requests they stand for.

    :param cr: the cursor
    :param dict[int, int] repetitions: ``{id of a row: requests}``
    """
    for row_id, number in repetitions.items():
        cr.execute("UPDATE json2_api_log SET repetitions = %s WHERE id = %s AND repetitions < %s", [number, row_id, number])


def commit_durably(cr):
    """Wait for the disk at the commit, whatever the rows before have said: of several calls a later one may have written.

    :param cr: the cursor of the calls
    """
    cr.execute("SET LOCAL synchronous_commit TO DEFAULT")
