"""Resolve, bind, execute: what every endpoint does with a call once its user is known."""
from dataclasses import dataclass, field

from werkzeug.exceptions import NotFound, UnprocessableEntity

from odoo.http import request
from odoo.models import BaseModel

from .. import series
from ..protocol import arguments as protocol_arguments
from .diagnosis import explain
from .read_only import transaction_mode
from .restrictions import check_call

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
    """

    model: str
    method: str
    ids: tuple = ()
    context: dict = field(default_factory=dict)
    arguments: dict = field(default_factory=dict)

    @classmethod
    def from_body(cls, model, method, body):
        """Read a call from the body of ``/json/2/<model>/<method>``.

        :rtype: Call
        :raise UnprocessableEntity: when ``ids`` or ``context`` are of no use
        """
        arguments = {name: value for name, value in body.items() if name not in _NOT_ARGUMENTS}
        try:
            ids = protocol_arguments.record_ids(body.get("ids"))
            context = protocol_arguments.context(body.get("context"))
        except protocol_arguments.InvalidArgument as exc:
            raise UnprocessableEntity(str(exc)) from exc
        return cls(model, method, ids, context, arguments)


def execute(env, call, credentials=None):
    """Make a call as the user of ``env``, with that user's rights, in its transaction.

    :param odoo.api.Environment env: the environment of the authenticated request
    :param Call call: the call
    :param Credentials | None credentials: the key that it is made with; None: a person's own session
    :return: what the method returned, a recordset as its ids
    :raise NotFound: no such model or method
    :raise AccessError: the method is private
    :raise Forbidden: the key is not for this call
    :raise UserError: the context names a language that is not installed
    :raise UnprocessableEntity: the arguments do not fit the method, or hold values it cannot take
    """
    if credentials:
        check_call(credentials, call.model, call.method)
    records, function = _resolve(env, call)
    args, kwargs = _bind(function, records, call)
    try:
        with transaction_mode(credentials, env):
            result = function(*args, **kwargs)
            # Now, while it can still be told which call asked for a value that the database refuses.
            env.flush_all()
    except Exception as exc:
        reason = explain(exc, records, call)
        if reason:
            raise UnprocessableEntity(reason) from exc
        raise
    return result.ids if isinstance(result, BaseModel) else result


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
    return model.browse(call.ids), function


def _bind(function, records, call):
    """Return the positional and named arguments to call ``function`` with."""
    try:
        return series.bind(function, call.method, records, call.arguments)
    except TypeError as exc:
        if not _is_flat_create(records, call):
            raise UnprocessableEntity(exc.args[0]) from exc
    request.future_response.headers["Warning"] = FLAT_CREATE_WARNING
    return series.bind(function, call.method, records, {"vals_list": [call.arguments]})


def _is_flat_create(model, call):
    """Tell whether a body holds the values of one new record at its top level, and the settings accept that."""
    return (
        call.method == "create"
        and bool(call.arguments)
        and model._fields.keys() >= call.arguments.keys()
        and model.env["ir.config_parameter"].sudo().get_param("json2_backport.flat_create") == "True"
    )
