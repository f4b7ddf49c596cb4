"""Odoo 19's own routes for bearer keys, and our keys on them: what they open is restricted, limited and logged as a call is."""
import time

import pytest
from sql import SETTLED, transaction
from support import ADDON, NATIVE, Client, Server, odoo

COLUMNS = ("endpoint", "model", "method", "status", "outcome", "key_name", "user_id", "error_name", "request_id")
KEYS = """
env["ir.config_parameter"].set_param("web.json.enabled", "1")

def make(name, **values):
    record, secret = env["json2.api.key"]._generate(name, env.ref("base.user_admin"))
    record.write(values)
    return secret

result = {
    "free": make("free"), "models": make("models", allowed_models="res.*"), "methods": make("methods", allowed_methods="read"),
    "network": make("network", allowed_networks="192.0.2.0/24"), "limited": make("limited", rate_limit=2, rate_period="hour"),
    "read-only": make("read-only", read_only=True)}
"""
# As another addon has it.
CONTROLLER = """
from werkzeug.exceptions import abort

from odoo import http


class Json2LiveController(http.Controller):
    @http.route("/json2-live/raised", type="http", auth="bearer")
    def raised(self):
        abort(http.Response("raised", 202))

    @http.route("/json2-live/query", type="http", auth="bearer")
    def query(self, **arguments):
        http.request.env["res.partner"].create({"name": arguments["name"]})
        return "done"
"""
USER = "/json/1/users/2"
PAGES = {USER: "/json/1", "/doc-bearer/res.partner.json": "/doc-bearer", "/doc-bearer/index.json": "/doc-bearer/index.json"}


@pytest.fixture(scope="module")
def database(host, prepared, new_database):
    if host.major < 19:
        pytest.skip("the first Odoo with routes for bearer keys is 19")
    name = new_database(prepared)
    odoo.install(host, name, "--init", "rpc,api_doc", "--skip-auto-install", f"--load={','.join(NATIVE)}")
    return name


@pytest.fixture(scope="module")
def keys(database, shell):
    return shell(database, KEYS)


@pytest.fixture(scope="module")
def running(host, database, keys, tmp_path_factory):
    addons = tmp_path_factory.mktemp("addons")
    (addons / "json2_live").mkdir()
    (addons / "json2_live" / "__manifest__.py").write_text("{'name': 'live'}")
    (addons / "json2_live" / "__init__.py").write_text(CONTROLLER)
    path = f"--addons-path={host.addons_path},{addons}"
    with Server(host, database, load=(*NATIVE, ADDON, "json2_live"), extra=[path]) as server:
        yield server


class Asker:
    """Asks a URL, and looks at the rows that this makes."""

    def __init__(self, server):
        self.server = server

    def get(self, path, key, verb="GET", body=None):
        """The answer and its row; None when it has made none."""
        time.sleep(SETTLED)
        last = self._query("SELECT coalesce(max(id), 0) FROM json2_api_log")[0][0]
        answer = Client(self.server, key).send(verb, path, body, headers={} if body else {"Content-Type": None})
        time.sleep(SETTLED)
        rows = self._query(f"SELECT {', '.join(COLUMNS)} FROM json2_api_log WHERE id > {last}")
        assert len(rows) <= 1
        if not rows:
            assert "X-Request-Id" not in answer.headers
            return answer, None
        row = dict(zip(COLUMNS, rows[0], strict=True))
        assert (row["status"], row["request_id"]) == (answer.status_code, answer.headers["X-Request-Id"])
        return answer, row

    def _query(self, query):
        with transaction(self.server) as cursor:
            cursor.execute(query)
            return cursor.fetchall()


@pytest.fixture
def ask(running):
    return Asker(running).get


@pytest.mark.parametrize("path", PAGES)
def test_what_is_answered_is_logged(ask, keys, path):
    answer, row = ask(path, keys["free"])
    assert (answer.status_code, row["endpoint"], row["key_name"], row["user_id"]) == (200, PAGES[path], "free", 2)
    assert (row["outcome"], row["error_name"]) == ("success", None)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path, status, error", [
    ("/json/1/users", 307, None),
    ("/json/1/no-such-action/2", 400, "werkzeug.exceptions.BadRequest"),
    ("/doc-bearer/no.model.json", 404, "werkzeug.exceptions.NotFound"),
])
def test_what_is_not_answered_is_logged_too(ask, keys, path, status, error):
    answer, row = ask(path, keys["free"])
    assert (answer.status_code, row["error_name"]) == (status, error)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("key", ["models", "methods", "network"])
def test_a_restricted_key_is_refused(ask, keys, path, key):
    answer, row = ask(path, keys[key])
    assert (answer.status_code, row["key_name"], row["error_name"]) == (403, key, "werkzeug.exceptions.Forbidden")
    assert "admin" not in answer.text.lower()


@pytest.mark.parametrize("path", PAGES)
def test_a_wrong_key_is_logged(ask, path):
    answer, row = ask(path, "j2_wrong")
    assert (answer.status_code, row["endpoint"], row["key_name"]) == (401, PAGES[path], None)


def test_a_read_only_key_reads(ask, keys):
    assert ask(USER, keys["read-only"])[0].json()["login"] == "admin"


def test_every_answer_tells_what_is_left(ask, keys):
    answers = [ask(path, keys["limited"])[0] for path in (USER, "/json/1/no-such-action/2", USER)]
    assert [answer.status_code for answer in answers] == [200, 400, 429]
    assert [answer.headers.get("RateLimit-Policy") for answer in answers] == ['"default";q=2;w=3600'] * 3


def test_the_users_own_keys_are_the_affair_of_the_host(ask, user_key):
    answer, row = ask(USER, user_key)
    assert (answer.status_code, row) == (200, None)


def test_a_response_that_is_raised_is_logged(ask, keys):
    answer, row = ask("/json2-live/raised", keys["free"])
    assert (answer.text, row["endpoint"], row["status"]) == ("raised", "/json2-live/raised", 202)


def test_a_read_only_key_writes_nowhere(ask, keys):
    assert ask("/json2-live/query?name=x", keys["free"])[0].text == "done"
    answer, row = ask("/json2-live/query?name=x", keys["read-only"])
    assert (answer.status_code, row["key_name"]) == (403, "read-only")


class TestOptions:
    """On the host's own /json/2."""

    CALL = "/json/2/res.partner/create"
    BODY = {"vals_list": [{"name": "json2 options"}]}

    def test_with_our_key_it_makes_no_call(self, ask, keys, running):
        for key in (keys["free"], "j2_wrong"):
            answer, row = ask(self.CALL, key, "OPTIONS", self.BODY)
            assert (answer.status_code, answer.content, answer.headers["Allow"], row) == (204, b"", "POST, OPTIONS", None)
        found = Client(running, keys["free"]).call("res.partner", "search", {"domain": [["name", "=", "json2 options"]]})
        assert found.json() == []

    def test_with_a_users_own_key_it_is_the_affair_of_the_host(self, ask, user_key):
        answer, row = ask("/json/2/res.partner/search_count", user_key, "OPTIONS", {"domain": []})
        assert (answer.status_code, row["method"]) == (200, "search_count")
