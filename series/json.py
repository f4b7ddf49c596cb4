from .version import VERSION

if VERSION >= 18:
    from odoo.tools.json import json_default
else:
    from odoo.tools.date_utils import json_default

__all__ = ["json_default"]
