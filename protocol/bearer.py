"""The ``Authorization: Bearer`` header (RFC 6750, section 2.1)."""
import re

_BEARER = re.compile(r"^bearer\s+(.+)$", re.IGNORECASE)


def bearer_token(header):
    """Return the token of an ``Authorization`` header.

    :param str | None header: the header's value
    :return: the token, or None when the header is absent, empty or of another scheme
    :rtype: str | None
    """
    match = _BEARER.match(header or "")
    return match.group(1) if match else None


def is_interactive(headers):
    """Tell whether a browser says that a person opened this URL himself.

    A session cookie alone must not be enough to make a call, or any page could make one (CSRF). Odoo 19 accepts a
    cookie without a key only with these headers, which a page cannot forge (W3C Fetch Metadata).

    :param headers: mapping of the request's headers
    :rtype: bool
    """
    return (
        headers.get("Sec-Fetch-Dest") == "document"
        and headers.get("Sec-Fetch-Mode") == "navigate"
        and headers.get("Sec-Fetch-Site") in ("none", "same-origin")
        and headers.get("Sec-Fetch-User") == "?1"
    )
