import secrets
from hashlib import blake2b
from hmac import compare_digest

from odoo import api, models
from odoo.tools.lru import LRU

from odoo.addons.base.models.res_users import INDEX_SIZE

# Verifying one of Odoo's own keys costs a pbkdf2 of 6000 rounds or more. What was verified once in this process is
# remembered under a keyed hash, as (id of the key, its stored hash), and looked up in the database at every call.
_verified = LRU(4096)
_process_secret = secrets.token_bytes(32)


class ResUsersApikeys(models.Model):
    _inherit = "res.users.apikeys"

    @api.model
    def _json2_authenticate(self, token):
        """Return the id of the user that one of Odoo's own API keys stands for.

        The host decides, once in a process. After that a key is good for as long as the same hash stands in the
        table: a deleted, expired or replaced key, or one of an archived user, is refused at the next request.

        :param str token: what the client sent
        :return: None when the key is not valid
        :rtype: int | None
        """
        memo = (self.env.cr.dbname, blake2b(token.encode("utf-8", "replace"), key=_process_secret).digest())
        known = _verified.get(memo)
        uid = self._json2_user_of(known) if known else None
        if uid:
            return uid
        uid = self._check_credentials(scope="rpc", key=token)
        if uid:
            _verified[memo] = self._json2_stored_key(token, uid)
        return uid or None

    def _json2_user_of(self, known):
        """Return the user of a key that was verified before, None if it is no longer there as it was."""
        key_id, stored = known
        self.env.cr.execute(
            """
            SELECT user_id, key,
                   (SELECT active FROM res_users WHERE id = user_id)
                   AND coalesce(scope = 'rpc', true)
                   AND coalesce(expiration_date >= now() AT TIME ZONE 'utc', true)
              FROM res_users_apikeys
             WHERE id = %s
            """,
            [key_id],
        )
        row = self.env.cr.fetchone()
        return row[0] if row and row[2] and compare_digest(row[1], stored) else None

    def _json2_stored_key(self, token, uid):
        """Return ``(id, stored hash)`` of a valid key. Keys are indexed by their first characters."""
        self.env.cr.execute(
            "SELECT id, key FROM res_users_apikeys WHERE user_id = %s AND index = %s", [uid, token[:INDEX_SIZE]]
        )
        rows = self.env.cr.fetchall()
        return rows[0] if len(rows) == 1 else None
