"""What makes a call cheap must not make it wrong: keys that are remembered, rows that are written a moment later."""
import re
import time

import pytest
from support import NATIVE, OURS, Client, Server, odoo

from devtools import postgres
from devtools.paths import ADDON

SETTLED = 0.5


@pytest.fixture(scope="module", params=["threads", "workers", "native"])
def running(request, host, prepared, new_database):
    database, load = new_database(prepared), OURS
    if request.param == "native":
        if host.major < 19:
            pytest.skip(f"Odoo {host.series} has no /json/2 of its own")
        odoo.install(host, database, "--init", "rpc", "--load=base,rpc,web")
        load = (*NATIVE, ADDON)
    with Server(host, database, load=load, workers=2 if request.param == "workers" else 0) as server:
        server.is_native = request.param == "native"
        yield server


@pytest.fixture
def new_key(running, shell):
    """new_key() -> (id, secret) of a key of the admin."""
    def make():
        return shell(running.databases[0], """
record, secret = env["json2.api.key"]._generate("Fast", env.ref("base.user_admin"))
result = [record.id, secret]
""")
    return make


def status(running, key):
    return Client(running, key).call("res.users", "context_get").status_code


def queries(running, key, request_id):
    """How many statements a call sent, as the server's own line about it says."""
    assert Client(running, key).call("res.users", "context_get", X_Request_Id=request_id).status_code == 200
    time.sleep(0.1)
    return int(re.search(rf"\[request {request_id}\] (\d+) ", running.log.read_text()).group(1))


def number_of_rows(running, request_id):
    return int(postgres.sql("SELECT count(*) FROM json2_api_log WHERE request_id = :'request_id'", running.databases[0],
                            request_id=request_id)[0][0])


class TestRememberedKeys:
    def test_no_look_up(self, running, new_key):
        """The first calls look the key up, those that follow do not."""
        _id, key = new_key()
        counts = [queries(running, key, f"remembered-{number}") for number in range(12)]
        assert min(counts) == counts[-1] == counts[0] - 1 or min(counts) < counts[0], counts
        _id, other = new_key()
        assert queries(running, other, "not-remembered") > counts[-1]

    @pytest.mark.parametrize("change", ["archive", "expire", "delete"])
    def test_changed_elsewhere(self, running, new_key, shell, change):
        """In another process, which is no server."""
        key_id, key = new_key()
        assert {status(running, key) for _ in range(8)} == {200}
        statement = {"archive": "key.active = False", "delete": "key.unlink()",
                     "expire": "key.expiration_date = '2020-01-01'"}[change]
        shell(running.databases[0], f"key = env['json2.api.key'].browse({key_id}); {statement}")
        assert {status(running, key) for _ in range(8)} == {401}

    def test_changed_by_a_call(self, running, new_key, api_key):
        key_id, key = new_key()
        admin = Client(running, api_key)
        for active, expected in ((False, 401), (True, 200), (False, 401)):
            assert admin.call("json2.api.key", "write", {"ids": [key_id], "vals": {"active": active}}).status_code == 200
            assert {status(running, key) for _ in range(8)} == {expected}

    def test_restricted_by_a_call(self, running, new_key, api_key):
        key_id, key = new_key()
        assert {status(running, key) for _ in range(8)} == {200}
        Client(running, api_key).call("json2.api.key", "write", {"ids": [key_id], "vals": {"allowed_models": "sale.*"}})
        assert {status(running, key) for _ in range(8)} == {403}

    def test_archived_user(self, running, shell, own_keys, users, api_key):
        key, admin = own_keys["temporary"], Client(running, api_key)
        assert {status(running, key) for _ in range(8)} == {200}
        for active, expected in ((False, 401), (True, 200)):
            answer = admin.call("res.users", "write", {"ids": [users["temporary"]["id"]], "vals": {"active": active}})
            assert answer.status_code == 200, answer.text
            assert {status(running, key) for _ in range(8)} == {expected}

    def test_expires_while_remembered(self, running, new_key, shell):
        key_id, key = new_key()
        shell(running.databases[0], f"""
import datetime
env['json2.api.key'].browse({key_id}).expiration_date = datetime.datetime.utcnow() + datetime.timedelta(seconds=4)
""")
        while (answer := status(running, key)) == 200:
            time.sleep(0.2)
        assert answer == 401


class TestRowsWrittenLater:
    def test_of_a_read(self, running, api_key):
        client = Client(running, api_key)
        for number in range(20):
            assert client.call("res.partner", "search_read", {"limit": 1, "domain": [], "fields": ["name"]},
                               X_Request_Id=f"read-{number}").status_code == 200
        time.sleep(SETTLED)
        assert [number_of_rows(running, f"read-{number}") for number in range(20)] == [1] * 20

    def test_of_a_change(self, running, api_key):
        """There with the answer."""
        client = Client(running, api_key)
        for number in range(10):
            answer = client.call("res.partner", "create", {"vals_list": [{"name": "later"}]}, X_Request_Id=f"new-{number}")
            assert number_of_rows(running, f"new-{number}") == 1
            client.call("res.partner", "unlink", {"ids": answer.json()}, X_Request_Id=f"gone-{number}")
            assert number_of_rows(running, f"gone-{number}") == 1

    def test_their_time_is_that_of_the_call(self, running, api_key):
        client = Client(running, api_key)
        client.call("res.users", "context_get", X_Request_Id="time-1")
        client.call("res.partner", "create", {"vals_list": [{"name": "time"}]}, X_Request_Id="time-2")
        client.call("res.users", "context_get", X_Request_Id="time-3")
        time.sleep(SETTLED)
        rows = postgres.sql("SELECT request_id FROM json2_api_log WHERE request_id LIKE 'time-%' ORDER BY create_date",
                            running.databases[0])
        assert rows == [["time-1"], ["time-2"], ["time-3"]]

    def test_when_the_server_stops(self, host, prepared, new_database, api_key):
        database = new_database(prepared)
        with Server(host, database, load=OURS) as server:
            assert Client(server, api_key).call("res.users", "context_get", X_Request_Id="last").status_code == 200
        assert number_of_rows(server, "last") == 1

    def test_of_a_key_that_is_gone(self, running, new_key, api_key):
        """Nothing points to what is not there, or no list of calls would open."""
        key_id, key = new_key()
        assert status(running, key) == 200
        Client(running, api_key).call("json2.api.key", "unlink", {"ids": [key_id]})
        time.sleep(SETTLED)
        rows = postgres.sql("SELECT count(*) FROM json2_api_log log WHERE key_id IS NOT NULL AND NOT EXISTS "
                            "(SELECT FROM json2_api_key key WHERE key.id = log.key_id)", running.databases[0])
        assert rows == [["0"]]

    def test_the_log_is_clean(self, running):
        assert not re.search(r" (ERROR|CRITICAL) .*journal", running.log.read_text())
