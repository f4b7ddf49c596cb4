"""Child processes, each in a group of its own so that the grandchildren end with it."""
import os
import shutil
import signal
import subprocess
import threading
import time

from .console import Failure

_running = set()
_guard = threading.Lock()
_ending = False


# The system tells a child when its parent is gone, however that happened.
_TIED = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()


def start(command, **options):
    """A Popen that `stop` and `stop_all` can end, children included."""
    with _guard:
        if _ending:  # a thread must start nothing after Ctrl-C
            raise KeyboardInterrupt
        child = subprocess.Popen(
            [*_TIED, *map(str, command)], stdin=options.pop("stdin", subprocess.DEVNULL),
            start_new_session=True, **options)
        _running.add(child)
    return child


def stop(child, patience=10):
    """End a child and all that it started: politely, then not."""
    _end([child], patience)


def stop_all():
    """End all children; none is started any more."""
    global _ending
    with _guard:
        _ending = True
        children = list(_running)
    _end(children, patience=15)


def _end(children, patience):
    # One interrupt each: to it pytest and Odoo clean up, a second one makes them drop everything.
    for child in children:
        _signal_group(child, signal.SIGINT)
    end = time.monotonic() + patience
    for child in children:
        try:
            child.wait(max(end - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            pass
        _signal_group(child, signal.SIGKILL)
        child.wait()
        forget(child)


def forget(child):
    with _guard:
        _running.discard(child)


def _signal_group(child, number):
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


def lines(command, **options):
    """Run a command; yields its output (stderr included) line by line, then returns its exit code."""
    child = start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    try:
        for line in child.stdout:
            yield line.rstrip("\n")
        return child.wait()
    finally:
        stop(child)


def collect(runner, each=None):
    """Exhaust what `lines` returned, calling `each` with every line; returns (exit code, lines)."""
    output = []
    while True:
        try:
            line = next(runner)
        except StopIteration as end:
            return end.value, output
        output.append(line)
        if each:
            each(line)


def run(command, **options):
    """Run a command to its end; returns (exit code, output)."""
    code, output = collect(lines(command, **options))
    return code, "\n".join(output)


def check(command, what, **options):
    """Run a command that has to work; returns its output."""
    code, output = run(command, **options)
    if code:
        tail = "\n".join(output.splitlines()[-40:])
        raise Failure(f"{what} failed (exit code {code}):\n{tail}")
    return output
