"""The table of the users' own API keys, ``res_users_apikeys``."""
from . import VERSION

# Odoo 18 gave these keys an expiration date.
USER_KEY_IS_VALID = "(scope IS NULL OR scope = 'rpc')"
if VERSION >= 18:
    USER_KEY_IS_VALID += " AND (expiration_date IS NULL OR expiration_date >= now() AT TIME ZONE 'utc')"
