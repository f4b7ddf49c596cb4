"""Rate limits: a call is counted once its key is known, and before anything else is done for it."""
from werkzeug.exceptions import TooManyRequests

from .. import parameters
from ..protocol.rate_limit import PERIODS, Quota


def consume(request, credentials, number):
    """Count a call, if its key has a limit. What the client has left is told on every answer from here on.

    :param odoo.http.Request request: the authenticated request
    :param Credentials credentials: the key
    :param int number: which of its calls it is; in a batch there are several
    :raise TooManyRequests: the limit is exceeded
    """
    limit, period = _limit(request.env, credentials)
    if not limit:
        return
    # Kept on the request, because the host may make a call again, with a new dispatcher: that counts once.
    counted = getattr(request, "json2_quotas", {})
    quota = counted.get((number, credentials)) or _count(request.env, credentials, limit, period)
    request.json2_quotas = {**counted, (number, credentials): quota}
    # Beside our endpoints there are other URLs that take a key on Odoo 19.
    request.json2_headers = {**getattr(request, "json2_headers", {}), **quota.headers()}
    if quota.is_exceeded:
        raise TooManyRequests(
            f"The key has reached its limit of {quota.limit} calls in {quota.window} seconds. "
            f"Please try again in {quota.reset} seconds.",
            retry_after=quota.reset,
        )


def default_limit(env):
    """Return the limit of keys without one of their own.

    :param odoo.api.Environment env: any environment
    :return: ``(calls, key of PERIODS)``; 0 calls: no limit
    :rtype: tuple[int, str]
    """
    period = parameters.text(env, "rate_period")
    return parameters.integer(env, "rate_limit"), period if period in PERIODS else "minute"


def _count(env, credentials, limit, period):
    """Return the quota of a key after counting one call."""
    window = PERIODS[period]
    used, elapsed = env["json2.rate.window"]._count(_bucket(credentials), window)
    return Quota(limit, window, used, elapsed)


def _limit(env, credentials):
    """Return ``(calls, period)``: the key's own, or else those of the settings."""
    if credentials.rate_limit:
        return credentials.rate_limit, credentials.rate_period
    return default_limit(env)


def _bucket(credentials):
    """Return what the calls are counted under.

    All Odoo keys of one user share a count: anyone can make himself as many of them as he likes. So do the keys that
    were rotated from one another.
    """
    return f"key {credentials.family}" if credentials.key_id else f"user {credentials.user_id}"
