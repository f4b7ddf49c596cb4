"""Wrong keys from one address are slowed, as wrong passwords are (``res.users._assert_can_auth``).

The count is our own, beside that of the logins: a misconfigured integration does not lock the people of the same office
out. As with the host's it is per process, which bounds the work that wrong keys make; what makes a key safe is its
length. The two system parameters are the host's: ``base.login_cooldown_after`` and ``base.login_cooldown_duration``.
"""
import logging
import secrets
from datetime import datetime
from hashlib import blake2b
from math import ceil

from werkzeug.exceptions import TooManyRequests

from odoo.tools.lru import LRU

_logger = logging.getLogger(__name__)

_NONE = (0, datetime.min)
# (database, address) -> (failures since a new key was accepted from there, time of the last one)
_failures = LRU(4096)
# Keyed hashes of keys -> whether they were good the last time, of those that this process has accepted. One bad client
# behind an address does not stop the good ones.
_accepted = LRU(4096)
_process_secret = secrets.token_bytes(32)


def guarded(request, token, authenticate):
    """Authenticate a key, unless too many wrong ones have come from the same address.

    :param odoo.http.Request request: the request
    :param str token: the key
    :param collections.abc.Callable authenticate: takes the key and returns its credentials, or None
    :return: what ``authenticate`` returned
    :raise TooManyRequests: without any look-up, for a key that this process has not accepted before
    """
    source = (request.db, request.httprequest.remote_addr)
    memo = (request.db, blake2b(token.encode("utf-8", "replace"), key=_process_secret).digest())
    is_known = _accepted.get(memo)
    if not is_known:
        _refuse_in_cooldown(request.env, source)
    credentials = authenticate(token)
    if credentials and not is_known:
        _accepted[memo] = True
        _failures[source] = _NONE
    elif not credentials:
        if is_known:
            _accepted[memo] = False
        _record_failure(request.env, source)
    return credentials


def _refuse_in_cooldown(env, source):
    failures, previous = _failures.get(source, _NONE)
    if failures and env["res.users"]._on_login_cooldown(failures, previous):
        duration = int(env["ir.config_parameter"].sudo().get_param("base.login_cooldown_duration", 60))
        left = max(ceil(duration - (datetime.now() - previous).total_seconds()), 1)
        raise TooManyRequests(
            f"Too many wrong API keys from this address. Please try again in {left} seconds.", retry_after=left
        )


def _record_failure(env, source):
    failures = _failures.get(source, _NONE)[0] + 1
    _failures[source] = failures, datetime.now()
    # Once for each key that is really looked at: what is refused in the cooldown does not fill the log.
    if env["res.users"]._on_login_cooldown(*_failures[source]):
        _logger.warning(
            "%d wrong API keys from %s on %s: new keys from there are refused for a while. The system parameters "
            "base.login_cooldown_after (0: never) and base.login_cooldown_duration (seconds) say when and how long. "
            "If this is the address of your proxy, Odoo wants to be run in proxy mode.",
            failures, source[1], source[0],
        )
