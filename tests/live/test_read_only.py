"""What a method may try with a read-only key, on real servers: in Odoo's own tests everything is one transaction."""
import concurrent.futures
import re
import time

import pytest
from sql import SETTLED, transaction, wait_for
from support import NATIVE, OURS, Client, Server, odoo, run_in_shell

from devtools import postgres
from devtools.paths import ADDON

PROBE = '''
import logging
import threading
import time
from psycopg2 import sql
from odoo import api, models
from odoo.sql_db import db_connect
from odoo.tools.func import lazy

WRITE = "UPDATE res_partner SET ref = 'written' WHERE id = 1"


def write(cr, end="COMMIT"):
    cr.execute(WRITE)
    cr.execute(end)


def on_another_cursor(env, connect=None):
    with (connect or env.registry.cursor)() as cr:
        write(cr)


def started(function, *args, cls=threading.Thread, before=()):
    thread = cls(*before, target=function, args=args)
    thread.start()
    return thread


def late(env):
    time.sleep(0.3)
    on_another_cursor(env)


def write_later(cursor):
    time.sleep(0.2)
    write(cursor)


def restore(env, statement):
    """Make the session writable, end the transaction, write."""
    cr = env.cr
    cr.execute(statement)
    cr.connection.commit()
    write(cr)


def swallow(env, function):
    try:
        function(env.cr.connection)
    except Exception:
        pass
    env.cr.execute("COMMIT")
    write(env.cr)


TRICKS = {
    "the plain write": lambda env: env["res.partner"].browse(1).write({"ref": "written"}),
    "SQL": lambda env: write(env.cr),
    "commit first": lambda env: (env.cr.commit(), write(env.cr)),
    "rollback first": lambda env: (env.cr.rollback(), write(env.cr)),
    "commit of the connection": lambda env: (env.cr.connection.commit(), write(env.cr)),
    "rollback of the connection": lambda env: (env.cr.connection.rollback(), write(env.cr)),
    "COMMIT": lambda env: (env.cr.execute("COMMIT"), write(env.cr)),
    "COMMIT in bytes": lambda env: (env.cr.execute(b"COMMIT"), write(env.cr)),
    "COMMIT composed": lambda env: (env.cr.execute(sql.SQL("COM") + sql.SQL("MIT")), write(env.cr)),
    "COMMIT after a comment": lambda env: (env.cr.execute("--x\\rCOMMIT"), write(env.cr)),
    "COMMIT many times": lambda env: (env.cr.executemany("COMMIT", [()]), write(env.cr)),
    "COMMIT in one with the write": lambda env: env.cr.execute("COMMIT; " + WRITE + "; COMMIT"),
    "COMMIT in a DO block": lambda env: env.cr.execute("DO $$BEGIN COMMIT; " + WRITE + "; COMMIT; END$$"),
    "ROLLBACK": lambda env: (env.cr.execute("ROLLBACK"), write(env.cr)),
    "a statement that is prepared": lambda env: (
        env.cr.execute("PREPARE x AS " + WRITE), env.cr.execute("COMMIT"), env.cr.execute("EXECUTE x")),
    "many": lambda env: env.cr.executemany(WRITE, [(), ()]),
    "a hook before the commit": lambda env: env.cr.precommit.add(lambda: write(env.cr)),
    "a hook after the commit": lambda env: env.cr.postcommit.add(lambda: on_another_cursor(env)),
    "a hook after the commit, on its cursor": lambda env: env.cr.postcommit.add(lambda: write(env.cr)),
    "a hook after the commit, and a commit": lambda env: (
        env.cr.postcommit.add(lambda: write(env.cr)), env.cr.commit()),
    "a hook before the rollback": lambda env: env.cr.prerollback.add(lambda: write(env.cr)),
    "a hook after the rollback": lambda env: env.cr.postrollback.add(lambda: write(env.cr)),
    "a hook after the rollback, on another cursor": lambda env: env.cr.postrollback.add(
        lambda: on_another_cursor(env)),
    "another cursor": on_another_cursor,
    "another cursor, of the process": lambda env: on_another_cursor(env, db_connect(env.cr.dbname).cursor),
    "another cursor, after a commit": lambda env: [
        (cr.commit(), write(cr)) for cr in [env.registry.cursor()]],
    "another cursor of the connection": lambda env: write(env.cr.connection.cursor()),
    "another cursor of the connection, with a name": lambda env: env.cr.connection.cursor("x").execute(
        "SELECT set_config('default_transaction_read_only', 'off', false)"),
    "another level of isolation": lambda env: (env.cr.connection.set_isolation_level(1), write(env.cr)),
    "no transaction": lambda env: (env.cr.connection.set_isolation_level(0), write(env.cr, "SELECT 1")),
    "no transaction for a while": lambda env: (
        env.cr.commit(), setattr(env.cr.connection, "autocommit", True), setattr(env.cr.connection, "autocommit", False),
        env.cr.execute("COMMIT"), write(env.cr)),
    "a cursor kept for a thread": lambda env: started(write_later, env.cr.connection.cursor()) and None,
    "its cursor closed": lambda env: (env.cr.close(), on_another_cursor(env)),
    "a thread": lambda env: started(on_another_cursor, env).join(),
    "a thread, after the call": lambda env: started(late, env) and None,
    "a thread of a thread": lambda env: started(started, late, env).join(),
    "a timer": lambda env: threading.Timer(0.1, on_another_cursor, [env]).start(),
    "SET default": lambda env: restore(env, "SET default_transaction_read_only = off"),
    "SET default, quoted": lambda env: restore(env, 'SET SESSION "default_transaction_read_only" TO off'),
    "SET in bytes": lambda env: restore(env, b"SET default_transaction_read_only = off"),
    "SET composed": lambda env: restore(
        env, sql.SQL("SET {} = off").format(sql.Identifier("default_transaction_read_only"))),
    "SET escaped": lambda env: restore(env, 'SET U&"default_transaction_read\\\\005fonly" = off'),
    "SET in one with the write": lambda env: env.cr.execute(
        "SET default_transaction_read_only = off; COMMIT; " + WRITE + "; COMMIT"),
    "SET by another cursor": lambda env: (
        env.cr.connection.cursor().execute("SET default_transaction_read_only = off"), swallow(env, len)),
    "SET many times": lambda env: env.cr.executemany("SET default_transaction_read_only = off", [()]),
    "SET with a copy": lambda env: env.cr.copy_expert("SET default_transaction_read_only = off", None),
    "SET TRANSACTION": lambda env: (env.cr.commit(), env.cr.execute("SET TRANSACTION READ WRITE"), write(env.cr)),
    "SET LOCAL": lambda env: (
        env.cr.commit(), env.cr.execute("SET LOCAL transaction_read_only = off"), write(env.cr)),
    "SET SESSION": lambda env: restore(env, "SET SESSION CHARACTERISTICS AS TRANSACTION READ/**/WRITE"),
    "set_config": lambda env: restore(env, "SELECT set_config('default_transaction_' || 'read_only', 'off', false)"),
    "set_config called": lambda env: env.cr.callproc("set_config", ["default_transaction_read_only", "off", False]),
    "pg_settings": lambda env: restore(
        env, "UPDATE pg_settings SET setting = 'off' WHERE name LIKE 'default_transaction_read%%'"),
    "BEGIN": lambda env: (env.cr.execute("COMMIT; BEGIN READ WRITE"), write(env.cr)),
    "START": lambda env: (env.cr.execute("COMMIT; START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ\\nWRITE"),
                          write(env.cr)),
    "RESET": lambda env: restore(env, "RESET default_transaction_read_only"),
    "RESET ALL": lambda env: restore(env, "RESET/**/ALL"),
    "DISCARD ALL": lambda env: (env.cr.connection.set_isolation_level(0), env.cr.execute("DISCARD ALL"), write(env.cr)),
    "DO": lambda env: restore(
        env, "/* */DO $$BEGIN EXECUTE 'SET default_transaction_' || 'read_' || 'only = off'; END$$"),
    "reset of the connection": lambda env: swallow(env, lambda connection: connection.reset()),
    "mode of the connection": lambda env: swallow(env, lambda connection: connection.set_session(readonly=False)),
    "mode of the connection, assigned": lambda env: (
        env.cr.commit(), swallow(env, lambda connection: setattr(connection, "readonly", False))),
}


class Probe(models.AbstractModel):
    _name = "json2.probe"
    _description = "Probe"

    @api.model
    def trick(self, name):
        result = TRICKS[name](self.env)
        return result if isinstance(result, (bool, str)) else None

    @api.model
    def modes(self):
        """[default of the session, mode of the transaction], on another cursor as well"""
        modes = []
        with self.env.registry.cursor() as cr:
            for cursor in (self.env.cr, cr):
                for name in ("default_transaction_read_only", "transaction_read_only"):
                    cursor.execute("SELECT setting FROM pg_settings WHERE name = %s", [name])
                    modes += cursor.fetchone()
        return modes

    @api.model
    def sql(self, statement):
        self.env.cr.execute(statement)

    @getattr(api, "readonly", lambda method: method)
    @api.model
    def sql_that_reads(self, statement):
        self.env.cr.execute(statement)

    @api.model
    def lazy(self):
        return [{"partners": lazy(lambda: self.env["res.partner"].search_count([]))}]

    @api.model
    def warn(self, text):
        logging.getLogger(__name__).warning("%s", text)
'''
NAMES = re.findall(r'^    "([^"]+)":', PROBE.partition("TRICKS = {")[2].partition("\n}")[0], re.MULTILINE)
# The call is told that all is well, and nothing comes of it.
LATER = [name for name in NAMES if re.search(r"hook after the commit(?!, and)|thread|timer", name)]

