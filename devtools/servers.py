"""A server of Odoo that answers HTTP, for as long as a `with` block lasts."""
import http.client
import time
import urllib.error
import urllib.request

from . import odoo, process
from .console import Failure
from .paths import ADDON, cache

OURS = ("base", "web", ADDON)
# What 19.0 loads by itself: the native /json/2 answers.
NATIVE = ("base", "rpc", "web")


class Server:
    """An Odoo server.

    databases: the names of those that it serves; `load`: the server-wide modules; `workers`: 0 for threads;
    `extra`: further command line arguments; `environment`: further variables.
    """

    def __init__(self, host, *databases, load=OURS, workers=0, port=None, extra=(), environment=None, patience=120):
        self.host = host
        self.databases = databases
        self.port = port or odoo.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = cache("logs", f"{databases[0]}-{self.port}.log")
        self.process = None
        self._patience = patience
        self._environment = environment or {}
        self._arguments = [
            "--http-interface=127.0.0.1", f"--http-port={self.port}", f"--gevent-port={odoo.free_port()}",
            f"--load={','.join(load)}", f"--workers={workers}", *extra]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        command = self.host.command(*odoo.options(",".join(self.databases)), *self._arguments)
        with self.log.open("w") as log:
            self.process = process.start(command, env=odoo.environment(self.host) | self._environment,
                                         stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        if self.process:
            process.stop(self.process)

    def _wait(self):
        """Wait for an answer. To say of this path that nobody serves it, Odoo needs the routes of all that is installed:
        whatever it answers, the registry is loaded."""
        end = time.monotonic() + self._patience
        while self.process.poll() is None and time.monotonic() < end:
            try:
                urllib.request.urlopen(self.url + "/json2-dev-is-it-up", timeout=60)
                return
            except urllib.error.HTTPError:
                return
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
        raise Failure(f"Odoo {self.host.series} did not come up; the end of {self.log}:\n{odoo.tail(self.log.read_text())}")
