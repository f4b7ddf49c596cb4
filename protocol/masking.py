"""Secrets are taken out of whatever is kept of a call.

Whoever makes a call chooses the text, so every expression here takes a time that grows with the text's length only:
nothing unbounded is tried again from each position. Either what precedes it cannot occur inside of it, or it matches
in any case and thereby consumes what it has read.
"""
import base64
import json
import re

MASK = "***"

# Deeper than anything one means to read in a log, and far from Python's own bound.
MAX_DEPTH = 50
TOO_DEEP = "..."

# What is longer than this is known for a secret by its beginning.
_LONGEST_WORD = 500
_MARGIN = 2 * _LONGEST_WORD


def _whole(word):
    """A name that is part of too many words; what stands before it may be encoded for a URL, or escaped."""
    return rf"(?:(?<![\w-]{word})|(?<=%[\da-f][\da-f]{word})|(?<=\\[nrt]{word}))(?![\w-])"


# Names of arguments and fields that hold secrets, in any case, as part of a longer name. ``pass`` and ``otp`` are parts
# of too many words ("compass", "footprint") to be found inside of one, and so is ``cc`` (Odoo's acc_number). By first
# letters, since Python looks at these before it tries a branch: several times faster than to ignore the case of all.
_PASS = (
    r"(?:(?<![a-z]pass)|(?<=(?:db|my|pg)pass)|(?<=(?:app|ftp|key|sql|ssh)pass)"
    r"|(?<=(?:auth|http|imap|ldap|mail|root|smtp|user)pass)|(?<=(?:admin|login|proxy)pass))(?![a-z])"
)
_NAMES = (
    rf"[pP](?i:assw|ass[ _-]?(?:phrase|code|key)|ass{_PASS}|wd|rivate[ _-]?key|in{_whole('pin')})"
    r"|P(?:ass(?<=[a-z0-9]Pass)(?![a-z]))"  # smtpPass
    rf"|[sS](?i:ecret|ession[ _-]?id|igning(?<![a-z]signing)[ _-]?key|id{_whole('sid')})"
    r"|[tT](?i:oken|otp)"
    r"|[aA](?i:(?:pi|ccess|uth)[ _-]?key)"
    r"|[eE](?i:ncrypt(?:ion)?[ _-]?key)"
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
_QUOTE = r"""(?:\\*(?:["']|u002[27])|&(?:quot|apos|\#0?3[49]|\#x2[27]);|%(?:25)*2[27])"""
_END = "(?:>|&gt;)"
# ``password='x'``, ``"token": "x"``, ``api_key=x``, ``('otp', '=', 'x')``, ``<cvc>x</cvc>``, ``<field name="cvc">x``,
# ``<key>cvc</key><string>x`` in messages and tracebacks.
# What stands behind the name is optional, so that a word is read once however many names are in it.
_PAIR = re.compile(
    rf"""
    (?P<name>(?:{_NAMES})[\w.-]*)
    (?:
        (?P<separator>
            {_QUOTE}?\s*!?(?:[:=]{{1,2}}|%(?:25)*3[aAdD])>?\s*
            | {_QUOTE}\s*,\s*(?:{_QUOTE}{_OPERATOR}{_QUOTE}\s*,\s*)?
            | {_QUOTE}\s+value\s*=\s*
            | (?P<tag>{_QUOTE}?{_END}|</\w{{1,40}}>[\s\\nrt]*(?:<\w{{1,40}}>[\s\\nrt]*){{1,3}})
        )
        (?P<value>
            [bfruBFRU]{{0,2}}(?P<quote>{_QUOTE}).*?(?:(?<!\\)(?P=quote)|$)
            | [\[({{](?:'[^'\n]*'|"[^"\n]*"|[^\])}}'"\n]+)*[\])}}]?
            | (?(header).+|(?(tag)[^\s<][^<\n]*|[^\s,;)\]}}'"<]+))
        )
    )?
    """,
    re.MULTILINE | re.VERBOSE,
)
_OPTION = re.compile(rf"(?P<option>--(?<![\w-]--)(?=[\w-]*?(?:{_NAMES}))[\w-]+\s+)[^\s-]\S*")
_BASIC = re.compile(r"[bB](?i:asic)\s+([A-Za-z0-9+/]{4,})=*")
_PRIVATE_KEY_LINE = "[A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

# From line to line as long as a value goes on.
_ROWS = re.compile(r"^(?:.*\)=\([^)]*)+.*", re.MULTILINE)
_ROW_PART = re.compile(rf"(?P<values>\)=\()|(?P<parenthesis>[()])|{_NAMES}")

# ``pass%77ord``, ``pass\u0077ord``: letters as URLs and JSON may write them.
_ESCAPED_LETTER = re.compile(r"(?:%(?:25)*|(?<!\\)\\+u00)(4[1-9A-Fa-f]|5[0-9Aa]|6[1-9A-Fa-f]|7[0-9Aa])")

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
        return MASK if b":" in base64.b64decode(match[1][: len(match[1]) // 4 * 4]) else match[0]
    except ValueError:
        return match[0]


def _masked_rows(match):
    """How PostgreSQL names a row: ``Key (lower(name), access_token)=(x, y) already exists.``"""
    opened, last_name = [], -1
    for part in _ROW_PART.finditer(match[0]):
        if not part["values"] and not part["parenthesis"]:
            last_name = part.start()
        elif part["parenthesis"] == "(":
            opened.append(part.start())
        else:
            columns = opened.pop() if opened else 0
            if part["values"]:
                if columns <= last_name:
                    return f"{match[0][: part.end()]}{MASK})"
                opened.append(part.end() - 1)
    return match[0]


# What looks like a secret wherever it stands, and what it becomes.
_REPLACEMENTS = (
    (re.compile(rf"-----BEGIN {_PRIVATE_KEY_LINE}.*?(?:-----END {_PRIVATE_KEY_LINE}|\Z)", re.DOTALL), MASK),
    (re.compile(r"j2_[0-9A-Za-z]{8,}"), MASK),
    # Odoo's keys have 40 digits, longer ones are likely to be somebody else's.
    (re.compile(r"[0-9a-fA-F]{40,}"), MASK),
    # JSON web tokens, signed or encrypted.
    (re.compile(r"eyJ(?<![\w-]eyJ)[\w-]{6,}(?:\.[\w-]*){1,4}"), MASK),
    # Those of Stripe, GitHub, GitLab, Slack, Square, Google, AWS, SendGrid, npm, Hugging Face and Shopify.
    (re.compile(r"(?:[sr]k_(?:live|test)_|gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|xapp-\d-|sq0[a-z]{3}-)[\w-]{10,}"), MASK),
    (re.compile(r"whsec_[\w+/=-]{10,}"), MASK),
    # One by one, since Python finds what begins with a letter that is given much faster than one of several.
    (re.compile(r"AIza[\w-]{20,}"), MASK),
    (re.compile(r"ya29\.[\w-]{20,}"), MASK),
    (re.compile(r"A(?:KI|SI)A[0-9A-Z]{16,}"), MASK),
    (re.compile(r"SG(?<![A-Za-z]SG)\.[\w-]{16,}(?:\.[\w-]*)?"), MASK),
    (re.compile(r"npm_[0-9A-Za-z]{20,}"), MASK),
    (re.compile(r"hf_[0-9A-Za-z]{20,}"), MASK),
    (re.compile(r"shp[a-z]{2}_[0-9a-fA-F]{16,}"), MASK),
    # Hashes of passwords, by which they can be guessed.
    (re.compile(r"pbkdf2[\w-]{0,20}\$[\w.,/\\+=$-]{10,}"), MASK),
    (re.compile(r"\$(?:argon2|scrypt)[\w-]{0,20}\$[\w.,/\\+=$-]{10,}"), MASK),
    (re.compile(r"\$(?:2[abxy]?|[156y])\$[\w./\\=$-]{20,}"), MASK),
    # Who logs in with a URL.
    (re.compile(r"""://[^\s/"'<>]+@"""), f"://{MASK}@"),
    (re.compile(r"""[bB](?i:earer)\s+(?=[^\s"',;)\]}]*\d)[^\s"',;)\]}]{6,}"""), MASK),
    (_BASIC, _masked_basic),
    (_OPTION, rf"\g<option>{MASK}"),
    (_ROWS, _masked_rows),
    (_PAIR, _masked_pair),
)


def mask_text(text):
    """Return a text without the secrets in it.

    :param str | None text: a message, a traceback, a header
    :rtype: str | None
    """
    if not text:
        return text
    if "%" in text or "\\u00" in text:
        plain = _ESCAPED_LETTER.sub(lambda match: chr(int(match[1], 16)), text)
        masked = _mask_plain(plain)
        # What has no secret in it stays as it was written.
        if masked != plain:
            return masked
    return _mask_plain(text)


def _mask_plain(text):
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text


def cut(text, size):
    """Return the beginning of a text that is going to be masked: no part of a secret stands where it is cut.

    :param str text: of any length
    :param int size: how many characters at most
    :return: the text, or its beginning without the unfinished word, which nobody would know for a secret
    :rtype: str
    """
    if len(text) <= size:
        return text
    end = text[max(size - _LONGEST_WORD, 0) : size]
    return text[: size - len(re.split(r"\s", end)[-1])]


def mask_beginning(text, size):
    """Return the beginning of a text without the secrets in it.

    It is cut twice, so that what is masked is not much longer, and so that a secret at the end is whole enough to be known.

    :param str text: of any length
    :param int size: how many characters at most
    :rtype: str
    """
    return mask_text(cut(text, size + _MARGIN))[:size]


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
    value = _without_columns(values.get("fields"), values[name]) if name in ("data", "rows") else values[name]
    return _mask(value, name, depth)


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
    before = [None, *values]
    return [_mask(_without_columns(names, value), "", depth) for names, value in zip(before, values)]


def _without_columns(names, rows):
    """Return the rows given to ``load`` without secret columns, which are named elsewhere; anything else as it is."""
    if not isinstance(names, list) or not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return rows
    secret = {index for index, name in enumerate(names) if isinstance(name, str) and _SECRET_NAME.search(name)}
    if not secret:
        return rows
    return [[_hidden(cell) if index in secret else cell for index, cell in enumerate(row)] for row in rows]


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
