import itertools
import re
import time

import pytest

from protocol.restrictions import check_networks, check_patterns, in_networks, matches, split


@pytest.mark.parametrize("text, items", [
    (None, []), ("", []), ("  ", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a ,\tb;\nc  d ", ["a", "b", "c", "d"]),
    ("a,,b,", ["a", "b"]),
])
def test_split(text, items):
    assert split(text) == items


@pytest.mark.parametrize("pattern, name", [
    ("read", "read"), ("search*", "search"), ("search*", "search_read"), ("*", "x"), ("*", ""), ("sale.*", "sale.order"),
    ("sale.*", "sale.order.line"), ("sale.*", "sale."), ("*.line", "sale.order.line"), ("s*e.o*r", "sale.order"),
    ("**", "x"), ("*a*", "banana"), ("a*a", "aa"), ("a*a", "aba"), ("res.partner, sale.*", "sale.order"),
    ("res.partner sale.*", "res.partner"),
])
def test_matches(pattern, name):
    assert matches(name, pattern)


@pytest.mark.parametrize("pattern, name", [
    ("read", "READ"), ("read", "reads"), ("read", "xread"), ("read", "read\n"), ("read", "\nread"), ("read", " read"),
    ("read", "read\x00"), ("read", ""), ("search*", "sea"), ("search*", "research"), ("search*", "x\nsearch"),
    ("sale.*", "sale"), ("sale.*", "sales"), ("sale.*", "salexorder"), ("sale.*", "x.sale.order"), ("*.line", "line"),
    ("a*a", "a"), ("a*b*a", "ab"), ("ab*ba", "aba"), ("a.c", "abc"), ("read, write", "read, write"), ("read,write", "unlink"),
    ("read", "ｒｅａｄ"), ("res.partner", "res.partner.category"), ("res.partner", "res_partner"),
])
def test_does_not_match(pattern, name):
    assert not matches(name, pattern)


def test_no_pattern_is_no_restriction():
    assert matches("anything", None)
    assert matches("anything", "")


def test_as_a_regular_expression_would():
    """Compared with the plain meaning of the star, on every short name."""
    names = ["".join(chars) for size in range(5) for chars in itertools.product("ab.", repeat=size)]
    for pattern in ("*", "a*", "*a", "a*b", "*a*", "a*a", "*.*", "a.*", "*a*b*", "ab", "**a", "a**", "a*b*a"):
        regex = re.compile(re.escape(pattern).replace(r"\*", ".*"), re.DOTALL)
        for name in names:
            assert matches(name, pattern) == bool(regex.fullmatch(name)), (pattern, name)


def test_many_stars_cost_no_time():
    """The name comes from a client; a pattern of many stars must not make the server think for minutes."""
    began = time.perf_counter()
    assert not matches("a" * 34, "*a*a*a*a*a*a*a*a*b")
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize("text", [None, "", "read", "search*", "sale.*, res.partner", "*", "x_studio_model", "_private", "A1"])
def test_patterns(text):
    check_patterns(text)


@pytest.mark.parametrize("bad", [
    "[", "a]", "?", "a?", "^a", "a$", "a|b", "a\\b", "(a)", "a+", "{a}", "a-b", "a/b", "a:b", "'a'", '"a"', "%", "a%20b",
    "ａ", "é", "a\x00", "a@b", "!", "~", "#", "&",
])
def test_no_patterns(bad):
    with pytest.raises(ValueError) as caught:
        check_patterns(f"read, {bad}")
    assert caught.value.args[0] == bad


@pytest.mark.parametrize("text", [",", " ; ", "\n", ",,"])
def test_a_list_of_nothing(text):
    """It would look like a restriction and be none."""
    for check in (check_patterns, check_networks):
        with pytest.raises(ValueError):
            check(text)


@pytest.mark.parametrize("networks", [
    None, "", "192.0.2.0/24", "192.0.2.7", "0.0.0.0/0", "::/0", "2001:db8::/32", "2001:db8::1", "192.0.2.0/255.255.255.0",
    "192.0.2.0/24, 2001:db8::/32;203.0.113.9",
])
def test_networks(networks):
    check_networks(networks)


@pytest.mark.parametrize("bad", ["192.0.2.1/24", "192.0.2", "192.0.2.*", "x", "192.0.2.0/33", "2001:db8::/129", "10", "0",
                                 "192.0.2.1-9", "2001:db8::1/32", "192.0.2.256", "012.0.2.1", "/24"])
def test_no_networks(bad):
    with pytest.raises(ValueError) as caught:
        check_networks(f"203.0.113.0/24 {bad}")
    assert caught.value.args[0] == bad


@pytest.mark.parametrize("networks, address", [
    (None, "192.0.2.1"), ("", None), ("", "nonsense"), ("192.0.2.0/24", "192.0.2.255"), ("192.0.2.7", "192.0.2.7"),
    ("192.0.2.0/24", "::ffff:192.0.2.1"), ("192.0.2.0/24", "::FFFF:C000:0201"), ("2001:db8::/32", "2001:db8::1"),
    ("2001:db8::/32", "2001:0DB8:0:0::1"), ("0.0.0.0/0", "203.0.113.9"), ("0.0.0.0/0", "::ffff:203.0.113.9"),
    ("::/0", "2001:db8::1"), ("10.0.0.0/8, 192.0.2.0/24", "192.0.2.1"), ("127.0.0.0/8", "127.0.0.1"), ("::1", "::1"),
])
def test_in_networks(networks, address):
    assert in_networks(address, networks)


@pytest.mark.parametrize("networks, address", [
    ("192.0.2.0/24", "192.0.3.1"), ("192.0.2.0/24", "::ffff:192.0.3.1"), ("192.0.2.0/24", "2001:db8::c000:201"),
    ("192.0.2.0/24", "::192.0.2.1"), ("192.0.2.0/24", "64:ff9b::192.0.2.1"), ("192.0.2.0/24", "2002:c000:201::1"),
    ("192.0.2.7", "192.0.2.70"), ("2001:db8::/32", "2001:db9::1"), ("2001:db8::/32", "192.0.2.1"), ("0.0.0.0/0", "::1"),
    ("192.0.2.0/24", ""), ("192.0.2.0/24", None), ("192.0.2.0/24", "<local>"), ("192.0.2.0/24", "192.0.2.1, 203.0.113.9"),
    ("192.0.2.0/24", "192.0.2.1:8069"), ("192.0.2.0/24", "0xc0000201"), ("192.0.2.0/24", "3221225985"),
])
def test_not_in_networks(networks, address):
    assert not in_networks(address, networks)
