"""Databases: made once per host as a template, then copied in a second."""
import os
import shutil

from . import odoo, postgres
from .console import say
from .locking import lock
from .paths import cache, short_hash


def template(host, modules=("base", "web"), demo=False, auto_install=True):
    """The name of a database with these modules; made when there is none of this very host.

    `auto_install=False` leaves out what installs itself, on 19.0 the native `rpc`. Older series have no such switch.
    """
    auto_install = auto_install or host.major < 19
    if not auto_install:
        # What installs itself with web on 19.0, and without which the stylesheet of its login page does not compile.
        modules = (*modules, "html_editor")
    name = f"json2_tpl_{host.series}_{short_hash(*modules, demo, auto_install)}"
    with lock(name):
        if note(name) != host.fingerprint:
            say(f"Making a database of Odoo {host.series} with {', '.join(modules)}{' and demo data' if demo else ''} "
                "(some 15 s) ...")
            unfinished = name + "_new"
            drop(unfinished)
            odoo.install(host, unfinished, "--init", ",".join(modules), *demo_options(host, demo),
                         *auto_install_options(host, auto_install))
            drop(name)
            rename(unfinished, name, host.fingerprint)
    return name


def clone(source, name):
    """Copy a database, its filestore included. An older one of that name goes."""
    drop(name)
    postgres.sql('CREATE DATABASE :"name" TEMPLATE :"source"', name=name, source=source)
    if filestore(source).exists():
        shutil.copytree(filestore(source), filestore(name))
    return name


def create(host, name, modules=("base", "web"), demo=False, auto_install=True):
    """A fresh database with these modules."""
    return clone(template(host, modules, demo, auto_install), name)


def drop(name):
    """Remove a database and its files; servers that still use it are cut off."""
    if exists(name):
        postgres.sql('DROP DATABASE :"name" WITH (FORCE)', name=name)
    shutil.rmtree(filestore(name), ignore_errors=True)
    shutil.rmtree(cache("data", name), ignore_errors=True)


def rename(old, new, text):
    """Give a finished database its name and note, in this order: that of an unfinished one never shows."""
    set_note(old, text)
    if filestore(old).exists():
        filestore(old).rename(filestore(new))
    shutil.rmtree(cache("data", old), ignore_errors=True)
    postgres.sql('ALTER DATABASE :"old" RENAME TO :"new"', old=old, new=new)


def exists(name):
    return bool(postgres.sql("SELECT 1 FROM pg_database WHERE datname = :'name'", name=name))


def note(name):
    """The text kept with a database by `set_note`, or None."""
    rows = postgres.sql(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :'name'", name=name)
    return rows[0][0] if rows else None


def set_note(name, text):
    postgres.sql("COMMENT ON DATABASE :\"name\" IS :'text'", name=name, text=text)


def filestore(name):
    return cache("filestore", name)


def demo_options(host, demo):
    """19.0 wants to be asked for demo data, the others not to have any."""
    if host.major >= 19:
        return ["--with-demo"] if demo else []
    return [] if demo else ["--without-demo=all"]


def auto_install_options(host, auto_install):
    return ["--skip-auto-install"] if host.major >= 19 and not auto_install else []


def temporary_name(purpose, host):
    """A name for a database that lives no longer than this process; also clears what a killed one left."""
    prefix = f"json2_{purpose}_{host.series}_"
    if not postgres.is_external():  # of somebody's server the processes may be on another machine
        for (name,) in postgres.sql("SELECT datname FROM pg_database WHERE starts_with(datname, :'prefix')", prefix=prefix):
            if not _is_alive(name.removeprefix(prefix)):
                drop(name)
    return f"{prefix}{os.getpid()}"


def _is_alive(pid):
    return not pid.isdigit() or os.path.exists(f"/proc/{pid}")
