"""Every series: a whole dump of the database and the whole log of the server are searched for the secrets of keys."""
import json
import re
import subprocess
from dataclasses import dataclass, field

import pytest
from support import OURS, Client, Server, WebClient, databases

from devtools import postgres

MAKE = """
from datetime import datetime

# Every wrong call is to be answered for itself.
env["ir.config_parameter"].set_param("base.login_cooldown_after", "0")
admin = env.ref("base.user_admin")
env["ir.config_parameter"].set_param("json2_backport.traceback", "always")
result = {"_generate": env["json2.api.key"]._generate("Shell", admin)[1],
          "restricted": env["json2.api.key"]._generate("Restricted", admin, allowed_models="res.partner")[1],
          "networks": env["json2.api.key"]._generate("Networks", admin, allowed_networks="192.0.2.0/24")[1],
          "expired": env["json2.api.key"]._generate("Expired", admin, datetime(2000, 1, 1))[1],
          "archived": env["json2.api.key"]._generate("Archived", admin, active=False)[1],
          "user's own": USER_KEY}
"""


@dataclass
class Used:
    """A server whose keys have been used, rightly and wrongly, and what it has left behind."""

    secrets: dict
    log: str
    dump: str
    files: dict = field(default_factory=dict)
    answers: list = field(default_factory=list)


def generate_by_the_web(web):
    """As the dialog does it, its second step included, in which the form asks for the values that it shows."""
    wizard = web.call("json2.api.key.wizard", "create", [{"name": "Web shop", "duration": "30"}])
    wizard = wizard if isinstance(wizard, list) else [wizard]
    action = web.confirmed("json2.api.key.wizard", "action_generate", wizard)
    context = action["context"]
    shown = web.call("json2.api.key.show", "default_get", ["key", "curl"], context=context)
    assert shown["key"] == context["default_key"]
    specification = {"key": {}, "curl": {}}
    try:
        web.call("json2.api.key.show", "onchange", [], {}, [], specification, context=context)
    except AssertionError:  # before 17 it takes other arguments
        web.call("json2.api.key.show", "onchange", [], {}, [], {"key": "", "curl": ""}, context=context)
    return shown["key"]


def rotate_by_the_web(web):
    """As the button of the form does it."""
    [record] = web.call("json2.api.key", "search", [["name", "=", "Web shop"]], limit=1)
    action = web.call("json2.api.key", "action_rotate", [record])
    return action["context"]["default_key"]


def use(server, secrets, answers):
    """Every key, rightly and wrongly."""
    for name, secret in secrets.items():
        client, nobody = Client(server, secret), Client(server)
        wrong = secret[:-1] + ("a" if secret[-1] != "a" else "b")
        # rightly
        answers.append((name, client.call("res.partner", "search_count", {"domain": []}).status_code))
        client.call("res.partner", "create", {"vals_list": [{"name": "x"}]})
        # rightly, but what is called fails, with and without a traceback
        client.call("res.partner", "no_method", {})
        client.call("res.partner", "read", {"ids": "x"})
        client.call("res.partner", "web_read", {"ids": [1], "specification": {"nofield": {}}})
        client.call("res.partner", "unlink", {"ids": [1]})
        client.send("POST", "/json/2/res.partner/search", b"{no json")
        client.send("GET", "/json/2/res.partner/search")
        client.call("res.partner", "search", {"domain": []}, Content_Type="text/plain")
        # a typing mistake, or something else than a bearer
        Client(server, wrong).call("res.partner", "search", {"domain": []})
        Client(server, secret + "x").call("res.partner", "search", {"domain": []})
        for header in ({"Authorization": f"Basic {secret}"}, {"Authorization": secret}, {"X_API_Key": secret},
                       {"Cookie": f"key={secret}"}, {"X_Odoo_Database": secret}, {"Authorization": f"Bearer {secret} x"}):
            nobody.call("res.partner", "search", {"domain": []}, **header)


def use_in_wrong_places(server, secrets):
    """Where a key does not belong: the URL, the body, the name of the client."""
    for secret in secrets.values():
        client, nobody = Client(server, secret), Client(server)
        for caller in (client, nobody):
            caller.send("POST", f"/json/2/res.partner/search_count?key={secret}", {"domain": []})
            caller.send("POST", f"/json/2/res.partner/{secret}", {})
            caller.send("POST", f"/json/2/{secret}/search", {})
            caller.send("GET", f"/json/2/{secret}")
            caller.call("res.partner", "search_count", {"domain": [], "key": secret})
            caller.call("res.partner", "search_count", {"domain": [["name", secret, secret]]})
            caller.call("res.partner", "search_count", {"domain": [[secret, "=", 1]]})
            caller.call("res.partner", "read", {"ids": [secret]})
            caller.call("res.partner", "read", {"ids": [1], "fields": [secret]})
            caller.call("res.partner", "search_count", {"domain": [], "context": {"lang": secret}})
            caller.call("res.partner", "search_count", {"domain": []}, User_Agent=secret, Referer=f"https://example.com/{secret}")
            caller.send("POST", "/json/2/res.partner/search", f"{{{secret}".encode())
            caller.call("res.users.apikeys", "revoke", {"key": secret + "x"})


