"""Every series: several worker processes, several calls at once, and what a key may not write whatever it tries."""
import concurrent.futures
import re
import subprocess
import time
from dataclasses import dataclass

import psycopg2
import pytest
from sql import wait_until_blocked
from support import OURS, Client, Server, WebClient

from devtools import postgres

REQUESTS = 20

MAKE = """
# Every wrong call is to be answered for itself.
env["ir.config_parameter"].set_param("base.login_cooldown_after", "0")

def make(name, **values):
    record, secret = env["json2.api.key"]._generate(name, user, **values)
    return {"id": record.id, "key": secret}

user = env.ref("base.user_admin")
result = {name: make(name) for name in ("archived", "deleted", "changed", "rotated", "expiring", "shared", "logged")}
result["read only"] = make("read only", read_only=True)
result["networks"] = make("networks", allowed_networks="192.0.2.0/24")
user = env["res.users"].with_context(no_reset_password=True).create({"name": "Leaves", "login": "leaves"})
result["leaves"] = dict(make("leaves"), user=user.id)
"""

# Server actions: methods without "write" in their names that run any code.
ATTEMPTS = """
write = "env['res.partner'].browse(1).write({'ref': 'after'})"
model = env.ref("base.model_res_partner").id

def action(code):
    return env["ir.actions.server"].create({"name": "Attempt", "state": "code", "code": code, "model_id": model})

codes = {
    "write": write,
    "commit first": "env.cr.commit()\\n" + write,
    "commit after": write + "\\nenv.cr.commit()",
    "commit in a try": "try:\\n    env.cr.commit()\\nexcept Exception:\\n    pass\\n" + write,
    "rollback first": "env.cr.rollback()\\n" + write,
    "rollback, then commit": "env.cr.rollback()\\n" + write + "\\nenv.cr.commit()",
    "rollback, then commit in a try": "env.cr.rollback()\\n" + write
        + "\\nenv.flush_all()\\ntry:\\n    env.cr.commit()\\nexcept Exception:\\n    pass",
    "read-write": "env.cr.execute('SET TRANSACTION READ WRITE')\\n" + write,
    "out of the savepoint": "env.cr.execute('RELEASE SAVEPOINT json2_read_only')\\n" + write,
    "back to the savepoint": "env.cr.execute('ROLLBACK TO SAVEPOINT json2_read_only')\\n" + write,
    "SQL's own rollback": "env.cr.execute('ROLLBACK')\\n" + write,
    "SQL's own commit": "env.cr.execute('COMMIT')\\n" + write,
    "SQL's own commit, twice": "env.cr.execute('COMMIT')\\n" + write + "\\nenv.flush_all()\\nenv.cr.execute('COMMIT')",
    "a cursor of its own":
        "cr = env.registry.cursor()\\ncr.execute('UPDATE res_partner SET ref = $$after$$ WHERE id = 1')"
        "\\ncr.commit()\\ncr.close()",
    "the host's own log": "log('attempt')",
}
cron = env["ir.cron"].create({
    "name": "Attempt", "state": "code", "code": write, "model_id": model, "interval_number": 1, "interval_type": "days"})
module = env["ir.module.module"].search([("name", "=", "base_import_module"), ("state", "=", "uninstalled")]) \\
    or env["ir.module.module"].search([("state", "=", "uninstalled")], limit=1)
settings = env["res.config.settings"].create({"json2_grace_period": 48})
env["ir.config_parameter"].search([("key", "=", "web.base.url.freeze")]).unlink()
result = {name: ["ir.actions.server", "run", {"ids": action(code).ids}] for name, code in codes.items()}
result["ir.cron/method_direct_trigger"] = ["ir.cron", "method_direct_trigger", {"ids": cron.ids}]
result["ir.module.module/button_immediate_install"] = ["ir.module.module", "button_immediate_install", {"ids": module.ids}]
result["ir.module.module/button_install"] = ["ir.module.module", "button_install", {"ids": module.ids}]
result["ir.module.module/update_list"] = ["ir.module.module", "update_list", {}]
result["res.config.settings/execute"] = ["res.config.settings", "execute", {"ids": settings.ids}]
result["res.users/authenticate"] = ["res.users", "authenticate", {
    "db": env.cr.dbname, "login": "admin", "password": "admin", "user_agent_env": {"base_location": "https://example.com"}}]
result["res.partner/create"] = ["res.partner", "create", {"vals_list": [{"name": "new"}]}]
result["res.partner/name_create"] = ["res.partner", "name_create", {"name": "new"}]
result["res.partner/write"] = ["res.partner", "write", {"ids": [1], "vals": {"ref": "after"}}]
result["res.partner/copy"] = ["res.partner", "copy", {"ids": [1]}]
result["res.partner/unlink"] = ["res.partner", "unlink", {"ids": [1]}]
result["res.partner/load"] = ["res.partner", "load", {"fields": ["name"], "data": [["new"]]}]
result["json2.api.key/rotate"] = ["json2.api.key", "rotate", {}]
result["base.language.install"] = ["base.language.install", "create", {"vals_list": [{}]}]
"""
CODES = ATTEMPTS.partition("codes = {")[2].partition("\n}")[0]
NAMES = [*re.findall(r'^    "([^"]+)":', CODES, re.MULTILINE), *re.findall(r'^result\["([^"]+)"\]', ATTEMPTS, re.MULTILINE)]


