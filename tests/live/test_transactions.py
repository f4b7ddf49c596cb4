"""Every series: one call is one transaction, and a conflict with another is retried or told."""
import concurrent.futures
import threading
import time

import pytest
from sql import PATIENCE, transaction, wait_for, wait_until_blocked
from support import NATIVE, OURS, Client, Server

from devtools import odoo, postgres
from devtools.paths import ADDON


@pytest.fixture(scope="module")
def running(host, prepared, new_database):
    with Server(host, new_database(prepared), load=OURS) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def conflict_that_stays(host, prepared, new_database, api_key):
    """(server, client, call): a call that meets a lock which nobody lets go, on a server that waits 100 ms for one.

    Between its five tries the host waits for 0 to 2, 4, 8 and 16 s, by chance: it is sent first, and the other tests run
    meanwhile.
    """
    database = new_database(prepared)
    postgres.sql("ALTER DATABASE :\"name\" SET lock_timeout = '100ms'", name=database)
    with Server(host, database, load=OURS) as server, concurrent.futures.ThreadPoolExecutor() as pool:
        client = Client(server, api_key)
        assert client.call("res.partner", "read", {"ids": [1], "fields": ["ref"]}).json() == [{"id": 1, "ref": False}]
        with transaction(server) as cursor:
            cursor.execute("SELECT FROM res_partner WHERE id = 1 FOR UPDATE")
            yield server, client, pool.submit(client.call, "res.partner", "write", {"ids": [1], "vals": {"ref": "late"}})


@pytest.fixture
def admin(running, api_key):
    return Client(running, api_key)


@pytest.fixture
def partner(admin):
    """The id of a partner of this test's own."""
    return admin.call("res.partner", "create", {"vals_list": {"name": "of a test", "ref": "0"}}).json()[0]


@pytest.fixture
def log(running):
    """log(): what the server has logged since the test began."""
    begin = running.log.stat().st_size

    def read():
        return running.log.read_bytes()[begin:].decode()

    return read


@pytest.fixture
def pool():
    with concurrent.futures.ThreadPoolExecutor(16) as executor:
        yield executor


def refs(server, *ids):
    """What is stored: read past the server and its caches."""
    with transaction(server) as cursor:
        cursor.execute("SELECT ref FROM res_partner WHERE id = ANY(%s) ORDER BY id", [list(ids)])
        return [ref for (ref,) in cursor.fetchall()]


def count(server, name):
    with transaction(server) as cursor:
        cursor.execute("SELECT count(*) FROM res_partner_category WHERE name::text LIKE %s", [f"%{name}%"])
        return cursor.fetchone()[0]


class TestCommitAndRollback:
    def test_success_is_committed(self, running, admin, partner):
        assert admin.call("res.partner", "write", {"ids": [partner], "vals": {"ref": "stored"}}).status_code == 200
        assert refs(running, partner) == ["stored"]

    def test_create_is_all_or_nothing(self, running, admin):
        """The second one violates a constraint of the database."""
        answer = admin.call("res.partner.category", "create", {
            "vals_list": [{"name": "first of two"}, {"name": "second of two", "parent_id": 99999999}]})
        assert answer.status_code in (404, 422), answer.text
        assert count(running, "of two") == 0

    def test_validation_error_rolls_back(self, running, admin):
        """A constraint in Python, checked after the update: no loop among parents."""
        first, second = admin.call("res.partner.category", "create", {
            "vals_list": [{"name": "loop a"}, {"name": "loop b"}]}).json()
        assert admin.call("res.partner.category", "write", {"ids": [second], "vals": {"parent_id": first}}).status_code == 200
        answer = admin.call("res.partner.category", "write", {"ids": [first], "vals": {"name": "renamed", "parent_id": second}})
        assert answer.status_code == 422, answer.text
        assert count(running, "renamed") == 0
        assert count(running, "loop a") == 1

    def test_missing_record_rolls_back(self, running, admin, partner):
        answer = admin.call("res.partner", "write", {"ids": [partner, 99999999], "vals": {"ref": "half"}})
        assert answer.status_code == 404, answer.text
        assert refs(running, partner) == ["0"]

    def test_error_of_python_rolls_back(self, running, admin, partner):
        answer = admin.call("res.partner", "write", {"ids": [partner], "vals": {"ref": "half", "color": "no number"}})
        assert answer.status_code == 422, answer.text
        assert refs(running, partner) == ["0"]

    def test_database_error_rolls_back(self, running, admin, partner):
        answer = admin.call("res.partner", "write", {"ids": [partner], "vals": {"ref": "half", "color": 99999999999999}})
        assert answer.status_code == 422, answer.text
        assert refs(running, partner) == ["0"]

    def test_the_next_call_is_not_harmed(self, admin, partner):
        """What a failed call left in a cache or in the connection would show."""
        admin.call("res.partner", "write", {"ids": [partner], "vals": {"ref": "half", "color": 99999999999999}})
        answer = admin.call("res.partner", "read", {"ids": [partner], "fields": ["ref", "color"]})
        assert answer.json() == [{"id": partner, "ref": "0", "color": 0}]

    def test_load_rolls_back_its_bad_rows(self, admin):
        """The host's own method reports the errors itself: 200, and nothing stored."""
        answer = admin.call("res.partner.category", "load", {
            "fields": ["name", "color"], "data": [["loaded", "1"], ["loaded too", "no number"]]})
        assert answer.status_code == 200
        assert answer.json()["ids"] is False
        assert admin.call("res.partner.category", "search_count", {"domain": [["name", "like", "loaded"]]}).json() == 0


