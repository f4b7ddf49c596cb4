from . import json2_api_key_wizard
