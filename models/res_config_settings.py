from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    json2_flat_create = fields.Boolean(
        string="Accept field values at the top level",
        config_parameter="json2_backport.flat_create",
    )
    json2_traceback = fields.Selection(
        [("dev", "In developer mode only"), ("always", "Always"), ("never", "Never")],
        string="Tracebacks in error messages",
        config_parameter="json2_backport.traceback",
        default="dev",
    )
