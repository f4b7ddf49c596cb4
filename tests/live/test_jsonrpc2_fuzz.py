"""Every series: whatever comes, /jsonrpc2 answers what the specification allows, and the server's log stays calm."""
import http.client
import itertools
import json
import os
import re

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support import OURS, TIMEOUT, Server

# Three to four minutes; JSON2_FUZZ=1000 asks for fewer.
EXAMPLES = int(os.environ.get("JSON2_FUZZ", "10000"))

TEXTS = st.text(max_size=8) | st.sampled_from(
    ["", "\x00", "\ud800", "call", "res.partner", "é😀", "_x", "__class__", "rpc.x", "."])
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [0, -1, 2**63, 2**200, 1e308, 5e-324])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda value: st.lists(value, max_size=4) | st.dictionaries(TEXTS, value, max_size=4), max_leaves=12)

# Methods that change nothing, whatever they are given.
MODELS = st.sampled_from(["res.partner", "res.users", "res.country", "ir.model.fields", "no.model"]) | TEXTS
METHODS = st.sampled_from(["read", "search", "search_read", "search_count", "fields_get", "name_search", "context_get", "nope",
                           "_search", "sudo", "ids", "env", "default_get", "browse"]) | TEXTS
CONDITIONS = st.tuples(st.sampled_from(["id", "name", "nofield", "parent_id.name"]),
                       st.sampled_from(["=", "in", "ilike", "x"]), VALUES)
DOMAINS = st.lists(CONDITIONS, max_size=2) | VALUES
ARGUMENTS = st.fixed_dictionaries({}, optional={
    "domain": DOMAINS, "fields": st.lists(TEXTS, max_size=2) | VALUES, "ids": VALUES, "limit": VALUES, "context": VALUES,
    "order": VALUES, "offset": VALUES, "db": VALUES, "api_key": VALUES}) | st.dictionaries(TEXTS, VALUES, max_size=3)
SERVICE = st.fixed_dictionaries({
    "service": st.sampled_from(["object", "common", "db", "report"]) | VALUES,
    "method": st.sampled_from(["execute", "execute_kw", "version", "login", "authenticate", "list"]) | VALUES,
    "args": st.lists(VALUES, max_size=6) | st.tuples(VALUES, VALUES, VALUES, MODELS, METHODS, st.lists(VALUES, max_size=2),
                                                     st.dictionaries(TEXTS, VALUES, max_size=2)) | VALUES})
MODEL = st.fixed_dictionaries({"model": MODELS | VALUES, "method": METHODS | VALUES}, optional={
    "args": st.lists(DOMAINS, max_size=3) | VALUES, "kwargs": ARGUMENTS | VALUES, "db": VALUES, "api_key": VALUES, "x": VALUES})
NAMES = st.builds("{}.{}".format, MODELS, METHODS)
REQUESTS = st.one_of(
    st.fixed_dictionaries({"jsonrpc": st.just("2.0"), "method": NAMES, "params": ARGUMENTS | st.lists(DOMAINS, max_size=3)},
                          optional={"id": SCALARS}),
    st.fixed_dictionaries({"jsonrpc": st.just("2.0"), "method": st.just("call"), "params": SERVICE | MODEL},
                          optional={"id": SCALARS}),
    st.fixed_dictionaries({}, optional={
        "jsonrpc": st.just("2.0") | VALUES, "method": NAMES | VALUES, "params": VALUES, "id": VALUES}),
    VALUES,
)
MESSAGES = (REQUESTS | st.lists(REQUESTS, max_size=4)).map(lambda message: json.dumps(message).encode())
DEPTHS = st.sampled_from([50, 99, 101, 500, 950, 5000, 100_000])
BODIES = st.one_of(
    MESSAGES, MESSAGES, MESSAGES, MESSAGES,
    # Cut short, or with some bytes of another message in the middle.
    st.builds(lambda data, end: data[:end % (len(data) + 1)], MESSAGES, st.integers(0)),
    st.builds(lambda data, at, more: data[:at % (len(data) + 1)] + more + data[at % (len(data) + 1):],
              MESSAGES, st.integers(0), st.binary(max_size=4)),
    st.binary(max_size=40),
    st.sampled_from([b"NaN", b"[NaN]", b"1e999", b"-Infinity", b"1" * 5000, b'{"id": 1e999}', b"", b" ", b"null",
                     b'{"jsonrpc": "2.0", "method": "x.y", "method": "res.users.context_get", "id": 1, "id": 2}']),
    st.builds(lambda depth, opening, closing: opening * depth + closing * depth, DEPTHS, st.sampled_from([b"[", b'{"a":']),
              st.sampled_from([b"]", b"}", b""])),
    DEPTHS.map(lambda depth: b'{"jsonrpc": "2.0", "id": 1, "method": "res.partner.search", "params": {"domain": '
                             + b"[" * depth + b"]" * depth + b"}}"),
)


