"""Calls, errors, a notification and a batch with jsonrpcclient, which knows JSON-RPC 2.0 and nothing of Odoo."""
import json
import os

import requests
from jsonrpcclient import Ok, notification, parse, request

odoo = requests.Session()
odoo.trust_env = False
odoo.headers["Authorization"] = f"Bearer {os.environ['ODOO_API_KEY']}"
odoo.headers["X-Odoo-Database"] = os.environ["ODOO_DATABASE"]


def post(message, **headers):
    return odoo.post(os.environ["ODOO_URL"] + "/jsonrpc2", json=message, headers=headers)


def call(method, params=None):
    return parse(post(request(method, params)).json())


def values(answers):
    return [answer.result if isinstance(answer, Ok) else answer.code for answer in parse(answers)]


[partner] = call("res.partner.create", {"vals_list": [{"name": "Rpc Client"}]}).result
# The parser of this client takes a list or tuple for positional arguments, a dict for named ones.
read = call("res.partner.read", ([partner], ["name"])).result
notified = post(notification("res.partner.write", ([partner], {"ref": "notified"})))
after = call("res.partner.read", {"ids": [partner], "fields": ["ref"]}).result
error = call("res.partner.write", ([99999999], {"ref": "x"}))
batch = [
    request("res.partner.search_count", {"domain": [["id", "=", partner]]}),
    request("res.partner.nope"),
    notification("res.partner.write", ([partner], {"ref": "batch"})),
    request("res.partner.read", ([partner], ["ref"])),
]
atomic = [
    request("res.partner.write", ([partner], {"ref": "atomic"})),
    request("res.partner.write", ([99999999], {"ref": "x"})),
]
print(json.dumps({
    "read": read, "notified": [notified.status_code, notified.text], "after": after,
    "error": [error.code, error.message, error.data["name"], error.id],
    "batch": values(post(batch).json()), "atomic": values(post(atomic, **{"X-Json2-Atomic": "true"}).json()),
    "left": call("res.partner.read", ([partner], ["ref"])).result[0]["ref"],
    "deleted": call("res.partner.unlink", ([partner],)).result, "partner": partner,
}))
