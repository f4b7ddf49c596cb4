"""Wrong keys from one address are slowed, as wrong passwords are (``res.users._assert_can_auth``); a valid one never is.

The count is our own, beside that of the logins: a misconfigured integration does not lock the people of the same office
out. As with the host's it is per process, and tells who tries keys to go slower; what makes a key safe is its length. The
two system parameters are the host's: ``base.login_cooldown_after`` and ``base.login_cooldown_duration``.
"""
import logging
from datetime import datetime
from math import ceil

from werkzeug.exceptions import TooManyRequests

from odoo.tools.lru import LRU

from ..protocol.addresses import client_network

_logger = logging.getLogger(__name__)

_NONE = (0, datetime.min)
# (database, network of the client) -> (failures, time of the last one)
_failures = LRU(4096)


def record_failure(request):
    """Count a wrong key; who goes on with them is told to wait.

    :param odoo.http.Request request: the request that brought it
    :raise TooManyRequests: too many came from there
    """
    source = (request.db, client_network(request.httprequest.remote_addr))
    _refuse_in_cooldown(request.env, source)
    _count(request.env, source)


def _refuse_in_cooldown(env, source):
    failures, previous = _failures.get(source, _NONE)
    if failures and env["res.users"]._on_login_cooldown(failures, previous):
        left = max(ceil(_duration(env) - (datetime.now() - previous).total_seconds()), 1)
        raise TooManyRequests(
            f"Too many wrong API keys from this address. Please try again in {left} seconds.", retry_after=left
        )


def _count(env, source):
    failures, previous = _failures.get(source, _NONE)
    if (datetime.now() - previous).total_seconds() > _duration(env):
        failures = 0
    _failures[source] = failures + 1, datetime.now()
    # Once in a cooldown: what is refused in it does not fill the log.
    if env["res.users"]._on_login_cooldown(*_failures[source]):
        _logger.warning(
            "%d wrong API keys from %s on %s: more of them are answered with 429 for a while. The system parameters "
            "base.login_cooldown_after (0: never) and base.login_cooldown_duration (seconds) say when and how long. "
            "If this is the address of your proxy, Odoo wants to be run in proxy mode.",
            failures + 1, source[1], source[0],
        )


def _duration(env):
    return int(env["ir.config_parameter"].sudo().get_param("base.login_cooldown_duration", 60))
