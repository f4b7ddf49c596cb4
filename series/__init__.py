"""The one place that knows which Odoo it runs on. The rest of the addon is written as for Odoo 19.

Odoo's own API differs between 16, 17, 18 and 19 in names, signatures and data dialects; each module here answers one
such question, and nothing outside this package looks at the version.
"""
from .arguments import bind, name_arguments
from .caches import KEY_CACHE, PARAMETER_CACHE, clear_key_cache
from .data import adapt_record
from .database_header import API_PATHS, is_served, support_database_header
from .exceptions import http_status, integrity_error, is_concurrency_error
from .fields import Many2oneUnchecked, aggregation
from .hooks import hook_environment
from .json import json_default
from .language import check_language
from .methods import is_model_method, public_method
from .passwords import check_password, host_version, log_in
from .results import classic_result
from .routing import routing_rules
from .savepoint import clear_invalidated_caches, savepoint, unbroken_transaction
from .user_keys import (
    HAS_EXPIRATION,
    HAS_KEY_MANAGEMENT,
    drop_user_key_expiration,
    generate_user_key,
)
from .version import VERSION

# Odoo 19 has a /json/2 of its own, in the module ``rpc``.
HAS_NATIVE_JSON2 = VERSION >= 19

# Groups have the privileges that the user form shows; before 19 their category did it.
HAS_PRIVILEGES = VERSION >= 19

# Since 18 a domain may name the part of a date: ``create_date.month_number``.
HAS_DATE_PARTS = VERSION >= 18

# Since 17 the groups of a field are checked not only where it is read, but also where records are searched and grouped by it.
CHECKS_FIELD_GROUPS = VERSION >= 17

# The groups of a user, as a field of res.users.
USER_GROUPS = "group_ids" if VERSION >= 19 else "groups_id"

# The same with the groups that they imply; before 19 these are stored with the others.
ALL_USER_GROUPS = "all_group_ids" if VERSION >= 19 else "groups_id"

# The list of 16 is not loaded anew once a password has been typed. 18 and 19 do so; told to, 19 leaves the dialog open.
AFTER_UNARCHIVING = {"type": "ir.actions.client", "tag": "soft_reload"} if VERSION < 18 else None