class TestRetry:
    def test_conflict_is_retried(self, running, admin, partner, pool, log):
        with transaction(running) as cursor:
            cursor.execute("UPDATE res_partner SET comment = 'by another' WHERE id = %s", [partner])
            call = pool.submit(admin.call, "res.partner", "write", {"ids": [partner], "vals": {"ref": "retried"}})
            wait_until_blocked(running)
        answer = call.result(PATIENCE)
        assert (answer.status_code, answer.json()) == (200, True)
        assert "SERIALIZATION_FAILURE, 4 tries left" in log()
        assert refs(running, partner) == ["retried"]
        stored = admin.call("res.partner", "read", {"ids": [partner], "fields": ["comment"]}).json()
        assert "by another" in stored[0]["comment"]

    def test_two_clients_write_the_same_record(self, running, admin, partner, pool):
        barrier = threading.Barrier(2)

        def write(number):
            barrier.wait()
            return admin.call("res.partner", "write", {"ids": [partner], "vals": {"ref": f"by {number}"}})

        calls = [pool.submit(write, number) for number in (1, 2)]
        assert [call.result(60).status_code for call in calls] == [200, 200]
        assert refs(running, partner)[0] in ("by 1", "by 2")

    def test_two_writers_that_surely_conflict(self, running, admin, partner, pool, log):
        """Both wait for a third transaction, so both began before either could commit."""
        with transaction(running) as cursor:
            cursor.execute("SELECT FROM res_partner WHERE id = %s FOR UPDATE", [partner])
            calls = [pool.submit(admin.call, "res.partner", "write", {"ids": [partner], "vals": {"ref": f"by {number}"}})
                     for number in (1, 2)]
            wait_until_blocked(running)
            time.sleep(0.5)
        assert [call.result(60).status_code for call in calls] == [200, 200]
        assert "tries left" in log()

    def test_arguments_are_as_sent(self, running, admin, partner, pool, log):
        """`res.partner.write` takes `is_company` out of the values that it is given (odoo/odoo#23816), and passes the
        address on to the contacts after that. The conflict is there, so the first try has been at the values."""
        contact = admin.call("res.partner", "create", {
            "vals_list": {"name": "contact", "parent_id": partner, "type": "contact"}}).json()[0]
        vals = {"is_company": True, "street": "Retried Street 1"}
        with transaction(running) as cursor:
            cursor.execute("UPDATE res_partner SET comment = 'by another' WHERE id = %s", [contact])
            call = pool.submit(admin.call, "res.partner", "write", {"ids": [partner], "vals": vals})
            wait_until_blocked(running)
        assert call.result(PATIENCE).status_code == 200
        assert "tries left" in log()
        stored = admin.call("res.partner", "read", {"ids": [partner], "fields": list(vals)}).json()
        assert stored == [{"id": partner, **vals}]

    def test_a_retried_create_creates_once(self, running, admin, users, pool, log):
        """The write to the parent conflicts; the child must be there once, with all its values."""
        parent = users["portal"]["partner"]
        commands = [[0, 0, {"name": "child of a retry", "ref": "child", "type": "other"}]]
        with transaction(running) as cursor:
            cursor.execute("UPDATE res_partner SET comment = 'by another' WHERE id = %s", [parent])
            call = pool.submit(admin.call, "res.partner", "write", {
                "ids": [parent], "vals": {"ref": "parent", "child_ids": commands}})
            wait_until_blocked(running)
        assert call.result(PATIENCE).status_code == 200
        assert "tries left" in log()
        children = admin.call("res.partner", "search_read", {
            "domain": [["parent_id", "=", parent]], "fields": ["name", "ref", "type"]}).json()
        expected = {"name": "child of a retry", "ref": "child", "type": "other"}
        assert [{name: child[name] for name in expected} for child in children] == [expected]

    def test_retried_calls_still_set_no_cookie(self, running, admin, partner, pool):
        with transaction(running) as cursor:
            cursor.execute("UPDATE res_partner SET comment = 'x' WHERE id = %s", [partner])
            call = pool.submit(admin.call, "res.partner", "write", {"ids": [partner], "vals": {"ref": "retried"}})
            wait_until_blocked(running)
        assert "Set-Cookie" not in call.result(PATIENCE).headers

    def test_a_retried_flat_create_warns_once(self, running, admin, partner, pool, log):
        """Its child writes to the parent, and that conflicts."""
        with transaction(running) as cursor:
            cursor.execute("UPDATE res_partner SET comment = 'x' WHERE id = %s", [partner])
            call = pool.submit(admin.call, "res.partner", "create", {
                "name": "flat and late", "child_ids": [[4, partner, 0]]})
            wait_until_blocked(running)
        answer = call.result(PATIENCE)
        assert answer.status_code == 200, answer.text
        assert "tries left" in log()
        assert answer.headers["Warning"].count("299 ") == 1


