"""Data files are written in the dialect of Odoo 19; this translates their records for older hosts when they load."""
from .version import VERSION
from .views import adapt_arch


def adapt_record(model, values):
    """Translate the values of a record from one of our data files.

    :param str model: the record's model
    :param dict values: field values as the file has them
    :return: field values as this host wants them
    :rtype: dict
    """
    adapt = _ADAPTERS.get(model)
    return adapt(dict(values)) if adapt else values


def _view(values):
    if values.get("arch"):
        values["arch"] = adapt_arch(values["arch"], VERSION)
    return values


def _window_action(values):
    if VERSION < 18 and values.get("view_mode"):
        values["view_mode"] = values["view_mode"].replace("list", "tree")
    return values


def _cron(values):
    # Since 18 a job runs until it is archived; before, the number of calls was counted down.
    if VERSION < 18:
        values["numbercall"] = -1
    return values


def _group(values):
    # See models/res_groups_privilege.py.
    if VERSION < 19 and "privilege_id" in values:
        values["category_id"] = values.pop("privilege_id")
    return values


_ADAPTERS = {
    "ir.ui.view": _view,
    "ir.actions.act_window": _window_action,
    "ir.cron": _cron,
    "res.groups": _group,
}
