from odoo import fields


class Many2oneUnchecked(fields.Many2one):
    """A many2one without a foreign key.

    For rows that outlive what they point to, and whose writing must lock nothing: PostgreSQL checks a foreign key by
    locking the row that it points to.
    """

    def update_db_foreign_key(self, model, column):
        """Make none."""
