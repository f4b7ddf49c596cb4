{
    "name": "JSON-2 API: the external API of Odoo 19",
    "version": "1.0.0",
    "summary": "POST /json/2/<model>/<method> with bearer API keys on Odoo 16, 17 and 18, as on Odoo 19",
    "category": "Technical",
    "author": "json2_backport",
    "license": "LGPL-3",
    "depends": ["base_setup", "web"],
    "data": [
        "security/ir.model.access.csv",
        "security/json2_api_key_security.xml",
        "data/ir_config_parameter_data.xml",
        "views/res_config_settings_views.xml",
    ],
    "post_load": "post_load",
    "uninstall_hook": "uninstall_hook",
    "installable": True,
    "application": True,
}
