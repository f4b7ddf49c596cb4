"""Published clients of /json/2, as they come from PyPI."""
import json

import pytest
from example_files import run_example

from devtools import venv

REFUSALS = [
    "odoo.exceptions.MissingError",
    "werkzeug.exceptions.NotFound",
    "werkzeug.exceptions.UnprocessableEntity",
    "werkzeug.exceptions.Unauthorized",
]


@pytest.fixture(scope="session")
def python():
    return venv.python(venv.CLIENTS)


@pytest.fixture(params=["api_key", "user_key"])
def key(request):
    """A key of ours, then one of Odoo's own."""
    return request.getfixturevalue(request.param)


def run(python, name, server, key):
    done = run_example([python], name, server=server, key=key)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["client_odoo_json2.py", "client_odooly.py"])
def test_client(python, server, key, client, name):
    said = run(python, name, server, key)

    [partner] = said["created"]
    assert said["read"] == [{"id": partner, "name": "Deco Client", "email": "deco@example.com"}]
    assert said["found"] == [partner]
    assert said["updated"] is True
    assert said["after"] == [{"id": partner, "name": "Deco Updated"}]
    [copied] = said["copied"]
    assert copied != partner
    assert said["deleted"] is True
    assert said["left"] == 0
    assert said["errors"] == REFUSALS
    assert client.call("res.partner", "search", {"domain": [["name", "=like", "Deco%"]]}).json() == []


@pytest.mark.parametrize("name", ["client_odoo_json2.py", "client_odooly.py"])
def test_client_on_native(python, native, native_key, name):
    """That what is asked of ours is what the client meets on Odoo 19."""
    said = run(python, name, native, native_key)

    assert said["errors"] == REFUSALS
    assert said["left"] == 0
    assert len(said["created"]) == len(said["copied"]) == 1
