"""The log on real servers: what no test in one transaction can show. Its cost: `./dev bench --log`."""
import concurrent.futures
import json
import re
import socket
import threading
import time

import pytest
from sql import PATIENCE, SETTLED, transaction, wait_until_blocked
from support import NATIVE, OURS, Client, Server, run_in_shell

from devtools import odoo, postgres
from devtools.paths import ADDON

SECRET = "hunter2-Zx9"
COLUMNS = ("id", "status", "outcome", "model", "method", "key_id", "key_name", "user_id", "ip", "endpoint", "id_count", "record_ids",
           "duration", "error_name", "error_message", "traceback", "arguments", "user_agent", "request_size", "response_size",
           "request_id", "repetitions")  # fmt: skip
JSON_LINE = re.compile(r"odoo\.addons\.json2_backport\.calls: (\{.*\})")
PREPARE = """
env["ir.config_parameter"].set_param("json2_backport.log_json", "True")
env["ir.config_parameter"].set_param("json2_backport.log_arguments", "always")
env["ir.config_parameter"].set_param("base.login_cooldown_after", 0)
result = env["json2.api.key"].search([("user_id", "=", {user}), ("active", "=", True)], order="id", limit=1).id
"""


class Log:
    """The table and the files of a server."""

    def __init__(self, server):
        self.server = server
        self.forget()

    def forget(self):
        """Look at nothing that was before."""
        time.sleep(SETTLED)
        with transaction(self.server) as cursor:
            cursor.execute("SELECT coalesce(max(id), 0) FROM json2_api_log")
            self._last = cursor.fetchone()[0]
        self._begin = self.server.log.stat().st_size

    def rows(self):
        """Those of calls that have only read are written a moment later."""
        time.sleep(SETTLED)
        with transaction(self.server) as cursor:
            cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM json2_api_log WHERE id > %s ORDER BY create_date", [self._last])
            return [dict(zip(COLUMNS, row, strict=True)) | {"duration": float(row[COLUMNS.index("duration")])} for row in cursor.fetchall()]

    def repetitions(self):
        """How many requests all rows stand for, older ones too: of a minute that has begun they go on counting."""
        time.sleep(SETTLED)
        with transaction(self.server) as cursor:
            cursor.execute("SELECT coalesce(sum(repetitions), 0) FROM json2_api_log")
            return cursor.fetchone()[0]

    def row(self):
        (row,) = self.rows()
        return row

    def text(self):
        return self.server.log.read_bytes()[self._begin:].decode()

    def lines(self):
        """The JSON lines, as JSON values; those of a call are written just after its answer."""
        time.sleep(0.2)
        return [json.loads(line) for line in JSON_LINE.findall(self.text())]


@pytest.fixture(scope="module")
def database(host, prepared, new_database, users):
    name = new_database(prepared)
    run_in_shell(host, name, PREPARE.format(user=users["admin"]["id"]))
    return name


@pytest.fixture(scope="module")
def native_database(host, prepared, new_database, database):
    """On 19.0: our addon beside the native endpoint."""
    if host.major < 19:
        return None
    name = new_database(database)
    odoo.install(host, name, "--init", "rpc", "--load=base,rpc,web")
    return name


@pytest.fixture(scope="module", params=["ours", "native"])
def running(request, host, database, native_database):
    """The server under test: ours on every series, on 19.0 the native one with our addon beside it as well."""
    if request.param == "native" and not native_database:
        pytest.skip(f"Odoo {host.series} has no /json/2 of its own")
    name, load = (database, OURS) if request.param == "ours" else (native_database, (*NATIVE, ADDON))
    with Server(host, name, load=load) as server:
        server.is_native = request.param == "native"
        # Loads what a first call loads.
        Client(server).call("res.partner", "read", {})
        yield server


@pytest.fixture
def log(running):
    return Log(running)


@pytest.fixture
def admin(running, api_key):
    return Client(running, api_key)


@pytest.fixture
def partner(admin, log):
    found = admin.call("res.partner", "create", {"vals_list": [{"name": "of a test", "ref": "0"}]}).json()[0]
    log.forget()
    return found


