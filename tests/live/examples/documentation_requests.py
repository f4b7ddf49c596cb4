"""The Python example of Odoo 19's documentation of JSON-2: search, then read."""
import os

import requests

BASE_URL = os.environ["ODOO_URL"] + "/json/2"
API_KEY = os.environ["ODOO_API_KEY"]
headers = {
    "Authorization": f"bearer {API_KEY}",
    "X-Odoo-Database": os.environ["ODOO_DATABASE"],
    "User-Agent": "mysoftware " + requests.utils.default_user_agent(),
}


def call(method, **body):
    answer = requests.post(f"{BASE_URL}/res.partner/{method}", headers=headers, json=body)
    answer.raise_for_status()
    return answer.json()


ids = call("search", context={"lang": "en_US"}, domain=[("name", "ilike", "%deco%"), ("is_company", "=", True)])
names = call("read", ids=ids, context={"lang": "en_US"}, fields=["name"])
print(names)
