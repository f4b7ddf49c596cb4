"""Measure our endpoint against the others of the same Odoo.

search_read of 5 partners (name), as the admin: by ours with a key of ours and with one of the user's own Odoo keys, by the
native /json/2 (on 19.0), /jsonrpc and /xmlrpc/2 with that Odoo key, and by a bare controller of the host that makes the
same call without any authentication: the limit.

All in one run, in turns, warmed up, every log at its default level. Other work on the machine distorts it.

With --log: what the audit log costs. Ours, beside ours on a second server on the same database that writes no rows.

Ours, bare, /jsonrpc and /xmlrpc/2 share one server; on 19.0 the last two belong to module `rpc`, which would take /json/2
from us, so they are on the native server, which works on a copy of the same database. Every call has a connection of its
own: Odoo's server closes them after each.
"""
import concurrent.futures
import gc
import json
import os
import random
import re
import socket
import statistics
import time
import xmlrpc.client

from . import databases, hosts, odoo, postgres
from .console import Failure, say
from .paths import ADDON, SERIES, cache
from .servers import NATIVE, OURS, Server

WARM_UP = 50
CALLS = 400
CLIENTS = 8
WORKERS = 2
ROUNDS = 10
SLICE_SECONDS = 1

OWN, USER, BARE, BARE_NATIVE = "ours, our key", "ours, Odoo's key", "bare controller", "bare, native server"
UNLOGGED = "ours, no log"
JSONRPC, XMLRPC, NATIVE_JSON2 = "/jsonrpc", "/xmlrpc/2", "native /json/2"

# (contestant, other, wanted ratio of medians)
LATENCY_TARGETS = ((OWN, BARE, 1.10), (OWN, NATIVE_JSON2, 0.65), (OWN, JSONRPC, 1.06), (OWN, XMLRPC, 1.01))
LOG_TARGETS = ((OWN, UNLOGGED, 1.10),)
# (contestant, other, wanted ratio of calls per second, the median of those of the rounds)
THROUGHPUT_TARGETS = ((OWN, NATIVE_JSON2, 1.5),)

MODEL, METHOD = "res.partner", "search_read"
ARGUMENTS = {"domain": [], "fields": ["name"], "limit": 5}
ADMIN_ID = 2

NO_LOG = "JSON2_BENCH_NO_LOG"
BARE_ADDON = "json2_bench"
BARE_SOURCES = {
    "__manifest__.py": '{"name": "A bare controller", "depends": ["web"], "license": "LGPL-3"}\n',
    "__init__.py": f'''\
import json
import os

from odoo import http
from odoo.http import request

if os.environ.get("{NO_LOG}"):
    from odoo.addons.json2_backport.audit import Entry
    Entry.succeeded = lambda *args, **kwargs: None


class Bare(http.Controller):

    @http.route("/bare", type="http", auth="none", methods=["POST"], csrf=False, save_session=False)
    def bare(self):
        arguments = json.loads(request.httprequest.get_data())
        return request.make_json_response(request.env(user={ADMIN_ID})["{MODEL}"].{METHOD}(**arguments))
''',
}

PREPARE = f"""
import datetime
import json

admin = env["res.users"].browse({ADMIN_ID})
env["res.partner"].create([{{"name": f"Partner {{number}}"}} for number in range(50)])
_record, own = env["json2.api.key"]._generate("bench", admin)
keys = env["res.users.apikeys"].with_user(admin).sudo()
expiration = [datetime.datetime.now() + datetime.timedelta(days=1)] if "expiration_date" in keys._fields else []
user = keys._generate("rpc", "bench", *expiration)
env.cr.commit()
print("keys:" + json.dumps({{"own": own, "user": user}}))
"""


def configure(parser):
    parser.add_argument("--odoo", choices=SERIES, help="which Odoo (the newest that is here, else 19.0)")
    parser.add_argument("--calls", type=int, default=CALLS, help=f"calls of each contestant of one client ({CALLS})")
    parser.add_argument("--rounds", type=int, default=ROUNDS,
                        help=f"slices of {SLICE_SECONDS} s of each contestant of {CLIENTS} clients ({ROUNDS})")
    parser.add_argument("--log", action="store_true", help="measure what the audit log costs a call that reads")