KEYS = """
def make(**values):
    return env["json2.api.key"]._generate("probe", env.ref("base.user_admin"), **values)[1]

result = {"read only": make(read_only=True), "writes": make()}
"""


@pytest.fixture(scope="module")
def addons(tmp_path_factory):
    """The folder of an addon whose methods try to write."""
    folder = tmp_path_factory.mktemp("addons")
    (folder / "json2_probe").mkdir()
    (folder / "json2_probe" / "__manifest__.py").write_text(repr(
        {"name": "Probe", "depends": [ADDON], "license": "LGPL-3", "author": "json2_backport"}))
    (folder / "json2_probe" / "__init__.py").write_text(PROBE)
    return folder


@pytest.fixture(scope="module")
def path(host, addons):
    return f"--addons-path={host.addons_path},{addons}"


@pytest.fixture(scope="module")
def probed(host, prepared, new_database, path):
    """(database, keys): it has the probe."""
    database = new_database(prepared)
    odoo.install(host, database, path, "--init=json2_probe")
    return database, run_in_shell(host, database, KEYS)


@pytest.fixture(scope="module", params=["threads", "native"])
def running(request, host, probed, new_database, path):
    database, load = probed[0], OURS
    if request.param == "native":
        if host.major < 19:
            pytest.skip(f"Odoo {host.series} has no /json/2 of its own")
        database, load = new_database(database), (*NATIVE, ADDON)
        odoo.install(host, database, path, "--init=rpc", "--load=base,rpc,web")
    with Server(host, database, load=load, extra=[path, "--max-cron-threads=0"]) as server:
        yield server


