"""What a key may be used for: patterns of models and methods, and client networks."""
import ipaddress
import re

from .addresses import client_address

_PATTERN = re.compile(r"[A-Za-z0-9_.*]+")
_SEPARATOR = re.compile(r"[\s,;]+")


def split(text):
    """Return the items of a list that a person typed, separated by commas, semicolons, spaces or new lines.

    :param str | None text: what was typed
    :rtype: list[str]
    """
    return [item for item in _SEPARATOR.split(text or "") if item]


def check_patterns(text):
    """Refuse what is no list of patterns such as ``sale.*, res.partner``.

    :raise ValueError: with the first item that is none
    """
    _check_not_empty(text)
    for item in split(text):
        if not _PATTERN.fullmatch(item):
            raise ValueError(item)


def matches(name, patterns):
    """Tell whether a name matches one of the patterns; ``*`` stands for any characters, nothing else is special.

    :param str name: of a model or method
    :param str | None patterns: none at all: every name matches
    :rtype: bool
    """
    items = split(patterns)
    return not items or any(_matches(name, item.split("*")) for item in items)


def check_networks(text):
    """Refuse what is no list of networks in CIDR notation (RFC 4632, RFC 4291).

    :raise ValueError: with the first item that is none
    """
    _check_not_empty(text)
    for item in split(text):
        try:
            ipaddress.ip_network(item)
        except ValueError:
            raise ValueError(item) from None


def in_networks(address, networks):
    """Tell whether a client's address is in one of the networks.

    :param str | None address: as the server saw it
    :param str | None networks: none at all: every address is
    :rtype: bool
    """
    items = split(networks)
    if not items:
        return True
    client = client_address(address)
    return client is not None and any(client in ipaddress.ip_network(item) for item in items)


def _check_not_empty(text):
    """Separators alone would restrict nothing, and look as if they did."""
    if text and not split(text):
        raise ValueError(text)


def _matches(name, parts):
    """Find the parts between the stars one behind the other: in linear time, which a regular expression may not be."""
    first, *middle, last = parts if len(parts) > 1 else (parts[0], None)
    if last is None:
        return name == first
    if not name.startswith(first) or not name[len(first) :].endswith(last):
        return False
    position, end = len(first), len(name) - len(last)
    for part in middle:
        position = name.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True
