"""Every series: /jsonrpc2 with published clients, several databases, and conflicts with other transactions."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import time

import pytest
from example_files import EXAMPLES, run_example
from sql import PATIENCE, SETTLED, transaction, wait_until_blocked
from support import ADDON, NATIVE, OURS, Client, Server, databases, odoo
from test_transactions import refs

from devtools import node, postgres, venv


@pytest.fixture(params=["api_key", "user_key"])
def key(request):
    """A key of ours, then one of Odoo's own."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def partner(client):
    [partner] = client.call("res.partner", "create", {"vals_list": {"name": "of a test", "ref": "0"}}).json()
    yield partner
    client.call("res.partner", "unlink", {"ids": [partner]}).raise_for_status()


@pytest.fixture
def rpc(client):
    """rpc(message, **headers): the response to a message of JSON-RPC."""
    return lambda message, **headers: client.send(
        "POST", "/jsonrpc2", message, {name.replace("_", "-"): value for name, value in headers.items()})


def request(method, *params, **members):
    return {"jsonrpc": "2.0", "method": method, "params": list(params), "id": 1, **members}


def said(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestClients:
    def test_jsonrpcclient(self, server, key):
        answers = said(run_example([venv.python(venv.CLIENTS)], "client_jsonrpcclient.py", server=server, key=key))
        partner = answers.pop("partner")
        assert answers.pop("error")[:1] == [-32004]
        assert answers == {
            "read": [{"id": partner, "name": "Rpc Client"}], "notified": [204, ""], "after": [{"id": partner, "ref": "notified"}],
            "batch": [1, -32601, [{"id": partner, "ref": "batch"}]], "atomic": [-32024, -32004], "left": "batch", "deleted": True}

    def test_odoorpc(self, server, key, users):
        answers = said(run_example([venv.python(venv.CLIENTS)], "client_odoorpc.py", server=server, key=key))
        created = answers.pop("created")
        assert "99999999" in answers.pop("missing")
        assert answers == {
            "user": users["admin"]["id"], "found": [created], "updated": True, "browsed": "moved", "deleted": True,
            "read": [{"id": created, "name": "Rpc Client", "email": "rpc@example.com"}],
            "keyword": [{"id": created, "ref": "moved"}], "wrong": "Wrong login ID or password", "paths": ["/jsonrpc2"]}

    def test_node(self, server, key):
        modules = node.modules()
        if not modules:
            pytest.skip("node or npm is not on this machine")
        environment = {**os.environ, "ODOO_URL": server.url, "ODOO_DATABASE": server.databases[0], "ODOO_API_KEY": key,
                       "NODE_PATH": str(modules)}
        answers = said(subprocess.run(["node", EXAMPLES / "client_json_rpc_2.js"], env=environment, check=False,
                                      capture_output=True, text=True, timeout=60))
        partner = answers.pop("partner")
        assert answers == {
            "read": [{"id": partner, "name": "Rpc Client"}], "notified": 204, "error": [-32004, "odoo.exceptions.MissingError"],
            "batch": {"a": [{"id": partner, "ref": "notified"}], "b": -32601, "c": [partner]}, "deleted": True}

    def test_curl_without_a_media_type(self, server, key):
        if not shutil.which("curl"):
            pytest.skip("curl is not on this machine")
        message = request("call", params={"model": "res.users", "method": "context_get", "api_key": key})
        done = subprocess.run(["curl", "--silent", "--noproxy", "*", server.url + "/jsonrpc2", "-d", json.dumps(message)],
                              check=False, capture_output=True, text=True, timeout=60)
        assert said(done)["result"]["uid"] == 2


class TestTransactions:
    @pytest.fixture(params=["one", "batch", "atomic"])
    def send(self, request, rpc):
        """Sends calls: one by itself, in a batch, in an atomic one. Returns the results or the codes of the errors."""
        def send(*calls):
            atomic = {"X-Json2-Atomic": "true"} if request.param == "atomic" else {}
            answer = rpc(list(calls) if request.param != "one" else calls[-1], **atomic)
            assert answer.status_code == 200, answer.text
            answers = answer.json() if request.param != "one" else [answer.json()]
            return [answer["result"] if "result" in answer else answer["error"]["code"] for answer in answers]
        return send

    def test_conflict_is_retried(self, server, send, partner):
        """The host repeats the whole request, with the arguments as they were sent."""
        begin = server.log.stat().st_size
        with concurrent.futures.ThreadPoolExecutor() as pool:
            with transaction(server) as cursor:
                cursor.execute("UPDATE res_partner SET comment = 'by another' WHERE id = %s", [partner])
                calls = [request("res.partner.search_count", []), request("res.partner.write", [partner], {"ref": "retried"})]
                call = pool.submit(send, *calls)
                wait_until_blocked(server)
            assert call.result(PATIENCE)[-1] is True
        assert "SERIALIZATION_FAILURE, 4 tries left" in server.log.read_bytes()[begin:].decode()
        assert refs(server, partner) == ["retried"]
        assert len(rows(server, "write", partner)) == 1

    def test_what_failed_is_rolled_back(self, server, rpc, partner):
        calls = [request("res.partner.write", [partner], {"ref": "half", "color": 99999999999999}),
                 request("res.partner.write", [partner], {"comment": "stays"})]
        answers = rpc(calls).json()
        assert [answer.get("result") for answer in answers] == [None, True]
        assert refs(server, partner) == ["0"]
        assert rows(server, "write", partner) == [["422"], ["200"]]
        answers = rpc(calls[::-1], X_Json2_Atomic="true").json()
        assert [answer["error"]["code"] for answer in answers] == [-32024, -32602]
        assert rows(server, "write", partner)[2:] == [["424"], ["422"]]


def rows(server, method, record):
    """The statuses in the log of the calls of a method on a record."""
    time.sleep(SETTLED)
    return postgres.sql(
        "SELECT status FROM json2_api_log WHERE endpoint = '/jsonrpc2' AND method = :'method' AND record_ids = :'record' "
        "ORDER BY create_date", database=server.databases[0], method=method, record=str(record))


def test_refusals_are_logged(server, rpc):
    def count():
        time.sleep(SETTLED)
        [[number]] = postgres.sql("SELECT coalesce(sum(repetitions), 0) FROM json2_api_log WHERE endpoint = '/jsonrpc2'",
                                  database=server.databases[0])
        return int(number)

    before = count()
    for message, headers, status in (
        (b"{", {}, 200), ([], {}, 200), (1, {}, 200), (request("nope"), {}, 200), (request("a.b", id=None), {}, 200),
        (request("a.b"), {"Authorization": "Bearer bad"}, 401), (b"<x/>", {"Content-Type": "text/xml"}, 415),
        (b" " * 10485761, {}, 413),
    ):
        answer = rpc(message, **headers)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (status, False), answer.text
        assert answer.json()["error"]["data"].keys() == {"name", "message", "arguments", "context", "debug"}
    assert count() - before == 8


def test_beside_native(host, prepared, new_database, api_key):
    """Odoo 19 with its own module ``rpc``, which has no such endpoint: restrictions and log are ours."""
    if host.major < 19:
        pytest.skip(f"Odoo {host.series} has no such module")
    with Server(host, new_database(prepared), load=[*NATIVE, ADDON]) as server:
        answers = Client(server, api_key).send("POST", "/jsonrpc2", [
            request("res.partner.search_count", []), request("res.partner.nope"), request("res.users.context_get")]).json()
        assert [answer.get("error", {}).get("code") for answer in answers] == [None, -32601, None]
        time.sleep(SETTLED)
        assert postgres.sql("SELECT status FROM json2_api_log WHERE endpoint = '/jsonrpc2' ORDER BY create_date",
                            database=server.databases[0]) == [["200"], ["404"], ["200"]]


# The user "internal" wants a second factor; whoever fails three times has to wait.
PASSWORDS = """
parameters = env["ir.config_parameter"]
parameters.set_param("json2_backport.password_login", "True")
parameters.set_param("base.login_cooldown_after", "3")
env.cr.execute("UPDATE res_users SET totp_secret = 'JBSWY3DPEHPK3PXP' WHERE login = 'internal'")
"""


class TestPasswords:
    """With the setting that lets logins and passwords in, by the rules of the host's own module for two factors."""

    @pytest.fixture(scope="class")
    @staticmethod
    def two_factors(host, prepared, new_database, shell):
        name = new_database(prepared)
        odoo.install(host, name, "--init", "auth_totp", *databases.auto_install_options(host, False))
        shell(name, PASSWORDS)
        with Server(host, name, load=OURS) as running:
            yield running

    @pytest.fixture
    def ask(self, two_factors):
        """ask(service, method, *arguments): the result, or the code of the error."""
        def ask(service, method, *arguments):
            params = {"service": service, "method": method, "args": [two_factors.databases[0], *arguments]}
            answer = Client(two_factors).send("POST", "/jsonrpc2", request("call", params=params)).json()
            return answer["result"] if "result" in answer else answer["error"]["code"]
        return ask

    @pytest.mark.parametrize("method, more", [("login", []), ("authenticate", [{}])])
    def test_login(self, ask, users, own_keys, method, more):
        assert ask("common", method, "admin", "admin", *more) == users["admin"]["id"]
        assert ask("common", method, "internal", "internal", *more) is False
        assert ask("common", method, "internal", own_keys["internal"], *more) == users["internal"]["id"]

    def test_call(self, ask, users, own_keys, user_keys):
        def who(name, secret):
            answer = ask("object", "execute_kw", users[name]["id"], secret, "res.users", "context_get", [])
            return answer["uid"] if isinstance(answer, dict) else answer

        assert who("admin", "admin") == users["admin"]["id"]
        assert who("internal", "internal") == -32001
        for keys in (own_keys, user_keys):
            assert who("internal", keys["internal"]) == users["internal"]["id"]

    def test_cooldown(self, ask, users):
        """Last: it is the address that has to wait."""
        for _attempt in range(3):
            assert ask("common", "login", "portal", "wrong") is False
        assert ask("common", "login", "portal", "portal") is False
        assert ask("object", "execute_kw", users["portal"]["id"], "portal", "res.users", "context_get", []) == -32001


class TestSeveralDatabases:
    @pytest.fixture(scope="class")
    @staticmethod
    def several(host, prepared, new_database):
        names = [new_database(prepared) for _number in range(2)]
        with Server(host, names[0], load=OURS, extra=["--database=", f"--db-filter=^({'|'.join(names)})$"]) as server:
            yield server, names

    @pytest.mark.parametrize("named", [0, 1])
    def test_header(self, several, api_key, named):
        server, names = several
        message = request("call", params={"model": "res.users", "method": "context_get", "db": names[named]})
        answer = Client(server, api_key, names[named]).send("POST", "/jsonrpc2", message)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
        assert answer.json()["result"]["uid"] == 2

    def test_header_and_body_that_differ(self, several, api_key):
        server, names = several
        message = request("call", params={"model": "res.users", "method": "context_get", "db": names[1]})
        answer = Client(server, api_key, names[0]).send("POST", "/jsonrpc2", message)
        assert answer.json()["error"]["code"] == -32602

    @pytest.mark.parametrize("named", [0, 1])
    def test_body_alone(self, several, api_key, named):
        server, names = several
        for name in names:
            Client(server, api_key, name).call(
                "ir.config_parameter", "set_param", {"key": "json2.which", "value": name}).raise_for_status()
        arguments = ["ir.config_parameter", "get_param", ["json2.which"]]
        model = {"model": arguments[0], "method": arguments[1], "args": arguments[2], "db": names[named]}
        service = {"service": "object", "method": "execute_kw", "args": [names[named], 2, api_key, *arguments]}
        for params in (model, service):
            answer = Client(server, api_key).send("POST", "/jsonrpc2", request("call", params=params))
            assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False), answer.text
            assert answer.json()["result"] == names[named]
        named_arguments = {"key": "json2.which", "db": names[named], "api_key": api_key}
        answer = Client(server).send("POST", "/jsonrpc2", request("ir.config_parameter.get_param", params=named_arguments))
        assert answer.json()["result"] == names[named]

    def test_batch_that_names_two(self, several, api_key):
        server, names = several
        who = {"model": "res.users", "method": "context_get"}
        messages = [1, request("call", params=who), *(request("call", params={**who, "db": name}) for name in names[::-1])]
        answers = Client(server, api_key).send("POST", "/jsonrpc2", messages).json()
        assert [answer.get("error", {}).get("code") for answer in answers] == [-32600, None, None, -32602]
        assert names[0] in answers[3]["error"]["data"]["message"]

    @pytest.mark.parametrize("name", [None, "", "json2_live_no_such", "postgres", "x'; DROP DATABASE x; --", "\x00"])
    def test_body_that_names_none(self, several, api_key, name):
        server, _names = several
        message = request("call", params={"model": "res.users", "method": "context_get", "db": name})
        for body in (message, [message], [], b"{", b"", json.dumps(message).encode() + b" " * 10485760):
            assert Client(server, api_key).send("POST", "/jsonrpc2", body).status_code == 404

    def test_header_is_asked_first(self, several, api_key):
        server, names = several
        message = request("call", params={"model": "res.users", "method": "context_get", "db": names[0]})
        answer = Client(server, api_key, "json2_live_no_such").send("POST", "/jsonrpc2", message)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (404, False)

    def test_other_paths_do_not_ask_the_body(self, several, api_key):
        server, names = several
        message = request("call", params={"model": "res.users", "method": "context_get", "db": names[0]})
        for path in ("/json/2/res.users/context_get", "/jsonrpc2x"):
            assert Client(server, api_key).send("POST", path, message).status_code == 404

    def test_odoorpc(self, several, users, api_key):
        """A client of /jsonrpc, which knows nothing of the header."""
        server, _names = several
        answers = said(run_example([venv.python(venv.CLIENTS)], "client_odoorpc.py", server=server, key=api_key))
        assert (answers["user"], answers["deleted"], answers["paths"]) == (users["admin"]["id"], True, ["/jsonrpc2"])