@pytest.fixture
def pool():
    with concurrent.futures.ThreadPoolExecutor(16) as executor:
        yield executor


class TestRows:
    @pytest.mark.parametrize("whose", ["our key", "Odoo key"])
    def test_success(self, running, log, users, api_key, user_key, partner, whose):
        client = Client(running, api_key if whose == "our key" else user_key)
        body = {"ids": [partner], "fields": ["name"]}
        answer = client.call("res.partner", "read", body, X_Request_Id="order-4711", User_Agent="shop/1.0")
        assert (answer.status_code, answer.headers["X-Request-Id"]) == (200, "order-4711")
        row = log.row()
        assert (row["status"], row["outcome"], row["repetitions"]) == (200, "success", 1)
        assert (row["model"], row["method"], row["endpoint"]) == ("res.partner", "read", "/json/2")
        assert (row["id_count"], row["record_ids"]) == (1, str(partner))
        assert (row["user_id"], row["ip"], row["user_agent"]) == (users["admin"]["id"], "127.0.0.1", "shop/1.0")
        assert (row["key_name"], bool(row["key_id"])) == (("live", True) if whose == "our key" else (None, False))
        assert (row["request_size"], row["response_size"]) == (len(json.dumps(body)), len(answer.content))
        assert json.loads(row["arguments"])["fields"] == ["name"]
        assert 0 < row["duration"] < 10_000
        assert (row["error_name"], row["error_message"], row["traceback"]) == (None, None, None)
        assert row["request_id"] == "order-4711"

    @pytest.mark.parametrize("whose", ["our key", "Odoo key", "none", "wrong", "wrong of ours"])
    @pytest.mark.parametrize("path, body, headers, status", [
        ("no.model/read", {}, {}, 404),
        ("res.partner/nope", {}, {}, 404),
        ("res.partner/_search", {"domain": []}, {}, 403),
        ("res.partner/search_count", {}, {}, 422),
        ("res.partner/search_count", b"{", {}, 400),
        ("res.partner/search_count", b"a=b", {"Content_Type": "text/plain"}, 415),
        ("res.partner/write", {"ids": [99999999], "vals": {"ref": "x"}}, {}, 404),
        ("res.partner", {}, {}, 404),
    ], ids=["model", "method", "private", "arguments", "JSON", "type", "record", "route"])
    def test_error(self, running, log, users, api_key, user_key, whose, path, body, headers, status):
        key = {"our key": api_key, "Odoo key": user_key, "none": None, "wrong": "bad", "wrong of ours": api_key[:-1] + "_"}[whose]
        client = Client(running, key)
        model, _slash, method = path.partition("/")
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.send("POST", f"/json/2/{path}", body, {"X-Request-Id": "order-4711", **headers})
        has_key = whose in ("our key", "Odoo key")
        if not has_key and status not in (415,) and method:
            status = 401
        assert answer.status_code == status, answer.text
        row = log.row()
        assert (row["status"], row["outcome"], row["endpoint"], row["ip"]) == (status, "client_error", "/json/2", "127.0.0.1")
        assert row["request_id"] == "order-4711"
        assert answer.headers.get("X-Request-Id") == "order-4711"
        assert row["error_name"]
        assert row["error_message"]
        # Of strangers no more is kept than has to be.
        assert bool(row["traceback"]) is bool(has_key and method and status != 415)
        assert row["response_size"] == len(answer.content)
        if method:
            assert (row["model"], row["method"]) == (model, method)
        if has_key and method and status != 415:
            assert row["user_id"] == users["admin"]["id"]
            assert bool(row["key_id"]) is (whose == "our key")
        if key:
            assert key not in json.dumps(row)

    def test_the_servers_log_names_the_request(self, log, admin):
        for method, status in (("context_get", 200), ("nope", 404)):
            admin.call("res.users", method, X_Request_Id=f"order-{method}")
            time.sleep(0.2)
            assert re.search(rf'INFO .*"POST /json/2/res\.users/{method} HTTP/1.1" {status} .*\[request order-{method}\]', log.text())

    def test_nothing_but_calls(self, running, log):
        """Requests that are none of the API's make no row."""
        Client(running).send("GET", "/web/login", headers={"Content-Type": None})
        Client(running).send("GET", "/json/1/res.partner", headers={"Content-Type": None})
        assert log.rows() == []

    def test_a_length_that_is_not_true(self, running, log, api_key):
        """The log takes what the client says for a number, which need not fit its column."""
        for key in (api_key, "bad"):
            head = ["POST /json/2/res.users/context_get HTTP/1.1", "Host: localhost", "Content-Type: application/json",
                    f"Authorization: Bearer {key}", "Transfer-Encoding: chunked", "Content-Length: 99999999999", "Connection: close"]
            with socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE) as connection:
                connection.sendall("\r\n".join([*head, "", "0", "", ""]).encode())
                status = int(connection.recv(65536).split(b" ", 2)[1])
            assert status == (200 if key == api_key else 401)
            assert log.row()["status"] == status
            log.forget()

    def test_sessions_of_people(self, running, log, users):
        """A browser's own navigation needs no key on this path."""
        client = Client(running)
        client.headers["Cookie"] = "session_id=" + client.log_in(running.databases[0], "internal")
        answer = client.call("res.users", "context_get", Sec_Fetch_Dest="document", Sec_Fetch_Mode="navigate",
                             Sec_Fetch_Site="same-origin", Sec_Fetch_User="?1")
        assert answer.status_code == 200, answer.text
        row = log.row()
        assert (row["user_id"], row["key_id"], row["key_name"]) == (users["internal"]["id"], None, None)


