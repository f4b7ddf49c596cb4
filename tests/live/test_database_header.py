"""Every series: X-Odoo-Database, on a server with several databases and on one with one."""
import os
import re

import pytest
from support import ADDON, NATIVE, OURS, Client, Server, databases, odoo

ON_19 = os.environ["JSON2_ODOO_SERIES"] == "19.0"
# What has no native endpoint is not asked for one.
SERVERS = ["several", "several_native"] if ON_19 else ["several"]
NO_DATABASE = "No database is selected"
# (name of the case, value of the header, status); {one} and {two} are names of databases.
CASES = [
    ("one", "{one}", 200),
    ("two", "{two}", 200),
    ("none", None, 404),
    ("empty", "", 404),
    ("unknown", "json2_live_no_such", 404),
    ("rejected by the filter", "{rejected}", 404),
    ("system database", "postgres", 404),
    ("upper case", "{ONE}", 404),
    ("blanks", "{one} {two}", 404),
    ("quote", "x'; DROP DATABASE x; --", 404),
    ("two names", "{one},{two}", 404),
]


class Several:
    """A server without -d, whose filter lets three databases through: two with the addon, one without; a fourth it rejects."""

    def __init__(self, server, names, keys):
        self.server = server
        self.databases = names
        self.keys = keys

    def client(self, database=None):
        return Client(self.server, self.keys["admin"], database)

    def fill(self, text):
        return text and re.sub(r"{(\w+)}", lambda match: self._name(match[1]), text)

    def _name(self, placeholder):
        return self.databases[placeholder] if placeholder in self.databases else self.databases[placeholder.lower()].upper()


def server_of_several(host, names, load):
    """Without --database it serves all that the filter lets through. (Server sets --database; the last one counts.)"""
    allowed = "|".join(names[name] for name in ("one", "two", "plain"))
    return Server(host, names["one"], load=load, extra=["--database=", f"--db-filter=^({allowed})$"])


@pytest.fixture(scope="module")
def several(host, prepared, new_database):
    names = {name: new_database(prepared) for name in ("one", "two", "rejected")}
    names["plain"] = new_database(databases.template(host, auto_install=False))
    with server_of_several(host, names, OURS) as server:
        yield Several(server, names, prepared.own_key)


@pytest.fixture(scope="module")
def several_native(host, prepared_native, new_database):
    names = {name: new_database(prepared_native) for name in ("one", "two", "rejected", "plain")}
    with server_of_several(host, names, NATIVE) as server:
        yield Several(server, names, prepared_native.user_key)


def context_get(several, header, **headers):
    return several.client().call("res.users", "context_get", X_Odoo_Database=several.fill(header), **headers)


