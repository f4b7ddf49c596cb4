"""Our data files are written in one dialect; each of these models gets its records in that of the host."""
from odoo import models

from .. import series


def _adapt(model, data_list):
    for data in data_list:
        if (data.get("xml_id") or "").startswith("json2_backport."):
            data["values"] = series.adapt_record(model._name, data["values"])
    return data_list


class IrUiView(models.Model):
    _inherit = "ir.ui.view"

    def _load_records(self, data_list, update=False):
        return super()._load_records(_adapt(self, data_list), update=update)


class IrActionsActWindow(models.Model):
    _inherit = "ir.actions.act_window"

    def _load_records(self, data_list, update=False):
        return super()._load_records(_adapt(self, data_list), update=update)


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _load_records(self, data_list, update=False):
        return super()._load_records(_adapt(self, data_list), update=update)


class ResGroups(models.Model):
    _inherit = "res.groups"

    def _load_records(self, data_list, update=False):
        return super()._load_records(_adapt(self, data_list), update=update)
