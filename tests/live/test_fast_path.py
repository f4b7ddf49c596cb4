"""What makes a call cheap must not make it wrong: keys that are remembered, rows that are written a moment later."""
import concurrent.futures
import re
import time

import pytest
from sql import SETTLED, wait_for
from support import NATIVE, OURS, Client, Server, odoo

from devtools import postgres
from devtools.paths import ADDON


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
    found = wait_for(lambda: re.search(rf"\[request {request_id}\] (\d+) ", running.log.read_text()))
    return int(found.group(1))


def numbers_of_rows(running, prefix):
    """{request id: number of its rows}"""
    return {name: int(number) for name, number in postgres.sql(
        "SELECT request_id, count(*) FROM json2_api_log WHERE request_id LIKE :'pattern' GROUP BY 1", running.databases[0],
        pattern=prefix + "-%")}


def assert_one_row_each(running, prefix, count):
    expected = {f"{prefix}-{number}": 1 for number in range(count)}
    wait_for(lambda: numbers_of_rows(running, prefix) == expected)
    assert numbers_of_rows(running, prefix) == expected


class TestRememberedKeys:
    def test_no_look_up(self, running, new_key):
        """The first calls look the key up, those that follow do not."""
        _id, key = new_key()
        counts = [queries(running, key, f"remembered-{number}") for number in range(12)]
        assert min(counts) < counts[0], counts
        _id, other = new_key()
        assert queries(running, other, "not-remembered") > min(counts)

    @pytest.mark.parametrize("change", ["archive", "expire", "delete"])
    def test_changed_elsewhere(self, running, new_key, shell, change):
        """In another process, which is no server."""
        key_id, key = new_key()
        assert {status(running, key) for _ in range(8)} == {200}
        statement = {"archive": "key.active = False", "delete": "key.unlink()",
                     "expire": "key.expiration_date = '2020-01-01'"}[change]
        shell(running.databases[0], f"key = env['json2.api.key'].browse({key_id}); {statement}")
        assert {status(running, key) for _ in range(8)} == {401}

    def test_changed_in_sql(self, running, new_key):
        """Past Odoo, which clears no cache for it."""
        key_id, key = new_key()
        assert {status(running, key) for _ in range(8)} == {200}
        postgres.sql("UPDATE json2_api_key SET active = false WHERE id = :'id'", running.databases[0], id=key_id)
        time.sleep(1.1)
        assert {status(running, key) for _ in range(8)} == {401}

    def test_changed_by_a_call(self, running, new_key, api_key):
        key_id, key = new_key()
        assert {status(running, key) for _ in range(8)} == {200}
        archived = Client(running, api_key).call("json2.api.key", "write", {"ids": [key_id], "vals": {"active": False}})
        assert archived.status_code == 200, archived.text
        assert {status(running, key) for _ in range(8)} == {401}

    def test_restricted_elsewhere(self, running, new_key, shell):
        key_id, key = new_key()
        assert {status(running, key) for _ in range(8)} == {200}
        shell(running.databases[0], f"env['json2.api.key'].browse({key_id}).allowed_models = 'sale.*'")
        assert {status(running, key) for _ in range(8)} == {403}

    def test_archived_user(self, running, shell, own_keys, users, api_key):
        key, admin = own_keys["temporary"], Client(running, api_key)
        assert {status(running, key) for _ in range(8)} == {200}
        for active, expected in ((False, 401), (True, 200)):
            answer = admin.call("res.users", "write", {"ids": [users["temporary"]["id"]], "vals": {"active": active}})
            assert answer.status_code == 200, answer.text
            assert {status(running, key) for _ in range(8)} == {expected}

    def test_expires_between_two_calls(self, running, new_key, shell):
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
        assert_one_row_each(running, "read", 20)

    def test_of_a_change(self, running, api_key):
        """There with the answer."""
        client = Client(running, api_key)
        for number in range(10):
            answer = client.call("res.partner", "create", {"vals_list": [{"name": "later"}]}, X_Request_Id=f"new-{number}")
            assert numbers_of_rows(running, "new")[f"new-{number}"] == 1
            client.call("res.partner", "unlink", {"ids": answer.json()}, X_Request_Id=f"gone-{number}")
            assert numbers_of_rows(running, "gone")[f"gone-{number}"] == 1

    def test_their_time_is_that_of_the_call(self, running, api_key):
        client = Client(running, api_key)
        client.call("res.users", "context_get", X_Request_Id="time-0")
        client.call("res.partner", "create", {"vals_list": [{"name": "time"}]}, X_Request_Id="time-1")
        client.call("res.users", "context_get", X_Request_Id="time-2")
        assert_one_row_each(running, "time", 3)
        rows = postgres.sql("SELECT request_id FROM json2_api_log WHERE request_id LIKE 'time-%' ORDER BY create_date",
                            running.databases[0])
        assert rows == [["time-0"], ["time-1"], ["time-2"]]

    @pytest.mark.parametrize("workers", [0, 2], ids=["threads", "workers"])
    def test_when_the_server_stops(self, host, prepared, new_database, api_key, workers):
        database = new_database(prepared)
        with Server(host, database, load=OURS, workers=workers) as server:
            assert Client(server, api_key).call("res.users", "context_get", X_Request_Id="last-0").status_code == 200
        assert_one_row_each(server, "last", 1)

    def test_when_a_worker_is_replaced(self, host, prepared, new_database, api_key):
        """After few requests each."""
        database = new_database(prepared)
        with Server(host, database, load=OURS, workers=2, extra=["--limit-request=5"]) as server:
            client = Client(server, api_key)
            for number in range(40):
                assert client.call("res.users", "context_get", X_Request_Id=f"recycled-{number}").status_code == 200
        assert_one_row_each(server, "recycled", 40)

    def test_of_a_key_that_is_gone(self, running, new_key, api_key):
        """Nothing points to what is not there, or no list of calls would open."""
        key_id, key = new_key()
        assert Client(running, key).call("res.users", "context_get", X_Request_Id="orphan-0").status_code == 200
        Client(running, api_key).call("json2.api.key", "unlink", {"ids": [key_id]})
        assert_one_row_each(running, "orphan", 1)
        assert self.orphans(running, "key_id", "json2_api_key") == 0

    def test_of_a_key_that_deletes_itself(self, running, new_key):
        key_id, key = new_key()
        deleted = Client(running, key).call("json2.api.key", "unlink", {"ids": [key_id]}, X_Request_Id="itself-0")
        assert deleted.status_code == 200, deleted.text
        assert_one_row_each(running, "itself", 1)
        assert self.orphans(running, "key_id", "json2_api_key") == 0

    def test_of_a_user_who_is_deleted_while_he_calls(self, running, api_key, shell):
        user_id, key = shell(running.databases[0], """
user = env["res.users"].with_context(no_reset_password=True).create({"name": "Gone", "login": "gone"})
result = [user.id, env["json2.api.key"]._generate("Gone", user)[1]]
""")
        caller, admin = Client(running, key), Client(running, api_key)

        def call_until_refused():
            return wait_for(lambda: caller.call("res.users", "context_get").status_code == 401)

        with concurrent.futures.ThreadPoolExecutor() as pool:
            refused = pool.submit(call_until_refused)
            time.sleep(0.1)
            deleted = admin.call("res.users", "unlink", {"ids": [user_id]})
            assert deleted.status_code == 200, deleted.text
            assert refused.result()
        time.sleep(SETTLED)
        assert self.orphans(running, "user_id", "res_users") == 0

    def orphans(self, running, column, table):
        """How many rows point to what is not there: no list of calls would open."""
        rows = postgres.sql(f"SELECT count(*) FROM json2_api_log log WHERE {column} IS NOT NULL AND NOT EXISTS "
                            f"(SELECT FROM {table} target WHERE target.id = log.{column})", running.databases[0])
        return int(rows[0][0])

    def test_the_log_is_clean(self, running):
        assert not re.search(r" (ERROR|CRITICAL) .*journal", running.log.read_text())
