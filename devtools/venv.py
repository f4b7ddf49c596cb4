"""The virtual environments: one for what the hosts import and the tools for tests and checks, one for published clients,
one for what drives a browser."""
import shutil
import subprocess
import sys
from pathlib import Path

from . import process
from .console import say
from .locking import lock
from .paths import cache, short_hash

HOSTS, CLIENTS, BROWSER = "venv", "venv-clients", "venv-browser"
REQUIREMENTS = {
    HOSTS: ("requirements.txt", "requirements-dev.txt"),
    CLIENTS: ("requirements-clients.txt",),
    BROWSER: ("requirements-browser.txt",),
}


def python(name=HOSTS):
    """The interpreter of an environment; makes or completes the environment first when that is needed."""
    home = cache(name)
    requirements = [Path(__file__).with_name(file) for file in REQUIREMENTS[name]]
    wanted = short_hash(*(file.read_text() for file in requirements))
    # The stamp is written last: without it, whatever is there was cut short and pip is asked to complete it.
    stamp = home / "json2_requirements"
    if not _stamped(stamp, wanted):
        with lock(name):
            if not _stamped(stamp, wanted):
                _install(home, requirements)
                stamp.write_text(wanted)
    return home / "bin" / "python"


def tool(name):
    """A command line tool of the hosts' environment."""
    return python().with_name(name)


def _stamped(stamp, wanted):
    return stamp.exists() and stamp.read_text() == wanted


def _install(home, requirements):
    say(f"Installing {' and '.join(file.name for file in requirements)} (some 20 s) ...")
    if not _works(home / "bin" / "python"):
        shutil.rmtree(home, ignore_errors=True)
        process.check([sys.executable, "-m", "venv", home], "Making the virtual environment (is python3-venv there?)")
    arguments = [part for file in requirements for part in ("-r", file)]
    process.check([home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                   *arguments], "Installing Python packages")


def _works(interpreter):
    """Whether pip runs there: an environment can be half made, or its base Python be gone."""
    try:
        return subprocess.run([interpreter, "-m", "pip", "--version"], capture_output=True).returncode == 0
    except OSError:
        return False
