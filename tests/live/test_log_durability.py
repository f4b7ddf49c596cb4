"""The log when a process or the database dies: never a change without its row, never a row without its change."""
import concurrent.futures
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from sql import transaction
from support import NATIVE, OURS, Client, Server

from devtools import odoo, postgres, process
from devtools.console import Failure
from devtools.paths import ADDON

ROUNDS = 10
WRITERS = 8
SECONDS = 1


class Writers:
    """Clients that create partners until nobody answers them; each has a `ref` of its own, which is the request id too."""

    def __init__(self, server, key, name):
        self._client = Client(server, key)
        self._name = name
        self._ending = False
        self.answered = set()
        self._pool = concurrent.futures.ThreadPoolExecutor(WRITERS)
        self._tasks = [self._pool.submit(self._write, number) for number in range(WRITERS)]

    def _write(self, number):
        count = 0
        while not self._ending:
            count += 1
            ref = f"{self._name}-{number}-{count}"
            try:
                answer = self._client.send(
                    "POST", "/json/2/res.partner/create", {"vals_list": [{"name": ref, "ref": ref}]}, {"X-Request-Id": ref}, timeout=10)
            except OSError:  # of requests, too
                return
            if answer.status_code == 200:
                self.answered.add(ref)

    def work(self, seconds):
        """Let them, from the first answers on: until then a fresh server fills its caches."""
        end = time.monotonic() + 30
        while len(self.answered) < WRITERS and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(seconds)

    def end(self):
        self._ending = True
        for task in self._tasks:
            task.result(60)
        self._pool.shutdown()


def kill(server):
    """The whole group at once, without a word."""
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()
    process.forget(server.process)
    server.process = None


def wait_for_quiet(database):
    """Until PostgreSQL has ended what the dead clients had begun."""
    for _ in range(200):
        if postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = :'name'", name=database) == [["0"]]:
            return
        time.sleep(0.05)
    raise AssertionError("sessions of a dead server go on")


def check(database, answered, environment=None):
    """Compare the partners, the rows and what the clients were told; returns how many of each."""
    with transaction(database, environment) as cursor:
        cursor.execute("SELECT ref, count(*) FROM res_partner WHERE ref LIKE 'kill%' GROUP BY ref")
        partners = dict(cursor.fetchall())
        cursor.execute("SELECT request_id, count(*) FROM json2_api_log WHERE request_id LIKE 'kill%' GROUP BY request_id")
        rows = dict(cursor.fetchall())
        cursor.execute("SELECT request_id FROM json2_api_log WHERE request_id LIKE 'kill%' AND status = 200 AND method = 'create'")
        succeeded = {ref for (ref,) in cursor.fetchall()}
    assert {ref: count for ref, count in partners.items() if count != 1} == {}, "created twice"
    assert {ref: rows.get(ref, 0) for ref in partners if rows.get(ref, 0) != 1} == {}, "a partner without its one row"
    assert succeeded - partners.keys() == set(), "a row of success without its partner"
    assert answered - partners.keys() == set(), "answered 200 and not there"
    return len(partners), len(rows), len(answered)


def kill_again_and_again(server, key, rounds):
    database = server.databases[0]
    answered = set()
    for number in range(rounds):
        server.start()
        writers = Writers(server, key, f"kill{number}")
        writers.work(SECONDS)
        kill(server)
        writers.end()
        answered |= writers.answered
        wait_for_quiet(database)
        # So soon it is known which round it was.
        counts = check(database, answered)
    print("partners, rows, answered:", counts)
    assert counts[0] > rounds * 5


