from . import ir_http, ir_ui_view, json2_api_key, res_config_settings, res_users_apikeys
