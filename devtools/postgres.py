"""The PostgreSQL server: the person's own when PG* variables name one, else a throw-away cluster.

The cluster is started by the first command that needs it and then keeps running: two commands may work at once and neither
may stop it under the other, and the next command starts at once. `./dev stop` ends it.
"""
import functools
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import process
from .console import Failure, say
from .locking import lock
from .paths import cache, short_hash

# Odoo refuses to work as `postgres`.
ROLE = "odoo"
# Durability stays as PostgreSQL ships it (fsync and synchronous_commit on), so that a benchmark tells the truth.
# Turning fsync off was measured to gain nothing: a database with base and web took 11.4 s with and 11.5 s without, a
# copy of it 0.1 to 0.6 s either way.
SETTINGS = {"listen_addresses": "", "shared_buffers": "512MB", "max_connections": "200"}
EXTERNAL = ("PGHOST", "PGPORT", "PGDATABASE", "PGSERVICE")


@functools.cache
def environment():
    """The PG* variables by which psql and Odoo reach the server; starts the cluster when it does not run."""
    if is_external():
        return {}
    with lock("postgres"):
        home = _home()
        if not (home / "data").exists():
            _initialise(home)
        if not _is_running(home):
            _start(home)
    return {"PGHOST": str(home), "PGPORT": "5432", "PGUSER": ROLE}


def is_external():
    return any(os.environ.get(name) for name in EXTERNAL)


def sql(statement, database="postgres", **values):
    """Run one or more statements; returns the rows as lists of strings. `:'name'` in them is a quoted value, `:"name"` a
    quoted identifier."""
    variables = [part for name, value in values.items() for part in ("-v", f"{name}={value}")]
    done = subprocess.run(
        ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t",
         "-v", "ON_ERROR_STOP=1", *variables, "--dbname", database],
        # Variables are filled in what is read from stdin only, not in -c.
        input=statement, env=os.environ | environment(), capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"PostgreSQL: {done.stderr.strip()}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def stop():
    """Stop the cluster, if it is ours and runs."""
    with lock("postgres"):
        home = _home()
        if not is_external() and _is_running(home):
            _pg_ctl(home, "stop", "-m", "fast")
            say("PostgreSQL stopped.")


def _home():
    """Where the cluster is: in the cache, unless its server could not work there."""
    home = cache("postgres")
    too_long = len(str(home / ".s.PGSQL.5432")) > 107  # the limit for the address of a unix socket
    # As root the server runs as another user, to whom root's home directory is closed.
    if os.geteuid() == 0 or too_long:
        home = Path("/var/tmp" if os.path.isdir("/var/tmp") else tempfile.gettempdir(),
                    f"json2_backport-{os.geteuid()}-{short_hash(home)}")
    return home


def _initialise(home):
    say("Making a PostgreSQL cluster ...")
    home.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        user = _server_user()
        os.chown(home, user.pw_uid, user.pw_gid)
    fresh = home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)  # what a killed run left
    process.check(_as_server_user(
        _binary("initdb"), "--pgdata", fresh, "--username", ROLE, "--auth", "trust", "--encoding", "UTF8",
        "--locale", "C.UTF-8"), "initdb", cwd=home)
    fresh.rename(home / "data")


def _start(home):
    settings = SETTINGS | {"unix_socket_directories": str(home), "port": "5432"}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    _pg_ctl(home, "start", "--log", home / "log", "--options", options)


def _is_running(home):
    return (home / "data").exists() and subprocess.run(
        _as_server_user(_binary("pg_ctl"), "--pgdata", home / "data", "status"),
        cwd=home, capture_output=True).returncode == 0


def _pg_ctl(home, *arguments):
    done = subprocess.run(
        _as_server_user(_binary("pg_ctl"), "--pgdata", home / "data", "--wait", "--silent", *arguments),
        # No pipe: the server would inherit it, and who reads our output would wait for ever. In a session of its own it
        # does not get the Ctrl-C that is meant for us.
        cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True)
    if done.returncode:
        raise Failure(f"PostgreSQL did not {arguments[0]}; see {home / 'log'}")


def _binary(name):
    """A program of the newest PostgreSQL that is installed."""
    def version(path):
        return [int(part) for part in path.parts[-3].split(".")]

    candidates = Path("/usr/lib/postgresql").glob("*/bin/" + name)  # Debian keeps them off the PATH
    found = max(candidates, key=version, default=None) or shutil.which(name)
    if not found:
        raise Failure(f"No PostgreSQL here ({name} not found). Install it, or name a server by PGHOST, PGUSER, ...")
    return found


def _server_user():
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise Failure("PostgreSQL refuses to run as root, and there is no other user here. Name a server by PGHOST.")


def _as_server_user(*command):
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return [*map(str, command)]
    user = _server_user()
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *map(str, command)]
