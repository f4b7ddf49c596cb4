"""Real Odoo servers on databases of their own. `./dev test live` runs this once for each series that is here."""
import itertools
import os
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(1, str(Path(__file__).parents[2]))  # devtools

from support import NATIVE, OURS, Client, Server, databases, drop_with_logs, prepare, run_in_shell  # noqa: E402

from devtools import hosts, process  # noqa: E402


def pytest_configure(config):
    # Told to end, end the servers as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_unconfigure(config):
    process.stop_all()


@pytest.fixture(scope="session")
def host():
    """The Odoo of $JSON2_ODOO_SERIES."""
    return hosts.get(os.environ["JSON2_ODOO_SERIES"])


@pytest.fixture(scope="session")
def prepared(host):
    """A database with the addon, users and keys, which no server uses: clone it."""
    name = databases.temporary_name("liveprep", host)
    yield prepare(host, name, ours=True)
    drop_with_logs(name)


@pytest.fixture(scope="session")
def prepared_native(host):
    """The same without the addon, with the native endpoint instead."""
    if host.major < 19:
        pytest.skip(f"Odoo {host.series} has no /json/2 of its own")
    name = databases.temporary_name("liveprepnative", host)
    yield prepare(host, name, ours=False)
    drop_with_logs(name)


@pytest.fixture(scope="session")
def new_database(host):
    """new_database(source) -> the name of a clone, which is gone at the end; `source`: a Prepared or the name of a database."""
    made = []
    counter = itertools.count(1)

    def clone(source):
        # One purpose for each, so that the name stays one that devtools clears when we are killed.
        name = databases.temporary_name(f"live{next(counter)}", host)
        made.append(name)
        return databases.clone(getattr(source, "database", source), name)

    yield clone
    for name in made:
        drop_with_logs(name)


@pytest.fixture(scope="session")
def server(host, prepared, new_database):
    """A server with our endpoint on a database of its own. Leave no record behind that others could stumble over."""
    with Server(host, new_database(prepared), load=OURS) as running:
        yield running


@pytest.fixture(scope="session")
def native(host, prepared_native, new_database):
    """On 19.0 a server with the native endpoint, without our addon."""
    with Server(host, new_database(prepared_native), load=NATIVE) as running:
        yield running


@pytest.fixture(scope="session")
def users(prepared):
    """{name: {"id": user id, "partner": partner id}} of admin, internal, portal, temporary and leaver (archived); the password
    is the name. The same on ours and on native."""
    return prepared.users


@pytest.fixture(scope="session")
def own_keys(prepared):
    """Keys of json2.api.key, by the name of the user, and: archived, expired, expiring, to archive, of archived user."""
    return prepared.own_key


@pytest.fixture(scope="session")
def user_keys(prepared):
    """Odoo's own API keys, by the name of the user, and: scope rpc, scope other, to delete, to expire."""
    return prepared.user_key


@pytest.fixture(scope="session")
def api_key(own_keys):
    """A key of ours of the admin."""
    return own_keys["admin"]


@pytest.fixture(scope="session")
def user_key(user_keys):
    """An Odoo API key of the admin."""
    return user_keys["admin"]


@pytest.fixture(scope="session")
def native_key(prepared_native):
    """An Odoo API key of the admin on the native database."""
    return prepared_native.user_key["admin"]


@pytest.fixture(scope="session")
def client(server, api_key):
    """Calls `server` as the admin, with a key of ours."""
    return Client(server, api_key)


@pytest.fixture(scope="session")
def native_client(native, native_key):
    return Client(native, native_key)


@pytest.fixture(scope="session")
def shell(host):
    """shell(database, source): runs Python in `odoo shell`, commits, returns what it put into `result`. Takes 2 to 4 s."""
    return lambda database, source: run_in_shell(host, database, source)


# Minutes on each series, or in need of a quiet machine.
SLOW = ("test_jsonrpc2_fuzz", "test_log", "test_log_durability", "test_log_scale", "test_processes", "test_secrets")


def pytest_collection_modifyitems(items):
    if not os.environ.get("JSON2_FULL"):
        for item in items:
            if item.module.__name__ in SLOW:
                item.add_marker(pytest.mark.skip(reason="slow: run with JSON2_FULL=1"))
