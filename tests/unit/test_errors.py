from protocol.errors import error_object, format_traceback


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


def test_traceback():
    try:
        raise ValueError("oops") from KeyError("cause")
    except ValueError as exc:
        text = format_traceback(exc)
    assert text.startswith("KeyError") or "Traceback" in text
    assert "ValueError: oops" in text
    assert "KeyError: 'cause'" in text