@pytest.mark.parametrize("server_name", SERVERS)
@pytest.mark.parametrize("header, status", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_several_databases(request, server_name, header, status):
    answer = context_get(request.getfixturevalue(server_name), header)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (status, False), answer.text
    if status == 200:
        assert answer.json()["uid"] == 2
    else:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert NO_DATABASE in answer.text


class TestWhichDatabase:
    def test_calls_reach_the_one_that_is_named(self, several):
        created = several.client(several.databases["two"]).call("res.partner", "create", {"vals_list": {"name": "only in two"}})
        assert created.status_code == 200
        counts = {name: several.client(several.databases[name]).call(
            "res.partner", "search_count", {"domain": [["name", "=", "only in two"]]}).json() for name in ("one", "two")}
        assert counts == {"one": 0, "two": 1}

    def test_errors_of_a_call(self, several):
        for model, method, status in [("res.partner", "nope", 404), ("no.model", "read", 404), ("res.partner", "sudo", 403)]:
            answer = several.client(several.databases["one"]).call(model, method)
            assert answer.status_code == status
            assert list(answer.json()) == ["name", "message", "arguments", "context", "debug"]

    @pytest.mark.parametrize("key", ["Bearer bad", None])
    def test_no_key(self, several, key):
        answer = several.client(several.databases["one"]).call("res.users", "context_get", Authorization=key)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer "
        assert "Set-Cookie" not in answer.headers

    def test_other_verbs(self, several):
        answer = several.client(several.databases["one"]).send("GET", "/json/2/res.partner/read")
        assert (answer.status_code, answer.json()["message"]) == (404, "Did you mean POST /json/2/<model>/<method>?")

    def test_pages_of_the_host_are_as_without_the_header(self, several, host):
        """Before 19 the header is for our own paths alone."""
        if host.major >= 19:
            pytest.skip("Odoo 19 reads the header for every path")
        headers = {"Authorization": None}
        bare = several.client().send("GET", "/web/login", headers=headers)
        named = several.client(several.databases["one"]).send("GET", "/web/login", headers=headers)
        assert (bare.status_code, bare.headers.get("Location")) == (named.status_code, named.headers.get("Location"))


class TestWithoutTheAddon:
    """A database that does not have it is served as if the server had never heard of it."""

    CALL = "/json/2/res.users/context_get"
    BODY = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": {"model": "res.users", "method": "context_get"}}
    REQUESTS = [
        ("POST", CALL, {}), ("GET", CALL, None), ("OPTIONS", CALL, None), ("PUT", CALL, {}), ("POST", "/json/2", {}),
        ("GET", "/json/2", None), ("POST", "/jsonrpc2", BODY), ("GET", "/jsonrpc2", None), ("OPTIONS", "/jsonrpc2", None),
        ("GET", "/web/login", None), ("GET", "/json2-live-nowhere", None),
    ]
    TEXT = {"Content-Type": "text/plain"}
    PREFLIGHT = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"}

    @pytest.fixture(scope="class")
    @staticmethod
    def both(host, several):
        """The server, and one that does not load the addon, with the same databases."""
        with server_of_several(host, several.databases, [name for name in OURS if name != ADDON]) as without:
            yield several.server, without

    @pytest.fixture(scope="class")
    @staticmethod
    def both_of_one(host, several):
        name = several.databases["plain"]
        with Server(host, name, load=OURS) as loaded, Server(host, name, load=[name for name in OURS if name != ADDON]) as without:
            yield loaded, without

    def assert_same(self, servers, headers, own_headers=({}, {})):
        for verb, path, body in self.REQUESTS:
            for more in ({}, self.TEXT, self.PREFLIGHT):
                loaded, without = (self.shown(Client(server).send(verb, path, body, headers | more | own), server)
                                   for server, own in zip(servers, own_headers, strict=True))
                assert loaded == without, (verb, path, headers, more)

    @staticmethod
    def shown(answer, server):
        text = answer.text.replace(f":{server.port}", "")
        text = re.sub(r'csrf_token: "\w+"|name="csrf_token" value="\w+"', "", text)
        names = {"content-type", "location", "allow", "x-request-id", "x-content-type-options", "vary", "www-authenticate"}
        headers = {name: value.replace(f":{server.port}", "") for name, value in answer.headers.items()
                   if name.lower() in names or name.lower().startswith("access-control")}
        return answer.status_code, headers, "session_id" in answer.cookies, text

    def test_named_by_the_header(self, both, several):
        self.assert_same(both, {"X-Odoo-Database": several.databases["plain"], "Authorization": "Bearer x"})

    def test_with_a_session_of_it(self, both, several):
        for header in ("plain", "one", None):
            header = {"X-Odoo-Database": several.databases[header]} if header else {}
            sessions = [Client(server).log_in(several.databases["plain"], "admin") for server in both]
            self.assert_same(both, header, [{"Cookie": f"session_id={session}"} for session in sessions])

    def test_as_the_only_one(self, both_of_one):
        for header in ({}, {"X-Odoo-Database": both_of_one[0].databases[0]}, {"X-Odoo-Database": "json2_live_no_such"}):
            self.assert_same(both_of_one, header)

    def test_named_by_the_body_it_is_like_one_that_does_not_exist(self, several):
        def ask(name):
            params = {**self.BODY["params"], "db": name}
            answer = several.client().send("POST", "/jsonrpc2", {**self.BODY, "params": params}, {"Authorization": "Bearer bad"})
            return self.shown(answer, several.server)

        assert ask(several.databases["plain"]) == ask("json2_live_no_such") == ask(several.databases["rejected"])
        assert ask("json2_live_no_such")[0] == 404

    def test_the_addon_is_found_as_soon_as_it_is_installed(self, host, several, new_database):
        """Although this process has loaded the database before."""
        name = new_database(databases.template(host, auto_install=False))
        names = {**several.databases, "plain": name}
        with server_of_several(host, names, OURS) as server:
            cookie = f"session_id={Client(server).log_in(name, 'admin')}"

            def ask_modules(method, argument):
                params = {"model": "ir.module.module", "method": method, "args": [argument], "kwargs": {}}
                message = {"jsonrpc": "2.0", "method": "call", "params": params}
                return Client(server).send("POST", "/web/dataset/call_kw", message, {"Cookie": cookie}).json()["result"]

            call = Client(server, "bad", name).call
            assert call("res.users", "context_get").status_code != 401
            ask_modules("button_immediate_install", ask_modules("search", [["name", "=", ADDON]]))
            assert call("res.users", "context_get").status_code == 401


class TestPreflight:
    """A browser asks before it calls, and its question names headers without their values: no database either."""

    ORIGIN = "https://app.example.com"

    @pytest.fixture(scope="class", autouse=True)
    @staticmethod
    def _allowed(several, shell):
        shell(several.databases["one"],
              f'env["ir.config_parameter"].set_param("json2_backport.allowed_origins", "{TestPreflight.ORIGIN}")')

    def ask(self, server, **headers):
        return Client(server).send("OPTIONS", "/json/2/res.users/context_get", headers={
            "Origin": self.ORIGIN, "Access-Control-Request-Method": "POST", "Content-Type": None,
            "Access-Control-Request-Headers": "authorization,content-type,x-odoo-database", **headers})

    def test_no_database(self, several):
        answer = self.ask(several.server)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (404, False)
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_a_host_name_for_each_database(self, host, several):
        """What the README advises."""
        name = several.databases["one"]
        with Server(host, name, load=OURS, extra=["--database=", "--db-filter=^%h$"]) as server:
            answer = self.ask(server, Host=name)
            assert (answer.status_code, answer.headers.get("Access-Control-Allow-Origin")) == (204, self.ORIGIN)
            assert "X-Odoo-Database" in answer.headers["Access-Control-Allow-Headers"]
            call = Client(server, several.keys["admin"]).call("res.users", "context_get", Origin=self.ORIGIN, Host=name)
            assert (call.status_code, call.headers["Access-Control-Allow-Origin"]) == (200, self.ORIGIN)


class TestSessionAndHeader:
    @pytest.fixture(params=SERVERS)
    def any_server(self, request):
        return request.getfixturevalue(request.param)

    @pytest.fixture
    def cookie(self, any_server):
        return "session_id=" + any_server.client().log_in(any_server.databases["one"], "admin")

    def test_header_of_the_same_database(self, any_server, cookie):
        answer = context_get(any_server, "{one}", Cookie=cookie)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)

    def test_no_header(self, any_server, cookie):
        answer = context_get(any_server, None, Cookie=cookie)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)

    @pytest.mark.parametrize("header", ["{two}", "json2_live_no_such", "{rejected}"])
    def test_header_of_another_database(self, any_server, cookie, header):
        answer = context_get(any_server, header, Cookie=cookie)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)

    @pytest.mark.parametrize("session_id", ["a" * 84, "a" * 40, "a", "", "../../../etc/passwd", "%2e%2e", "a b"])
    @pytest.mark.parametrize("header", ["{two}", "{one}"])
    def test_cookie_of_no_session(self, any_server, header, session_id):
        answer = context_get(any_server, header, Cookie=f"session_id={session_id}")
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)

    def test_the_session_lives_on(self, any_server, cookie):
        """A request that was refused for its header does not log its sender out."""
        context_get(any_server, "{two}", Cookie=cookie)
        answer = any_server.client().send("POST", "/web/session/get_session_info", {
            "jsonrpc": "2.0", "method": "call", "params": {}}, {"Authorization": None, "Cookie": cookie})
        assert answer.json()["result"]["uid"] == 2


