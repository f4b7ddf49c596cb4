import contextlib

from odoo import _, api, fields, models
from odoo.exceptions import AccessDenied, AccessError, UserError
from odoo.tools import str2bool

from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT

from .. import series
from ..identity.person import request_credentials

DEFAULT_LIMIT = 10
NO_SCOPE = "json2_backport: a scope that no key has"


class ResUsersApikeys(models.Model):
    """Making and revoking Odoo's own keys by program, as later releases of 19.0 offer it (odoo/odoo#246118)."""

    _inherit = "res.users.apikeys"

    @api.model
    def generate(self, key, scope, name, expiration_date):
        """Make a key with an existing one.

        :param str key: a valid key of the current user
        :param str | None scope: of the new key; a key of a scope makes keys of that scope only
        :param str name: what the new key is for
        :param str expiration_date: ``YYYY-MM-DD`` or ``YYYY-MM-DD HH:MM:SS`` in UTC
        :return: the new key
        :rtype: str
        :raise UserError: when it is not enabled, the limit is reached, or the date is of no use
        :raise AccessDenied: when ``key`` is not a key of the current user
        """
        self._json2_check_management("generate")
        self._json2_check_text(key)
        with self._json2_guard(key):
            date = self._json2_expiration(expiration_date)
            self._json2_check_limit()
            # Only a key of every scope passes for the scope that nobody has.
            uid = self._check_credentials(scope=scope or NO_SCOPE, key=key)
            if not uid or uid != self.env.uid:
                raise AccessDenied(_("The provided API key is invalid or does not belong to the current user."))
            return series.generate_user_key(self, scope or None, name, date)

    @api.model
    def revoke(self, key):
        """Delete a key.

        :param str key: the key itself
        :rtype: bool
        :raise AccessDenied: when there is no such key
        """
        self._json2_check_management("revoke")
        self._json2_check_text(key)
        with self._json2_guard(key):
            self.env.cr.execute("SELECT id, key FROM res_users_apikeys WHERE index = %s", [key[:INDEX_SIZE]])
            for key_id, stored in self.env.cr.fetchall():
                if KEY_CRYPT_CONTEXT.verify(key, stored):
                    self.browse(key_id)._remove()
                    return True
            raise AccessDenied(_("The provided API key is invalid."))

    @contextlib.contextmanager
    def _json2_guard(self, key):
        """Slow down who tries keys, as the host slows down who tries passwords."""
        users = self.env["res.users"]
        arguments = {"user": key[:INDEX_SIZE]} if series.HAS_EXPIRATION else {}
        with users._assert_can_auth(**arguments):
            yield

    def _json2_check_management(self, method):
        if self._name != "res.users.apikeys":
            # A model that inherits this one, as that of the trusted devices of auth_totp does, has no such method. Words of 19:
            # pylint: disable-next=translation-required
            raise AccessError(f"Private methods (such as '{self._name}.{method}') cannot be called remotely.")
        enabled = str2bool(self.env["ir.config_parameter"].sudo().get_param("base.enable_programmatic_api_keys"), False)
        if not enabled and not self.env.is_system():
            raise UserError(_("Programmatic API keys are not enabled"))
        credentials = request_credentials()
        if credentials and credentials.is_restricted:
            raise AccessError(_("A restricted API key cannot manage other keys."))

    def _json2_check_text(self, key):
        if key and not isinstance(key, str):
            raise UserError(_("The key is a text."))
        if not key:
            raise AccessDenied(_("The provided API key is invalid."))

    def _json2_check_limit(self):
        parameter = self.env["ir.config_parameter"].sudo().get_param("base.programmatic_api_keys_limit")
        limit = int(parameter) if str(parameter).isdigit() else DEFAULT_LIMIT
        live = ["|", ("expiration_date", "=", False), ("expiration_date", ">=", fields.Datetime.now())]
        if self.sudo().search_count([("user_id", "=", self.env.uid), *live]) >= limit:
            raise UserError(_("Limit of %s API keys is reached for programmatic creation", limit))

    @api.model
    def _json2_expiration(self, value):
        """Return the date that a client sent.

        :rtype: datetime.datetime | None
        """
        if value not in (None, False, "") and not isinstance(value, str):
            raise UserError(_("%r is no date.", value))
        try:
            date = fields.Datetime.to_datetime(value or None)
        except ValueError as exc:
            raise UserError(_("%r is no date.", value)) from exc
        if date and date <= fields.Datetime.now():
            raise UserError(_("You cannot set an expiration date in the past."))
        return date
