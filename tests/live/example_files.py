"""Running the programs in examples/, each in a process of its own, as a client would."""
import os
import subprocess
from pathlib import Path

EXAMPLES = Path(__file__).with_name("examples")


def run_example(command, name, *arguments, server, key):
    """Run a file of examples/ with URL, database and key in its environment, and nothing else of ours."""
    environment = dict(os.environ, ODOO_URL=server.url, ODOO_DATABASE=server.databases[0], ODOO_API_KEY=key,
                       NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    environment.pop("PYTHONPATH", None)
    return subprocess.run([*map(str, command), EXAMPLES / name, *arguments], check=False, env=environment,
                          capture_output=True, text=True, timeout=60)
