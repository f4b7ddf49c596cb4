"""The examples of Odoo 19's own documentation of JSON-2 (developer/reference/external_api), run as they are."""
import ast
import http.client
import json
import shutil
import sys

import pytest
import requests
from example_files import run_example
from support import Client


def tool(name):
    return shutil.which(name) or pytest.skip(f"{name} is not on this machine")


@pytest.fixture(params=["ours, our key", "ours, Odoo's key", "native"])
def target(request):
    """(server, key): ours, then on 19.0 the one that the documentation is about. It has the partner they look for."""
    names = {"ours, our key": ("server", "api_key"), "ours, Odoo's key": ("server", "user_key"),
             "native": ("native", "native_key")}[request.param]
    server, key = map(request.getfixturevalue, names)
    client = Client(server, key)
    [partner] = client.call("res.partner", "create", {"vals_list": [{"name": "Deco Addict", "is_company": True}]}).json()
    yield server, key, partner
    client.call("res.partner", "unlink", {"ids": [partner]}).raise_for_status()


def run(target, command, name, *arguments):
    server, key, _partner = target
    return run_example(command, name, *arguments, server=server, key=key)


def test_python(target):
    done = run(target, [sys.executable], "documentation_requests.py")
    assert done.returncode == 0, done.stderr
    assert ast.literal_eval(done.stdout) == [{"id": target[2], "name": "Deco Addict"}]


def test_javascript(target):
    done = run(target, [tool("node")], "documentation_fetch.js", "search", "read")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"id": target[2], "name": "Deco Addict"}]


def test_javascript_as_printed(target):
    """It calls search_read both times, the second time with what the first one answered for ids. Odoo 19 refuses that,
    because search_read takes no ids; and so do we, although we say sooner that these are none."""
    done = run(target, [tool("node")], "documentation_fetch.js", "search_read", "search_read")
    assert done.returncode != 0
    assert "Error: 422 " in done.stderr


def test_bash(target):
    tool("curl")
    done = run(target, [tool("bash")], "documentation_curl.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == [{"id": target[2], "name": "Deco Addict"}]


def test_http_message(target):
    """The request and the response that the documentation shows, and its error."""
    server, key, partner = target
    body = {"context": {"lang": "en_US"}, "domain": [["name", "ilike", "%deco%"], ["is_company", "=", True]],
            "fields": ["name"]}
    headers = {
        "X-Odoo-Database": server.databases[0],
        "Authorization": f"bearer {key}",
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "mysoftware python-requests/2.25.1",
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", "/json/2/res.partner/search_read", json.dumps(body, indent=4), headers)
    answer = connection.getresponse()
    assert (answer.status, answer.reason) == (200, "OK")
    assert answer.getheader("Content-Type") == "application/json; charset=utf-8"
    assert json.loads(answer.read()) == [{"id": partner, "name": "Deco Addict"}]

    headers["Authorization"] = "bearer wrong"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", "/json/2/res.partner/search_read", json.dumps(body), headers)
    answer = connection.getresponse()
    assert (answer.status, answer.reason.upper()) == (401, "UNAUTHORIZED")
    assert answer.getheader("Content-Type").startswith("application/json")
    error = json.loads(answer.read())
    assert list(error) == ["name", "message", "arguments", "context", "debug"]
    assert [error[name] for name in ("name", "message", "arguments", "context")] == [
        "werkzeug.exceptions.Unauthorized", "Invalid apikey", ["Invalid apikey", 401], {}]


def test_migration(target):
    """What replaces XML-RPC in the chapter about migrating: read without load, and the user's own id."""
    server, key, partner = target
    headers = {"Authorization": f"bearer {key}"}
    records = requests.post(
        f"{server.url}/json/2/res.partner/read", headers=headers, timeout=60,
        json={"ids": [1, partner], "context": {"lang": "en_US"}, "fields": ["name", "company_id"], "load": None})
    assert [record["id"] for record in records.json()] == [1, partner]
    context = requests.post(f"{server.url}/json/2/res.users/context_get", headers=headers, json={}, timeout=60).json()
    assert context["uid"] == 2
