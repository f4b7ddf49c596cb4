"""Every series: what programs cannot do by the host's own remote procedure calls, native ``/json/2`` on 19.0 included."""
import xmlrpc.client

import pytest
from support import ADDON, NATIVE, OURS, Client, Server, WebClient, odoo

MAKE = """
internal = env["res.users"].search([("login", "=", "internal")])
keys = {}
for name, user in (("own", env.ref("base.user_admin")), ("of another", internal), ("archived", internal)):
    keys[name] = env["json2.api.key"]._generate(name, user, allowed_models="json2.*", active=name != "archived")
result = {name: [record.id, secret] for name, (record, secret) in keys.items()}
"""
# What is called on which key, and a word of the refusal.
REFUSED = [
    ("action_rotate", "own", {}, "Only a person"),
    ("action_rotate", "of another", {}, "Only a person"),
    ("rotate", "of another", {}, "rotate"),
    ("action_unarchive", "archived", {}, "Only a person"),
    ("write", "archived", {"active": True}, "Only a person"),
    ("write", "own", {"allowed_models": False}, "Only a person"),
    ("write", "of another", {"expiration_date": "2027-01-01 00:00:00"}, "Only a person"),
]


@pytest.fixture(scope="module")
def database(host, prepared, new_database):
    name = new_database(prepared)
    if host.major >= 19:
        odoo.install(host, name, "--init", "rpc", f"--load={','.join(NATIVE)}")
    return name


@pytest.fixture(scope="module")
def keys(database, shell):
    return shell(database, MAKE)


@pytest.fixture(scope="module")
def running(host, database, keys):
    with Server(host, database, load=(*NATIVE, ADDON) if host.major >= 19 else OURS) as server:
        yield server


def by_xmlrpc(server, secret, model, method, *args):
    body = xmlrpc.client.dumps((server.databases[0], 2, secret, model, method, list(args)), "execute_kw", allow_none=True)
    return Client(server).send("POST", "/xmlrpc/2/object", body.encode(), {"Content-Type": "text/xml"}).text


def by_jsonrpc(server, secret, model, method, *args):
    return Client(server).send("POST", "/jsonrpc", {"jsonrpc": "2.0", "method": "call", "params": {
        "service": "object", "method": "execute_kw", "args": [server.databases[0], 2, secret, model, method, args]}}).text


def by_json2(server, secret, model, method, *args):
    return Client(server, secret).call(model, method, dict(zip(["ids", "vals"], args, strict=False))).text


@pytest.fixture(params=["/xmlrpc/2", "/jsonrpc", "/json/2"])
def call(request, running, user_key):
    """call(model, method, ids, values) -> the text of the answer, by one of the host's ways, as the admin with an Odoo key."""
    door = {"/xmlrpc/2": by_xmlrpc, "/jsonrpc": by_jsonrpc, "/json/2": by_json2}[request.param]
    return lambda *args: door(running, user_key, *args)


@pytest.fixture
def web(running):
    return WebClient(running, "admin")


def everything(web):
    """All keys, as they are."""
    fields = ["active", "expiration_date", "allowed_models", "name", "user_id"]
    return web.call("json2.api.key", "search_read", [["active", "in", [True, False]]], fields, order="id")


def test_generating(call, web):
    before = everything(web)
    wizard = web.call("json2.api.key.wizard", "create", [{"name": "Lasting", "duration": "90"}])
    answer = call("json2.api.key.wizard", "action_generate", wizard)
    assert "Only a person" in answer
    assert everything(web) == before


@pytest.mark.parametrize(("method", "name", "values", "refusal"), REFUSED)
def test_what_is_for_people(call, web, keys, method, name, values, refusal):
    before = everything(web)
    answer = call("json2.api.key", method, [keys[name][0]], *filter(None, [values]))
    assert refusal in answer
    assert "j2_" not in answer
    assert everything(web) == before


def test_what_is_for_programs(call, web, keys):
    """Rotating a key of one's own, and archiving."""
    before = everything(web)
    assert "j2_" in call("json2.api.key", "rotate", [keys["own"][0]])
    assert len(everything(web)) == len(before) + 1
    call("json2.api.key", "action_archive", [keys["of another"][0]])
    assert not web.call("json2.api.key", "read", [keys["of another"][0]], ["active"])[0]["active"]
    web.confirmed("json2.api.key", "action_unarchive", [keys["of another"][0]])


def test_a_key_of_ours_rotates_itself_only(running, keys):
    client = Client(running, keys["own"][1])
    assert client.call("json2.api.key", "rotate").status_code == 200
    assert client.call("json2.api.key", "rotate", {"ids": [keys["of another"][0]]}).status_code == 403


def test_a_person(web, keys):
    """The same things in the web client, where the password is asked for."""
    assert web.confirmed("json2.api.key", "action_rotate", [keys["of another"][0]])["res_model"] == "json2.api.key.show"
    wizard = web.call("json2.api.key.wizard", "create", [{"name": "Lasting"}])
    assert web.call("json2.api.key.wizard", "action_generate", wizard)["res_model"] == "json2.api.key.show"
    assert web.call("json2.api.key", "write", [keys["own"][0]], {"allowed_models": "res.*"}) is True
