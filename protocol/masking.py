"""Secrets are taken out of whatever is kept of a call."""
import json
import re

MASK = "***"

# Names of arguments and fields that hold secrets, in any case, as part of a longer name.
_SECRET_NAME = re.compile(
    r"passw|passphrase|pwd|secret|token|api_?key|apikey|private_?key|authori[sz]ation|credential|cookie|session_id|otp|"
    r"cvv|cvc|card_?number",
    re.IGNORECASE,
)
# What looks like a secret wherever it stands: our keys, Odoo's keys, bearer and basic credentials, JSON web tokens,
# private keys.
_SECRET_TEXT = re.compile(
    r"j2_[0-9A-Za-z]{8,}"
    r"|\b[0-9a-f]{40}\b"
    r"|\b(?:bearer|basic)\s+[\w.~+/=-]{6,}"
    r"|\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.IGNORECASE | re.DOTALL,
)
# ``password='x'``, ``"token": "x"``, ``api_key=x`` in messages and tracebacks.
_SECRET_PAIR = re.compile(
    rf"""(?P<name>(?:{_SECRET_NAME.pattern})[\w.-]{{0,64}}['"]?\s{{0,8}}[:=,]\s{{0,8}})"""
    r"""(?P<value>'[^']*'|"[^"]*"|[^\s,;)\]}'"]+)""",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"[\w+/=\s-]{200,}")


def mask_text(text):
    """Return a text without the secrets in it.

    :param str | None text: a message, a traceback, a header
    :rtype: str | None
    """
    if not text:
        return text
    return _SECRET_PAIR.sub(lambda match: match["name"] + MASK, _SECRET_TEXT.sub(MASK, text))


def mask(value, name=""):
    """Return a copy of a JSON value without the secrets and the binary content in it.

    :param value: arguments of a call
    :param str name: under which the value stands
    """
    if name and isinstance(name, str) and _SECRET_NAME.search(name) and value not in (None, False, True):
        return MASK
    if isinstance(value, dict):
        return {key: mask(item, key) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return _mask_list(value)
    if isinstance(value, str):
        if len(value) >= 200 and _BASE64.fullmatch(value):
            return f"<{len(value)} characters of binary content>"
        return _SECRET_TEXT.sub(MASK, value)
    return value


def _mask_list(values):
    """A condition of a domain names what it holds: ``["password", "=", "x"]``."""
    if len(values) == 3 and isinstance(values[0], str) and isinstance(values[1], str):
        return [values[0], values[1], mask(values[2], values[0])]
    return [mask(item) for item in values]


def masked_json(arguments, size):
    """Return the arguments of a call as they may be kept.

    :param dict arguments: by name
    :param int size: how many characters at most
    :rtype: str
    """
    text = json.dumps(mask(arguments), ensure_ascii=False, default=str)
    return text if len(text) <= size else text[:size] + f"... ({len(text)} characters)"
