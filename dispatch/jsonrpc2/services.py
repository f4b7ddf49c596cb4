"""From an invocation to its result: who makes the call, and what is called."""
from werkzeug.exceptions import Forbidden, NotFound, UnprocessableEntity

from ... import series
from ...identity import act_as, call_credentials, user_of_login
from ...protocol import invocation
from ..call import Call, execute
from ..read_only import read_only_if


def invoke(dispatcher, exchange):
    """Do what a request asks for, and answer it.

    :param dispatcher: the :class:`~.jsonrpc2.JsonRpc2Dispatcher`, whose request and credentials are those of the call
    :param exchange: the :class:`~.jsonrpc2.Exchange`, which learns whose call it is, and the result
    :raise NotFound: there is no such service, model or method
    :raise Forbidden: the service ``db``, or the user id of another than the key's
    :raise Unauthorized: the call is made with no valid key
    :raise UnprocessableEntity: the call is meant for another database, or its arguments are of no use
    """
    call = exchange.invocation
    if call.service == "db":
        raise Forbidden("The service db is not available here.")
    if call.service == invocation.COMMON:
        exchange.answer_with(_call_common(dispatcher, exchange, call))
        return
    if call.service != invocation.OBJECT:
        raise NotFound(f"there is no service {call.service!r}")
    _log_in(dispatcher, exchange, call)
    _check_database(dispatcher, call.database)
    with read_only_if(dispatcher.credentials, dispatcher.request, is_alone=not dispatcher.is_batch):
        exchange.answer_with(_call_object(dispatcher, exchange, call))


def _call_object(dispatcher, exchange, invoked):
    call = Call.from_arguments(invoked.model, invoked.method, invoked.args, invoked.kwargs)
    try:
        return execute(dispatcher.request.env, call, dispatcher.credentials)
    finally:
        exchange.entry.ids, exchange.entry.arguments = call.ids, call.arguments


def _check_database(dispatcher, name):
    """The database is chosen before the body is read, by the header or because there is a single one.

    Only who has a valid key for this one is told that it is not the one he means.
    """
    if name and name != dispatcher.request.env.cr.dbname:
        raise UnprocessableEntity(f"The request has not reached the database {name!r}: name it in X-Odoo-Database.")


def _log_in(dispatcher, exchange, call):
    """Let the call run as the user of its own key, or else of the bearer's, and see the database as a request of its own."""
    request = dispatcher.request
    try:
        act_as(request, call_credentials(request, call, dispatcher.credentials), dispatcher.number)
    finally:
        exchange.credentials = dispatcher.credentials
    exchange.entry.user_id = dispatcher.credentials.user_id
    if call.uid is not None and str(call.uid) != str(dispatcher.credentials.user_id):
        raise Forbidden("The user id is not that of the API key.")
    if dispatcher.is_batch:
        request.env.invalidate_all()


def _call_common(dispatcher, exchange, call):
    if call.method == "version":
        return series.host_version()
    uid = user_of_login(dispatcher.request, call, dispatcher.number)
    exchange.entry.user_id = uid or None
    exchange.credentials = dispatcher.credentials
    if uid:
        _check_database(dispatcher, call.database)
    return uid