@pytest.fixture
def reader(running, probed):
    return Client(running, probed[1]["read only"])


@pytest.fixture
def writer(running, probed):
    return Client(running, probed[1]["writes"])


@pytest.fixture
def ref(running):
    """ref() -> that of the partner which the tricks are about; written back at the end."""
    yield lambda: value(running, "SELECT ref FROM res_partner WHERE id = 1")
    with transaction(running) as cursor:
        cursor.execute("UPDATE res_partner SET ref = NULL WHERE id = 1")


def value(server, query):
    with transaction(server) as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def batch(server, *calls, atomic=False):
    """calls: (key, model, method, arguments)"""
    body = [{"jsonrpc": "2.0", "id": number, "method": "call",
             "params": {"model": model, "method": method, "kwargs": arguments, "api_key": key}}
            for number, (key, model, method, arguments) in enumerate(calls)]
    headers = {"X-Json2-Atomic": "true"} if atomic else {}
    return Client(server).send("POST", "/jsonrpc2", body, headers).json()


class TestTricks:
    @pytest.mark.parametrize("name", NAMES)
    def test_nothing_is_written(self, reader, ref, name):
        answer = reader.call("json2.probe", "trick", {"name": name})
        if name in LATER:
            assert answer.status_code == 200, answer.text
            time.sleep(SETTLED)
        else:
            assert (answer.status_code, answer.json()["message"]) == (403, "This API key is read-only.")
        assert ref() is None

    def test_the_plain_write_writes(self, writer, ref):
        """With another key: the tricks are about something."""
        for name in ("the plain write", "another cursor", "a thread", "a hook after the commit", "COMMIT in bytes"):
            assert writer.call("json2.probe", "trick", {"name": name}).status_code == 200
            assert wait_for(ref) == "written"


