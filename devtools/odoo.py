"""Running an Odoo to do one thing and end: install, update, test, a script."""
import socket
import subprocess
import tempfile

from . import postgres, process
from .console import Failure
from .paths import cache


def options(database):
    """What every process of Odoo on a database is started with."""
    return ["--database", database, "--data-dir", data_directory(database)]


def data_directory(database):
    """A data directory of the database's own, so that sessions do not mix; the filestores are together, so that one
    server can have several databases."""
    directory = cache("data", database)
    directory.mkdir(exist_ok=True)
    link = directory / "filestore"
    if not link.is_symlink():
        cache("filestore").mkdir(exist_ok=True)
        try:
            link.symlink_to("../../filestore")
        except FileExistsError:
            pass
    return directory


def environment(host):
    return host.environment() | postgres.environment()


def lines(host, database, *arguments, http=False):
    """Run Odoo to its end; yields its log line by line and returns its exit code. `http`: tests want to call it."""
    listen = ["--http-interface=127.0.0.1", f"--http-port={free_port()}"] if http else ["--no-http"]
    return process.lines(
        host.command(*options(database), *listen, "--stop-after-init", "--max-cron-threads=0", *arguments),
        env=environment(host))


def install(host, database, *arguments):
    """Run Odoo with `-i` or `-u` and whatever else; it has to end well."""
    code, log = process.collect(lines(host, database, *arguments))
    errors = [line for line in log if " ERROR " in line or " CRITICAL " in line]
    if code or errors:
        raise Failure(f"Odoo {host.series} on {database} failed (exit code {code}):\n" + tail("\n".join(log)))


def script(host, database, source):
    """Run Python in `odoo shell`, with `env` at hand; returns what it printed."""
    with tempfile.TemporaryFile("w+") as stdin, tempfile.TemporaryFile("w+") as log:
        stdin.write(source)
        stdin.seek(0)
        child = process.start(
            host.command(*options(database), "--no-http", subcommand="shell"), env=environment(host),
            stdin=stdin, stdout=subprocess.PIPE, stderr=log, text=True)
        output = child.communicate()[0]
        process.forget(child)
        if child.returncode:
            log.seek(0)
            raise Failure(f"A script in the shell of Odoo {host.series} failed:\n" + tail(log.read()))
    return output


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tail(text, count=60):
    return "\n".join(text.splitlines()[-count:])
