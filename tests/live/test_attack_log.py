"""What an attacker tries on the log of a real server, where transactions end: floods that are rolled back, many addresses."""
import json
import re
import time

import pytest
from sql import PATIENCE, SETTLED, transaction
from support import OURS, Client, Server, run_in_shell

ROWS, ALL_ROWS = 30, 300
MB = 1_000_000
PREPARE = """
admin = env.ref("base.user_admin")
env["ir.config_parameter"].set_param("base.login_cooldown_after", 0)
_record, network_key = env["json2.api.key"]._generate("network", admin)
_record.allowed_networks = "192.0.2.0/24"
_record, limited_key = env["json2.api.key"]._generate("limited", admin)
_record.write({"rate_limit": 1, "rate_period": "day"})
attachment = env["ir.attachment"].create({"name": "x.bin", "raw": bytes(range(256)) * 20_000})
result = {"network": network_key, "limited": limited_key, "attachment": attachment.id}
"""
VERSION = {"jsonrpc": "2.0", "method": "call", "params": {"service": "common", "method": "version", "args": []}}


@pytest.fixture(scope="module")
def database(prepared, new_database):
    return new_database(prepared)


@pytest.fixture(scope="module")
def made(host, database):
    return run_in_shell(host, database, PREPARE)


@pytest.fixture(scope="module")
def running(host, database, made):
    with Server(host, database, load=OURS, extra=["--proxy-mode"]) as server:
        Client(server).call("res.partner", "read", {})
        yield server


@pytest.fixture
def kept(running):
    """kept() -> (rows, requests that they stand for) since the test began, which is at the beginning of a minute."""
    time.sleep(60 - time.time() % 60 + SETTLED)
    with transaction(running) as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM json2_api_log")
        (last,) = cursor.fetchone()
    minute = time.time() // 60

    def count(condition="true"):
        assert time.time() // 60 == minute, "the test has taken too long to be one"
        time.sleep(SETTLED)
        with transaction(running) as cursor:
            cursor.execute(f"SELECT count(*), sum(repetitions) FROM json2_api_log WHERE id > %s AND {condition}", [last])
            return cursor.fetchone()

    return count


def from_address(running, address, key="bad"):
    return Client(running, key).call("res.partner", "read", {}, X_Forwarded_For=address, X_Forwarded_Host="odoo.example.com")


def test_a_batch_that_is_rolled_back_resets_no_counter(running, kept):
    batch = [VERSION | {"id": 0}, {"jsonrpc": "2.0", "id": 1, "method": "res.partner.read"}, *[VERSION | {"id": 2}] * 26]
    for _number in range(40):
        answer = Client(running).send("POST", "/jsonrpc2", batch, {"X-Json2-Atomic": "true"})
        assert len(answer.json()) == 28, answer.text
    assert kept() == (ROWS, 40 * 28)


def test_what_others_have_committed_is_counted_in_what_is_there(running, kept):
    """Of calls that succeed, too."""
    for _number in range(10):
        answer = Client(running).send("POST", "/jsonrpc2", [VERSION | {"id": number} for number in range(10)])
        assert all("result" in item for item in answer.json())
    assert kept() == (ROWS, 100)


def test_a_network_of_ipv6_is_one_client(running, kept):
    for number in range(100):
        assert from_address(running, f"2001:db8:1:2:{number:x}::1").status_code == 401
    assert kept() == (ROWS, 100)


def test_all_addresses_together_have_a_bound(running, kept):
    for number in range(400):
        from_address(running, f"198.51.{number // 256}.{number % 256}")
    assert kept() == (ALL_ROWS + 1, 400)
    assert kept("ip IS NULL") == (1, 100)


def test_keys_that_are_refused_are_counted(running, kept, made):
    for number in range(50):
        assert from_address(running, f"198.51.100.{number}", made["network"]).status_code == 403
    assert kept() == (ROWS, 50)
    assert {Client(running, made["limited"]).call("res.users", "context_get").status_code for _number in range(51)} == {200, 429}
    assert kept("status = 429") == (ROWS, 50)


def highest_memory(server):
    return int(re.search(r"VmHWM:\s+(\d+) kB", open(f"/proc/{server.process.pid}/status").read())[1]) * 1000


@pytest.mark.parametrize("what", ["file", "order", "domain", "value", "name"])
def test_an_error_is_small(running, api_key, made, what):
    body = {
        "file": ("ir.attachment", "read", {"ids": [made["attachment"]], "fields": ["raw"]}),
        "order": ("res.partner", "search", {"domain": [], "order": ", ".join(["nofield"] * 150_000)}),
        "domain": ("res.partner", "search", {"domain": ["\\\n" * 2 * MB]}),
        "value": ("res.partner", "search", {"domain": [["id", "=", ': "' * MB + "\n"]]}),
        "name": ("res.partner", "search", {"domain": [], "got an unexpected keyword argument '" * 100_000: 1}),
    }[what]
    client = Client(running, api_key)
    before, began = highest_memory(running), time.monotonic()
    answer = client.call(*body)
    seconds, grown = time.monotonic() - began, highest_memory(running) - before
    print(what, answer.status_code, len(answer.content), f"{seconds:.1f} s", f"{grown / MB:.0f} MB")
    if answer.status_code != 200:  # some hosts can answer a file
        assert len(answer.content) < 50_000
    assert seconds < PATIENCE
    assert grown < 200 * MB
    message = {"jsonrpc": "2.0", "id": 1, "method": f"{body[0]}.{body[1]}", "params": body[2]}
    answer = client.send("POST", "/jsonrpc2", json.dumps([message] * 2 if what == "file" else message).encode())
    if b'"error"' in answer.content[:1000]:
        assert len(answer.content) < 100_000