class TestRotation:
    """A thief rotates a key while its owner archives it: whichever comes first, no key is left."""

    def test_the_archiving_sees_the_new_key(self, running, admin, own_keys, users, pool):
        """The rotation hangs at the lock of a third, and its new key is not to be seen yet."""
        key = Client(running, own_keys["internal"])
        first = key.call("json2.api.key", "rotate", {})
        assert first.status_code == 200, first.text
        archived = admin.call("json2.api.key", "search", {"domain": [["user_id", "=", users["internal"]["id"]]]}).json()[-1:]
        with transaction(running) as cursor:
            cursor.execute("SELECT FROM res_users WHERE id = %s FOR UPDATE", [users["internal"]["id"]])
            rotation = pool.submit(key.call, "json2.api.key", "rotate", {})
            wait_until_blocked(running)
            archiving = pool.submit(admin.call, "json2.api.key", "action_archive", {"ids": archived})
            time.sleep(1)
        second = rotation.result(PATIENCE)
        assert (second.status_code, archiving.result(PATIENCE).status_code) == (200, 200), second.text
        for secret in (own_keys["internal"], first.json()["key"], second.json()["key"]):
            assert Client(running, secret).call("res.users", "context_get", {}).status_code == 401

    def test_two_rotations_do_not_share_the_last_place(self, running, own_keys, users, pool):
        """Four keys are valid, and two of them rotate at once."""
        keys = [Client(running, own_keys["portal"])]
        for _number in range(3):
            keys.append(Client(running, keys[0].call("json2.api.key", "rotate", {}).json()["key"]))
        with transaction(running) as cursor:
            cursor.execute("SELECT FROM res_users WHERE id = %s FOR UPDATE", [users["portal"]["id"]])
            calls = [pool.submit(key.call, "json2.api.key", "rotate", {}) for key in keys[:2]]
            wait_until_blocked(running)
            time.sleep(1)
        assert sorted(call.result(60).status_code for call in calls) == [200, 422]


