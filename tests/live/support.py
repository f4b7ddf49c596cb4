"""What the live tests have in common: a client, the shell of Odoo, and a database that is ready for them."""
import json
from dataclasses import dataclass

import requests

from devtools import databases, odoo
from devtools.paths import ADDON, cache
from devtools.servers import NATIVE, OURS, Server

MARK = "json2-result:"
TIMEOUT = 60

# Users and keys, the same on ours and on the native database: records made here have the same ids on both.
PREPARE = """
import datetime
import inspect

admin = env.ref("base.user_admin")
Users = env["res.users"].with_context(no_reset_password=True)
groups = "group_ids" if "group_ids" in Users._fields else "groups_id"

def make_user(login, group):
    return Users.create({"name": login.title(), "login": login, "password": login,
                         groups: [(6, 0, [env.ref(group).id])]})

# All clients come from one address, many of them with wrong keys; test_limits.py has a cooldown of its own.
env["ir.config_parameter"].set_param("base.login_cooldown_after", "0")

users = {
    "admin": admin,
    "internal": make_user("internal", "base.group_user"),
    "portal": make_user("portal", "base.group_portal"),
    "temporary": make_user("temporary", "base.group_user"),
    "leaver": make_user("leaver", "base.group_user"),
}

def user_key(user, name, scope=None):
    keys = env["res.users.apikeys"].with_user(user).sudo()
    expiration = [False] if "expiration_date" in inspect.signature(keys._generate).parameters else []
    return keys._generate(scope, name, *expiration)

def own_key(user, name, **values):
    record, secret = env["json2.api.key"]._generate(name, user)
    record.write(values)
    return secret

result = {
    "users": {name: {"id": user.id, "partner": user.partner_id.id} for name, user in users.items()},
    "user_key": {name: user_key(user, "live") for name, user in users.items()} | {
        "scope rpc": user_key(admin, "scope rpc", "rpc"), "scope other": user_key(admin, "scope other", "other"),
        "to delete": user_key(admin, "to delete"), "to expire": user_key(admin, "to expire")},
    "own_key": {},
}
if "json2.api.key" in env:
    result["own_key"] = {name: own_key(user, "live") for name, user in users.items()}
    second_ago = datetime.datetime.utcnow() - datetime.timedelta(seconds=1)
    hour_ahead = datetime.datetime.utcnow() + datetime.timedelta(hours=1)
    result["own_key"]["archived"] = own_key(admin, "archived", active=False)
    result["own_key"]["expired"] = own_key(admin, "expired", expiration_date=second_ago)
    result["own_key"]["to archive"] = own_key(admin, "to archive")
    result["own_key"]["expiring"] = own_key(admin, "expiring", expiration_date=hour_ahead)
    result["own_key"]["of archived user"] = result["own_key"]["leaver"]
users["leaver"].active = False
"""


def run_in_shell(host, database, source):
    """Run Python in `odoo shell`, with `env` at hand, and commit; returns what it put into `result` (JSON values)."""
    script = f"result = None\n{source}\nenv.cr.commit()\nimport json\nprint('{MARK}' + json.dumps(result))\n"
    # The shell reads a script from stdin as one program, so blank lines and blocks are as in a file.
    output = odoo.script(host, database, script)
    return json.loads(next(line for line in output.splitlines() if line.startswith(MARK)).removeprefix(MARK))


def drop_with_logs(database):
    databases.drop(database)
    for log in cache("logs").glob(f"{database}-*.log"):
        log.unlink()


@dataclass(frozen=True)
class Prepared:
    """A database that no server uses, to be cloned, and what PREPARE made in it."""

    database: str
    users: dict
    user_key: dict
    own_key: dict


def prepare(host, database, ours):
    """Make `database` with the users and keys of PREPARE; `ours`: with the addon, else (on 19.0) with native `rpc`.

    Neither holds what installs itself, so that on 19.0 our endpoint answers on ours, and that both are alike.
    """
    if ours:
        databases.create(host, database, auto_install=False)
        odoo.install(host, database, "--init", ADDON, *databases.demo_options(host, False),
                     *databases.auto_install_options(host, False))
    else:
        databases.create(host, database, modules=("base", "web", "base_setup", "rpc"), auto_install=False)
    return Prepared(database, **run_in_shell(host, database, PREPARE))


class Client:
    """Sends what it is told and nothing else: no cookie jar, no redirects, no proxy."""

    def __init__(self, server, key=None, database=None):
        self.url = server if isinstance(server, str) else server.url
        self.headers = {}
        if key:
            self.headers["Authorization"] = f"Bearer {key}"
        if database:
            self.headers["X-Odoo-Database"] = database

    def call(self, model, method, body=None, **headers):
        """POST /json/2/<model>/<method>; underscores in the names of headers become dashes, None takes one away."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", f"/json/2/{model}/{method}", {} if body is None else body, headers)

    def log_in(self, database, login):
        """The id of a new session of this user, whose password is his login."""
        answer = self.send("POST", "/web/session/authenticate", {
            "jsonrpc": "2.0", "method": "call", "params": {"db": database, "login": login, "password": login}},
            {"Authorization": None, "X-Odoo-Database": None})
        assert answer.json().get("result", {}).get("uid"), answer.text
        return answer.cookies["session_id"]

    def send(self, verb, path, body=None, headers=None, timeout=TIMEOUT):
        """`body`: bytes as they are, None for no body, anything else as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | self.headers | (headers or {})
        headers = {name: value for name, value in headers.items() if value is not None}
        if headers.get("Transfer-Encoding") == "chunked":
            data = iter([data])
        with requests.Session() as session:
            session.trust_env = False
            return session.request(verb, self.url + path, data=data, headers=headers, timeout=timeout,
                                   allow_redirects=False)


class WebClient:
    """Calls as the web client does, in a person's session. The password is the login."""

    def __init__(self, server, login):
        self.login = login
        self.client = Client(server)
        self.session = self.client.log_in(server.databases[0], login)

    def call(self, model, method, *args, **kwargs):
        answer = self.client.send("POST", f"/web/dataset/call_kw/{model}/{method}", {
            "jsonrpc": "2.0", "method": "call", "params": {"model": model, "method": method, "args": args, "kwargs": kwargs},
        }, {"Cookie": f"session_id={self.session}"})
        assert "error" not in answer.json(), answer.text
        return answer.json().get("result")

    def confirmed(self, model, method, *args):
        """Call an action that asks for the password, type that, and return what the action returns."""
        dialog = self.call(model, method, *args)
        assert dialog["res_model"] == "res.users.identitycheck", dialog
        password = {"password": self.login}
        self.call(dialog["res_model"], "write", [dialog["res_id"]], password)
        # Odoo 19 takes it from the context.
        return self.call(dialog["res_model"], "run_check", [dialog["res_id"]], context=password)


__all__ = ["ADDON", "NATIVE", "OURS", "Client", "Prepared", "Server", "WebClient", "databases", "drop_with_logs", "odoo",
           "prepare", "run_in_shell"]
