from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    json2_maximum_lifetime = fields.Integer(
        string="Maximum Lifetime", config_parameter="json2_backport.maximum_lifetime"
    )
    json2_never_expires = fields.Boolean(
        string="Keys That Never Expire", config_parameter="json2_backport.never_expires"
    )
    json2_grace_period = fields.Integer(string="Grace Period", config_parameter="json2_backport.grace_period")
    json2_warning_days = fields.Char(string="Warnings", config_parameter="json2_backport.warning_days")
    json2_user_keys = fields.Boolean(string="Keys of the Users", config_parameter="json2_backport.user_keys")
    json2_log_retention = fields.Integer(string="Retention", config_parameter="json2_backport.log_retention")
    json2_log_arguments = fields.Selection(
        [("never", "Never"), ("errors", "For errors"), ("always", "Always")],
        string="Arguments of Calls",
        config_parameter="json2_backport.log_arguments",
        default="never",
    )
    json2_log_arguments_size = fields.Integer(
        string="Size of the Arguments", config_parameter="json2_backport.log_arguments_size"
    )
    json2_log_json = fields.Boolean(string="JSON Lines", config_parameter="json2_backport.log_json")
    json2_flat_create = fields.Boolean(
        string="Accept Field Values at the Top Level",
        config_parameter="json2_backport.flat_create",
    )
    json2_traceback = fields.Selection(
        [("dev", "In developer mode only"), ("always", "Always"), ("never", "Never")],
        string="Tracebacks in Error Messages",
        config_parameter="json2_backport.traceback",
        default="dev",
    )

    @api.constrains(
        "json2_maximum_lifetime", "json2_grace_period", "json2_warning_days", "json2_log_retention", "json2_log_arguments_size"
    )
    def _check_json2_numbers(self):
        for settings in self:
            numbers = ("maximum_lifetime", "grace_period", "log_retention", "log_arguments_size")
            if any(settings[f"json2_{name}"] < 0 for name in numbers):
                raise ValidationError(_("Lifetimes, periods and sizes cannot be negative."))
            days = (settings.json2_warning_days or "").replace(",", " ").split()
            if not all(item.isdigit() for item in days):
                raise ValidationError(_("The warnings are numbers of days, such as: 14, 3."))
