import pytest

from protocol.addresses import client_network


@pytest.mark.parametrize("address, network", [
    ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("2001:db8:1:2::", "2001:db8:1:2::/64"), ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"), ("2001:db8:1:3::1", "2001:db8:1:3::/64"), ("fe80::1%eth0", "fe80::/64"), ("::1", "::/64"),
    ("", ""), (None, None), ("unknown", "unknown"), ("192.0.2.1, 192.0.2.2", "192.0.2.1, 192.0.2.2"), ("300.1.1.1", "300.1.1.1"),
])
def test_client_network(address, network):
    assert client_network(address) == network
