from . import json2_api_key_wizard, json2_api_usage
