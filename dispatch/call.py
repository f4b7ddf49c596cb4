"""Resolve, bind, execute: what every endpoint does with a call once its user is known."""
from dataclasses import dataclass, field

from werkzeug.exceptions import NotFound, UnprocessableEntity

from odoo.http import request
from odoo.models import BaseModel

from .. import parameters, series
from ..identity.restrictions import check_call
from ..protocol import arguments as protocol_arguments
from .client_mistakes import explain

FLAT_CREATE_WARNING = '299 - "Field values at the top level of the body: Odoo 19 wants them in vals_list"'

# Odoo 19 routes on the last two, and so passes over them in a body.
_NOT_ARGUMENTS = frozenset(["ids", "context", "__model__", "__method__"])


@dataclass
class Call:
    """One method call as a client asked for it.

    :param str model: name of the model
    :param str method: name of the method
    :param tuple ids: ids of the records to call it on
    :param dict context: the whole context of the call
    :param dict arguments: named arguments of the method
    :param tuple positional: its other arguments; for a method of records the ids come first
    """

    model: str
    method: str
    ids: tuple = ()
    context: dict = field(default_factory=dict)
    arguments: dict = field(default_factory=dict)
    positional: tuple = ()

    @classmethod
    def from_body(cls, model, method, body):
        """Read a call from the body of ``/json/2/<model>/<method>``.

        :rtype: Call
        :raise UnprocessableEntity: when ``ids`` or ``context`` are of no use
        """
        arguments = {name: value for name, value in body.items() if name not in _NOT_ARGUMENTS}
        ids = _checked(protocol_arguments.record_ids, body.get("ids"))
        return cls(model, method, ids, _checked(protocol_arguments.context, body.get("context")), arguments)

    @classmethod
    def from_arguments(cls, model, method, args, kwargs):
        """Read a call as Odoo's ``execute_kw`` has it; without positional arguments it is one as in a body.

        :param tuple args: positional arguments
        :param dict kwargs: named arguments, and the context
        :rtype: Call
        :raise UnprocessableEntity: when ``context`` (or ``ids``) is of no use
        """
        if not args:
            return cls.from_body(model, method, kwargs)
        arguments = {name: value for name, value in kwargs.items() if name != "context"}
        context = _checked(protocol_arguments.context, kwargs.get("context"))
        return cls(model, method, (), context, arguments, tuple(args))

    def take_ids(self):
        """Take the ids off the positional arguments.

        :raise UnprocessableEntity: when the first one is none
        """
        self.ids, self.positional = _checked(protocol_arguments.record_ids, self.positional[0]), self.positional[1:]


def execute(env, call, credentials=None):
    """Make a call as the user of ``env``, with that user's rights, in its transaction.

    :param odoo.api.Environment env: the environment of the authenticated request
    :param Call call: the call
    :param Credentials | None credentials: the key that it is made with; None: a person's own session
    :return: what the method returned: a recordset as its ids, or in the shape of ``execute_kw`` when the arguments came by
        position
    :raise NotFound: no such model or method
    :raise AccessError: the method is private
    :raise Forbidden: the key is not for this call
    :raise UserError: the context names a language that is not installed
    :raise UnprocessableEntity: the arguments do not fit the method, or hold values it cannot take
    """
    if credentials:
        check_call(credentials, call.model, call.method)
    is_classic = bool(call.positional)
    records, function = _resolve(env, call)
    args, kwargs = _bind(function, records, call)
    check_order(env, call.method, call.arguments)
    try:
        result = function(*args, **kwargs)
        # Now, while it can still be told which call asked for a value that the database refuses.
        env.flush_all()
    except Exception as exc:
        reason = explain(exc, records, call)
        if reason:
            raise UnprocessableEntity(reason) from exc
        raise
    if is_classic:
        return series.classic_result(function, call.method, result, args, kwargs)
    return result.ids if isinstance(result, BaseModel) else result


def check_order(env, method, arguments):
    """Refuse a text to sort by that is far too long, where the body is long enough for one.

    :param odoo.api.Environment env: any
    :param str method: name of the method
    :param dict arguments: its named arguments
    :raise UnprocessableEntity: there is one
    """
    if (request.httprequest.content_length or 0) > protocol_arguments.MAX_ORDER and hasattr(env["base"], method):
        _checked(protocol_arguments.check_order, arguments)


def _checked(read, value):
    try:
        return read(value)
    except protocol_arguments.InvalidArgument as exc:
        raise UnprocessableEntity(str(exc)) from exc


def _resolve(env, call):
    """Return the records and the unbound method of a call."""
    if call.model not in env:
        raise NotFound(f"the model {call.model!r} does not exist")
    # In place of the user's own, as on 19.
    model = env[call.model].with_context(call.context)  # pylint: disable=context-overridden
    series.check_language(model.env)
    try:
        function = series.public_method(model, call.method)
    except AttributeError as exc:
        raise NotFound(exc.args[0]) from exc
    if call.ids and series.is_model_method(function):
        raise UnprocessableEntity(f"cannot call {call.model}.{call.method} with ids")
    if call.positional and not series.is_model_method(function):
        call.take_ids()
    return model.browse(call.ids), function


def _bind(function, records, call):
    """Return the positional and named arguments to call ``function`` with."""
    try:
        args, kwargs = series.bind(function, call.method, records, call.arguments, call.positional)
        # From here on it is the same call as one with named arguments, for what explains mistakes and for the log.
        call.arguments = series.name_arguments(function, call.method, call.positional, call.arguments)
        return args, kwargs
    except TypeError as exc:
        if not _is_flat_create(records, call):
            raise UnprocessableEntity(exc.args[0]) from exc
    request.future_response.headers["Warning"] = FLAT_CREATE_WARNING
    return series.bind(function, call.method, records, {"vals_list": [call.arguments]})


def _is_flat_create(model, call):
    """Tell whether a body holds the values of one new record at its top level, and the settings accept that."""
    return (
        call.method == "create"
        and not call.positional
        and bool(call.arguments)
        and model._fields.keys() >= call.arguments.keys()
        and parameters.is_on(model.env, "flat_create")
    )