@dataclass
class Running:
    server: Server
    keys: dict
    attempts: dict

    def client(self, name):
        return Client(self.server, self.keys[name]["key"])

    def id(self, name):
        return self.keys[name]["id"]


@pytest.fixture(scope="module")
def running(host, prepared, new_database, shell):
    database = new_database(prepared)
    keys = shell(database, MAKE)
    attempts = shell(database, ATTEMPTS)
    # A proxy is not needed to reach both workers: whoever is free takes the next connection.
    with Server(host, database, load=OURS, workers=2, extra=["--max-cron-threads=0"]) as server:
        yield Running(server, keys, attempts)


@pytest.fixture
def admin(running, api_key):
    return Client(running.server, api_key)


def statuses(client, count=REQUESTS, model="res.users", method="context_get", body=None):
    """Several at once, so that every worker gets some."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(client.call, model, method, body or {}) for _number in range(count)]
        return {call.result().status_code for call in calls}


def connect(server):
    address = {name.removeprefix("PG").lower(): value for name, value in postgres.environment().items()}
    return psycopg2.connect(dbname=server.databases[0], **address)


def sql(server, statement, values=None):
    connection = connect(server)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def dump(server):
    """Every row of the database but those of the log of calls, as text."""
    done = subprocess.run(
        ["pg_dump", "--data-only", "--inserts", "--rows-per-insert=1", "--exclude-table-data=json2_api_log",
         "--exclude-table-data=json2_api_log_id_seq", server.databases[0]],
        env=postgres.environment() | {"PATH": "/usr/bin:/bin:/usr/local/bin"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # Newer versions of pg_dump write a random word into each dump.
    return {line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))}


class TestNextRequest:
    """What is taken away is gone with the very next request, in every worker."""

    def test_both_workers_answer(self, running, admin):
        assert statuses(admin) == {200}
        pids = set(re.findall(r"^\S+ \S+ (\d+) \S+ \S+ werkzeug: .*context_get", running.server.log.read_text(), re.MULTILINE))
        assert len(pids) >= 2, "one worker has answered everything"

    def test_archive_and_unarchive(self, running, admin):
        client, ids = running.client("archived"), [running.id("archived")]
        assert statuses(client) == {200}
        for _round in range(2):
            assert admin.call("json2.api.key", "action_archive", {"ids": ids}).status_code == 200
            assert statuses(client) == {401}
            # A person does so, who types his password.
            WebClient(running.server, "admin").confirmed("json2.api.key", "action_unarchive", ids)
            assert statuses(client) == {200}

    def test_delete(self, running, admin):
        client = running.client("deleted")
        assert statuses(client) == {200}
        assert admin.call("json2.api.key", "unlink", {"ids": [running.id("deleted")]}).status_code == 200
        assert statuses(client) == {401}

    def test_archived_user(self, running, admin):
        client, ids = running.client("leaves"), [running.keys["leaves"]["user"]]
        assert statuses(client) == {200}
        assert admin.call("res.users", "write", {"ids": ids, "vals": {"active": False}}).status_code == 200
        assert statuses(client) == {401}
        assert admin.call("res.users", "write", {"ids": ids, "vals": {"active": True}}).status_code == 200
        assert statuses(client) == {200}

    def test_restrictions(self, running):
        client, ids, person = running.client("changed"), [running.id("changed")], WebClient(running.server, "admin")
        assert statuses(client) == {200}
        for vals in ({"allowed_models": "res.partner"}, {"allowed_methods": "read"}, {"allowed_networks": "192.0.2.0/24"}):
            person.call("json2.api.key", "write", ids, vals)
            assert statuses(client) == {403}
            person.call("json2.api.key", "write", ids, dict.fromkeys(vals, False))
            assert statuses(client) == {200}

    def test_expiration(self, running):
        client = running.client("expiring")
        assert statuses(client) == {200}
        sql(running.server, "UPDATE json2_api_key SET expiration_date = now() AT TIME ZONE 'utc' + interval '2 seconds'"
                            " WHERE id = %s", [running.id("expiring")])
        assert statuses(client, 2) == {200}
        time.sleep(2.1)
        assert statuses(client) == {401}

    def test_rotation(self, running, admin):
        """The successor works at once in every worker; archiving the old one ends both."""
        old = running.client("rotated")
        answer = old.call("json2.api.key", "rotate", {})
        assert answer.status_code == 200, answer.text
        new = Client(running.server, answer.json()["key"])
        assert statuses(old) == statuses(new) == {200}
        assert admin.call("json2.api.key", "action_archive", {"ids": [running.id("rotated")]}).status_code == 200
        assert statuses(old) == statuses(new) == {401}


class TestTwoCallsOfOneKey:
    def test_neither_waits_for_the_other(self, running):
        """One hangs at a lock of a third; twenty others of the same key are answered meanwhile, by the other worker."""
        client = running.client("shared")
        connection = connect(running.server)
        with connection.cursor() as cursor, concurrent.futures.ThreadPoolExecutor() as pool:
            cursor.execute("SELECT FROM res_partner WHERE id = 3 FOR UPDATE")
            hanging = pool.submit(client.call, "res.partner", "write", {"ids": [3], "vals": {"ref": "late"}})
            wait_until_blocked(running.server)
            began = time.monotonic()
            for number in range(REQUESTS):
                answer = client.call("res.partner.category", "create", {"vals_list": {"name": f"meanwhile {number}"}})
                assert answer.status_code == 200, answer.text
            assert time.monotonic() - began < 10
            assert not hanging.done()
            connection.rollback()
            assert hanging.result(60).status_code == 200
        connection.close()
        assert "SERIALIZATION_FAILURE" not in running.server.log.read_text()

    def test_many_writers(self, running):
        client = running.client("shared")
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            calls = [pool.submit(client.call, "res.partner.category", "create", {"vals_list": {"name": f"many {number}"}})
                     for number in range(60)]
            assert {call.result().status_code for call in calls} == {200}
        assert sql(running.server, "SELECT count(*) FROM res_partner_category WHERE name::text LIKE '%%many %%'") == [(60,)]
        rows = sql(running.server, "SELECT count(*) FROM json2_api_log WHERE key_id = %s AND method = 'create'"
                                   " AND status = 200", [running.id("shared")])
        assert rows[0][0] >= 60
        assert "SERIALIZATION_FAILURE" not in running.server.log.read_text()


class TestReadOnly:
    @pytest.fixture(autouse=True)
    def restored(self, running):
        yield
        sql(running.server, "UPDATE res_partner SET ref = NULL WHERE id = 1")

    @pytest.mark.parametrize("name", NAMES)
    def test_nothing_changes(self, running, name):
        """The whole database is compared, not only what the attempt is about; a connection of the method's own included."""
        model, method, body = running.attempts[name]
        before = dump(running.server)
        answer = running.client("read only").call(model, method, body)
        after = dump(running.server)
        assert sorted(after ^ before) == []
        if name != "res.partner/load":  # which answers 200 with the error in it
            assert answer.status_code >= 400, answer.text

    @pytest.mark.parametrize("name", ["write", "res.partner/create", "res.partner/unlink", "ir.cron/method_direct_trigger",
                                      "ir.module.module/button_immediate_install", "commit first", "commit after"])
    def test_the_refusal_names_the_restriction(self, running, name):
        answer = running.client("read only").call(*running.attempts[name])
        assert (answer.status_code, answer.json()["message"]) == (403, "This API key is read-only.")

    def test_under_concurrency(self, running, admin):
        """Reads and refused writes of one key, beside writes of another, on the same connections of the pool."""
        reader = running.client("read only")

        def read(_number):
            return reader.call("res.partner", "read", {"ids": [1], "fields": ["ref"]}).status_code

        def refused(_number):
            return reader.call("res.partner", "write", {"ids": [1], "vals": {"ref": "after"}}).status_code

        def write(number):
            return admin.call("res.partner.category", "create", {"vals_list": {"name": f"beside {number}"}}).status_code

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            results = {function: [pool.submit(function, number) for number in range(REQUESTS)]
                       for function in (read, refused, write)}
        for function, status in ((read, 200), (refused, 403), (write, 200)):
            assert {result.result() for result in results[function]} == {status}
        assert sql(running.server, "SELECT ref FROM res_partner WHERE id = 1") == [(None,)]

    def test_the_connection_is_as_before(self, running, admin):
        """After a refusal, the worker's connection writes for others."""
        for _number in range(REQUESTS):
            assert running.client("read only").call("res.partner", "create", {"vals_list": {"name": "x"}}).status_code == 403
            assert admin.call("res.partner.category", "create", {"vals_list": {"name": "afterwards"}}).status_code == 200


