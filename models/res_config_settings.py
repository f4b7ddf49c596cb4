from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..dispatch import parameters
from ..dispatch.body import DEFAULT_MAX_SIZE
from ..protocol.cors import InvalidOrigin, parse_origins
from .json2_api_key import RATE_PERIODS

MEGABYTE = 1024 * 1024


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
    json2_rate_limit = fields.Integer(
        string="Default rate limit",
        config_parameter="json2_backport.rate_limit",
    )
    json2_rate_period = fields.Selection(
        RATE_PERIODS,
        string="Period of the default rate limit",
        config_parameter="json2_backport.rate_period",
        default="minute",
    )
    # The parameter is in bytes.
    json2_max_body_size = fields.Float(string="Largest request (MB)")
    json2_allowed_origins = fields.Char(
        string="Allowed origins",
        config_parameter="json2_backport.allowed_origins",
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