def dump(database):
    done = subprocess.run(["pg_dump", database], env=postgres.environment() | {"PATH": "/usr/bin:/bin:/usr/local/bin"},
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode(errors="replace")


def play(host, prepared, new_database, shell, extra=(), wrong_places=False):
    database = new_database(prepared)
    secrets = shell(database, MAKE.replace("USER_KEY", json.dumps(prepared.user_key["admin"])))
    answers = []
    with Server(host, database, load=OURS, extra=["--max-cron-threads=0", *extra]) as server:
        web = WebClient(server, "admin")
        secrets["the web's dialog"] = generate_by_the_web(web)
        secrets["rotated by the web"] = rotate_by_the_web(web)
        answer = Client(server, secrets["_generate"]).call("json2.api.key", "rotate", {})
        secrets["rotated by itself"] = answer.json()["key"]
        use(server, secrets, answers)
        if wrong_places:
            use_in_wrong_places(server, secrets)
    files = {str(path): path.read_bytes().decode(errors="replace")
             for root in (databases.filestore(database),) for path in root.rglob("*") if path.is_file()}
    return Used(secrets, server.log.read_bytes().decode(errors="replace"), dump(database), files, answers)


@pytest.fixture(scope="module")
def used(host, prepared, new_database, shell):
    return play(host, prepared, new_database, shell)


@pytest.fixture(scope="module")
def misused(host, prepared, new_database, shell):
    return play(host, prepared, new_database, shell, wrong_places=True)


@pytest.fixture(scope="module")
def debugged(host, prepared, new_database, shell):
    return play(host, prepared, new_database, shell, ["--log-level=debug_rpc_answer"])


def hits(secrets, text):
    """What holds a secret, or all of it that its visible part does not show; shortened, without the secret."""
    found = []
    for name, secret in secrets.items():
        for line in text.splitlines():
            if secret[9:] in line:
                found.append((name, line[:400].replace(secret[9:], "<SECRET>")))
    return found


def recognisable(secrets):
    """Keys of ours; those of the host are forty hexadecimal digits, as many other things are."""
    return {name: secret for name, secret in secrets.items() if secret.startswith("j2_")}


def test_the_keys_were_used(used):
    """Or the search would prove nothing."""
    statuses = dict(used.answers)
    assert {name for name, status in statuses.items() if status == 200} == {
        "_generate", "restricted", "the web's dialog", "rotated by the web", "rotated by itself", "user's own"}
    assert {name for name, status in statuses.items() if status == 401} == {"expired", "archived"}
    assert statuses["networks"] == 403
    for secret in used.secrets.values():
        assert not secret.startswith("j2_") or secret[:9] in used.dump, "the visible part, by which a search can be trusted"
    assert len(re.findall(r"/json/2/res.partner/search_count", used.log)) >= len(used.secrets)


def test_dump(used):
    assert hits(used.secrets, used.dump) == []


def test_log(used):
    assert hits(used.secrets, used.log) == []


def test_attachments(used):
    assert [(name, hits(used.secrets, text)) for name, text in used.files.items() if hits(used.secrets, text)] == []


def test_no_two_characters_more_than_the_visible_part(used):
    """Neither the dump nor the log holds a longer beginning of a key than the list of keys shows."""
    longer = {secret[:11] for secret in used.secrets.values() if secret.startswith("j2_")}
    assert [beginning for beginning in longer if beginning in used.dump or beginning in used.log] == []


def test_dump_after_misuse(misused):
    """Keys in the URL, in the body, in other headers: whoever does that has told it to the network, but not to our tables."""
    assert hits(recognisable(misused.secrets), misused.dump) == []


def test_log_after_misuse(misused):
    assert hits(recognisable(misused.secrets), misused.log) == []


def test_dump_with_a_talkative_log(debugged):
    assert hits(debugged.secrets, debugged.dump) == []


def test_talkative_log(debugged):
    """debug_rpc_answer: what the host writes there of bodies and answers must not be the secret of a key."""
    assert hits(debugged.secrets, debugged.log) == []
