"""What a JSON-RPC request wants done. The same call can be written in four ways:

* ``"res.partner.read"`` with ``params`` an object: named arguments, as in the body of ``/json/2``;
* ``"res.partner.read"`` with ``params`` an array: positional arguments, the ids first for a method of records;
* ``"call"`` with ``model``, ``method``, ``args`` and ``kwargs``;
* ``"call"`` with ``service``, ``method`` and ``args``, as clients of Odoo's ``/jsonrpc`` send it
  (Odoo, ``odoo.service.model.dispatch`` and ``odoo.service.common``).
"""
from dataclasses import dataclass, field
from typing import Optional

OBJECT = "object"
COMMON = "common"

# Beside the arguments of the method; ``ids`` and ``context`` belong to the call itself, and stay with them.
_RESERVED = ("db", "api_key")
_MEMBERS = frozenset(["model", "method", "args", "kwargs", "context", *_RESERVED])


class InvalidParams(ValueError):
    """``params`` do not fit the method; the text is for the client."""


class UnknownMethod(ValueError):
    """There is no such method; the text is for the client."""


@dataclass(frozen=True)
class Invocation:
    """A call, whichever way it was written.

    :param str service: ``object`` for a method of a model, else the name of another service
    :param str model: name of the model
    :param str method: name of the method
    :param tuple args: positional arguments, ids included
    :param dict kwargs: named arguments, ``context`` and (without positional ones) ``ids`` included
    :param str | None database: that the client believes to be talking to
    :param str | None api_key: the key that this call is made with
    :param uid: whom the client believes to be, if it says so
    :param str | None login: what the client calls the user, where it asks for the id
    :param str | None password: in whose place a key may stand
    """

    method: str
    model: str = ""
    service: str = OBJECT
    args: tuple = ()
    kwargs: dict = field(default_factory=dict)
    database: Optional[str] = None
    api_key: Optional[str] = None
    uid: object = None
    login: Optional[str] = None
    password: Optional[str] = None

    @property
    def target(self):
        """The model, or the service when there is none."""
        return self.model or self.service


def read(method, params):
    """Return what a request wants done.

    :param str method: the request's
    :param params: the request's, a list or a dict
    :rtype: Invocation
    :raise UnknownMethod: the name leads nowhere
    :raise InvalidParams: a member of ``params`` is missing, unknown or of the wrong type
    """
    if method != "call":
        return _read_shorthand(method, params)
    if not isinstance(params, dict):
        raise InvalidParams("call wants an object with model, method, args and kwargs")
    return _read_service(params) if "service" in params else _read_model(params)


def _read_shorthand(name, params):
    model, dot, method = name.rpartition(".")
    if not dot:
        raise UnknownMethod(f"there is no method {name!r}: a model and a method are wanted, such as res.partner.read")
    if isinstance(params, list):
        return Invocation(method, model, args=tuple(params))
    kwargs = {key: value for key, value in params.items() if key not in _RESERVED}
    return Invocation(method, model, kwargs=kwargs, **_reserved(params))


def _read_model(params):
    unknown = sorted(params.keys() - _MEMBERS)
    if unknown:
        raise InvalidParams(f"params has no member {unknown[0]!r}: arguments go into args or kwargs")
    kwargs = _optional(params, "kwargs", dict) or {}
    if "context" in params:
        kwargs = {"context": params["context"], **kwargs}
    args = tuple(_optional(params, "args", list) or ())
    return Invocation(_name(params, "method"), _name(params, "model"), args=args, kwargs=kwargs, **_reserved(params))


def _reserved(params):
    return {"database": _text(params, "db"), "api_key": _text(params, "api_key")}


def _read_service(params):
    service, method = _name(params, "service"), _name(params, "method")
    args = _optional(params, "args", list) or []
    if service == OBJECT:
        return _read_object(method, args)
    if service == COMMON:
        return _read_common(method, args)
    return Invocation(method, service=service, args=tuple(args))


def _read_object(method, args):
    if method not in ("execute", "execute_kw"):
        raise UnknownMethod(f"the service object has no method {method!r}")
    if len(args) < 5:
        raise InvalidParams(f"{method} wants a database, a user id, a password or key, a model and a method")
    database, uid, password, model, name, *rest = args
    head = {"database": database, "password": password, "model": model, "method": name}
    arguments = {"args": tuple(rest)} if method == "execute" else _execute_kw(rest)
    return Invocation(
        _name(head, "method"),
        _name(head, "model"),
        database=_text(head, "database"),
        # Nobody, which is not the same as not to say who.
        uid=False if uid is None else uid,
        password=_text(head, "password"),
        **arguments,
    )


def _read_common(method, args):
    if method == "version":
        return Invocation(method, service=COMMON)
    if method not in ("login", "authenticate"):
        raise UnknownMethod(f"the service common has no method {method!r}")
    if not 3 <= len(args) <= 4:
        raise InvalidParams(f"{method} wants a database, a login and a password or key")
    database, login, password = (_text({"args": value}, "args") for value in args[:3])
    return Invocation(method, service=COMMON, database=database, login=login, password=password)


def _execute_kw(rest):
    if len(rest) > 2:
        raise InvalidParams("execute_kw wants at most args and kwargs behind the method")
    values = dict(zip(("args", "kwargs"), rest))
    return {"args": tuple(_optional(values, "args", list) or ()), "kwargs": _optional(values, "kwargs", dict) or {}}


def _name(values, name):
    if not isinstance(values.get(name), str):
        raise InvalidParams(f"{name} must be a string")
    return values[name]


def _text(values, name):
    text = _optional(values, name, str)
    if text and ("\x00" in text or text != text.encode("utf-8", "replace").decode()):
        raise InvalidParams(f"{name} holds a character that no database can store")
    return text


def _optional(values, name, type_):
    """Return a member of this type, None for one that is absent, null or (as Odoo's clients write it) false."""
    value = values.get(name)
    if value is None or value is False or isinstance(value, type_):
        return value or None
    raise InvalidParams(f"{name} must be {_WORDS[type_]}")


_WORDS = {str: "a string", list: "an array", dict: "an object"}
