"""Published clients for Node, from npm, for the live tests."""
import shutil

from . import process
from .locking import lock
from .paths import cache

CLIENTS = ("json-rpc-2.0@1",)


def modules():
    """The directory that holds the clients, for NODE_PATH; installed when they are not there. None without npm."""
    home = cache("node-clients")
    stamp = home / "json2_clients"
    wanted = " ".join(CLIENTS)
    if not shutil.which("npm") or not shutil.which("node"):
        return None
    with lock("node-clients"):
        if not stamp.exists() or stamp.read_text() != wanted:
            home.mkdir(exist_ok=True)
            process.check(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", home, *CLIENTS],
                          "Installing Node packages")
            stamp.write_text(wanted)
    return home / "node_modules"