class TestJsonLines:
    def test_one_line_a_call(self, running, log, admin):
        admin.call("res.users", "context_get")
        admin.call("no.model", "read")
        Client(running, "bad").call("res.users", "context_get")
        lines, rows = log.lines(), log.rows()
        assert [line["status"] for line in lines] == [200, 404, 401]
        # Of so many wrong keys that came before, further ones may be counted only.
        assert [row["status"] for row in rows][:2] == [200, 404]
        for line, row in zip(lines, rows, strict=False):
            assert line["database"] == running.databases[0]
            for name in set(COLUMNS) - {"id", "duration", "repetitions"}:
                assert line[name] == row[name], name
            assert line["duration"] == pytest.approx(row["duration"])

    def test_no_secret(self, log, admin, api_key):
        admin.call("res.partner", "create", {"vals_list": [{"name": "x", "password": SECRET, "nofield": api_key}]},
                   User_Agent=f"Bearer {api_key}")
        assert len(log.lines()) == 1
        assert SECRET not in log.text()
        assert api_key not in log.text()

    def test_a_line_is_one_line(self, log, admin):
        admin.call("res.partner", "search_count", {"domain": [["name", "=", "a\nb\r\u2028\u0085c"]]}, X_Request_Id="one")
        (line,) = log.lines()
        assert line["request_id"] == "one"

    def test_turned_off(self, host, prepared, new_database, api_key):
        with Server(host, new_database(prepared), load=OURS) as server:
            log = Log(server)
            assert Client(server, api_key).call("res.users", "context_get").status_code == 200
            assert Client(server, api_key).call("no.model", "read").status_code == 404
            assert log.lines() == []


class TestRetry:
    def test_one_row_and_one_line(self, running, log, admin, partner, pool):
        """A try that is repeated is no call yet. The client waits for all of them: so long is the duration."""
        with transaction(running) as cursor:
            cursor.execute("UPDATE res_partner SET comment = 'by another' WHERE id = %s", [partner])
            call = pool.submit(admin.call, "res.partner", "write", {"ids": [partner], "vals": {"ref": "retried"}}, X_Request_Id="retried")
            wait_until_blocked(running)
            time.sleep(1)
        answer = call.result(PATIENCE)
        assert (answer.status_code, answer.headers["X-Request-Id"]) == (200, "retried")
        assert "tries left" in log.text()
        row = log.row()
        (line,) = log.lines()
        assert (row["status"], row["request_id"], line["request_id"]) == (200, "retried", "retried")
        assert len(re.findall(r"\[request retried\]", log.text())) == 1
        assert row["duration"] >= 1000

    def test_its_own_id_stays_too(self, running, log, admin, partner, pool):
        with transaction(running) as cursor:
            cursor.execute("UPDATE res_partner SET comment = 'by another' WHERE id = %s", [partner])
            call = pool.submit(admin.call, "res.partner", "write", {"ids": [partner], "vals": {"ref": "retried"}})
            wait_until_blocked(running)
        answer = call.result(PATIENCE)
        assert log.row()["request_id"] == answer.headers["X-Request-Id"]


