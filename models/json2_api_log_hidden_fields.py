import re

from odoo import api, models


class Json2ApiLog(models.Model):
    """Odoo 16 checks the groups of a field where its values are read. From 17 on they are also checked where records are
    searched, ordered, grouped and aggregated by it, which tells the values as well."""

    _inherit = "json2.api.log"

    @api.model
    def _flush_search(self, domain, fields=None, order=None, seen=None):
        # In the same place as on 17. Every search and grouping names here the fields that it is about to take, and those
        # of the record rules are not among them yet.
        paths = [str(leaf[0]) for leaf in domain if isinstance(leaf, (list, tuple)) and leaf]
        names = {path.split(".")[0] for path in paths} | set(re.findall(r"\w+", order or "")) | set(fields or ())
        self.check_field_access_rights("read", names)
        return super()._flush_search(domain, fields, order, seen)
