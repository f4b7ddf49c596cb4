"""After a call has failed: was it plainly the client's mistake?

Odoo answers 500 to a broken domain or an unknown field, with a Python or SQL error for a message. These checks run only
once a call has failed, so a call that succeeds pays nothing for them, and none of them can refuse what the host takes.
"""
import itertools
import re
import reprlib

import psycopg2
from psycopg2 import errors as pg

from odoo.exceptions import UserError
from odoo.models import BaseModel

from .. import series
from ..protocol.arguments import walk
from ..protocol.masking import cut

OPERATORS = frozenset(
    "= != <> > >= < <= like ilike =like =ilike in any any! child_of parent_of =?".split()
    + ["not like", "not ilike", "not =like", "not =ilike", "not in", "not any", "not any!"]
)
# Arity of the prefix operators of a domain.
CONNECTORS = {"&": 2, "|": 2, "!": 1}

# What PostgreSQL says when a value does not fit its column or its place in the query.
_WRONG_VALUE = (
    psycopg2.DataError,
    pg.UndefinedFunction,
    pg.DatatypeMismatch,
    pg.CannotCoerce,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUL = re.compile("\0")
_UNEXPECTED = "got an unexpected keyword argument '"

# To look at more than this would take longer than the call itself.
_MAX_VALUES = 50_000
_MAX_TERMS = 1_000
_MAX_TEXT = 1_000


class _Shortening(reprlib.Repr):
    def repr_str(self, text, _level):
        """Without the end, which may be a part of a secret: the log could not tell."""
        return repr(text) if len(text) <= _MAX_TEXT else repr(cut(text, _MAX_TEXT)) + "..."


_shortening = _Shortening()
_shortening.maxother = _MAX_TEXT
_shortening.maxlist = _shortening.maxtuple = _shortening.maxdict = 50
_quoted = _shortening.repr


def explain(exception, records, call):
    """Return one sentence that tells a client what is wrong with his request.

    :param Exception exception: what the call raised
    :param odoo.models.BaseModel records: what it was called on
    :param call: the :class:`~.call.Call`
    :return: None when the mistake may be the server's
    :rtype: str | None
    """
    if isinstance(exception, (UserError, psycopg2.OperationalError, psycopg2.IntegrityError)):
        return None
    if isinstance(exception, UnicodeEncodeError) and _holds(call, _SURROGATE):
        return "the arguments hold a text that is not valid Unicode (a lone surrogate)"
    if isinstance(exception, ValueError) and "NUL" in str(exception) and _holds(call, _NUL):
        return "the arguments hold a text with a NUL character, which the database cannot store"
    _function, unexpected, name = str(exception).partition(_UNEXPECTED) if isinstance(exception, TypeError) else ("", "", "")
    if unexpected and name[:-1] in call.arguments:
        # ``def search_read(self, ..., **read_kwargs)`` takes what the next one does not.
        return unexpected + name
    if not isinstance(call.context.get("allowed_company_ids", []), (list, tuple)):
        return "context: allowed_company_ids: a list of company ids is wanted"
    if not isinstance(call.context.get("lang") or "", str):
        return "context: lang: a language code is wanted"
    # A method of every model: its arguments mean the same everywhere.
    if hasattr(records.env["base"], call.method) and _is_small(call.arguments):
        for name, value in call.arguments.items():
            reason = name in _CHECKS and _CHECKS[name](records.browse(), value)
            if reason:
                return f"{name}: {reason}"
    if isinstance(exception, _WRONG_VALUE) or "can't adapt type" in str(exception):
        return _wrong_value(exception)
    return None


def _is_small(value):
    """Tell whether there are so few values that to look at each takes no time."""
    return next(itertools.islice(walk(value), _MAX_VALUES, None), None) is None


def _holds(call, pattern):
    """Tell whether a text of a call, or one of the first that it has, matches a pattern."""
    pairs = itertools.islice(walk([call.arguments, call.positional, call.context]), _MAX_VALUES)
    return any(isinstance(text, str) and pattern.search(text) for pair in pairs for text in pair)


def _wrong_value(exception):
    """Name the value, if PostgreSQL does: ``invalid input syntax for type integer: "abc"``."""
    message = getattr(exception, "diag", None) and exception.diag.message_primary or ""
    _sentence, quote, quoted = message.partition(': "')
    value = _quoted(quoted[:-1]) if quote and quoted.endswith('"') else "a value in the arguments"
    return f"{value} is of the wrong type, or out of range, for the field it is meant for"


def _check_domain(model, domain):
    if not isinstance(domain, (list, tuple)):
        return "a domain is a list of conditions"
    missing = 1 if domain else 0
    for item in domain:
        if isinstance(item, str) and item in CONNECTORS:
            missing += CONNECTORS[item] - 1
            continue
        reason = _check_condition(model, item)
        if reason:
            return reason
        missing -= 1
    return "a connector ('&', '|' or '!') lacks a condition" if missing > 0 else None


def _check_condition(model, item):
    if not isinstance(item, (list, tuple)) or len(item) != 3:
        return f"{_quoted(item)} is no condition [field, operator, value]"
    path, operator, value = item
    if path in (1, 0) and operator == "=":  # [1, "=", 1] and [0, "=", 1]: true and false
        return None
    if not isinstance(path, str) or not isinstance(operator, str):
        return f"{_quoted(item)} is no condition [field, operator, value]"
    if operator not in OPERATORS:
        return f"{_quoted(operator)} is no operator"
    return _check_path(model, path) or _check_operand(model, path, operator, value)


def _check_operand(model, path, operator, value):
    if "any" in operator:
        comodel = model.env.get(getattr(model._fields.get(path), "comodel_name", None))
        return _check_domain(comodel, value) if comodel is not None else None
    is_list = isinstance(value, (list, tuple))
    if operator in ("in", "not in") and not is_list and not isinstance(value, bool):
        return f"{_quoted(operator)} wants a list of values"
    items = value if is_list else [value]
    if any(isinstance(item, (dict, list)) for item in items):
        return f"{_quoted(value)} is nothing to compare a field with"
    field = model._fields.get(path)
    if field and field.type in ("date", "datetime"):
        return next(filter(None, (_check_value(model, path, item) for item in items)), None)
    return None


def _check_path(model, path):
    for name in path.split(".") if isinstance(path, str) else [path]:
        if not isinstance(model, BaseModel):
            return None
        if not isinstance(name, str) or name not in model._fields:
            return f"{model._name!r} has no field {_quoted(name)}"
        field = model._fields[name]
        if not field.comodel_name:
            # Behind the dot stands a property or the part of a date.
            has_parts = series.HAS_DATE_PARTS or field.type not in ("date", "datetime") or path.endswith(name)
            return None if has_parts else f"the field {_quoted(name)} has no parts"
        model = model.env.get(field.comodel_name)
    return None


def _check_fields(model, names):
    if names is None or names is False:
        return None
    if not isinstance(names, (list, tuple)):
        return "a list of field names is wanted"
    return next(filter(None, (_check_field(model, name) for name in names)), None)


def _check_field(model, name):
    if isinstance(name, str):
        # ``amount:sum`` in read_group, ``date:month`` in groupby
        name = name.split(":")[0].split(".")[0]
    if name == "__count" or (isinstance(name, str) and "(" in name):
        return None
    return _check_path(model, name)


def _check_groupby(model, names):
    return _check_fields(model, [names] if isinstance(names, str) else names)


def _check_values(model, values):
    if not isinstance(values, dict):
        return "an object of field values is wanted"
    reasons = (_check_path(model, name) or _check_value(model, name, value) for name, value in values.items())
    return next(filter(None, reasons), None)


def _check_value(model, name, value):
    """Ask the field itself whether it takes a value."""
    if model._fields[name].type in ("one2many", "many2many") and not _is_commands(value):
        return f"{_quoted(value)} is no list of ids or commands, as the field {_quoted(name)} wants"
    try:
        model._fields[name].convert_to_cache(value, model.new())
    except (ValueError, TypeError):
        return f"{_quoted(value)} is no value for the field {_quoted(name)}"
    except Exception:  # the transaction has failed, so a field that asks the database cannot tell
        return None
    if model._fields[name].type == "binary" and isinstance(value, str) and not value.isascii():
        return f"the field {_quoted(name)} wants base64"
    return None


def _is_commands(value):
    return not value or (
        isinstance(value, (list, tuple)) and all(isinstance(item, (int, list, tuple)) for item in value)
    )


def _check_values_list(model, values):
    items = values if isinstance(values, (list, tuple)) else [values]
    return next(filter(None, (_check_values(model, item) for item in items)), None)


def _check_count(_model, value):
    if value in (None, False) or (type(value) in (int, float) and 0 <= value < 2**63):
        return None
    return "a number that is not negative is wanted"


def _check_order(model, order):
    if order in (None, False):
        return None
    if not isinstance(order, str):
        return "a text such as 'name desc, id' is wanted"
    if order.count(",") > _MAX_TERMS or not all(part.strip() for part in order.split(",")):
        return "a text such as 'name desc, id' is wanted"
    names = (part.split()[0] for part in order.split(","))
    return next(filter(None, (_check_order_field(model, name) for name in names)), None)


def _check_order_field(model, name):
    reason = _check_field(model, name)
    field = model._fields.get(name.split(":")[0])
    sortable = field and (bool(field.column_type) if field.store else bool(field.related))
    if not reason and not sortable and name != "__count":
        reason = f"records cannot be sorted by {_quoted(name)}"
    return reason


def _check_specification(model, specification):
    if not isinstance(specification, dict):
        return "an object of field names is wanted"
    return _check_fields(model, list(specification))


def _check_operation(_model, operation):
    return None if operation in ("read", "write", "create", "unlink") else f"{_quoted(operation)} is no operation"


_CHECKS = {
    "domain": _check_domain,
    "fields": _check_fields,
    "allfields": _check_fields,
    "groupby": _check_groupby,
    "aggregates": _check_fields,
    "specification": _check_specification,
    "operation": _check_operation,
    "vals": _check_values,
    "vals_list": _check_values_list,
    "limit": _check_count,
    "offset": _check_count,
    "order": _check_order,
    "orderby": _check_order,
}
