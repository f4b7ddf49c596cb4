from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import parameters
from ..dispatch.body import DEFAULT_MAX_SIZE
from ..protocol.cors import InvalidOrigin, parse_origins
from ..protocol.restrictions import split
from .json2_api_key_restrictions import RATE_PERIODS

MEGABYTE = 1024 * 1024


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
    json2_password_login = fields.Boolean(
        string="Logins and Passwords", config_parameter="json2_backport.password_login"
    )
    json2_batch_limit = fields.Integer(string="Calls in a Batch", config_parameter="json2_backport.batch_limit")
    json2_traceback = fields.Selection(
        [("dev", "In developer mode only"), ("always", "Always"), ("never", "Never")],
        string="Tracebacks in Error Messages",
        config_parameter="json2_backport.traceback",
        default="dev",
    )

    json2_rate_limit = fields.Integer(string="Default Rate Limit", config_parameter="json2_backport.rate_limit")
    json2_rate_period = fields.Selection(
        RATE_PERIODS,
        string="Period of the Default Rate Limit",
        config_parameter="json2_backport.rate_period",
        default="minute",
    )
    # The parameter is in bytes.
    json2_max_body_size = fields.Float(string="Largest Request (MB)")
    json2_allowed_origins = fields.Char(
        string="Allowed Origins", config_parameter="json2_backport.allowed_origins"
    )

    @api.model
    def get_values(self):
        values = super().get_values()
        size = parameters.integer(self.env, "max_body_size", DEFAULT_MAX_SIZE)
        values["json2_max_body_size"] = size / MEGABYTE
        return values

    def set_values(self):
        """Store the settings.

        :raise UserError: one of ours makes no sense
        """
        if self.json2_rate_limit < 0:
            raise UserError(_("The default rate limit cannot be negative. Enter 0 for no limit."))
        size = round(self.json2_max_body_size * MEGABYTE)
        if size <= 0:
            raise UserError(_("The largest request must be more than 0 MB."))
        self.json2_allowed_origins = self._json2_normalised_origins()
        super().set_values()
        self.env["ir.config_parameter"].sudo().set_param("json2_backport.max_body_size", size)

    def _json2_normalised_origins(self):
        try:
            return " ".join(parse_origins(self.json2_allowed_origins))
        except InvalidOrigin as exc:
            message = _(
                "Allowed origins: %s is not an origin. An origin is a scheme and a host, with a port if it is not the usual "
                "one, and nothing behind it: https://app.example.com or http://localhost:3000.",
                exc.args[0],
            )
            raise UserError(message) from exc

    @api.constrains(
        "json2_maximum_lifetime", "json2_grace_period", "json2_warning_days", "json2_log_retention", "json2_log_arguments_size",
        "json2_batch_limit",
    )
    def _check_json2_numbers(self):
        for settings in self:
            numbers = ("maximum_lifetime", "grace_period", "log_retention", "log_arguments_size", "batch_limit")
            if any(settings[f"json2_{name}"] < 0 for name in numbers):
                raise ValidationError(_("Lifetimes, periods and sizes cannot be negative."))
            days = split(settings.json2_warning_days)
            if not all(item.isdigit() for item in days):
                raise ValidationError(_("The warnings are numbers of days, such as: 14, 3."))