class TestOneDatabase:
    @pytest.mark.parametrize("header, status", [(None, 200), ("{database}", 200), ("json2_live_no_such", 404), ("postgres", 404)])
    def test_answer(self, server, client, header, status):
        header = header and header.replace("{database}", server.databases[0])
        answer = client.call("res.users", "context_get", X_Odoo_Database=header)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (status, False)
        if status == 404:
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert NO_DATABASE in answer.text


@pytest.mark.skipif(not ON_19, reason="only Odoo 19 has an endpoint of its own")
class TestBesideNative:
    """Odoo 19 with its own endpoint and our addon: native keeps the route."""

    @pytest.fixture(scope="class")
    @staticmethod
    def beside(host, prepared_native, new_database):
        database = new_database(prepared_native)
        odoo.install(host, database, "--init", ADDON, "--skip-auto-install")
        with Server(host, database, load=NATIVE) as server:
            yield server

    def test_native_answers(self, beside, native_key):
        answer = Client(beside, native_key).call("res.partner", "create", {"name": "flat"})
        assert (answer.status_code, answer.json()["message"]) == (422, "missing a required argument: 'vals_list'")
        answer = Client(beside, native_key).call("res.partner", "search", {"domain": "bad"})
        assert answer.status_code == 500
        answer = Client(beside, native_key).call("res.users", "context_get")
        assert (answer.status_code, answer.json()["uid"]) == (200, 2)

    def test_other_paths_too(self, beside, native_key):
        for verb, path in [("GET", "/json/2"), ("POST", "/json/2"), ("PUT", "/json/2/res.partner/read"),
                           ("POST", "/json/2/a/b/c")]:
            answer = Client(beside, native_key).send(verb, path, {})
            assert (answer.status_code, answer.json()["message"]) == (404, "Did you mean POST /json/2/<model>/<method>?")

    def test_a_database_without_the_addon_keeps_the_endpoint(self, host, beside, prepared_native, new_database, native_key):
        """On a server that loads the addon, because another database has it."""
        names = {"one": beside.databases[0], "two": beside.databases[0], "plain": new_database(prepared_native)}
        with server_of_several(host, names, (*NATIVE, ADDON)) as server:
            for name in ("plain", "one"):
                answer = Client(server, native_key, names[name]).call("res.users", "context_get")
                assert (answer.status_code, answer.json()["uid"]) == (200, 2)
                answer = Client(server, None, names[name]).call("res.users", "context_get")
                assert (answer.status_code, "X-Request-Id" in answer.headers) == (401, name == "one")
            answers = [Client(server, native_key, names["plain"]).call("res.users", "context_get", b"{}", Content_Type="text/plain")]
            with Server(host, names["plain"], load=NATIVE) as native:
                answers.append(Client(native, native_key).call("res.users", "context_get", b"{}", Content_Type="text/plain"))
            assert [answer.status_code for answer in answers] == [415, 415]
            assert answers[0].text == answers[1].text

    def test_the_log_is_clean(self, beside, native_key):
        with Server(beside.host, *beside.databases, load=NATIVE) as fresh:
            assert Client(fresh, native_key).call("res.users", "context_get").status_code == 200
            log = fresh.log.read_text()
        assert not re.search(r" (ERROR|CRITICAL|WARNING) ", log), log


def test_log_of_several_is_clean(several, host, api_key):
    """No error and no warning at the start of a server without a database, nor in calls that are answered."""
    with server_of_several(host, several.databases, OURS) as fresh:
        for name in ("one", "two", None):
            Client(fresh, api_key, name and several.databases[name]).call("res.users", "context_get")
        log = fresh.log.read_text()
    assert not re.search(r" (ERROR|CRITICAL|WARNING) ", log), log
