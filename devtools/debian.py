"""Odoo 19.0 out of Debian's `odoo-19`, unpacked into a directory; nothing of the system is changed."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import process
from .console import Failure, say

# Odoo's web assets are links into these packages.
PACKAGES = ("odoo-19", "libjs-jquery", "libjs-jquery-form", "libjs-underscore", "fonts-font-awesome",
            "fonts-roboto-unhinted", "fonts-montserrat", "fonts-inconsolata", "fonts-glyphicons-halflings")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

APT_CONFIGURATION = """
Dir::Etc::sourcelist "{home}/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "{home}/state";
Dir::State::lists "{home}/lists";
Dir::State::status "{home}/status";
Dir::Cache "{home}/cache";
Acquire::Languages "none";
Acquire::Retries "3";
"""


def unpack(target):
    """Download the packages and unpack them into `target`, which appears only when it is complete."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Failure("Odoo 19.0 is taken from Debian's package odoo-19, which needs apt-get and dpkg-deb. "
                      "Set ODOO_19 to a tree of Odoo 19.0 instead.")
    say("Downloading Odoo 19.0 from Debian (half a minute) ...")
    work = target.with_name(target.name + ".new")
    shutil.rmtree(work, ignore_errors=True)  # what a killed run left
    downloads = work / "downloads"
    downloads.mkdir(parents=True)
    _download(downloads, work / "apt")
    tree = work / "tree"
    for package in sorted(downloads.glob("*.deb")):
        process.check(["dpkg-deb", "-x", package, tree], f"Unpacking {package.name}")
    tree.rename(target)
    shutil.rmtree(work)


def _download(downloads, home):
    mirror = _mirror()
    environment = _private_apt(home, mirror) if mirror else dict(os.environ)
    # As root apt would drop to a user who cannot write here.
    unsandboxed = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    if mirror:
        process.check(["apt-get", *unsandboxed, "update"], f"Reading the package list of {mirror} (sid)",
                      env=environment)
    code, output = process.run(["apt-get", *unsandboxed, "download", *PACKAGES], cwd=downloads, env=environment)
    if code and not mirror:
        raise Failure("This machine's package sources are not Debian's and have no odoo-19. Set DEBIAN_MIRROR to the "
                      "address of a Debian mirror, or ODOO_19 to a tree of Odoo 19.0.")
    if code:
        raise Failure(f"Downloading odoo-19 from {mirror} failed:\n{output}\n"
                      "Set DEBIAN_MIRROR to another mirror, or ODOO_19 to a tree of Odoo 19.0.")


def _private_apt(home, mirror):
    """An apt of our own beside the system's, which knows sid and nothing else."""
    for directory in ("state", "lists/partial", "cache/archives/partial"):
        (home / directory).mkdir(parents=True)
    (home / "status").touch()
    signed_by = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    (home / "sources.list").write_text(f"deb {signed_by}{mirror} sid main\n")
    configuration = home / "apt.conf"
    configuration.write_text(APT_CONFIGURATION.format(home=home))
    return dict(os.environ, APT_CONFIG=str(configuration))


def _mirror():
    """The address of the Debian archive that the machine's own apt uses, or None."""
    if os.environ.get("DEBIAN_MIRROR"):
        return os.environ["DEBIAN_MIRROR"]
    fields = "$(ORIGIN)|$(LABEL)|$(CODENAME)|$(RELEASE)|$(SITE)"
    listing = subprocess.run(["apt-get", "indextargets", "--format", fields], capture_output=True, text=True).stdout
    for line in listing.splitlines():
        origin, label, codename, release, site = line.split("|")
        # Before the first `apt-get update` origin and label are not known yet: then the suite tells.
        unread_main_archive = not origin and _debian_codename() in (codename, release)
        if (origin, label) == ("Debian", "Debian") or unread_main_archive:
            return site
    return None


def _debian_codename():
    try:
        text = Path("/etc/os-release").read_text()
    except OSError:
        return "?"
    values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    return values.get("VERSION_CODENAME", "?") if values.get("ID") == "debian" else "?"
