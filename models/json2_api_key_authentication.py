import time
from datetime import datetime, timezone
from hmac import compare_digest

from odoo import api, models, tools

from .. import series
from ..identity.credentials import Credentials
from ..protocol import key as key_format

# What authentication reads of a key.
_READ = frozenset([
    "active", "expiration_date", "user_id", "name",
    "allowed_models", "allowed_methods", "read_only", "allowed_networks", "log_arguments", "rate_limit", "rate_period",
])  # fmt: skip
# What no cache is cleared for, such as a change made in SQL, counts after so many seconds at the latest.
_MAX_AGE = 1
_UNKNOWN = (None, None, float("-inf"))
_FORGETTING = "json2_backport.forget_known_keys"


class Json2ApiKey(models.Model):
    """Finding out who a key stands for. It is part of every call.

    What was found out is remembered for as long as one of the host's caches is: whoever changes a key or a user clears it,
    and the host makes every process look whether it was cleared, at the beginning of every request.
    """

    _inherit = "json2.api.key"

    @api.model
    def _authenticate(self, secret):
        """Find out who a key stands for, and what for, by one look-up; none for a mistyped key, or one that is remembered.

        :param str secret: what the client sent
        :return: None when the key is unknown, archived or expired, or its user is archived
        :rtype: Credentials | None
        """
        if not key_format.is_well_formed(secret):
            return None
        now, digest = time.monotonic(), key_format.digest(secret)
        known, since = self._known()
        credentials, expiration_date, seen = known.get(digest, _UNKNOWN)
        if now - seen >= _MAX_AGE:
            credentials, expiration_date, age = self._look_up(digest)
            # A transaction that began before the cache was cleared may not see what it was cleared for.
            if credentials and since < now - age:
                known[digest] = (credentials, expiration_date, now)
        return None if _is_past(expiration_date) else credentials

    @tools.ormcache(**series.KEY_CACHE)
    def _known(self):
        """Return what is remembered, and since when.

        :return: ``({digest: (credentials, expiration date, when it was looked up)}, time.monotonic())``
        :rtype: tuple[dict, float]
        """
        return {}, time.monotonic()

    def _look_up(self, digest):
        """Look a key up by its unique index.

        In SQL because nobody has the right to read the digest. There is no join and no condition but one, because
        PostgreSQL would take longer to plan them than to carry them out.

        :param str digest: SHA-256 of the secret
        :return: ``(credentials or None, expiration date or None, seconds since the transaction began)``
        :rtype: tuple
        """
        self.env.cr.execute(
            """
            SELECT key.digest, key.active AND (SELECT active FROM res_users WHERE id = key.user_id),
                   key.expiration_date, extract(epoch FROM clock_timestamp() - now())::float,
                   key.user_id, key.id, key.name,
                   key.allowed_models, key.allowed_methods, key.read_only, key.allowed_networks, key.log_arguments,
                   coalesce(key.rate_limit, 0), coalesce(key.rate_period, 'minute'), key.family
              FROM json2_api_key key
             WHERE key.digest = %s
            """,
            [digest],
        )
        row = self.env.cr.fetchone()
        if not row or not compare_digest(row[0], digest) or not row[1]:
            return None, None, 0
        return Credentials(*row[4:]), row[2], row[3]

    def write(self, vals):
        names = _READ & vals.keys()
        before = self._values(names)
        result = super().write(vals)
        if self._values(names) != before:
            self._forget_known()
        return result

    def unlink(self):
        result = super().unlink()
        if self:
            self._forget_known()
        return result

    def _values(self, names):
        return [[key[name] for name in names] for key in self.sudo().exists()]

    @api.model
    def _forget_known(self):
        """Have every process look at its keys again: at once, and once more when others can see the change."""
        registry, after_commit = self.env.registry, self.env.cr.postcommit
        series.clear_key_cache(registry)

        def forget():
            series.clear_key_cache(registry)
            if registry.ready:
                # Who commits outside of a request, in a shell for instance, signals nothing by himself.
                registry.signal_changes()

        if _FORGETTING not in after_commit.data:
            after_commit.data[_FORGETTING] = True
            # Before all else that is to be done: sending mails may take its time.
            after_commit._funcs.appendleft(forget)


def _is_past(date):
    # The ORM's own now() leaves out the part of a second.
    return date is not None and date <= datetime.now(timezone.utc).replace(tzinfo=None)
