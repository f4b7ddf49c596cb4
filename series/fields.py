from odoo import fields

from .version import VERSION


class Many2oneUnchecked(fields.Many2one):
    """A many2one without a foreign key.

    For rows that outlive what they point to, and whose writing must lock nothing: PostgreSQL checks a foreign key by
    locking the row that it points to.
    """

    def update_db_foreign_key(self, model, column):
        """Make none."""


def aggregation(function):
    """Return the field argument that says how groups add a field up; it was renamed for Odoo 18.

    :param str | None function: such as ``avg``; None: not at all
    :rtype: dict
    """
    return {"aggregator" if VERSION >= 18 else "group_operator": function}