class TestConnections:
    def test_modes(self, reader, writer):
        assert reader.call("json2.probe", "modes").json() == ["on"] * 4
        assert writer.call("json2.probe", "modes").json() == ["off"] * 4

    def test_they_write_again(self, running, reader, writer, ref):
        """Eight clients at once, on the connections of one pool."""
        def read(_number):
            return reader.call("json2.probe", "modes").json() == ["on"] * 4

        def trick(number):
            return reader.call("json2.probe", "trick", {"name": NAMES[number % len(NAMES)]}).status_code in (200, 403)

        def written(number):
            made = writer.call("res.partner.category", "create", {"vals_list": {"name": f"beside {number}"}})
            return made.status_code == 200 and writer.call("json2.probe", "modes").json() == ["off"] * 4

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            done = [pool.submit(function, number) for number in range(60) for function in (read, trick, written)]
            assert all(call.result() for call in done)
        time.sleep(SETTLED)
        assert ref() is None
        made = value(running, "SELECT count(DISTINCT name) FROM res_partner_category WHERE name::text LIKE '%beside%'")
        assert made == 60

    def test_each_call_needs_one(self, reader):
        """As many at once as the pool has: each that wanted a second one would wait for the others, or fail."""
        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            calls = pool.map(lambda _number: reader.call("res.partner", "search_count", {"domain": []}).status_code, range(256))
            assert set(calls) == {200}

    def test_none_is_left_open(self, running, reader):
        reader.call("json2.probe", "modes")
        open_transactions = ("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                             " AND state LIKE 'idle in transaction%'")
        assert wait_for(lambda: value(running, open_transactions) == 0)

    def test_a_read_sees_what_was_committed_before(self, reader, writer):
        for number in range(5):
            ids = writer.call("res.partner.category", "create", {"vals_list": {"name": f"seen {number}"}}).json()
            found = reader.call("res.partner.category", "read", {"ids": ids, "fields": ["name"]}).json()
            assert found == [{"id": ids[0], "name": f"seen {number}"}]

    def test_its_own_keys_can_be_read(self, reader):
        """The table of keys has a column read_only."""
        keys = reader.call("json2.api.key", "search_read", {"domain": [["read_only", "=", True]], "fields": ["read_only"]})
        assert keys.json()[0]["read_only"] is True

    def test_lazy_results(self, reader, writer):
        expected = writer.call("json2.probe", "lazy").json()
        assert reader.call("json2.probe", "lazy").json() == expected
        assert expected[0]["partners"] > 0


class TestServerLog:
    def test_in_the_database(self, host, probed, new_database, path):
        """A log that the server keeps in the database is no change that the call makes."""
        database = new_database(probed[0])
        with Server(host, database, load=OURS, extra=[path, "--max-cron-threads=0", "--log-db=%d"]) as server:
            Client(server, probed[1]["read only"]).call("json2.probe", "warn", {"text": "kept"})
            assert wait_for(lambda: value(server, "SELECT count(*) FROM ir_logging WHERE message = 'kept'")) == 1


class TestBatch:
    def test_beside_calls_that_write(self, running, probed, ref):
        read_only, writes = probed[1]["read only"], probed[1]["writes"]
        write = ("res.partner", "write", {"ids": [1], "vals": {"ref": "batch"}})
        read = ("res.partner", "read", {"ids": [1], "fields": ["ref"]})
        first, second, third, fourth = batch(
            running, (writes, *write), (read_only, *read), (read_only, *write), (writes, *read))
        assert first["result"] is True
        # What is committed, and not what others are about to commit.
        assert second["result"] == [{"id": 1, "ref": False}]
        assert third["error"]["message"] == "This API key is read-only."
        assert fourth["result"] == [{"id": 1, "ref": "batch"}]
        assert ref() == "batch"

    def test_all_or_nothing(self, running, probed, ref):
        write = ("res.partner", "write", {"ids": [1], "vals": {"ref": "batch"}})
        answers = batch(running, (probed[1]["writes"], *write), (probed[1]["read only"], *write), atomic=True)
        assert ["error" in answer for answer in answers] == [True, True]
        assert ref() is None

    def test_what_a_call_before_has_locked(self, running, probed):
        """It would wait for its own request, which waits for it."""
        field = {"name": f"x_probe_{time.monotonic_ns()}", "ttype": "char", "field_description": "Probe",
                 "model_id": value(running, "SELECT id FROM ir_model WHERE model = 'res.partner'")}
        read = ("res.partner", "read", {"ids": [1], "fields": ["name"]})
        first, second, third = batch(
            running, (probed[1]["writes"], "ir.model.fields", "create", {"vals_list": field}),
            (probed[1]["read only"], *read), (probed[1]["writes"], *read))
        assert "result" in first and "result" in third
        assert second["error"]["data"]["message"] == "This call waits for a change of the same request: send it by itself."

    def test_what_it_caches(self, running, probed, writer):
        """Values from before the batch do not outlive it."""
        name = f"probe.{time.monotonic_ns()}"
        get = ("ir.config_parameter", "get_param", {"key": name})
        for number in range(3):
            set_param = ("ir.config_parameter", "set_param", {"key": name, "value": str(number)})
            answers = batch(running, (probed[1]["writes"], *set_param), (probed[1]["read only"], *get))
            assert answers[1]["result"] == (str(number - 1) if number else False)
            assert writer.call(*get).json() == str(number)


class TestWhatHasChanged:
    """The row of a change is there with the answer, in its transaction; that of a read follows."""

    def is_written_with_the_call(self, running, writer, statement):
        request_id = f"changed-{time.monotonic_ns()}"
        answer = writer.call("json2.probe", "sql", {"statement": statement}, X_Request_Id=request_id)
        assert answer.status_code == 200, answer.text
        count = f"SELECT count(*) FROM json2_api_log WHERE request_id = '{request_id}'"
        now = value(running, count)
        assert wait_for(lambda: value(running, count)) == 1
        return now == 1

    @pytest.mark.parametrize("statement", [
        "UPDATE res_partner SET ref = ref WHERE id = 1",
        "/* SELECT */ UPDATE res_partner SET ref = ref WHERE id = 1",
        "DO $$BEGIN UPDATE res_partner SET ref = ref WHERE id = 1; END$$",
        "SAVEPOINT a; UPDATE res_partner SET ref = ref WHERE id = 1; RELEASE a",
        "SELECT FROM res_partner WHERE id = 1 FOR UPDATE",
        "SELECT lo_create(0)",
        "CREATE TEMPORARY TABLE x (y int) ON COMMIT DROP",
    ])
    def test_a_change(self, running, writer, statement):
        assert self.is_written_with_the_call(running, writer, statement)

    @pytest.mark.parametrize("statement", [
        "SELECT 1",
        "SAVEPOINT a; SELECT 1; RELEASE a",
        "SELECT pg_advisory_xact_lock(1)",
        "SET LOCAL lock_timeout = 1000",
        "DO $$BEGIN PERFORM 1; END$$",
        "SELECT 'INSERT INTO x; UPDATE y'",
    ])
    def test_a_read(self, running, writer, statement):
        assert not self.is_written_with_the_call(running, writer, statement)


class TestReplica:
    @pytest.mark.parametrize("statement", ["SELECT 1", "SELECT pg_advisory_xact_lock(1)", "SELECT txid_current()"])
    def test_a_read_is_made_once(self, host, probed, new_database, path, statement):
        """Native 19 reads on a connection that takes no row; whatever a call reads there, it is not repeated for the row."""
        if host.major < 19:
            pytest.skip(f"Odoo {host.series} has no /json/2 that reads from a replica")
        database = new_database(probed[0])
        odoo.install(host, database, path, "--init=rpc", "--load=base,rpc,web")
        replica = ["--db_replica_host=" + postgres.environment().get("PGHOST", ""),
                   "--db_replica_port=" + postgres.environment().get("PGPORT", "5432")]
        with Server(host, database, load=(*NATIVE, ADDON), extra=[path, "--max-cron-threads=0", *replica]) as server:
            for name, key in probed[1].items():
                answer = Client(server, key).call(
                    "json2.probe", "sql_that_reads", {"statement": statement}, X_Request_Id=name.replace(" ", "-"))
                assert answer.status_code == 200, answer.text
                count = f"SELECT count(*) FROM json2_api_log WHERE request_id = '{name.replace(' ', '-')}'"
                assert wait_for(lambda count=count: value(server, count)) == 1
            assert "retrying with a read/write cursor" not in server.log.read_text()


class TestStock:
    def test_the_scheduler(self, host, prepared, new_database):
        """It begins a thread that commits on its own cursor."""
        if host.major > 17:
            pytest.skip(f"The scheduler of Odoo {host.series} begins no thread")
        database = new_database(prepared)
        odoo.install(host, database, "--init=stock")
        keys = run_in_shell(host, database, KEYS + """
product = env["product.product"].create({"name": "Scarce", "detailed_type": "product"})
supplier = env["stock.location"].search([("usage", "=", "supplier")], limit=1)
warehouse = env["stock.warehouse"].search([], limit=1)
route = env["stock.route"].create({"name": "Supply", "product_selectable": True, "rule_ids": [(0, 0, {
    "name": "Supply", "action": "pull", "picking_type_id": warehouse.in_type_id.id, "location_src_id": supplier.id,
    "location_dest_id": warehouse.lot_stock_id.id, "procure_method": "make_to_stock"})]})
product.route_ids = route
env["stock.warehouse.orderpoint"].create({
    "product_id": product.id, "product_min_qty": 5, "product_max_qty": 5, "location_id": warehouse.lot_stock_id.id})
""")
        with Server(host, database, load=OURS, extra=["--max-cron-threads=0"]) as server:
            moves = "SELECT count(*) FROM stock_move"
            ids = Client(server, keys["writes"]).call("stock.scheduler.compute", "create", {"vals_list": {}}).json()
            answer = Client(server, keys["read only"]).call("stock.scheduler.compute", "procure_calculation", {"ids": ids})
            assert answer.status_code == 200, answer.text
            assert wait_for(lambda: "procurement scheduler aborted" in server.log.read_text())
            assert value(server, moves) == 0
            Client(server, keys["writes"]).call("stock.scheduler.compute", "procure_calculation", {"ids": ids})
            assert wait_for(lambda: value(server, moves)), "the scheduler has nothing to do"
