from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        keys = self.env["json2.api.key"]
        was_active = "active" in vals and self.sudo().exists().mapped("active")
        with keys._ending_with_promotion([("user_id", "in", self.ids)]):
            result = super().write(vals)
        if was_active and self.sudo().exists().mapped("active") != was_active:
            keys._forget_known()
        return result

    def unlink(self):
        self.env["json2.api.key"].sudo().with_context(active_test=False).search([("user_id", "in", self.ids)]).unlink()
        self.env["json2.api.log"]._forget("user_id", self.ids)
        return super().unlink()

    def action_json2_generate(self):
        """Open the wizard from Preferences, Account Security.

        :rtype: dict
        """
        return self.env["ir.actions.act_window"]._for_xml_id("json2_backport.json2_api_key_wizard_action")

    def action_json2_keys(self):
        """Open the current user's keys from Preferences, Account Security.

        :rtype: dict
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("json2_backport.json2_api_key_action")
        return dict(action, domain=[("user_id", "=", self.env.uid)], context={})
