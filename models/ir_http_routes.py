from odoo import models

from .. import series
from ..dispatch.base import CONTROLLERS


class IrHttp(models.AbstractModel):
    """Our routes, which are there in the databases that have the addon, and in no other of the server."""

    _inherit = "ir.http"

    @series.routing_rules
    def _generate_routing_rules(self, modules, converters):
        return super()._generate_routing_rules([*modules, CONTROLLERS], converters)
