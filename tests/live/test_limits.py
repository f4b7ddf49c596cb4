"""Limits on real servers: several processes on one database, and what the hosts' own HTTP servers do with a body."""
import concurrent.futures
import http.client
import json
import re
import socket
import time

import psycopg2
import pytest
from support import ADDON, NATIVE, OURS, Client, Server, odoo

from devtools import postgres

CLIENTS = 8
KEYS = """
admin = env.ref("base.user_admin")
env["ir.config_parameter"].set_param("base.login_cooldown_after", 5)

def make_key(**values):
    record, secret = env["json2.api.key"]._generate("limits", admin)
    record.write(values)
    return secret

result = {
    "unlimited": make_key(),
    "cooldown": make_key(),
    "sequence": make_key(rate_limit=10, rate_period="hour"),
    "at once": make_key(rate_limit=25, rate_period="hour"),
    "waiting": make_key(rate_limit=100, rate_period="hour"),
    "removed": make_key(rate_limit=1, rate_period="hour"),
    "native": make_key(rate_limit=3, rate_period="hour"),
    "other url": make_key(rate_limit=1, rate_period="hour"),
    "native, read-only": make_key(rate_limit=2, rate_period="day", read_only=True),
}
"""
CHUNK = b"x" * 65536
CHUNKS = 1600  # 100 MiB


@pytest.fixture(scope="module")
def database(prepared, new_database):
    return new_database(prepared)


@pytest.fixture(scope="module")
def keys(shell, database):
    return shell(database, KEYS)


@pytest.fixture(scope="module")
def servers(host, database, keys):
    """One server of two worker processes, one of threads, on the same database."""
    with Server(host, database, load=OURS, workers=2) as prefork, Server(host, database, load=OURS) as threaded:
        yield prefork, threaded


@pytest.fixture
def connection(database):
    """Of PostgreSQL, past Odoo."""
    variables = postgres.environment()
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER"}
    options = {option: variables[name] for option, name in names.items() if name in variables}
    with psycopg2.connect(dbname=database, **options) as found:
        yield found
    found.close()


def count(server, key):
    return Client(server, key).call("res.partner", "search_count", {"domain": []})


def remaining(answer):
    return int(re.search(r";r=(\d+);", answer.headers["RateLimit"]).group(1))


