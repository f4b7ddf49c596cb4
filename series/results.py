"""What a method returns to a client of ``execute_kw``, whose shapes are older than JSON-2's."""
from collections.abc import Mapping

from odoo import api
from odoo.models import BaseModel

from .version import VERSION


def classic_result(function, method, result, args, kwargs):
    """Return a result as the host's own ``call_kw`` does.

    One new record is answered as its id, and so is, before 18, the copy of one. Source: Odoo, ``odoo.api.call_kw`` (19:
    ``odoo.service.model.call_kw``).

    :param collections.abc.Callable function: the unbound method
    :param str method: its name
    :param result: what it returned
    :param tuple args: what it was called with, the records first
    :param dict kwargs: the named arguments
    """
    if isinstance(result, BaseModel) and method == "create":
        return result.id if isinstance(args[1], Mapping) else result.ids
    # Several copies (see methods.py) have no id that could stand for them.
    if VERSION < 19 and not (isinstance(result, BaseModel) and len(result) > 1):
        records, *args = args
        result = api.downgrade(function, result, records, args, kwargs)
    return result.ids if isinstance(result, BaseModel) else result
