"""The addresses of clients (RFC 4291, RFC 4632)."""
import ipaddress


def client_address(address):
    """Return the address of a client. An IPv4 client of an IPv6 socket shows as ``::ffff:192.0.2.1``; it is 192.0.2.1.

    :param str | None address: as the server saw it; behind a proxy anything may stand there
    :return: None for what is no address
    :rtype: ipaddress.IPv4Address | ipaddress.IPv6Address | None
    """
    try:
        # Without the zone of a link-local address, which Python 3.9 alone would keep.
        client = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(client, "ipv4_mapped", None) or client


def client_network(address):
    """Return the network that one client is likely to have for itself, under which it is counted.

    Every customer of a provider has a /64 of IPv6 or more (RFC 6177), and so any number of addresses.

    :param str | None address: as the server saw it
    :return: an IPv4 address, an IPv6 network, or what is neither as it is
    :rtype: str | None
    """
    client = client_address(address)
    if client is None:
        return address
    return str(client if client.version == 4 else ipaddress.ip_network((int(client), 64), strict=False))
