"""Odoo's own API keys, model ``res.users.apikeys``."""
import logging
from datetime import timedelta

from psycopg2 import sql

from odoo import _, fields
from odoo.exceptions import ValidationError

from odoo.addons.base.models import res_users

from .version import VERSION

# Later releases of 19.0 have res.users.apikeys/generate and revoke (odoo/odoo#246118).
HAS_KEY_MANAGEMENT = hasattr(res_users, "DEFAULT_PROGRAMMATIC_API_KEYS_LIMIT")
# Odoo 18 gave these keys an expiration date; this addon gives the same column to 16 and 17.
HAS_EXPIRATION = VERSION >= 18
# What Odoo 18 grants to internal users.
MAXIMUM_DAYS = 90

_logger = logging.getLogger(__name__)

_ENDING_KEYS = """
    SELECT key.id, (SELECT login FROM res_users WHERE id = key.user_id), key.name, key.expiration_date
      FROM {} key
     WHERE key.expiration_date IS NOT NULL
     ORDER BY key.id
"""


def generate_user_key(keys, scope, name, expiration_date):
    """Make one of Odoo's own API keys for the current user.

    :param odoo.models.BaseModel keys: the model ``res.users.apikeys``
    :param str | None scope: None: every scope
    :param str name: what the key is for
    :param datetime.datetime | None expiration_date: in UTC; None: never
    :return: the secret
    :rtype: str
    """
    if HAS_EXPIRATION:
        return keys._generate(scope, name, expiration_date)
    _check_expiration(keys.env, expiration_date)
    secret = keys._generate(scope, name)
    keys.env.cr.execute(
        "UPDATE res_users_apikeys SET expiration_date = %s WHERE user_id = %s AND index = %s",
        [fields.Datetime.to_string(expiration_date) or None, keys.env.uid, secret[: res_users.INDEX_SIZE]],
    )
    return secret


def _check_expiration(env, expiration_date):
    """As Odoo 18 does: only an administrator, or code that runs as superuser, may make keys that live for long."""
    if env.su or env.user.has_group("base.group_system"):
        return
    if not expiration_date:
        raise ValidationError(_("The API key must have an expiration date"))
    if expiration_date > fields.Datetime.now() + timedelta(days=MAXIMUM_DAYS):
        raise ValidationError(_("You cannot exceed %(duration)s days.", duration=MAXIMUM_DAYS))


def drop_user_key_expiration(env):
    """Take the column back when the addon goes; with it the keys that have expired, which would be valid again.

    The others are their users' and stay. The server's log names those whose end nobody sees to from now on.
    """
    if HAS_EXPIRATION:
        return
    for model in env.registry.descendants(["res.users.apikeys"], "_inherit"):
        table = sql.Identifier(env[model]._table)
        env.cr.execute(sql.SQL("DELETE FROM {} WHERE expiration_date < now() AT TIME ZONE 'utc'").format(table))
        env.cr.execute(sql.SQL(_ENDING_KEYS).format(table))
        for key_id, login, name, date in env.cr.fetchall():
            _logger.warning("Odoo API key %s (%r) of %r was to end on %s, and does not any more.", key_id, name, login, date)
        env.cr.execute(sql.SQL("ALTER TABLE {} DROP COLUMN expiration_date").format(table))
