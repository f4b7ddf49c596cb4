from odoo import api, models


class ResGroups(models.Model):
    _inherit = "res.groups"

    @api.model_create_multi
    def create(self, vals_list):
        with self.env["json2.api.key"]._ending_with_promotion():
            return super().create(vals_list)

    def write(self, vals):
        with self.env["json2.api.key"]._ending_with_promotion():
            return super().write(vals)
