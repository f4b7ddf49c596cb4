import json
import tracemalloc

import pytest

from protocol.errors import MAX_TRACEBACK, error_object, format_traceback
from protocol.masking import mask_beginning, mask_text


def test_five_keys_in_their_order():
    error = error_object(ValueError("a", 1), debug="trace")
    assert list(error) == ["name", "message", "arguments", "context", "debug"]
    assert error == {
        "name": "builtins.ValueError", "message": "a\n1", "arguments": ["a", 1], "context": {}, "debug": "trace",
    }


def test_message_in_place_of_the_exceptions_own():
    error = error_object(KeyError("secret"), "one sentence", ("one sentence", 422))
    assert error["message"] == "one sentence"
    assert error["arguments"] == ["one sentence", 422]


def test_context_of_the_exception():
    error = ValueError()
    error.context = {"a": 1}
    assert error_object(error)["context"] == {"a": 1}


class Odd:
    def __str__(self):
        raise ValueError


DEEP = ["x"]
for _ in range(500):
    DEEP = [DEEP]
LOOP = []
LOOP.append(LOOP)


@pytest.mark.parametrize("argument", [
    "x" * 5_000_000, b"\xff\x00" * 2_500_000, bytearray(b"a" * 5_000_000), ["a"] * 1_000_000, [["a"] * 1_000_000], DEEP, LOOP,
    {str(number): number for number in range(100_000)}, {"x" * 1_000_000: 1}, Odd(), {1, 2}, float("nan"), float("inf"), 10**5000,
    ValueError("y" * 1_000_000), (b"\xff",), {b"a": b"\xff"}, "\ud800", object(),
], ids=range(19))
def test_a_bound_whatever_it_carries(argument):
    tracemalloc.start()
    try:
        error = ValueError(argument)
        error.context = {"a": argument}
        told = [error_object(error), error_object(ValueError(*[argument] * 100))]
        assert list(told[0]) == ["name", "message", "arguments", "context", "debug"]
        assert len(json.dumps(told, allow_nan=False)) < 500_000
        assert len(format_traceback(error)) <= MAX_TRACEBACK
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("write", [
    ValueError, lambda text: ValueError(text.encode()), lambda text: ValueError(1, text), lambda text: ValueError([text]),
    lambda text: ValueError({text: 1}), lambda text: ValueError("ü" * 5000, text), lambda text: ValueError(text, text),
    lambda text: ValueError(("ü" * 2000 + text).encode()), lambda text: OSError(1, text),
], ids=range(9))
def test_no_part_of_a_secret_remains_where_a_text_is_cut(write):
    """What is told of an exception is masked when it is kept, which is later."""
    key = "3f2a9c0d" * 5
    for at in range(0, 1000, 7):
        error = write("x" * at + f" {key}" * 300)
        told = error_object(error)
        texts = [told["message"], *map(str, told["arguments"])]
        masked = mask_text("\n".join(texts)) + mask_beginning(told["message"], 10_000)
        assert "3f2a" not in masked, at
        assert masked.count("***") > 100


def test_small_values_are_told_as_they_are():
    values = ["Sorry", 1, 1.5, None, True, ["a", {"b": [1]}], {"c": "d"}, 10**1000, ""]
    error = error_object(ValueError(*values))
    assert error["arguments"] == values
    assert error["message"] == "\n".join(map(str, values))


def test_the_end_of_a_long_traceback_is_told():
    error = ValueError("first")
    for number in range(200):
        try:
            raise KeyError(f"{number} " + "x" * 2000) from error
        except KeyError as exc:
            error = exc
    text = format_traceback(error)
    assert len(text) <= MAX_TRACEBACK
    assert "KeyError: '199 " in text
    assert text.startswith("...\n")


def test_no_secret_in_a_traceback():
    for size in range(9_950, 10_010):
        text = format_traceback(ValueError("a " * (size // 2) + "key " + "3f2a9c0d" * 5 + " password='hunter2' " + "b " * 100_000))
        assert "3f2a9c0d" not in text
        assert "hunter2" not in text


def test_traceback():
    try:
        raise ValueError("oops") from KeyError("cause")
    except ValueError as exc:
        text = format_traceback(exc)
    assert text.startswith("KeyError") or "Traceback" in text
    assert "ValueError: oops" in text
    assert "KeyError: 'cause'" in text
