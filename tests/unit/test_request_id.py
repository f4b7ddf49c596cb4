import re

import pytest

from protocol.request_id import request_id


@pytest.mark.parametrize("header", [
    "a", "7", "order-4711", "0b9d6f2e-4a55-4b3c-9a35-8c2f2d0f7a11", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "sync_2024.06.01:17",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x" * 64,
])
def test_a_sane_one_is_kept(header):
    assert request_id(header) == header


@pytest.mark.parametrize("header", [
    None, "", " ", "x" * 65, "a b", " a", "a ", "a\n", "\na", "a\r\nSet-Cookie: x=1", "a\tb", "a\x00b", "é", "٣", "ａ", "a;b",
    "a,b", "'a'", '"a"', "<script>", "a/b", "../a", "%41", "${jndi:x}", "=1+1", "a\\b", "a\u2028", "\udc80",
], ids=repr)
def test_another_is_replaced(header):
    assert re.fullmatch(r"[0-9a-f]{32}", request_id(header))


def test_each_is_another():
    assert len({request_id(None) for _ in range(1000)}) == 1000


def test_no_time_on_a_long_one():
    assert len(request_id("x" * 1_000_000)) == 32
