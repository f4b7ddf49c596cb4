"""The format of our API keys: ``j2_`` + 43 random characters + 6 characters of checksum.

The prefix lets secret scanners recognise a leaked key; the checksum tells a typing mistake from an unknown key without
a look-up. Base62 is letters and digits only, so that a double click selects a whole key.
"""
import hashlib
import re
import secrets
import string
import zlib

PREFIX = "j2_"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_LENGTH = 43  # log2(62) * 43 = 256 bits
CHECKSUM_LENGTH = 6  # 62 ** 6 > 2 ** 32
LENGTH = len(PREFIX) + SECRET_LENGTH + CHECKSUM_LENGTH
VISIBLE_LENGTH = len(PREFIX) + 6
_ODOO_KEY = re.compile("[0-9a-f]{40}")


def generate():
    """Return a new key, from the system's random source.

    :rtype: str
    """
    body = PREFIX + "".join(secrets.choice(BASE62) for _ in range(SECRET_LENGTH))
    return body + _checksum(body)


def is_well_formed(key):
    """Tell whether ``key`` has our prefix, our length and a right checksum.

    :param str key: what a client sent
    :rtype: bool
    """
    if len(key) != LENGTH or not key.isascii() or not key.startswith(PREFIX):
        return False
    return _checksum(key[:-CHECKSUM_LENGTH]) == key[-CHECKSUM_LENGTH:]


def is_key_like(text):
    """Tell whether a text can only be meant as a key: ours, or one of Odoo's own, which are 40 hexadecimal digits.

    :param str text: from a place where a password may stand as well
    :rtype: bool
    """
    return text.startswith(PREFIX) or bool(_ODOO_KEY.fullmatch(text))


def digest(key):
    """Return the SHA-256 digest of ``key`` in hexadecimal: all that is ever stored of it.

    A slow hash is for passwords that can be guessed; 256 random bits cannot.

    :rtype: str
    """
    return hashlib.sha256(key.encode()).hexdigest()


def visible_part(key):
    """Return the first characters of ``key``, by which a person recognises it.

    :rtype: str
    """
    return key[:VISIBLE_LENGTH]


def _checksum(body):
    number = zlib.crc32(body.encode())
    digits = ""
    while number:
        number, remainder = divmod(number, len(BASE62))
        digits = BASE62[remainder] + digits
    return digits.rjust(CHECKSUM_LENGTH, BASE62[0])
