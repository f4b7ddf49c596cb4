"""OdooRPC, a client of Odoo's /jsonrpc: login, search, read, create, write and browse, with nothing changed but the URL."""
import json
import os
import urllib.parse
import urllib.request

import odoorpc
from odoorpc.error import RPCError


class Opener:
    """OdooRPC lets its user bring an opener; this one knows the new URL."""

    def __init__(self):
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.paths = set()

    def open(self, request, timeout):
        request.full_url = request.full_url.replace("/jsonrpc", "/jsonrpc2")
        self.paths.add(urllib.parse.urlsplit(request.full_url).path)
        return self.opener.open(request, timeout=timeout)


url = urllib.parse.urlsplit(os.environ["ODOO_URL"])
opener = Opener()
# With the version told, it does not ask the web client's pages for it.
odoo = odoorpc.ODOO(url.hostname, port=url.port, version="16.0", opener=opener)


def refusal(function, *arguments):
    try:
        function(*arguments)
    except RPCError as error:
        return str(error)
    return None


wrong = refusal(odoo.login, os.environ["ODOO_DATABASE"], "admin", "wrong")
odoo.login(os.environ["ODOO_DATABASE"], "admin", os.environ["ODOO_API_KEY"])
partners = odoo.env["res.partner"]
created = partners.create({"name": "Rpc Client", "email": "rpc@example.com"})
found = partners.search([("id", "=", created)])
read = partners.read(found, ["name", "email"])
updated = partners.write(found, {"ref": "moved"})
browsed = partners.browse(created).ref
keyword = odoo.execute_kw("res.partner", "search_read", [[("id", "=", created)]], {"fields": ["ref"]})
missing = refusal(partners.write, [99999999], {"ref": "x"})
deleted = partners.unlink(found)
print(json.dumps({"user": odoo.env.uid, "created": created, "found": found, "read": read, "updated": updated,
                  "browsed": browsed, "keyword": keyword, "missing": missing, "deleted": deleted, "wrong": wrong,
                  "paths": sorted(opener.paths)}))
