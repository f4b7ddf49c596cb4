from . import ir_http, ir_http_limits, ir_ui_view, json2_api_key, json2_rate_window, res_config_settings, res_users_apikeys
