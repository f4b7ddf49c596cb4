"""Odoo 19's own routes for bearer keys, and our keys on them: what they open is restricted, limited and logged as a call is."""
import socket
import time

import pytest
from sql import SETTLED, transaction
from support import ADDON, NATIVE, Client, Server, odoo

COLUMNS = ("endpoint", "model", "method", "status", "outcome", "key_name", "user_id", "error_name", "request_id")
KEYS = """
env["ir.config_parameter"].set_param("web.json.enabled", "1")

def make(name, user=env.ref("base.user_admin"), **values):
    record, secret = env["json2.api.key"]._generate(name, user)
    record.write(values)
    return secret

result = {
    "internal": make("internal", env["res.users"].search([("login", "=", "internal")])),
    "free": make("free"), "models": make("models", allowed_models="res.*"), "methods": make("methods", allowed_methods="read"),
    "network": make("network", allowed_networks="192.0.2.0/24"), "limited": make("limited", rate_limit=2, rate_period="hour"),
    "limited-3": make("limited-3", rate_limit=3, rate_period="hour"),
    "read-only": make("read-only", read_only=True)}
"""
# As another addon has it.
CONTROLLER = """
from werkzeug.exceptions import BadRequest, abort

from odoo import http


class Json2LiveController(http.Controller):
    @http.route("/json2-live/raised", type="http", auth="bearer")
    def raised(self):
        abort(http.Response("raised", 202))

    @http.route("/json2-live/query", type="http", auth="bearer")
    def query(self, **arguments):
        http.request.env["res.partner"].create({"name": arguments["name"]})
        return "done"

    @http.route("/json2-live/failed", type="http", auth="bearer")
    def failed(self):
        http.request.env.user.name = None

    @http.route("/json2-live/told", type="http", auth="bearer")
    def told(self):
        try:
            http.request.env.user.name = None
            http.request.env.flush_all()
        except Exception as exc:
            raise BadRequest(str(exc)) from None

    @http.route("/json2-live/failed.json2", type="json2", auth="bearer")
    def failed_json2(self):
        http.request.env.user.name = None

    @http.route("/json2-live/failed.jsonrpc", type="jsonrpc", auth="bearer")
    def failed_jsonrpc(self):
        http.request.env.user.name = None
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


class TestErrors:
    """Nothing of a row of the database, and no traceback that the settings do not want."""

    ROW = "Failing row contains"
    CALL = "/json/2/res.users/write"

    @pytest.fixture
    def traceback_setting(self, running, keys):
        def set_to(value):
            arguments = {"key": "json2_backport.traceback", "value": value}
            assert Client(running, keys["free"]).call("ir.config_parameter", "set_param", arguments).status_code == 200

        yield set_to
        set_to(False)

    @pytest.fixture
    def body(self, users):
        return lambda name: {"ids": [users[name]["id"]], "vals": {"name": None}}

    def test_a_call_is_told_what_our_own_endpoint_tells(self, ask, keys, server, own_keys, body):
        answer, row = ask(self.CALL, keys["internal"], "POST", body("internal"))
        ours = Client(server, own_keys["internal"]).send("POST", self.CALL, body("internal"))
        assert (answer.status_code, row["error_name"]) == (422, "odoo.exceptions.ValidationError")
        assert "validation" in answer.text.lower() and answer.json()["message"]
        assert (answer.json(), answer.json()["debug"]) == (ours.json(), "")
        assert answer.headers["Content-Length"] == str(len(answer.content))

    def test_no_sql_is_told(self, ask, keys):
        answer, row = ask("/json/2/res.partner/read", keys["internal"], "POST", {"ids": ["a"]})
        assert (answer.status_code, row["error_name"]) == (500, "psycopg2.errors.InvalidTextRepresentation")
        assert "SELECT" not in answer.text
        assert answer.json()["message"].startswith("The database could not carry out this call.")

    def test_the_answer_keeps_its_headers(self, ask, keys):
        assert ask(USER, "j2_wrong")[0].headers["WWW-Authenticate"].strip() == "Bearer"
        assert "RateLimit" in ask("/doc-bearer/no.model.json", keys["limited-3"])[0].headers

    def test_administrators_are_shown_tracebacks_where_the_settings_want_that(self, ask, keys, body, traceback_setting):
        assert ask(self.CALL, keys["free"], "POST", body("admin"))[0].json()["debug"] == ""
        traceback_setting("always")
        debug = ask(self.CALL, keys["free"], "POST", body("admin"))[0].json()["debug"]
        assert debug.startswith("Traceback ")
        assert self.ROW not in debug
        assert ask(self.CALL, keys["internal"], "POST", body("internal"))[0].json()["debug"] == ""

    @pytest.mark.parametrize("name, status, told", [
        ("failed", 422, "Contacts require a name"),
        ("told", 400, "violates check constraint"),
        ("failed.json2", 422, "Contacts require a name"),
        ("failed.jsonrpc", 200, "Contacts require a name"),
    ])
    def test_other_routes_tell_no_row_either(self, ask, keys, user_key, name, status, told):
        request = (f"/json2-live/{name}", *(("POST", {"params": {}}) if name == "failed.jsonrpc" else ("GET",)))
        at_the_host, _row = ask(request[0], user_key, *request[1:])
        answer, _row = ask(request[0], keys["free"], *request[1:])
        assert (answer.status_code, at_the_host.status_code, told in answer.text) == (status, status, True), answer.text
        assert self.ROW not in answer.text
        assert "Traceback" not in answer.text
        assert name == "failed" or self.ROW in at_the_host.text, "else this shows nothing"

    def test_a_call_with_a_users_own_key_is_the_affair_of_the_host(self, ask, user_key, body):
        answer, _row = ask(self.CALL, user_key, "POST", body("admin"))
        assert answer.json()["debug"].startswith("Traceback ")


class TestOrder:
    """A text to sort by, for which the host takes 2 KB of memory for each of its fields."""

    LONG = "name," * 2_001 + "id"

    @pytest.mark.parametrize("method, arguments", [
        ("search", {"domain": [], "order": LONG}),
        ("web_read", {"ids": [2], "specification": {"group_ids": {"fields": {"name": {}}, "order": LONG}}}),
    ])
    def test_a_long_one_is_refused_at_any_depth(self, ask, keys, method, arguments):
        answer, row = ask(f"/json/2/res.users/{method}", keys["free"], "POST", arguments)
        assert (answer.status_code, row["method"]) == (422, method)
        assert answer.json()["message"] == "order: a text of 10000 characters at most is wanted"


    @pytest.mark.parametrize("path", ["/json/2/res.users/search", "/json2-live/failed.jsonrpc"])
    def test_a_body_whose_length_is_not_true_is_not_read(self, running, keys, path):
        """See has_body()."""
        body = b'{"domain": [], "order": "%s"}' % self.LONG.encode()
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json",
                 f"Authorization: Bearer {keys['free']}", "Transfer-Encoding: Chunked", "Content-Length: 2",
                 "Connection: close", "", f"{len(body):x}", ""]
        with socket.create_connection(("127.0.0.1", running.port)) as connection:
            connection.sendall("\r\n".join(lines).encode() + body + b"\r\n0\r\n\r\n")
            answer = connection.makefile("rb").read()
        assert b"A body needs a Content-Length, and no Transfer-Encoding." in answer, answer


class TestOptions:
    """Who asks what may be done makes no call."""

    CALL = "/json/2/res.partner/create"
    BODY = {"vals_list": [{"name": "json2 options"}]}

    def test_with_our_key_it_makes_no_call(self, ask, keys, running):
        for key in (keys["free"], "j2_wrong"):
            answer, row = ask(self.CALL, key, "OPTIONS", self.BODY)
            assert (answer.status_code, answer.content, answer.headers["Allow"], row) == (204, b"", "POST, OPTIONS", None)
        found = Client(running, keys["free"]).call("res.partner", "search", {"domain": [["name", "=", "json2 options"]]})
        assert found.json() == []

    @pytest.mark.parametrize("path", [*PAGES, "/json2-live/query?name=json2+options"])
    def test_on_other_routes_neither(self, ask, keys, running, path):
        for key in (keys["free"], "j2_wrong"):
            answer, row = ask(path, key, "OPTIONS")
            assert (answer.status_code, answer.content, row) == (204, b"", None)
            assert answer.headers["Allow"] == "GET, POST, OPTIONS"
        found = Client(running, keys["free"]).call("res.partner", "search", {"domain": [["name", "=", "json2 options"]]})
        assert found.json() == []

    def test_with_a_users_own_key_it_is_the_affair_of_the_host(self, ask, user_key):
        answer, row = ask("/json/2/res.partner/search_count", user_key, "OPTIONS", {"domain": []})
        assert (answer.status_code, row["method"]) == (200, "search_count")
