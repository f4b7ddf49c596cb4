from .. import series

# The model before those that inherit it.
from . import json2_api_key_restrictions

# isort: split
from . import (
    data_dialect,
    ir_config_parameter,
    ir_http,
    ir_http_limits,
    ir_http_routes,
    json2_api_key,
    json2_api_key_authentication,
    json2_api_key_promotion,
    json2_api_key_show,
    json2_api_log,
    json2_rate_window,
    res_config_settings,
    res_groups,
    res_users,
    res_users_apikeys,
)

if series.HAS_NATIVE_JSON2:
    from . import ir_http_native
if not series.HAS_PRIVILEGES:
    from . import res_groups_privilege
if not series.CHECKS_FIELD_GROUPS:
    from . import json2_api_log_hidden_fields
if not series.HAS_EXPIRATION:
    from . import res_users_apikeys_expiration
if not series.HAS_KEY_MANAGEMENT:
    from . import res_users_apikeys_management