class TestConcurrency:
    def test_no_conflict(self, log, admin, pool):
        barrier = threading.Barrier(8)

        def call(number):
            barrier.wait(PATIENCE)
            return admin.call("res.partner", "search_count", {"domain": []}, X_Request_Id=f"together-{number}")

        for _round in range(5):
            assert {answer.status_code for answer in pool.map(call, range(8))} == {200}
        assert len(log.rows()) == 40
        assert "tries left" not in log.text()
        assert "could not be logged" not in log.text()

    def test_no_wait(self, running, log, admin, partner, pool):
        """A call with the key hangs, and so does one that failed; another goes on."""
        with transaction(running) as cursor:
            cursor.execute("UPDATE res_partner SET comment = 'x' WHERE id = %s", [partner])
            hanging = pool.submit(admin.call, "res.partner", "write", {"ids": [partner], "vals": {"ref": "late"}})
            wait_until_blocked(running)
            began = time.monotonic()
            assert admin.call("res.partner", "search_count", {"domain": []}).status_code == 200
            assert admin.call("res.partner", "create", {"vals_list": [{"name": "meanwhile"}]}).status_code == 200
            assert admin.call("no.model", "read").status_code == 404
            assert time.monotonic() - began < 3
            assert not hanging.done()
        assert hanging.result(PATIENCE).status_code == 200
        assert sorted(row["status"] for row in log.rows()) == [200, 200, 200, 404]

    def test_errors_at_once(self, running, log, admin, pool):
        """More at once than half of the connections that the server may have: each wants a second one for its row."""
        answers = list(pool.map(lambda _number: admin.call("no.model", "read"), range(64)))
        assert {answer.status_code for answer in answers} == {404}
        assert len(log.rows()) == 64


class TestFewConnections:
    def test_every_refused_call_has_its_row(self, host, prepared, new_database, api_key):
        """A server that has hardly a connection to spare."""
        with Server(host, new_database(prepared), load=OURS, extra=["--db_maxconn=8"]) as server, \
             concurrent.futures.ThreadPoolExecutor(5) as pool:
            # One connection for each of them is left, and not two.
            client = Client(server, api_key)
            client.call("no.model", "read")
            log = Log(server)
            answers = list(pool.map(lambda _number: client.call("no.model", "read"), range(80)))
            refused = [answer for answer in answers if answer.status_code == 404]
            assert len([row for row in log.rows() if row["status"] == 404]) == len(refused)
            assert "could not be logged" not in log.text()
            assert len(refused) == 80


class TestFlood:
    def test_wrong_keys(self, running, log):
        client = Client(running, "bad")
        began, counted = time.time(), log.repetitions()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _number: client.call("res.partner", "read").status_code, range(399)))
        assert set(answers) == {401}
        time.sleep(1.1)
        client.call("res.partner", "read")
        minutes = int(time.time() // 60) - int(began // 60) + 1
        rows = log.rows()
        assert len(rows) <= 31 * minutes
        assert log.repetitions() - counted == 400


class TestReplica:
    def test_reads_of_native_19(self, host, native_database, api_key):
        """With a replica the host makes a read call on a connection that takes no row."""
        if not native_database:
            pytest.skip(f"Odoo {host.series} has no /json/2 of its own")
        replica = ["--db_replica_host=" + postgres.environment().get("PGHOST", ""),
                   "--db_replica_port=" + postgres.environment().get("PGPORT", "5432")]
        with Server(host, native_database, load=(*NATIVE, ADDON), extra=replica) as server:
            log = Log(server)
            for model, body in (("res.partner", {"domain": [], "limit": 1}), ("no.model", {})):
                Client(server, api_key).call(model, "search_read", body)
            assert [row["status"] for row in log.rows()] == [200, 404]
