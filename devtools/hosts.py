"""The Odoo trees that the addon is tried on."""
import os
from dataclasses import dataclass
from pathlib import Path

from . import debian, venv
from .console import Failure
from .locking import lock
from .paths import SERIES, addons_directory, cache, short_hash

LAUNCHER = Path(__file__).parent / "bin" / "odoo-bin"
FETCHABLE = "19.0"
DEBIAN_TREE = Path("usr/lib/python3/dist-packages")


@dataclass(frozen=True)
class Host:
    """One tree of Odoo. `tree` is the directory that holds the package `odoo`."""

    series: str
    tree: Path

    @property
    def addons_path(self):
        """Our addon's directory, and `addons/` of a checkout. Odoo finds `odoo/addons` by itself."""
        directories = [addons_directory()]
        if (self.tree / "addons").is_dir():
            directories.append(self.tree / "addons")
        return ",".join(map(str, directories))

    @property
    def major(self):
        return int(self.series.split(".")[0])

    @property
    def fingerprint(self):
        """Changes when another release is put in the tree's place."""
        return short_hash(self.tree, (self.tree / "odoo" / "release.py").read_text())

    def command(self, *arguments, subcommand=None):
        """How this Odoo is started."""
        return [venv.python(), LAUNCHER, *([subcommand] if subcommand else []),
                f"--addons-path={self.addons_path}", *arguments]

    def environment(self):
        """What the process of this Odoo wants to find: its own tree, and no configuration of the person's."""
        return dict(os.environ, PYTHONPATH=str(self.tree), PYTHONUNBUFFERED="1", ODOO_RC=os.devnull)


def find(series):
    """The host of a series, or None when there is none on this machine."""
    variable = os.environ.get(_variable(series))
    for root in ([Path(variable).expanduser()] if variable else [_cached(series)]):
        for tree in (root, root / DEBIAN_TREE):
            if (tree / "odoo" / "release.py").is_file():
                return Host(series, tree.resolve())
    if variable:
        raise Failure(f"{_variable(series)} is set to {variable}, where no odoo/release.py is.")
    return None


def get(series):
    """The host of a series; 19.0 is fetched when it is not there."""
    host = find(series)
    if host is None and series == FETCHABLE:
        with lock("odoo-" + series):
            if find(series) is None:
                debian.unpack(_cached(series))
        host = find(series)
    if host is None:
        raise Failure(absence(series))
    return host


def present():
    """All hosts that are on this machine, oldest first."""
    return [host for host in map(find, SERIES) if host]


def absence(series):
    return f"Odoo {series}: not run (no host found; set {_variable(series)} or unpack one under {_cached(series)})"


def _variable(series):
    return "ODOO_" + series.split(".")[0]


def _cached(series):
    return cache("odoo", series)
