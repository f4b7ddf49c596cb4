from psycopg2 import sql

from odoo import api, fields, models

from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT


class ResUsersApikeys(models.Model):
    """The expiration date that Odoo 18 gave to these keys, for 16 and 17: the same column, so it survives the upgrade."""

    _inherit = "res.users.apikeys"

    expiration_date = fields.Datetime(readonly=True)

    def init(self):
        super().init()
        # The host makes this table by hand, to keep the column of the hashes out of the ORM.
        # Trusted devices (auth_totp) inherit the model, and have a table of their own.
        self._json2_execute("ALTER TABLE {} ADD COLUMN IF NOT EXISTS expiration_date timestamp without time zone")

    def _check_credentials(self, *, scope, key):
        if self._json2_is_expired(key):
            return None
        return super()._check_credentials(scope=scope, key=key)

    def _json2_is_expired(self, key):
        self._json2_execute(
            "SELECT key FROM {} WHERE index = %s AND expiration_date < now() AT TIME ZONE 'utc'", [key[:INDEX_SIZE]]
        )
        return any(KEY_CRYPT_CONTEXT.verify(key, stored) for (stored,) in self.env.cr.fetchall())

    @api.autovacuum
    def _gc_json2_expired(self):
        self._json2_execute("DELETE FROM {} WHERE expiration_date < now() AT TIME ZONE 'utc'")

    def _json2_execute(self, query, parameters=None):
        self.env.cr.execute(sql.SQL(query).format(sql.Identifier(self._table)), parameters)
