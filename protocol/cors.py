"""Cross-origin requests: who may make them, and the headers that tell a browser so (Fetch Standard, section 3.3)."""
import re

ANY = "*"
# Seconds for which a browser may remember the answer to a preflight; Odoo's own routes say the same.
MAX_AGE = 86400

_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Json2-Atomic, X-Odoo-Database, X-Request-Id",
    "Access-Control-Max-Age": str(MAX_AGE),
}
# A page can read these of an answer, beside the few that it always can.
_EXPOSED = "Retry-After, RateLimit, RateLimit-Policy, Warning, X-Request-Id"

_ORIGIN = re.compile(r"^([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?$")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class InvalidOrigin(ValueError):
    """What a person gave as an origin is none; ``args[0]`` is what he gave."""


def parse_origins(text):
    """Read a list of origins as people write it, separated by white space or commas.

    :param str | None text: for instance ``https://app.example.com, http://localhost:3000``, or ``*``
    :return: each as browsers send it, in the order given; ``["*"]`` when any origin may
    :rtype: list[str]
    :raise InvalidOrigin: one of them is no origin
    """
    origins = list(dict.fromkeys(_normalise(word) for word in split_origins(text)))
    return [ANY] if ANY in origins else origins


def split_origins(text):
    """Return the words of a list of origins, as they are.

    :param str | None text: the list
    :rtype: list[str]
    """
    return (text or "").replace(",", " ").split()


def is_preflight(method, headers):
    """Tell whether a browser asks whether it may make a request, before it makes it.

    :param str method: the HTTP method
    :param headers: mapping of the request's headers
    :rtype: bool
    """
    return method == "OPTIONS" and "Origin" in headers and "Access-Control-Request-Method" in headers


def allowed_origin(allowed, origin):
    """Return the value of ``Access-Control-Allow-Origin`` for a request.

    :param list[str] allowed: the origins of the settings
    :param str | None origin: that of the request
    :return: None when a page of this origin may not read the answer
    :rtype: str | None
    """
    if not origin:
        return None
    if ANY in allowed:
        return ANY
    return origin if origin in allowed else None


def response_headers(allowed, origin):
    """Return the headers of the answer to a request. Never ``Access-Control-Allow-Credentials``: keys, not cookies.

    :param list[str] allowed: the origins of the settings
    :param str | None origin: that of the request
    :rtype: dict[str, str]
    """
    # For caches, the answer to a foreign origin differs too.
    headers = {"Vary": "Origin"} if allowed and ANY not in allowed else {}
    value = allowed_origin(allowed, origin)
    if value:
        headers["Access-Control-Allow-Origin"] = value
        headers["Access-Control-Expose-Headers"] = _EXPOSED
    return headers


def preflight_headers(allowed, origin):
    """Return the headers of the answer to a preflight of an allowed origin.

    :param list[str] allowed: the origins of the settings
    :param str origin: that of the request
    :rtype: dict[str, str]
    """
    headers = response_headers(allowed, origin)
    headers.pop("Access-Control-Expose-Headers", None)
    return {**headers, **_PREFLIGHT_HEADERS}


def _normalise(word):
    """Return an origin as browsers send it: lower case, punycode, no default port, no slash at the end."""
    if word == ANY:
        return ANY
    try:
        match = _ORIGIN.match(_to_ascii(word.rstrip("/").lower()))
    except UnicodeError:
        match = None
    if not match or int(match.group(3) or 0) > 65535:
        raise InvalidOrigin(word)
    scheme, host, port = match.groups()
    has_port = port and port != _DEFAULT_PORTS.get(scheme)
    return f"{scheme}://{host}:{int(port)}" if has_port else f"{scheme}://{host}"


def _to_ascii(origin):
    scheme, separator, rest = origin.partition("://")
    host, colon, port = rest.partition(":") if not rest.startswith("[") else (rest, "", "")
    if not host.isascii():
        host = host.encode("idna").decode()
    return f"{scheme}{separator}{host}{colon}{port}"
