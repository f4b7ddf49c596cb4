"""Create, read, update and delete a partner with odooly; prints what the server said at each step.

Its class Json2 directly: the client above it takes JSON-2 only when the server says that it is an Odoo 19.
"""
import json
import os
from types import SimpleNamespace

from odooly import Json2, ServerError

server = SimpleNamespace(_server=os.environ["ODOO_URL"], _printer=None)


def connect(key):
    return Json2(server, os.environ["ODOO_DATABASE"], key)


def refusal(function, *arguments):
    try:
        function(*arguments)
    except ServerError as error:
        return error.args[0]["data"]["name"]
    return None


call = connect(os.environ["ODOO_API_KEY"])
authenticated = bool(call._check())

# Positional, as its users write them; it knows the names that 19 gives to the arguments of the common methods.
created = call("res.partner", "create", [{"name": "Deco Client", "email": "deco@example.com"}])
ids = created if isinstance(created, list) else [created]
read = call("res.partner", "read", [ids, ["name", "email"]])
found = call("res.partner", "search", [[("id", "in", ids)], 0, 1, "name"])
updated = call("res.partner", "write", [ids, {"name": "Deco Updated"}])
after = call("res.partner", "search_read", [[("id", "in", ids)], ["name"]])
copied = call("res.partner", "copy", [ids, {"name": "Deco Copy"}])
deleted = call("res.partner", "unlink", [ids + copied])
left = call("res.partner", "search_count", [[("id", "in", ids + copied)]])
errors = [
    refusal(call, "res.partner", "write", [ids, {"name": "gone"}]),
    refusal(call, "res.partner", "no_such_method", []),
    refusal(call, "res.partner", "search", [], {"no_such_argument": 1}),
    refusal(connect("wrong"), "res.partner", "search", [[]]),
]
print(json.dumps({"authenticated": authenticated, "created": created, "read": read, "found": found, "updated": updated,
                  "after": after, "copied": copied, "deleted": deleted, "left": left, "errors": errors}))
