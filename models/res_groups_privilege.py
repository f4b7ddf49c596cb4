from odoo import models


class ResGroupsPrivilege(models.AbstractModel):
    """Lets hosts before 19 read our data file: what a privilege says there, the category of the groups says here."""

    _name = "res.groups.privilege"
    _description = "Privilege"

    def _load_records(self, data_list, update=False):
        """Return the categories that the privileges of a data file belong to, and make nothing.

        :rtype: odoo.models.BaseModel
        """
        return self.env["ir.module.category"].browse(data["values"]["category_id"] for data in data_list)
