import pytest

from protocol import cors


@pytest.mark.parametrize("text, origins", [
    (None, []),
    ("", []),
    (" ", []),
    ("*", ["*"]),
    ("https://a.example *", ["*"]),
    ("https://a.example, http://localhost:3000\nhttps://a.example", ["https://a.example", "http://localhost:3000"]),
    ("HTTPS://App.Example.COM/", ["https://app.example.com"]),
    ("https://a.example:443 http://a.example:80 http://a.example:443",
     ["https://a.example", "http://a.example", "http://a.example:443"]),
    ("http://[::1]:8080", ["http://[::1]:8080"]),
    ("https://bücher.example", ["https://xn--bcher-kva.example"]),
    ("capacitor://localhost chrome-extension://abcdef", ["capacitor://localhost", "chrome-extension://abcdef"]),
])
def test_parse(text, origins):
    assert cors.parse_origins(text) == origins


@pytest.mark.parametrize("word", [
    "example.com", "https://", "https://a.example/path", "https://a.example?x", "https://*.example.com", "null",
    "https://user@a.example", "https://a.example:99999", "https://a.example:x", "//a.example", "https://a..\u2025.example",
])
def test_no_origin(word):
    with pytest.raises(cors.InvalidOrigin) as caught:
        cors.parse_origins(f"https://fine.example {word}")
    assert caught.value.args[0] == word


def test_allowed():
    allowed = ["https://a.example"]
    assert cors.allowed_origin(allowed, "https://a.example") == "https://a.example"
    for origin in (None, "", "null", "https://b.example", "https://a.example.evil", "http://a.example", "HTTPS://A.EXAMPLE"):
        assert cors.allowed_origin(allowed, origin) is None
        assert cors.allowed_origin([], origin) is None
    assert cors.allowed_origin(["*"], "https://b.example") == "*"


def test_nothing_without_the_setting():
    assert cors.response_headers([], "https://a.example") == {}


def test_caches_are_told_that_the_answer_depends_on_the_origin():
    assert cors.response_headers(["https://a.example"], "https://b.example") == {"Vary": "Origin"}
    assert cors.response_headers(["https://a.example"], None) == {"Vary": "Origin"}
    assert "Vary" not in cors.response_headers(["*"], "https://b.example")


def test_never_credentials():
    for allowed in (["*"], ["https://a.example"]):
        headers = {**cors.response_headers(allowed, "https://a.example"), **cors.preflight_headers(allowed, "https://a.example")}
        assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("method, headers, expected", [
    ("OPTIONS", {"Origin": "x", "Access-Control-Request-Method": "POST"}, True),
    ("OPTIONS", {"Origin": "x"}, False),
    ("OPTIONS", {"Access-Control-Request-Method": "POST"}, False),
    ("POST", {"Origin": "x", "Access-Control-Request-Method": "POST"}, False),
])
def test_preflight(method, headers, expected):
    assert cors.is_preflight(method, headers) is expected
