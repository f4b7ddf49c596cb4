"""Create, read, update and delete a partner with the client odoo-json2; prints what the server said at each step."""
import json
import os

from odoo_json2 import JSON2Client
from odoo_json2.exceptions import OdooAuthError, OdooNotFoundError, OdooValidationError

url, database = os.environ["ODOO_URL"], os.environ["ODOO_DATABASE"]
client = JSON2Client(url, os.environ["ODOO_API_KEY"], database)
partners = client.env["res.partner"]

created = partners.create({"name": "Deco Client", "email": "deco@example.com"})
read = partners.read(created, ["name", "email"])
found = partners.search([("id", "in", created)], limit=1, order="name")
updated = partners.write(created, {"name": "Deco Updated"})
after = partners.search_read([("id", "in", created)], fields=["name"])
copied = client.call("res.partner", "copy", ids=created, default={"name": "Deco Copy"})
deleted = partners.unlink(created + copied)
left = partners.search_count([("id", "in", created + copied)])


def refusal(expected, function, *arguments, **options):
    try:
        function(*arguments, **options)
    except expected as error:
        return error.raw_error["name"]
    return None


errors = [
    refusal(OdooNotFoundError, partners.write, created, {"name": "gone"}),
    refusal(OdooNotFoundError, client.call, "res.partner", "no_such_method"),
    refusal(OdooValidationError, client.call, "res.partner", "search", no_such_argument=1),
    refusal(OdooAuthError, JSON2Client(url, "wrong", database).call, "res.partner", "search", domain=[]),
]
print(json.dumps({"created": created, "read": read, "found": found, "updated": updated, "after": after, "copied": copied,
                  "deleted": deleted, "left": left, "errors": errors}))
