import os
import re

from .masking import mask_text

_SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def request_id(header):
    """Return the id of a request: the caller's own if it is sane, else a new one.

    :param str | None header: the value of ``X-Request-Id``
    :rtype: str
    """
    if header and _SANE.fullmatch(header) and mask_text(header) == header:
        return header
    return os.urandom(16).hex()