def test_one_count_for_all_processes(servers, keys):
    answers = [count(servers[number % 2], keys["sequence"]) for number in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert [remaining(answer) for answer in answers] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    refused = answers[-1]
    assert refused.json()["name"] == "werkzeug.exceptions.TooManyRequests"
    assert refused.headers["RateLimit-Policy"] == '"default";q=10;w=3600'
    assert refused.headers["RateLimit"] == f'"default";r=0;t={refused.headers["Retry-After"]}'
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600


def test_exactly_so_many_of_concurrent_calls(servers, keys):
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda number: count(servers[number % 2], keys["at once"]), range(80)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (25, 55)
    # No two were told the same.
    assert sorted(remaining(answer) for answer in answers if answer.status_code == 200) == list(range(25))


@pytest.mark.parametrize("which", [0, 1], ids=["workers", "threads"])
def test_calls_of_one_key_do_not_wait_for_each_other(servers, keys, connection, users, which):
    """The long call waits for a row that we hold; the short one must not wait for the long one."""
    partner = users["internal"]["partner"]
    client = Client(servers[which], keys["waiting"])
    cursor = connection.cursor()
    cursor.execute("SELECT id FROM res_partner WHERE id = %s FOR UPDATE", [partner])
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        long = pool.submit(client.call, "res.partner", "write", {"ids": [partner], "vals": {"ref": "limits"}})
        wait_for_lock(connection)
        began = time.monotonic()
        short = [client.call("res.partner", "search_count", {"domain": []}) for _ in range(5)]
        seconds = time.monotonic() - began
        assert [answer.status_code for answer in short] == [200] * 5
        assert not long.done()
        connection.rollback()
        assert long.result().status_code == 200
    assert seconds < 5
    # Each was counted, the long one before the others and once.
    lefts = [remaining(answer) for answer in [long.result(), *short]]
    assert lefts == list(range(lefts[0], lefts[0] - 6, -1))


def wait_for_lock(connection):
    """Until somebody waits for us."""
    cursor = connection.cursor()
    for _ in range(600):
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        if cursor.fetchone()[0]:
            return
        time.sleep(0.05)
    pytest.fail("the long call did not begin to wait")


def test_a_row_that_is_removed_meanwhile(servers, keys, connection):
    """The autovacuum takes a row away at any time; the next call makes it again."""
    assert count(servers[0], keys["removed"]).status_code == 200
    assert count(servers[0], keys["removed"]).status_code == 429
    connection.cursor().execute("DELETE FROM json2_rate_window")
    connection.commit()
    assert count(servers[0], keys["removed"]).status_code == 200


def test_the_table_is_not_logged(servers, connection):
    cursor = connection.cursor()
    cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'json2_rate_window'")
    assert cursor.fetchone() == ("u",)


@pytest.mark.parametrize("which", [0, 1], ids=["workers", "threads"])
class TestBody:
    """Both of the hosts' servers are Werkzeug's: it takes the encoding "chunked" apart, but Odoo (19 as well) reads a body
    only when there is a Content-Length. So a chunked one is never read, and needs no bound."""

    def test_too_large(self, servers, keys, which):
        """The client can read the answer, although its body is more than the connection holds."""
        for size in (10 * 1024 * 1024 + 1, 40 * 1024 * 1024):
            connection = http.client.HTTPConnection("127.0.0.1", servers[which].port, timeout=60)
            connection.request("POST", "/json/2/res.partner/search_count", b"x" * size, {
                "Authorization": f"Bearer {keys['unlimited']}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            assert answer.status == 413
            assert list(json.loads(answer.read())) == ["name", "message", "arguments", "context", "debug"]
            connection.close()

    def test_too_large_is_not_kept(self, servers, keys, which):
        before = peak(servers[which])
        answer = Client(servers[which], keys["unlimited"]).call("res.partner", "search_count", b"x" * 100 * 1024 * 1024)
        assert answer.status_code == 413
        assert peak(servers[which]) - before < 30 * 1024

    def test_wrong_key_and_large_body(self, servers, keys, which):
        """Nothing of it is read, so the client may see no more than its connection cut."""
        head = head_of("bad", "Content-Length: 104857600")
        status, sent = send_chunks(servers[which], head, CHUNK, CHUNKS)
        assert status in (401, 429, None)
        assert sent < CHUNKS * len(CHUNK)

    @pytest.mark.parametrize("headers", [
        ("Transfer-Encoding: chunked",),
        # Werkzeug would believe the length and read all of it.
        ("Transfer-Encoding: Chunked", "Content-Length: 2"),
        ("Transfer-Encoding: chunked", "Content-Length: 2"),
        ("Transfer-Encoding: gzip, chunked", "Content-Length: 2"),
    ], ids=", ".join)
    def test_chunked_is_not_read(self, servers, keys, which, headers):
        before = peak(servers[which])
        chunk = f"{len(CHUNK):x}\r\n".encode() + CHUNK + b"\r\n"
        status, sent = send_chunks(servers[which], head_of(keys["unlimited"], *headers), chunk, CHUNKS)
        assert status in (422, None), "no argument, or the connection cut before we could read that"
        assert sent < CHUNKS * len(chunk)
        assert peak(servers[which]) - before < 30 * 1024

    def test_small_chunked(self, servers, keys, which):
        client = Client(servers[which], keys["unlimited"])
        answer = client.call("res.partner", "search_count", {"domain": []}, Transfer_Encoding="chunked")
        assert (answer.status_code, answer.json()["message"]) == (422, "missing a required argument: 'domain'")


def head_of(key, *headers):
    lines = ["POST /json/2/res.partner/search_count HTTP/1.1", "Host: localhost", "Content-Type: application/json",
             f"Authorization: Bearer {key}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def send_chunks(server, head, chunk, times):
    """Send a body that never ends properly; returns the status, if one could be read, and how many bytes went out."""
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        try:
            connection.sendall(head)
            for _ in range(times):
                connection.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
        try:
            answer = connection.recv(65536)
        except OSError:
            answer = b""
    return int(answer.split(b" ", 2)[1]) if answer else None, sent


def peak(server):
    """The most memory that the processes of a server ever had, in KiB."""
    group = [server.process.pid]
    for pid in group:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            group += [int(child) for child in children.read().split()]
    return max(peak_of(pid) for pid in group)


def peak_of(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


class TestCooldown:
    def test_per_process(self, servers, keys, user_key):
        """Threads are one process: the sixth wrong key is told to wait. A valid one never is, seen before or not."""
        statuses = [count(servers[1], "wrong").status_code for _ in range(8)]
        assert statuses[-1] == 429
        assert set(statuses) <= {401, 429}
        for key in (keys["unlimited"], keys["cooldown"], user_key):
            assert count(servers[1], key).status_code == 200
        refused = count(servers[1], "wrong")
        assert 0 < int(refused.headers["Retry-After"]) <= 60

    def test_people_log_in(self, servers):
        assert Client(servers[1]).log_in(servers[1].databases[0], "internal")


def test_preflight(host, prepared, new_database, shell):
    """A browser's own question, on both kinds of server."""
    database = new_database(prepared)
    shell(database, 'env["ir.config_parameter"].set_param("json2_backport.allowed_origins", "https://app.example.com")')
    for workers in (0, 2):
        with Server(host, database, load=OURS, workers=workers) as server:
            answer = Client(server).send("OPTIONS", "/json/2/res.partner/search_count", headers={
                "Origin": "https://app.example.com", "Access-Control-Request-Method": "POST", "Content-Type": None,
                "Access-Control-Request-Headers": "authorization,content-type"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
        assert "Set-Cookie" not in answer.headers
        assert json.dumps(dict(answer.headers)).count("Access-Control-Allow-Origin") == 1


ORIGIN = "https://app.example.com"


@pytest.fixture(scope="module")
def native_database(host, prepared, new_database):
    """On 19.0: our addon beside the native endpoint."""
    if host.major < 19:
        pytest.skip(f"Odoo {host.series} has no /json/2 of its own")
    name = new_database(prepared)
    odoo.install(host, name, "--init", "rpc", f"--load={','.join(NATIVE)}")
    return name


@pytest.fixture(scope="module")
def native_keys(shell, native_database):
    return shell(native_database,
                 f'{KEYS}\nenv["ir.config_parameter"].set_param("json2_backport.allowed_origins", "{ORIGIN}")')


@pytest.fixture(scope="module")
def native(host, native_database, native_keys):
    with Server(host, native_database, load=(*NATIVE, ADDON)) as server:
        yield server


class TestBesideNative:
    """Our keys open the host's own route, and their limits apply to them there."""

    def test_the_host_answers(self, native, native_keys):
        """It does not know our flat ``create``."""
        answer = Client(native, native_keys["unlimited"]).call("res.partner", "create", {"name": "flat"})
        assert (answer.status_code, answer.json()["message"]) == (422, "missing a required argument: 'vals_list'")

    def test_rate_limit(self, native, native_keys):
        """Mistakes count as well, and what the host refuses says what is left too."""
        client = Client(native, native_keys["native"])
        bodies = [{"domain": []}, {}, {"domain": []}, {"domain": []}, {}]
        answers = [client.call("res.partner", "search_count", body, Origin=ORIGIN) for body in bodies]
        assert [answer.status_code for answer in answers] == [200, 422, 200, 429, 429]
        assert [remaining(answer) for answer in answers] == [2, 1, 0, 0, 0]
        for answer in answers:
            assert answer.headers["RateLimit-Policy"] == '"default";q=3;w=3600'
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
            assert "RateLimit" in answer.headers["Access-Control-Expose-Headers"]
            assert "Set-Cookie" not in answer.headers
        refused = answers[-1]
        assert refused.json()["name"] == "werkzeug.exceptions.TooManyRequests"
        assert refused.headers["RateLimit"] == f'"default";r=0;t={refused.headers["Retry-After"]}'
        assert 3500 < int(refused.headers["Retry-After"]) <= 3600

    def test_a_call_that_the_host_makes_twice_counts_once(self, native, native_keys):
        """It first tries ``read`` and the like on a connection that only reads."""
        client = Client(native, native_keys["native, read-only"])
        answers = [client.call("res.partner", method, {"ids": [1], **arguments})
                   for method, arguments in (("read", {"fields": ["name"]}), ("write", {"vals": {"ref": "x"}}))]
        assert [(answer.status_code, remaining(answer)) for answer in answers] == [(200, 1), (403, 0)]

    def test_other_keys_and_sessions_have_no_limit(self, native, native_keys, user_key):
        answer = count(native, user_key)
        assert (answer.status_code, "RateLimit" in answer.headers) == (200, False)
        answer = count(native, native_keys["unlimited"])
        assert (answer.status_code, "RateLimit" in answer.headers) == (200, False)

    def test_another_url_of_the_host(self, native, native_keys):
        """What takes a bearer key takes ours, within its limit."""
        answers = [Client(native, native_keys["other url"]).send("GET", "/json/1/users") for _ in range(2)]
        assert answers[0].status_code < 500
        assert answers[0].status_code != 429
        assert answers[1].status_code == 429
        assert 3500 < int(answers[1].headers["Retry-After"]) <= 3600

    def test_too_large(self, native, native_keys):
        answer = Client(native, native_keys["unlimited"]).call("res.partner", "search_count", b" " * (10 * 1024 * 1024 + 1))
        assert answer.status_code == 413
        assert list(answer.json()) == ["name", "message", "arguments", "context", "debug"]

    def test_preflight(self, native):
        answer = Client(native).send("OPTIONS", "/json/2/res.partner/search_count", headers={
            "Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Content-Type": None})
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, ORIGIN)

    def test_cooldown(self, native, native_keys):
        """Wrong keys of ours are slowed; valid ones and the host's own are not."""
        statuses = [count(native, f"j2_{number:049}").status_code for number in range(8)]
        assert (statuses[0], statuses[-1]) == (401, 429), statuses
        refused = count(native, "j2_wrong")
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert count(native, native_keys["unlimited"]).status_code == 200
