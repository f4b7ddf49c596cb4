"""Serve the addon on a database with demo data, and show one call to it."""
import json
import urllib.error
import urllib.request

from . import databases, hosts, odoo
from .console import say
from .locking import lock
from .paths import ADDON, CHECKOUT, SERIES, checkout_fingerprint, short_hash
from .servers import Server

PATH = "/json/2/res.partner/search_read"
BODY = {"domain": [], "fields": ["name"], "limit": 3}

# The keys of earlier runs expire by themselves.
GENERATE_KEY = """
import datetime
expiration = datetime.datetime.now() + datetime.timedelta(days=1)
_key, secret = env["json2.api.key"]._generate("./dev run", env.ref("base.user_admin"), expiration)
env.cr.commit()
print("secret:" + secret)
"""


def configure(parser):
    parser.add_argument("--odoo", choices=SERIES,
                        help="which Odoo (the newest of 18.0, 17.0, 16.0 that is here, else 19.0)")
    parser.add_argument("--check", action="store_true",
                        help="end after the call; the exit code tells whether it was answered 200")
    parser.add_argument("--port", type=int, help="(any free one)")


def main(arguments):
    host = hosts.get(arguments.odoo or _preferred_series())
    database = _database(host)
    secret = _generate_key(host, database)
    say(f"Starting Odoo {host.series} ...")
    with Server(host, database, port=arguments.port) as server:
        status = _call(server, secret)
        if arguments.check:
            return 0 if status == 200 else 1
        say(f"\nOdoo {host.series}:  {server.url}\nlogin:      admin\npassword:   admin\nAPI key:    {secret}\n"
            f"log:        {server.log}\n\nCtrl-C stops it.")
        return server.process.wait()


def _preferred_series():
    """The newest series that the addon is for, of those that are here; else the one that can be fetched."""
    older = [host.series for host in hosts.present() if host.series != hosts.FETCHABLE]
    return older[-1] if older else hosts.FETCHABLE


def _database(host):
    """The demo database, kept between runs; each checkout has its own."""
    name = f"json2_demo_{host.series}_{short_hash(CHECKOUT)}"
    wanted = f"{host.fingerprint} {checkout_fingerprint()}"
    with lock(name):
        found = databases.note(name) or ""
        if found.split(" ")[0] != host.fingerprint:
            _make_database(host, name, wanted)
        elif found != wanted:
            say("Updating the addon ...")
            odoo.install(host, name, "--update", ADDON)
            databases.set_note(name, wanted)
    return name


def _make_database(host, name, wanted):
    # Without what installs itself, so that on 19.0 our endpoint answers and not the native one.
    template = databases.template(host, demo=True, auto_install=False)
    say("Installing the addon ...")
    databases.drop(name)
    unfinished = databases.clone(template, name + "_new")
    odoo.install(host, unfinished, "--init", ADDON, *databases.demo_options(host, True),
                 *databases.auto_install_options(host, False))
    databases.rename(unfinished, name, wanted)


def _generate_key(host, database):
    output = odoo.script(host, database, GENERATE_KEY)
    return next(line.removeprefix("secret:") for line in output.splitlines() if line.startswith("secret:"))


def _call(server, secret):
    """Make the call, show it and its answer; returns the status."""
    body = json.dumps(BODY)
    say(f"""
curl {server.url}{PATH} \\
  -H 'Authorization: bearer {secret}' -H 'Content-Type: application/json' \\
  -d '{body}'
""")
    request = urllib.request.Request(server.url + PATH, body.encode(), {
        "Authorization": f"bearer {secret}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            status, answer = response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        status, answer = error.code, error.read().decode()
    say(f"{status}\n{_pretty(answer)}")
    return status


def _pretty(answer):
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except ValueError:
        return answer
