"""Whose address it is."""
import ipaddress


def client_network(address):
    """Return the network that one client is likely to have for himself, by which he is known.

    Every customer of a provider has a /64 of IPv6 or more (RFC 6177), so any number of addresses. An IPv4 client of an IPv6
    socket shows as ``::ffff:192.0.2.1``.

    :param str address: as the server saw it; behind a proxy anything may stand there
    :rtype: str
    """
    try:
        client = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    client = getattr(client, "ipv4_mapped", None) or client
    return str(client if client.version == 4 else ipaddress.ip_network((int(client), 64), strict=False))
