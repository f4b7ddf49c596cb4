"""Secrets are taken out of whatever is kept of a call.

Whoever makes a call chooses the text, so every expression here takes a time that grows with the text's length only:
nothing unbounded is tried again from each position. Either what precedes it cannot occur inside of it, or it matches
in any case and thereby consumes what it has read.
"""
import base64
import itertools
import json
import re

MASK = "***"

# Deeper than anything one means to read in a log, and far from Python's own bound.
MAX_DEPTH = 50
TOO_DEEP = "..."

# What is longer than this is known for a secret by its beginning.
_MARGIN = 1000

# Names of arguments and fields that hold secrets, in any case, as part of a longer name. ``pass`` and ``otp`` are parts
# of too many words ("compass", "footprint") to be found inside of one, and so is ``cc`` (Odoo's acc_number). By first
# letters, since Python looks at these before it tries a branch: several times faster than to ignore the case of all.
_NAMES = (
    r"[pP](?i:assw|ass[ _-]?(?:phrase|code|key)|ass(?<![a-z]pass)(?![a-z])|wd|rivate[ _-]?key)"
    r"|P(?:ass(?<=[a-z0-9]Pass)(?![a-z]))"  # smtpPass
    r"|[sS](?i:ecret|ession[ _-]?id)"
    r"|[tT](?i:oken|otp)"
    r"|[aA](?i:(?:pi|ccess)[ _-]?key)"
    r"|[cC](?i:redential|v[vc]|(?:ard|c(?<![a-z]cc))[ _-]?num)"
    r"|[oO](?i:tp(?<![a-z]otp))(?![a-z])"
    r"|[aAcC](?i:(?<=a)uthori[sz]ation|(?<=c)ookie)(?P<header>)"
)
_SECRET_NAME = re.compile(_NAMES)
# A text that is a name and nothing else: "mail.smtp_password", not "The token has expired".
_ONLY_SECRET_NAME = re.compile(rf"[\w./-]{{0,64}}(?:{_NAMES})[\w./-]{{0,64}}")
_OPERATOR = r"(?:[=!<>?]{1,2}|(?:not[ ])?(?:=?i?like|in|any!?)|(?:child|parent)_of)"
_ONLY_OPERATOR = re.compile(_OPERATOR)

# As Python and JSON write them, JSON inside of JSON any number of times, HTML, and URLs.
_QUOTE = r"""(?:\\*["']|&(?:quot|apos|\#0?3[49]|\#x2[27]);|%(?:25)*2[27])"""
# ``password='x'``, ``"token": "x"``, ``api_key=x``, ``('otp', '=', 'x')``, ``<cvc>x</cvc>`` in messages and tracebacks.
# What stands behind the name is optional, so that a word is read once however many names are in it.
_PAIR = re.compile(
    rf"""
    (?P<name>(?:{_NAMES})[\w.-]*)
    (?:
        (?P<separator>
            {_QUOTE}?\s*!?(?:[:=]{{1,2}}|%(?:25)*3[aAdD])>?\s*
            | {_QUOTE}\s*,\s*(?:{_QUOTE}{_OPERATOR}{_QUOTE}\s*,\s*)?
            | >
        )
        (?P<value>
            [bfruBFRU]{{0,2}}(?P<quote>{_QUOTE}).*?(?:(?<!\\)(?P=quote)|$)
            | [\[({{](?:'[^'\n]*'|"[^"\n]*"|[^\])}}'"\n]+)*[\])}}]?
            | (?(header).+|[^\s,;)\]}}'"<]+)
        )
    )?
    """,
    re.MULTILINE | re.VERBOSE,
)
_OPTION = re.compile(rf"(?P<option>--(?<![\w-]--)(?=[\w-]*?(?:{_NAMES}))[\w-]+\s+)[^\s-]\S*")
_BASIC = re.compile(r"[bB](?i:asic)\s+([A-Za-z0-9+/]{4,})=*")
_PRIVATE_KEY_LINE = "[A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

_COLUMNS = re.compile(r"\(([^()\n]*)\)=(?=\()")

_BASE64 = re.compile(r"(?:data:[^\s,]{0,100},)?[A-Za-z0-9+/=_\r\n-]{200,}")


def _masked_pair(match):
    """The quotes stay: what was JSON is JSON still."""
    if match["value"] is None:
        return match[0]
    quote = match["quote"] or ""
    return match["name"] + match["separator"] + quote + MASK + quote


def _masked_basic(match):
    """Credentials are a login and a password, with a colon between them; a "Basic subscription" is none."""
    try:
        return MASK if b":" in base64.b64decode(match[1] + "==") else match[0]
    except ValueError:
        return match[0]


def _masked_columns(match):
    """How PostgreSQL names a row: ``Key (company_id, access_token)=(1, x) already exists.``"""
    for columns in _COLUMNS.finditer(match[0]):
        if _SECRET_NAME.search(columns[1]):
            return f"{match[0][: columns.end()]}({MASK})"
    return match[0]


