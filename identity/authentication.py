"""From what a request brings, a key or a password, to the credentials that it acts with.

Two models are asked whose key it is: ``json2.api.key`` for ours, ``res.users.apikeys`` for the users' own Odoo keys.
"""
from werkzeug.exceptions import Unauthorized

from odoo.exceptions import AccessDenied, MissingError

from .. import parameters, series
from ..protocol.key import PREFIX, is_key_like
from . import cooldown, quota
from .credentials import Credentials, unauthorized
from .restrictions import check_client

_MAX_ID_DIGITS = 9


def authenticate(request, key):
    """Return the credentials that a key stands for.

    :param odoo.http.Request request: the request
    :param str key: as the client sent it
    :rtype: Credentials
    :raise Unauthorized: when it is not valid, whatever is wrong with it
    :raise TooManyRequests: it is not valid, as too many from the same address were
    """
    credentials = _credentials_of_key(request.env, key)
    if not credentials:
        cooldown.record_failure(request)
        raise unauthorized("Invalid apikey")
    return credentials


def call_credentials(request, call, bearer):
    """Return the credentials that one JSON-RPC call is made with: its own, or else those of the request.

    :param odoo.http.Request request: the request
    :param call: the :class:`~..protocol.invocation.Invocation`
    :param Credentials | None bearer: those of the request's bearer key
    :rtype: Credentials
    :raise Unauthorized: without valid ones
    :raise TooManyRequests: see :func:`authenticate`
    """
    if call.api_key:
        return authenticate(request, call.api_key)
    if not call.password or (bearer and not is_key_like(call.password)):
        # A client that sends a bearer key may go on sending whatever it used to send as a password.
        if not bearer:
            raise unauthorized("The call has no API key.")
        return bearer
    if _is_password(request.env, call.password):
        return _credentials_of_password(request.env, call)
    return authenticate(request, call.password)


def user_of_login(request, call, number=0):
    """Return the id of the user whose login and key, or password, a JSON-RPC call brings.

    :param odoo.http.Request request: the request, which acts as that user afterwards when it was a key
    :param call: the :class:`~..protocol.invocation.Invocation`
    :param int number: which call of the request it is
    :return: False when they are wrong
    :rtype: int | bool
    """
    if not call.login or not call.password:
        return False
    if _is_password(request.env, call.password):
        return series.log_in(request.env.cr.dbname, call.login, call.password)
    try:
        act_as(request, authenticate(request, call.password), number)
    except Unauthorized:
        return False
    user = request.env.user.sudo()
    return user.id if user.login == call.login else False


def act_as(request, credentials, number=0):
    """Let what follows run as the user of a key, and count it as a call of that key.

    :param odoo.http.Request request: the request
    :param Credentials credentials: who is calling
    :param int number: which call of the request it is; in a batch there are several
    :raise AccessDenied: the key is not of the session's user
    :raise Forbidden: the key is not for this client
    :raise TooManyRequests: the key has reached its limit
    """
    # Known from here on also to who logs a refusal.
    request.dispatcher.credentials = credentials
    if request.session.uid and request.session.uid != credentials.user_id:
        # In the words of 19: programs read them.
        raise AccessDenied("Session user does not match the used apikey.")  # pylint: disable=translation-required
    check_client(credentials, request.httprequest.remote_addr)
    request.update_env(user=credentials.user_id)
    request.session.can_save = False
    quota.consume(request, credentials, number)


def _credentials_of_key(env, key):
    """Return the credentials that a key stands for, None when it is not valid."""
    if key.startswith(PREFIX):
        return env["json2.api.key"]._authenticate(key)
    if not parameters.is_on(env, "user_keys"):
        return None
    uid = env["res.users.apikeys"]._json2_authenticate(key)
    return Credentials(uid) if uid else None


def _is_password(env, text):
    """Tell whether a text is to be tried as a password: only where the settings allow that, and never a key."""
    return not is_key_like(text) and parameters.is_on(env, "password_login")


def _credentials_of_password(env, call):
    try:
        uid = int(call.uid) if str(call.uid).isdecimal() and len(str(call.uid)) <= _MAX_ID_DIGITS else 0
        series.check_password(env, uid, call.password)
    except (AccessDenied, MissingError) as exc:
        raise unauthorized(str(exc)) from None
    return Credentials(uid)
