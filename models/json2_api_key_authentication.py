from datetime import datetime, timezone
from hmac import compare_digest

from odoo import api, models

from ..identity.credentials import Credentials
from ..protocol import key as key_format


class Json2ApiKey(models.Model):
    """Finding out who a key stands for. It is part of every call, and asks the database each time: what was changed of a key
    or of its user counts at once, for every process."""

    _inherit = "json2.api.key"

    @api.model
    def _authenticate(self, secret):
        """Find out who a key stands for, and what for, by one look-up; none for a mistyped key.

        In SQL because nobody has the right to read the digest. There is no join and no condition but one, because
        PostgreSQL would take longer to plan them than to carry them out.

        :param str secret: what the client sent
        :return: None when the key is unknown, archived or expired, or its user is archived
        :rtype: Credentials | None
        """
        if not key_format.is_well_formed(secret):
            return None
        digest = key_format.digest(secret)
        self.env.cr.execute(
            """
            SELECT key.digest, key.active AND (SELECT active FROM res_users WHERE id = key.user_id), key.expiration_date,
                   key.user_id, key.id, key.name,
                   key.allowed_models, key.allowed_methods, key.read_only, key.allowed_networks, key.log_arguments,
                   coalesce(key.rate_limit, 0), coalesce(key.rate_period, 'minute'), key.family
              FROM json2_api_key key
             WHERE key.digest = %s
            """,
            [digest],
        )
        row = self.env.cr.fetchone()
        if not row or not compare_digest(row[0], digest) or not row[1] or _is_past(row[2]):
            return None
        return Credentials(*row[3:])


def _is_past(date):
    # The ORM's own now() leaves out the part of a second.
    return date is not None and date <= datetime.now(timezone.utc).replace(tzinfo=None)