@pytest.mark.parametrize("workers", [0, 2], ids=["threads", "workers"])
def test_server_killed(host, prepared, new_database, api_key, workers):
    kill_again_and_again(Server(host, new_database(prepared), load=OURS, workers=workers), api_key, ROUNDS // 2)


def test_native_server_killed(host, prepared, new_database, api_key):
    if host.major < 19:
        pytest.skip(f"Odoo {host.series} has no /json/2 of its own")
    database = new_database(prepared)
    odoo.install(host, database, "--init", "rpc", "--load=base,rpc,web")
    kill_again_and_again(Server(host, database, load=(*NATIVE, ADDON)), api_key, ROUNDS)


class Cluster:
    """A PostgreSQL of this test's own, which may die. What is not flushed to the disk at a commit stays there for long."""

    SETTINGS = {"listen_addresses": "", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "wal_writer_delay": "10s",
                "wal_writer_flush_after": "1GB", "shared_buffers": "64MB", "max_connections": "60"}

    def __init__(self, home):
        self.home = Path(home)
        self.environment = {"PGHOST": str(home), "PGPORT": "5432", "PGUSER": postgres.ROLE}

    def __enter__(self):
        process.check(postgres._as_server_user(
            postgres._binary("initdb"), "--pgdata", self.home / "data", "--username", postgres.ROLE, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8"), "initdb", cwd=self.home)
        self.start()
        return self

    def __exit__(self, *_):
        self._control("stop", "-m", "immediate", check=False)

    def start(self):
        settings = self.SETTINGS | {"unix_socket_directories": str(self.home), "port": "5432"}
        self._control("start", "--log", self.home / "log", "--options",
                      " ".join(f"-c {name}='{value}'" for name, value in settings.items()))

    def kill(self):
        """Every process, at once: the first one is stopped before, so that it cannot look after the others."""
        first = int((self.home / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(first, signal.SIGSTOP)
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in [*map(int, children), first]:
            os.kill(pid, signal.SIGKILL)
        for pid in [*children, first]:
            while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]:
                time.sleep(0.01)
        # They name a process that is dead, which the system may not have forgotten yet.
        (self.home / "data" / "postmaster.pid").unlink(missing_ok=True)
        (self.home / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def restore(self, database):
        """Copy a database of the common cluster."""
        self._client("createdb", database, environment=self.environment)
        dump = self.home / "dump"
        self._client("pg_dump", "--format=custom", "--compress=0", f"--file={dump}", database, environment=postgres.environment())
        self._client("pg_restore", f"--dbname={database}", "--no-owner", dump, environment=self.environment)
        dump.unlink()

    @staticmethod
    def _client(program, *arguments, environment):
        process.check([postgres._binary(program), *arguments], program, env=os.environ | environment)

    def _control(self, *arguments, check=True):
        subprocess.run(
            postgres._as_server_user(postgres._binary("pg_ctl"), "--pgdata", self.home / "data", "--wait", "--silent", *arguments),
            cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            check=check)


@pytest.fixture(scope="module")
def cluster():
    try:
        postgres._binary("initdb")
        if os.geteuid() == 0:
            postgres._server_user()
    except Failure as failure:
        pytest.skip(f"no PostgreSQL of our own to kill: {failure}")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as home:
        if os.geteuid() == 0:
            user = postgres._server_user()
            os.chown(home, user.pw_uid, user.pw_gid)
        with Cluster(home) as running:
            yield running


@pytest.fixture(scope="module")
def fragile(host, prepared, new_database, cluster):
    """database(native): its name, in the cluster that may die."""
    def make(native):
        source = new_database(prepared)
        if native:
            odoo.install(host, source, "--init", "rpc", "--load=base,rpc,web")
        cluster.restore(source)
        return source

    return make


@pytest.mark.parametrize("native", [False, True], ids=["ours", "native"])
def test_database_killed(host, api_key, cluster, fragile, native):
    if native and host.major < 19:
        pytest.skip(f"Odoo {host.series} has no /json/2 of its own")
    database = fragile(native)
    with Server(host, database, load=(*NATIVE, ADDON) if native else OURS, environment=cluster.environment) as server:
        with transaction(database, cluster.environment) as cursor:
            cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
            assert cursor.fetchone() == ("on", "on")
        writers = Writers(server, api_key, "kill")
        writers.work(SECONDS)
        cluster.kill()
        writers.end()
        cluster.start()
        counts = check(database, writers.answered, cluster.environment)
        print("partners, rows, answered:", counts)
        assert counts[2] > 10
        # A write as well, whose change the host may keep back until the end of the call: one alone, lest the commit of
        # another flush it.
        client = Client(server, api_key)
        with transaction(database, cluster.environment) as cursor:
            cursor.execute("SELECT id FROM res_partner WHERE ref LIKE 'kill%' LIMIT 1")
            (partner,) = cursor.fetchone()
        for method, body in (("write", {"ids": [partner], "vals": {"ref": "written"}}), ("unlink", {"ids": [partner]})):
            # Reconnects, and fills the caches.
            for _ in range(3):
                answer = client.call("res.partner", "read", {"ids": [partner], "fields": ["ref"]})
            assert answer.status_code == 200, answer.text
            answer = client.call("res.partner", method, body, X_Request_Id=f"kill-{method}")
            cluster.kill()
            assert answer.status_code == 200, answer.text
            cluster.start()
            with transaction(database, cluster.environment) as cursor:
                cursor.execute("SELECT ref FROM res_partner WHERE id = %s", [partner])
                assert cursor.fetchone() == (("written",) if method == "write" else None), method
                cursor.execute("SELECT status FROM json2_api_log WHERE request_id = %s", [f"kill-{method}"])
                assert cursor.fetchall() == [(200,)], method


def test_what_is_spared(host, api_key, cluster, fragile):
    """A call that has changed nothing does not wait for the disk."""
    database = fragile(False)
    with Server(host, database, load=OURS, environment=cluster.environment) as server:
        client = Client(server, api_key)
        client.call("res.partner", "search_count", {"domain": []})
        with transaction(database, cluster.environment) as cursor:
            cursor.execute("SELECT wal_sync FROM pg_stat_wal")
            before = cursor.fetchone()[0]
        for _ in range(20):
            assert client.call("res.partner", "search_count", {"domain": []}).status_code == 200
        with transaction(database, cluster.environment) as cursor:
            cursor.execute("SELECT wal_sync FROM pg_stat_wal")
            assert cursor.fetchone()[0] - before < 10