def main(arguments):
    load = os.getloadavg()[0]
    present = hosts.present()
    host = hosts.get(arguments.odoo or (present[-1].series if present else hosts.FETCHABLE))
    database = databases.temporary_name("bench", host)
    native = databases.temporary_name("benchnative", host) if host.major >= 19 and not arguments.log else None
    try:
        keys = _prepare(host, database, native)
        say(f"Odoo {host.series}; PostgreSQL {_setting('server_version')}: fsync={_setting('fsync')}, "
            f"synchronous_commit={_setting('synchronous_commit')}; load before we began {load:.1f} "
            f"on {os.cpu_count()} cores")
        if arguments.log:
            return _compare_with_and_without_log(host, database, keys, arguments.calls)
        with _Contest(host, database, native, keys, workers=0) as contestants:
            latencies = measure_latency(contestants, arguments.calls)
        with _Contest(host, database, native, keys, workers=WORKERS) as contestants:
            throughputs = measure_throughput(contestants, arguments.rounds)
    finally:
        for name in filter(None, (database, native)):
            databases.drop(name)
    _report_latency(latencies)
    _report_throughput(throughputs)
    results = [_verdict("1 client, median", latencies, _ratio_of_medians, *target, at_most=True)
               for target in LATENCY_TARGETS]
    results += [_verdict(f"{CLIENTS} clients, calls/s", throughputs, _median_of_ratios, *target, at_most=False)
                for target in THROUGHPUT_TARGETS]
    return 0 if all(results) else 1


def _compare_with_and_without_log(host, database, keys, calls):
    with _LogContest(host, database, None, keys, workers=0) as contestants:
        latencies = measure_latency(contestants, calls)
    _report_latency(latencies)
    results = [_verdict("1 client, median", latencies, _ratio_of_medians, *target, at_most=True) for target in LOG_TARGETS]
    return 0 if all(results) else 1


def _prepare(host, database, native):
    """A database with the addon and some partners, and its copy; returns the keys, which are good for both."""
    say(f"Making a database of Odoo {host.series} with the addon ...")
    databases.create(host, database, auto_install=False)
    odoo.install(host, database, "--init", ADDON, *databases.demo_options(host, False),
                 *databases.auto_install_options(host, False))
    output = odoo.script(host, database, PREPARE)
    if native:
        databases.clone(database, native)
    return json.loads(next(line for line in output.splitlines() if line.startswith("keys:")).removeprefix("keys:"))


def _setting(name):
    return postgres.sql(f"SHOW {name}")[0][0]


class _Contest:
    """The servers, for as long as a `with` block lasts, which gets the contestants: {name: Contestant}."""

    def __init__(self, host, database, native, keys, workers):
        scratch = cache("bench")
        for name, source in BARE_SOURCES.items():
            file = scratch / BARE_ADDON / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source)
        self._extra = ("--max-cron-threads=0", f"--addons-path={host.addons_path},{scratch}")
        self._servers = [Server(host, database, load=(*OURS, BARE_ADDON), workers=workers, extra=self._extra)]
        if native:
            self._servers.append(Server(host, native, load=(*NATIVE, BARE_ADDON), workers=workers, extra=self._extra))
        self._keys = keys
        self._has_native = bool(native)

    def __enter__(self):
        for server in self._servers:
            server.start()
        contestants = self._contestants()
        for contestant in contestants:
            contestant.check()
        return contestants

    def _contestants(self):
        ours, other = self._servers[0], self._servers[-1]
        json2_path = f"/json/2/{MODEL}/{METHOD}"
        json_type, body = "application/json", json.dumps(ARGUMENTS)
        own, user = ({"Authorization": f"Bearer {key}"} for key in (self._keys["own"], self._keys["user"]))
        call = (other.databases[0], ADMIN_ID, self._keys["user"], MODEL, METHOD, [], ARGUMENTS)
        rpc = {"jsonrpc": "2.0", "id": 1, "method": "call",
               "params": {"service": "object", "method": "execute_kw", "args": call}}
        contestants = [
            Contestant(BARE, ours, "/bare", json_type, body),
            Contestant(OWN, ours, json2_path, json_type, body, own),
            Contestant(USER, ours, json2_path, json_type, body, user),
            Contestant(JSONRPC, other, "/jsonrpc", json_type, json.dumps(rpc)),
            Contestant(XMLRPC, other, "/xmlrpc/2/object", "text/xml", xmlrpc.client.dumps(call, "execute_kw")),
        ]
        if self._has_native:
            contestants += [
                Contestant(NATIVE_JSON2, other, json2_path, json_type, body, user),
                Contestant(BARE_NATIVE, other, "/bare", json_type, body),
            ]
        return contestants

    def __exit__(self, *_):
        for server in self._servers:
            server.stop()


class _LogContest(_Contest):
    """Ours twice: as it is, and on a server that leaves the log out."""

    def __init__(self, host, database, native, keys, workers):
        super().__init__(host, database, native, keys, workers)
        self._servers.append(Server(host, database, load=(*OURS, BARE_ADDON), workers=workers, extra=self._extra,
                                    environment={NO_LOG: "1"}))

    def _contestants(self):
        ours, unlogged = self._servers
        headers = {"Authorization": f"Bearer {self._keys['own']}"}
        path, body = f"/json/2/{MODEL}/{METHOD}", json.dumps(ARGUMENTS)
        return [Contestant(BARE, ours, "/bare", "application/json", body),
                Contestant(OWN, ours, path, "application/json", body, headers),
                Contestant(UNLOGGED, unlogged, path, "application/json", body, headers)]


