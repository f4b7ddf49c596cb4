from odoo import api, models, tools

from .. import series
from ..parameters import PREFIX


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    @api.model
    @tools.ormcache(**series.PARAMETER_CACHE)
    def _json2_parameters(self):
        """Return all our parameters at once: each call looks at several. Like the host's own, they are cached.

        :return: ``{name without prefix: value}``
        :rtype: dict[str, str]
        """
        records = self.sudo().search([("key", "=like", f"{PREFIX}%")])
        return tools.frozendict({record.key[len(PREFIX) :]: record.value for record in records})
