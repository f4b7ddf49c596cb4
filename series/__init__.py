"""The one place that knows which Odoo it runs on. The rest of the addon is written as for Odoo 19.

Odoo's own API differs between 16, 17, 18 and 19 in names, signatures and data dialects; each module here answers one
such question, and nothing outside this package looks at the version.
"""
from odoo import release

VERSION = release.version_info[0]

from .arguments import bind, name_arguments  # noqa: E402
from .batches import commit_batch  # noqa: E402
from .caches import PARAMETER_CACHE, clear_caches  # noqa: E402
from .data import adapt_record  # noqa: E402
from .database_header import API_PATHS, is_served, support_database_header  # noqa: E402
from .exceptions import http_status, integrity_error, is_concurrency_error  # noqa: E402
from .fields import Many2oneUnchecked, aggregation  # noqa: E402
from .hooks import hook_environment  # noqa: E402
from .json import json_default  # noqa: E402
from .language import check_language  # noqa: E402
from .methods import is_model_method, public_method  # noqa: E402
from .passwords import check_password, host_version, log_in  # noqa: E402
from .request_body import discard_body  # noqa: E402
from .results import classic_result  # noqa: E402
from .savepoint import savepoint, unbroken_transaction  # noqa: E402
from .user_keys import (  # noqa: E402
    HAS_EXPIRATION,
    HAS_KEY_MANAGEMENT,
    drop_user_key_expiration,
    generate_user_key,
)

# Odoo 19 has a /json/2 of its own, in the module ``rpc``.
HAS_NATIVE_JSON2 = VERSION >= 19

# Since 18 a domain may name the part of a date: ``create_date.month_number``.
HAS_DATE_PARTS = VERSION >= 18

# The groups of a user, as a field of res.users.
USER_GROUPS = "group_ids" if VERSION >= 19 else "groups_id"

# The list of 16 is not loaded anew once a password has been typed. 18 and 19 do so; told to, 19 leaves the dialog open.
AFTER_UNARCHIVING = {"type": "ir.actions.client", "tag": "soft_reload"} if VERSION < 18 else None
