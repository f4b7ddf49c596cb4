"""Run all tests on every Odoo that is here.

unit: plain Python, no Odoo. odoo: those of tests/ inside each Odoo. live: clients against running servers.
The last line is "N passed, N failed".
"""
import ast
import concurrent.futures
import os
import sys
import tempfile
import time
from pathlib import Path

from . import databases, hosts, odoo, process, venv
from .console import Failure, say
from .outcome import OdooLog, Outcome, read_pytest
from .paths import ADDON, CHECKOUT, SERIES

KINDS = ("unit", "odoo", "live")
# Two at a time: an Odoo that runs tests keeps one core busy, and its database and the client some of another.
PARALLEL = 2
PROGRESS_SECONDS = 10


def configure(parser):
    parser.add_argument("kinds", nargs="*", metavar="unit|odoo|live", help="(all three)")
    parser.add_argument("--odoo", action="append", choices=SERIES, help="only this series; may be given again")
    parser.add_argument("--with", dest="modules", type=lambda text: tuple(text.split(",")), default=(), metavar="MODULES",
                        help="Odoo tests: on databases with these modules as well, separated by commas")
    parser.add_argument("-k", metavar="EXPR", dest="expression",
                        help="only tests whose name has this in it (pytest's -k for unit and live tests)")


def main(arguments):
    unknown = set(arguments.kinds) - set(KINDS)
    if unknown:
        raise Failure(f"No such kind of tests: {', '.join(sorted(unknown))}. There are {', '.join(KINDS)}.")
    kinds = arguments.kinds or KINDS
    began = time.monotonic()
    venv.python()
    outcomes = _run(_runs(kinds, arguments.odoo or SERIES, arguments.expression, arguments.modules))
    _report(outcomes, time.monotonic() - began)
    passed, failed = (sum(getattr(outcome, name) for outcome in outcomes) for name in ("passed", "failed"))
    say(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def _runs(kinds, wanted_series, expression, modules=()):
    """What is to be done, as (name, function without arguments returning an Outcome); the long ones first."""
    runs = []
    found = _hosts(wanted_series) if {"odoo", "live"} & set(kinds) else []
    if "live" in kinds and _exists("tests/live"):
        runs += [(f"{host.series} live", lambda host=host: _live(host, expression)) for host in found]
    if "odoo" in kinds and _exists("tests"):
        tags = _tags(expression)
        if tags:
            runs += [(f"{host.series} odoo", lambda host=host: _odoo(host, tags, modules)) for host in found]
        else:
            say(f"Odoo tests: not run (none has {expression} in its name)")
    if "unit" in kinds and _exists("tests/unit"):
        runs.append(("unit", lambda: _pytest("unit", CHECKOUT / "tests" / "unit", expression)))
    return runs


def _exists(directory):
    there = (CHECKOUT / directory).is_dir()
    if not there:
        say(f"{directory}: not run (there is no such directory)")
    return there


def _hosts(wanted_series):
    """Those that are here. 19.0 is fetched: it is what the others are compared with."""
    if hosts.FETCHABLE in wanted_series:
        hosts.get(hosts.FETCHABLE)
    found = {series: hosts.find(series) for series in wanted_series}
    for series, host in found.items():
        if host is None:
            say(hosts.absence(series))
    return [host for host in found.values() if host]


def _run(runs):
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        try:
            tasks = [pool.submit(_guarded, *run) for run in runs]
            return [task.result() for task in tasks]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            process.stop_all()  # or the pool would wait for them
            raise


def _guarded(name, function):
    """A run that breaks is a failure like any other, and the others go on."""
    began = time.monotonic()
    try:
        outcome = function()
    except Failure as failure:
        outcome = Outcome(name)
        outcome.complain(str(failure))
    say(f"[{outcome}  in {time.monotonic() - began:.0f} s]")
    for failure in _failures(outcome):
        say(failure)
    return outcome


def _odoo(host, tags, modules):
    """The addon's tests inside Odoo, on a database of their own, where it is installed for them."""
    name = f"{host.series} odoo"
    # On 19.0 without the native endpoint, so that ours is the one that is tested.
    database = databases.create(host, databases.temporary_name("test", host), ("base", "web", *modules), auto_install=False)
    log = OdooLog(name)
    progress = Progress(name)
    try:
        code, _log = process.collect(
            odoo.lines(host, database, "--init", ADDON, "--test-tags", tags,
                       "--load=base,web",  # on 19.0 without the native rpc: our endpoint is to answer
                       *databases.auto_install_options(host, False), *databases.demo_options(host, False), http=True),
            lambda line: (log.feed(line), progress.show(f"{log.started} tests so far, {log.current or 'installing'}")))
    finally:
        databases.drop(database)
    return log.end(code)


def _live(host, expression):
    return _pytest(f"{host.series} live", CHECKOUT / "tests" / "live", expression, JSON2_ODOO_SERIES=host.series)


def _pytest(name, directory, expression, **environment):
    """Run pytest in a directory and never above it: the root is an addon, whose __init__.py imports odoo."""
    progress = Progress(name)
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.xml")
        command = [venv.python(), "-m", "pytest", "-v", "--color=no", "-p", "no:cacheprovider", "--rootdir", directory,
                   f"--confcutdir={directory}", f"--junitxml={report}", *(["-k", expression] if expression else [])]
        code, output = process.collect(
            process.lines(command, cwd=directory, env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | environment),
            progress.show)
        return read_pytest(name, code, report, "\n".join(output), may_be_empty=bool(expression))


class Progress:
    """A sign of life now and then."""

    def __init__(self, name):
        self._name = name
        self._next = 0
        self.show("started")

    def show(self, text):
        now = time.monotonic()
        if now >= self._next:
            say(f"{self._name}: {text}")
            self._next = now + PROGRESS_SECONDS


def _tags(expression):
    """The value of --test-tags. Odoo knows no parts of names, so those that match are looked up in the files."""
    if not expression:
        return "/" + ADDON
    return ",".join(
        f"/{ADDON}:{case.name}.{test.name}"
        for file in sorted((CHECKOUT / "tests").glob("test_*.py"))
        for case in ast.parse(file.read_text()).body if isinstance(case, ast.ClassDef)
        for test in case.body if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
        if expression.lower() in f"{file.stem}::{case.name}::{test.name}".lower())


def _failures(outcome):
    return [f"FAILED: {outcome.name}: {failure}" for failure in outcome.failures + outcome.complaints]


def _report(outcomes, seconds):
    for outcome in outcomes:
        if outcome.failed:
            say(f"\n===== {outcome.name} =====\n{outcome.output}")
    say("")
    for outcome in outcomes:
        for failure in _failures(outcome):
            say(failure)
    for outcome in outcomes:
        say(str(outcome))
        for skipped in outcome.skipped:
            say(f"  skipped {skipped}")
    say(f"({seconds:.0f} s)")
    sys.stdout.flush()
