"""The way of one call, from the parsed request to the answer. Every endpoint goes through here."""
from . import json2, jsonrpc2
