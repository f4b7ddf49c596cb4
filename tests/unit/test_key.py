import re

import pytest

from protocol import key


def test_format():
    assert re.fullmatch(r"j2_[0-9A-Za-z]{49}", key.generate())
    assert key.LENGTH == len(key.generate()) == 52


def test_entropy():
    assert len({key.generate() for _ in range(1000)}) == 1000
    assert len(set("".join(key.generate()[3:46] for _ in range(1000)))) == 62


def test_checksum_finds_every_single_typo():
    good = key.generate()
    assert key.is_well_formed(good)
    for index in range(len(key.PREFIX), len(good)):
        typo = good[:index] + ("x" if good[index] != "x" else "y") + good[index + 1 :]
        assert not key.is_well_formed(typo), index


@pytest.mark.parametrize("bad", ["", "j2_", "x" * 52, "j2_" + "é" * 49, "j2_" + "\x00" * 49])
def test_not_a_key(bad):
    assert not key.is_well_formed(bad)


def test_cut_and_doubled():
    good = key.generate()
    assert not key.is_well_formed(good[:-1])
    assert not key.is_well_formed(good + "0")


@pytest.mark.parametrize("text, is_key", [
    ("j2_x", True), ("0123456789abcdef" * 2 + "01234567", True), ("0123456789abcdef", False), ("admin", False), ("", False),
])
def test_key_like(text, is_key):
    assert key.is_key_like(text) is is_key


def test_digest_is_sha256():
    assert key.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_visible_part_leaves_enough_hidden():
    assert key.visible_part("j2_abcdefghi") == "j2_abcdef"