class TestLog:
    """Every call has its row, also the refused ones."""

    def rows(self, running, name):
        time.sleep(0.4)  # rows of calls that have only read are written a moment later
        return sql(running.server, "SELECT model, method, status, error_name FROM json2_api_log WHERE key_id = %s ORDER BY create_date",
                   [running.id(name)])

    def test_refused_calls(self, running):
        running.client("networks").call("res.partner", "search", {"domain": []})
        model, method, status, error = self.rows(running, "networks")[-1]
        assert (status, error) == (403, "werkzeug.exceptions.Forbidden")
        client, count = running.client("read only"), len(self.rows(running, "read only"))
        client.call("res.partner", "read", {"ids": [1]})
        client.call("res.partner", "unlink", {"ids": [1]})
        assert [row[:3] for row in self.rows(running, "read only")[count:]] == [
            ("res.partner", "read", 200), ("res.partner", "unlink", 403)]

    @pytest.mark.parametrize("name", ["unlink%00", "unlink%0A", "%F0%9F%98%80", "%FF", "a" * 3000, "'; DROP TABLE x; --"])
    def test_strange_names(self, running, name):
        """Whatever a client writes into the URL neither avoids the log nor fills the server's with tracebacks."""
        begin, count = running.server.log.stat().st_size, len(self.rows(running, "logged"))
        assert running.client("logged").call("res.partner", name, {"ids": [1]}).status_code in (403, 404)
        assert len(self.rows(running, "logged")) == count + 1
        assert "Traceback" not in running.server.log.read_bytes()[begin:].decode(errors="replace")
