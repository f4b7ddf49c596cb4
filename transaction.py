"""What a transaction is about to do, and what it has done."""
import psycopg2
from psycopg2.extensions import STATUS_READY

from odoo import tools
from odoo.sql_db import Cursor


def make_pending(cr):
    """Make the changes that were left for the time before the commit: those of records, and those of hooks.

    :param cr: a cursor
    """
    cr.flush()
    # Before 19 that leaves the records as the hooks have changed them for the commit, or for another flush.
    cr.flush()


def has_changed(cr):
    """Tell whether a transaction has changed anything so far: PostgreSQL gives it a number when it does.

    :param cr: a cursor
    :rtype: bool
    """
    if isinstance(cr, Cursor) and cr._cnx.status == STATUS_READY:
        # There is no transaction: the question would begin one.
        return False
    cr.execute("SELECT txid_current_if_assigned()")
    return cr.fetchone()[0] is not None


def is_read_only(cr):
    """Tell whether a cursor is one of those that 18 and 19 read with, on a replica for instance.

    :param cr: a cursor
    :rtype: bool
    """
    return isinstance(cr, Cursor) and getattr(cr, "readonly", False)


def roll_back(cr):
    """End a transaction that has failed. One that has lost its connection has ended with it.

    :param cr: a cursor
    """
    try:
        cr.rollback()
    except (psycopg2.OperationalError, psycopg2.InterfaceError):
        if not cr.closed:
            raise


def commit_batch(env):
    """Commit what a job has done so far, so that it holds no lock for long. Not in tests, which are rolled back.

    :param odoo.api.Environment env: of the job
    """
    if not tools.config["test_enable"]:
        env.cr.commit()  # pylint: disable=invalid-commit