class TestConcurrency:
    def test_calls_with_one_key_do_not_wait_for_each_other(self, running, admin, pool, log):
        """Eight at once, forty in all, reading: no conflict, no retry."""
        calls = [pool.submit(admin.call, "res.partner", "search_count", {"domain": []}) for _number in range(40)]
        assert {call.result(60).status_code for call in calls} == {200}
        assert "tries left" not in log()

    def test_creates_with_one_key_do_not_conflict(self, running, admin, pool, log):
        calls = [pool.submit(admin.call, "res.partner.category", "create", {"vals_list": {"name": f"concurrent {number}"}})
                 for number in range(24)]
        assert {call.result(60).status_code for call in calls} == {200}
        assert count(running, "concurrent") == 24
        assert "tries left" not in log()

    def test_a_call_does_not_wait_for_another_that_is_open(self, running, admin, partner, pool):
        """One call hangs at a lock; with the same key, others are answered meanwhile."""
        with transaction(running) as cursor:
            cursor.execute("UPDATE res_partner SET comment = 'x' WHERE id = %s", [partner])
            hanging = pool.submit(admin.call, "res.partner", "write", {"ids": [partner], "vals": {"ref": "late"}})
            wait_until_blocked(running)
            assert admin.call("res.partner", "create", {"vals_list": {"name": "meanwhile"}}).status_code == 200
            assert not hanging.done()
        assert hanging.result(PATIENCE).status_code == 200


class TestConflictThatStays:
    def test_409(self, conflict_that_stays):
        server, _client, call = conflict_that_stays
        answer = call.result(60)
        error = answer.json()
        message = "Another transaction is changing the same records. Please try again."
        assert answer.status_code == 409
        assert list(error) == ["name", "message", "arguments", "context", "debug"]
        assert error["name"] == "psycopg2.errors.LockNotAvailable"
        assert (error["message"], error["arguments"]) == (message, [message])
        assert (error["context"], error["debug"]) == ({}, "")
        assert "Set-Cookie" not in answer.headers
        log = server.log.read_text()
        assert "LOCK_NOT_AVAILABLE, 1 tries left" in log
        assert refs(server, 1) == [None]

    def test_other_records_are_free_meanwhile(self, conflict_that_stays):
        _server, client, _call = conflict_that_stays
        assert client.call("res.partner", "write", {"ids": [3], "vals": {"ref": "free"}}).status_code == 200


LOSE = """
if env.context.get("forget"):
    env["ir.config_parameter"].set_param("json2_backport.of_this_test", "1")
if not env.context.get("read"):
    env["res.partner"].create({"name": "of a lost connection", "ref": "lost"})
    env.flush_all()
try:
    env.cr.execute("SELECT pg_terminate_backend(pg_backend_pid())")
except Exception:
    if not env.context.get("hush"):
        raise
"""
LOST = "The database could not carry out this call. The server's log tells why."


def losing_action(client):
    """A new server action that loses its connection to the database."""
    (model,) = client.call("ir.model", "search", {"domain": [["model", "=", "res.partner"]]}).json()
    values = {"name": "Lose", "model_id": model, "state": "code", "code": LOSE}
    return client.call("ir.actions.server", "create", {"vals_list": [values]}).json()


@pytest.fixture(scope="module")
def action(running, api_key):
    return losing_action(Client(running, api_key))