class Contestant:
    """One request, ready to be sent again and again by a client that is as thin as can be."""

    def __init__(self, name, server, path, content_type, body, headers=None):
        self.name = name
        self._address = ("127.0.0.1", server.port)
        body = body.encode()
        headers = {"Host": f"127.0.0.1:{server.port}", "Content-Type": content_type, "Content-Length": len(body),
                   **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._request = f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body

    def send(self):
        """Make the call; returns the whole answer."""
        with socket.create_connection(self._address, timeout=60) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(self._request)
            chunks = []
            while chunk := connection.recv(65536):
                chunks.append(chunk)
        return b"".join(chunks)

    def check(self):
        """That what is going to be measured is the call and not some error."""
        answer = self.send().decode()
        names = re.findall(r'"name": |<name>name</name>', answer)
        if " 200 " not in answer.splitlines()[0] or len(names) != ARGUMENTS["limit"]:
            raise Failure(f"{self.name} does not answer as it should:\n{answer}")


def measure_latency(contestants, calls):
    """{name: milliseconds of each call} of one client, the contestants by turns."""
    say(f"One client, threaded server: {calls} calls of each after {WARM_UP} to warm up ...")
    times = {contestant.name: [] for contestant in contestants}
    gc.disable()
    for number in range(-WARM_UP, calls):
        for contestant in _turns(contestants):
            start = time.perf_counter()
            answer = contestant.send()
            end = time.perf_counter()
            _expect_200(contestant, answer)
            if number >= 0:
                times[contestant.name].append((end - start) * 1000)
    gc.enable()
    return times


def measure_throughput(contestants, rounds):
    """{name: calls per second in each round} of several clients, the contestants by turns."""
    say(f"{CLIENTS} clients, {WORKERS} workers: {rounds} slices of {SLICE_SECONDS} s of each after one second to warm up ...")
    rates = {contestant.name: [] for contestant in contestants}
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for contestant in contestants:
            _slice(pool, contestant, 1)
        for _number in range(rounds):
            for contestant in _turns(contestants):
                rates[contestant.name].append(_slice(pool, contestant, SLICE_SECONDS))
    return rates


def _turns(contestants):
    """In an order of their own every time: who comes after the same code, or the same server, finds warmer caches."""
    return random.sample(contestants, len(contestants))


def _slice(pool, contestant, seconds):
    """Calls per second of all clients together."""
    start = time.perf_counter()
    end = start + seconds

    def call_until_end(_client):
        count = 0
        while time.perf_counter() < end:
            _expect_200(contestant, contestant.send())
            count += 1
        return count

    counts = list(pool.map(call_until_end, range(CLIENTS)))
    return sum(counts) / (time.perf_counter() - start)


def _expect_200(contestant, answer):
    if answer[9:12] != b"200":
        raise Failure(f"{contestant.name} failed:\n{answer.decode(errors='replace')}")


def _report_latency(times):
    say(f"\n{'1 client':<20} {'median ms':>10} {'p95 ms':>8} {'/ bare':>7}")
    for name, values in times.items():
        median, p95 = statistics.median(values), statistics.quantiles(values, n=20)[-1]
        say(f"{name:<20} {median:>10.2f} {p95:>8.2f} {_ratio_of_medians(values, times[BARE]):>7.3f}")


def _report_throughput(rates):
    say(f"\n{f'{CLIENTS} clients':<20} {'calls/s':>10} {'/ bare':>7}  slices")
    for name, values in rates.items():
        slices = " ".join(f"{value:.0f}" for value in values)
        say(f"{name:<20} {statistics.median(values):>10.1f} {_median_of_ratios(values, rates[BARE]):>7.3f}  {slices}")
    say("")


def _ratio_of_medians(values, others):
    return statistics.median(values) / statistics.median(others)


def _median_of_ratios(values, others):
    """Of what was measured in pairs, one right after the other."""
    return statistics.median(value / other for value, other in zip(values, others, strict=True))


def _verdict(what, results, compare, contestant, other, wanted, at_most):
    """Print whether a target was reached; a contestant that is not there has none to miss."""
    if other not in results:
        return True
    ratio = compare(results[contestant], results[other])
    reached = ratio <= wanted if at_most else ratio >= wanted
    say(f"{what}: {contestant} / {other} = {ratio:.3f} (wanted {'<=' if at_most else '>='} {wanted:.2f}): "
        f"{'reached' if reached else 'MISSED'}")
    return reached
