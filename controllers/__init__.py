from . import json2, jsonrpc2