class TestLostConnection:
    """PostgreSQL ends the connection within a call, as when it is restarted."""

    @pytest.fixture(autouse=True)
    def nothing_is_left(self, running, admin, action):
        yield
        with transaction(running) as cursor:
            cursor.execute("SELECT id FROM res_partner WHERE ref = 'lost'")
            assert cursor.fetchall() == []
        assert admin.call("res.partner", "search_count", {"domain": [["ref", "=", "lost"]]}).json() == 0

    @staticmethod
    def logged(running, request_id, count=1):
        """[(method, status, whether the traceback tells what has happened)], once there are so many"""
        def rows():
            with transaction(running) as cursor:
                cursor.execute("SELECT method, status, traceback ~ '(closed the|terminating) connection' FROM json2_api_log "
                               "WHERE request_id = %s ORDER BY create_date", [request_id])
                found = cursor.fetchall()
            return found if len(found) >= count else None

        return wait_for(rows)

    @pytest.mark.parametrize("context", [{}, {"hush": True}, {"read": True}, {"forget": True}])
    def test_a_call_is_answered_and_logged(self, running, admin, action, context):
        request_id = f"lost-{'-'.join(context)}"
        answer = admin.call("ir.actions.server", "run", {"ids": action, "context": context}, X_Request_Id=request_id)
        assert answer.status_code == 500
        assert answer.headers["Content-Type"].startswith("application/json"), answer.text
        assert answer.headers["X-Request-Id"] == request_id
        assert (answer.json()["name"], answer.json()["message"]) == ("psycopg2.InterfaceError", LOST)
        assert self.logged(running, request_id) == [("run", 500, "hush" not in context)]

    def test_native_odoo_19_has_the_same_status(self, native_client):
        answer = native_client.call("ir.actions.server", "run", {"ids": losing_action(native_client)})
        assert (answer.status_code, answer.json()["name"]) == (500, "psycopg2.InterfaceError")

    def test_a_call_of_native_odoo_19_is_logged(self, host, prepared, new_database, api_key):
        if host.major < 19:
            pytest.skip(f"Odoo {host.series} has no /json/2 of its own")
        database = new_database(prepared)
        odoo.install(host, database, "--init", "rpc", "--load=base,rpc,web")
        with Server(host, database, load=(*NATIVE, ADDON)) as server:
            client = Client(server, api_key)
            answer = client.call("ir.actions.server", "run", {"ids": losing_action(client)}, X_Request_Id="lost-native")
            assert (answer.status_code, answer.json()["message"]) == (500, LOST)
            assert answer.headers["X-Request-Id"] == "lost-native"
            assert self.logged(server, "lost-native") == [("run", 500, True)]

    def test_an_administrator_who_sees_tracebacks_is_answered_too(self, admin, action):
        parameter = {"key": "json2_backport.traceback"}
        assert admin.call("ir.config_parameter", "set_param", {**parameter, "value": "always"}).status_code == 200
        answer = admin.call("ir.actions.server", "run", {"ids": action})
        assert (answer.status_code, answer.json()["message"]) == (500, LOST)
        assert admin.call("ir.config_parameter", "set_param", {**parameter, "value": "never"}).status_code == 200

    def test_a_request_of_json_rpc(self, running, admin, action):
        call = {"jsonrpc": "2.0", "id": 7, "method": "ir.actions.server.run", "params": {"ids": action}}
        answer = admin.send("POST", "/jsonrpc2", call, {"X-Request-Id": "lost-rpc"})
        assert (answer.status_code, answer.headers["X-Request-Id"], answer.json()["id"]) == (200, "lost-rpc", 7)
        assert answer.json()["error"]["data"]["message"] == LOST
        assert self.logged(running, "lost-rpc") == [("run", 500, True)]

    @pytest.mark.parametrize("atomic", ["false", "true"], ids=["each by itself", "atomic"])
    @pytest.mark.parametrize("context", [{}, {"hush": True}], ids=["raised", "caught"])
    def test_a_batch_has_done_nothing_and_says_so(self, running, admin, action, atomic, context):
        create = {"method": "res.partner.create", "params": {"vals_list": [{"name": "of a lost batch", "ref": "lost"}]}}
        lose = {"method": "ir.actions.server.run", "params": {"ids": action, "context": context}}
        batch = [{"jsonrpc": "2.0", "id": number, **call} for number, call in enumerate((create, lose, create))]
        request_id = f"lost-{atomic}-{len(context)}"
        answer = admin.send("POST", "/jsonrpc2", batch, {"X-Request-Id": request_id, "X-Json2-Atomic": atomic})
        assert [item["id"] for item in answer.json()] == [0, 1, 2]
        assert [item["error"]["data"]["message"] for item in answer.json()].count(LOST) == 1, answer.text
        assert [status for _method, status, _told in self.logged(running, request_id, 3)].count(424) == 2
