"""The arguments that a body carries, beside those of the called method."""

import itertools

MAX_ORDER = 10_000  # characters

_ORDERS = frozenset(["order", "orderby", "expand_orderby"])
# Arguments without such a text: long lists, and values of fields, which have names of their own.
_WITHOUT_ORDER = frozenset(["ids", "domain", "data", "vals", "vals_list", "values", "default"])


class InvalidArgument(ValueError):
    """The body holds a value that no method could take; the message is for the client."""


def record_ids(value):
    """Return the record ids that ``value`` names.

    Odoo 19 takes a number, a list of numbers, or nothing. It answers 500 to most of the rest, and 200 with an empty
    or nonsensical result to ``["1"]``, ``[1.5]`` or ``[null]``: all of those are refused here.

    :param value: the body's ``ids``
    :rtype: tuple[int, ...]
    :raise InvalidArgument: when it is something else
    """
    if not value:
        return ()
    ids = (value,) if type(value) is int else value
    if not isinstance(ids, (list, tuple)) or any(type(item) is not int for item in ids):
        raise InvalidArgument("ids must be a record id or a list of record ids")
    return tuple(ids)


def context(value):
    """Return the context that ``value`` describes; it replaces the user's own.

    :param value: the body's ``context``: an object, nothing, or (as on Odoo 19) a list of pairs
    :rtype: dict
    :raise InvalidArgument: when no object can be made of it
    """
    if value is None:
        return {}
    try:
        return dict(value)
    except (TypeError, ValueError):
        raise InvalidArgument("context must be an object") from None


def check_order(arguments):
    """Refuse a text to sort by that is far longer than any: the host's regular expression takes 2 KB for each field of it.

    :param dict arguments: of a method that every model has; a ``specification`` holds such texts at any depth
    :raise InvalidArgument:
    """
    for name, value in walk({name: value for name, value in arguments.items() if name not in _WITHOUT_ORDER}):
        if name in _ORDERS and isinstance(value, str) and len(value) > MAX_ORDER:
            raise InvalidArgument(f"{name}: a text of {MAX_ORDER} characters at most is wanted")


def walk(value):
    """Yield what lists and objects hold, at any depth.

    :param value: a JSON value
    :return: pairs of the name in an object, or None in a list, and what is there
    :rtype: collections.abc.Iterator[tuple]
    """
    waiting = [value]
    while waiting:
        item = waiting.pop()
        for name, child in item.items() if isinstance(item, dict) else zip(itertools.repeat(None), item):
            yield name, child
            if isinstance(child, (dict, list, tuple)):
                waiting.append(child)
