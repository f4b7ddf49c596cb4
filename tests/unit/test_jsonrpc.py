import json

import pytest

from protocol import jsonrpc


@pytest.mark.parametrize("data, value", [
    (b'{"a": [1, 2.5, null, true, "\\u00e9"]}', {"a": [1, 2.5, None, True, "é"]}),
    ('"é"'.encode("utf-16"), "é"),
    (b'\xef\xbb\xbf{}', {}),
    (b'{"a": 1, "a": 2}', {"a": 2}),
    (b'"\\ud800"', "\ud800"),
    (b"[" * 100 + b"]" * 100, None),
    (b"[" + b"[]," * 500 + b"[]]", None),
])
def test_decode(data, value):
    decoded = jsonrpc.decode(data)
    assert value is None or decoded == value


@pytest.mark.parametrize("data", [
    b"", b" ", b"{", b"[1,]", b"{'a': 1}", b"NaN", b"[Infinity]", b"-Infinity", b"1e999", b"-1e999", b"\xff\xfe\xfd", b'"\xff"',
    b"1" * 5000, b"[" * 101 + b"]" * 101, b'{"a":' * 200 + b"1" + b"}" * 200, b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000,
    b'{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
], ids=lambda data: data[:20])
def test_what_is_no_json(data):
    with pytest.raises(jsonrpc.ParseError) as caught:
        jsonrpc.decode(data)
    assert caught.value.code == -32700


def request(**members):
    return {"jsonrpc": "2.0", "method": "m", **members}


@pytest.mark.parametrize("id_", ["1", "", "é\ud800", 0, -1, 2**80, 1.5, None])
def test_request(id_):
    read = jsonrpc.read_request(request(id=id_, params=[1], more="is passed over"))
    assert read == jsonrpc.Request("m", [1], id_, False)
    assert type(read.id) is type(id_)


def test_notification():
    assert jsonrpc.read_request(request()).is_notification
    assert jsonrpc.read_request(request()).params == {}
    assert not jsonrpc.read_request(request(id=None)).is_notification


@pytest.mark.parametrize("value", [
    1, "x", None, True, [], {},
    {"method": "m"},
    request(jsonrpc="1.0"), request(jsonrpc=2.0), request(jsonrpc=None), request(jsonrpc=["2.0"]),
    request(method=1), request(method=None), request(method=["m"]),
    request(params="bar"), request(params=None), request(params=1), request(params=False),
    request(id=True), request(id=False), request(id=[]), request(id={}),
])
def test_what_is_no_request(value):
    with pytest.raises(jsonrpc.EnvelopeError) as caught:
        jsonrpc.read_request(value)
    assert caught.value.code == -32600


def test_responses():
    assert jsonrpc.success(7, None) == {"jsonrpc": "2.0", "result": None, "id": 7}
    error = {"message": "first line\nsecond"}
    answer = jsonrpc.failure(None, -32601, error)
    assert answer == {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found", "data": error}, "id": None}
    assert jsonrpc.failure(1, -32003, error)["error"]["message"] == "first line"
    assert jsonrpc.failure(1, -32003, {"message": ""})["error"]["message"] == "Server error"
    assert list(json.loads(json.dumps(answer))) == ["jsonrpc", "error", "id"]


@pytest.mark.parametrize("status, code", [
    (400, -32000), (401, -32001), (403, -32003), (422, -32022), (499, -32099), (500, -32603), (503, -32603),
])
def test_code_of_status(status, code):
    assert jsonrpc.code_of_status(status) == code


@pytest.mark.parametrize("header, truth", [
    (None, False), ("", False), ("true", True), ("True", True), (" 1 ", True), ("false", False), ("0", False),
])
def test_header(header, truth):
    assert jsonrpc.is_true(header) is truth


def test_header_that_is_neither():
    with pytest.raises(jsonrpc.EnvelopeError):
        jsonrpc.is_true("yes")
