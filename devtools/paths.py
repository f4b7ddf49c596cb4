"""Where things are: the checkout, the cache, and what the addon consists of."""
import ast
import hashlib
import os
import subprocess
from pathlib import Path

ADDON = "json2_backport"
SERIES = ("16.0", "17.0", "18.0", "19.0")
CHECKOUT = Path(__file__).resolve().parents[1]

# What stands in the checkout for the people who work on it, and is of no use to who installs the addon.
NOT_SHIPPED = ("dev", "devtools", ".ci", ".github", "tests/unit", "tests/live", "dist", "ruff.toml",
               ".gitignore", ".gitattributes", ".editorconfig", ".pylintrc", ".pre-commit-config.yaml")


def cache(*parts):
    """A path in the cache; its parent directory exists."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base, ADDON, *map(str, parts))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def short_hash(*values):
    return hashlib.sha256("\0".join(map(str, values)).encode()).hexdigest()[:8]


def addons_directory():
    """A directory whose only addon is this checkout, whatever name the checkout has."""
    directory = cache("addons", short_hash(CHECKOUT))
    directory.mkdir(exist_ok=True)
    link = directory / ADDON
    if not link.is_symlink():
        try:
            link.symlink_to(CHECKOUT, target_is_directory=True)
        except FileExistsError:  # another ./dev was faster
            pass
    return directory


def shipped_files():
    """The files of the addon as installed, relative to the checkout, sorted."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, check=True, capture_output=True, text=True,
    ).stdout
    return sorted({Path(name) for name in listing.split("\0") if name and _is_shipped(name)})


def _is_shipped(name):
    return (CHECKOUT / name).is_file() and not any(
        name == other or name.startswith(other + "/") for other in NOT_SHIPPED)


def checkout_fingerprint():
    """Changes when any shipped file does; to know when a kept database wants `-u`."""
    states = []
    for name in shipped_files():
        stat = (CHECKOUT / name).stat()
        states.append(f"{name} {stat.st_mtime_ns} {stat.st_size}")
    return short_hash(CHECKOUT, *states)


def manifest():
    return ast.literal_eval((CHECKOUT / "__manifest__.py").read_text())


def addon_version():
    """The addon's own version, without a series before it: 1.0.0"""
    return ".".join(manifest()["version"].split(".")[-3:])