# What looks like a secret wherever it stands, and what it becomes.
_REPLACEMENTS = (
    (re.compile(rf"-----BEGIN {_PRIVATE_KEY_LINE}.*?(?:-----END {_PRIVATE_KEY_LINE}|\Z)", re.DOTALL), MASK),
    (re.compile(r"j2_[0-9A-Za-z]{8,}"), MASK),
    # Odoo's keys have 40 digits, longer ones are likely to be somebody else's.
    (re.compile(r"[0-9a-fA-F]{40,}"), MASK),
    # JSON web tokens, signed or encrypted.
    (re.compile(r"eyJ(?<![\w-]eyJ)[\w-]{6,}(?:\.[\w-]*){1,4}"), MASK),
    # Those of Stripe, GitHub, GitLab, Slack and AWS.
    (re.compile(r"(?:[sr]k_(?:live|test)_|gh[oprsu]_|github_pat_|glpat-|xox[a-z]-)[\w-]{10,}"), MASK),
    (re.compile(r"A(?:KI|SI)A[0-9A-Z]{16,}"), MASK),
    # Who logs in with a URL.
    (re.compile(r"""://[^\s/"'<>]+@"""), f"://{MASK}@"),
    (re.compile(r"""[bB](?i:earer)\s+(?=[^\s"',;)\]}]*\d)[^\s"',;)\]}]{6,}"""), MASK),
    (_BASIC, _masked_basic),
    (_OPTION, rf"\g<option>{MASK}"),
    (re.compile(r"\([^()\n]*\)=\(.*"), _masked_columns),
    (_PAIR, _masked_pair),
)


def mask_text(text):
    """Return a text without the secrets in it.

    :param str | None text: a message, a traceback, a header
    :rtype: str | None
    """
    if not text:
        return text
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text


def mask_beginning(text, size):
    """Return the beginning of a text without the secrets in it.

    It is cut twice, so that what is masked is not much longer, and so that a secret at the end is whole enough to be known.

    :param str text: of any length
    :param int size: how many characters at most
    :rtype: str
    """
    return mask_text(text[: size + _MARGIN])[:size]


def mask(value, name=""):
    """Return a copy of a JSON value without the secrets and the binary content in it.

    :param value: arguments of a call
    :param str name: under which the value stands
    :return: a JSON value of the same shape, at most ``MAX_DEPTH`` deep
    """
    return _mask(value, name, MAX_DEPTH)


def _mask(value, name, depth):
    if isinstance(name, str) and _SECRET_NAME.search(name):
        return _hidden(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if not isinstance(value, (dict, list, tuple)):
        return _mask_string(str(value))
    if depth <= 0:
        return TOO_DEEP
    return (_mask_dict if isinstance(value, dict) else _mask_list)(value, depth - 1)


def _hidden(value):
    """Whether there was a value at all helps to understand an error."""
    return value if value is None or isinstance(value, bool) else MASK


def _mask_string(text):
    if len(text) >= 200 and _BASE64.fullmatch(text):
        return f"<{len(text)} characters of binary content>"
    return mask_text(text)


def _mask_dict(values, depth):
    naming = _naming_entry(values)
    return {mask_text(str(name)): _mask_entry(values, name, naming, depth) for name in values}


def _mask_entry(values, name, naming, depth):
    if naming not in (None, name):
        return _hidden(values[name])
    if name == "data" and _is_table(values.get("fields"), values["data"]):
        return _mask_rows(values["fields"], values["data"], depth - 2)
    return _mask(values[name], name, depth)


def _naming_entry(values):
    """Return the name of the entry that tells the others to be secret: ``{"key": "smtp_password", "value": "x"}``."""
    for name, value in values.items():
        if isinstance(name, str) and name.lower() in ("name", "key", "field", "code") and _is_secret_name(value):
            return name
    return None


def _mask_list(values, depth):
    """A pair and a condition of a domain name what they hold: ``["password", "x"]``, ``["password", "=", "x"]``."""
    if len(values) in (2, 3) and _is_secret_name(values[0]):
        return [values[0], *(value if _is_operator(value) else _hidden(value) for value in values[1:])]
    return [_mask(value, "", depth) for value in values]


def _is_table(names, rows):
    return isinstance(names, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows)


def _mask_rows(names, rows, depth):
    """Return the rows given to ``load``, whose columns are named elsewhere."""
    return [[_mask(cell, name, depth) for name, cell in zip(itertools.chain(names, itertools.repeat("")), row)] for row in rows]


def _is_secret_name(value):
    return isinstance(value, str) and bool(_ONLY_SECRET_NAME.fullmatch(value))


def _is_operator(value):
    return isinstance(value, str) and bool(_ONLY_OPERATOR.fullmatch(value))


def masked_json(arguments, size):
    """Return the arguments of a call as they may be kept.

    :param dict arguments: by name
    :param int size: how many characters at most
    :rtype: str
    """
    text = json.dumps(mask(arguments), ensure_ascii=False)
    return text if len(text) <= size else text[:size] + f"... ({len(text)} characters)"