@pytest.fixture(scope="module")
def calm(host, prepared, new_database):
    with Server(host, new_database(prepared), load=OURS, extra=["--log-level=warn", "--max-cron-threads=0"]) as running:
        yield running


@pytest.fixture(scope="module")
def post(calm, api_key):
    """post(body, atomic): (status, body) of the answer, over one connection as long as the server keeps it."""
    connection = http.client.HTTPConnection("127.0.0.1", calm.port, timeout=TIMEOUT)

    def post(body, atomic):
        connection.request("POST", "/jsonrpc2", body, {
            "Content-Type": "application/json", "Authorization": f"Bearer {api_key}", "X-Json2-Atomic": atomic})
        answer = connection.getresponse()
        return answer.status, answer.read()

    yield post
    connection.close()


def test_fuzz(calm, post):
    counter = itertools.count(1)

    # With the same seed every time, so that a failure can be repeated; what is found is not shrunk for hours.
    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=(Phase.generate,),
              suppress_health_check=list(HealthCheck))
    @given(BODIES, st.sampled_from(["false", "true", ""]))
    def check(body, atomic):
        next(counter)
        check_answer(body, *post(body, atomic))

    check()
    assert next(counter) > EXAMPLES * 0.9
    log = calm.log.read_text(errors="replace")
    assert "Traceback" not in log, log[max(log.index("Traceback") - 500, 0):][:4000]
    assert not re.search(r" CRITICAL | ERROR (?!.*odoo\.sql_db: bad query)", log), log[-4000:]


def check_answer(body, status, data):
    """The answer is one that the specification allows to this body."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        message = None
    if status == 204:
        assert data == b""
        assert all(is_notification(item) for item in (message if isinstance(message, list) else [message])), body
        return
    assert status in (200, 401), (status, body, data)
    answer = json.loads(data, parse_constant=pytest.fail)
    if not isinstance(answer, list):
        check_response(answer)
        if isinstance(message, dict) and answer["id"] is not None:
            assert same(answer["id"], message["id"]), (body, data)
        return
    assert isinstance(message, list)
    assert 0 < len(answer) <= len(message)
    assert len(answer) >= sum(not is_notification(item) for item in message), (body, data)
    for item in answer:
        check_response(item)


def is_notification(item):
    return isinstance(item, dict) and "id" not in item


def same(one, other):
    return (type(one), one) == (type(other), other)


def check_response(answer):
    assert answer["jsonrpc"] == "2.0"
    assert answer.keys() in ({"jsonrpc", "result", "id"}, {"jsonrpc", "error", "id"}), answer
    assert answer["id"] is None or type(answer["id"]) in (str, int, float)
    if "error" in answer:
        error = answer["error"]
        assert error.keys() == {"code", "message", "data"}
        assert error["code"] in (-32700, -32600, -32601, -32602) or -32099 <= error["code"] <= -32000, answer
        assert isinstance(error["message"], str)
        assert list(error["data"]) == ["name", "message", "arguments", "context", "debug"]
