"""Of an error of the database no row is told, whatever its language and whoever quotes it."""
import html
import json
import time
from types import SimpleNamespace

import pytest

from protocol.database_errors import exceptions_of, private_lines, without
from protocol.errors import error_object, format_traceback

SECRET = "hunter2-Zx9"
VALUES = [SECRET, f"it's {SECRET}", f'"{SECRET}"', f"a\\{SECRET}", f"ünï {SECRET}", f"a\nb {SECRET}", f"'\"{SECRET}", f"<b>{SECRET}"]
LABELS = {
    "English": ("ERROR", "DETAIL", "HINT", "CONTEXT", "LINE 1"), "German": ("FEHLER", "DETAIL", "TIP", "ZUSAMMENHANG", "ZEILE 1"),
    "Spanish": ("ERROR", "DETALLE", "SUGERENCIA", "CONTEXTO", "LÍNEA 1"), "Russian": ("ОШИБКА", "ПОДРОБНОСТИ", "ПОДСКАЗКА", "КОНТЕКСТ", "СТРОКА 1"),
}


class DatabaseError(Exception):
    """Like psycopg2's: the text has what PostgreSQL says in its own language, ``diag`` the parts of it."""

    def __init__(self, message, labels="English", detail=None, hint=None, context=None, line=None):
        severity, *names = LABELS[labels]
        lines = [f"{name}:  {text}" for name, text in zip(names, (detail, hint, context)) if text]
        text = "\n".join([message, *([f"{names[-1]}: {line}", "        ^"] if line else []), *lines, ""])
        super().__init__(text)
        self.pgerror = f"{severity}:  {text}"
        self.diag = SimpleNamespace(
            message_primary=message, message_detail=detail, message_hint=hint, context=context, internal_query=None)


def raised(exception, cause=None, hidden=False):
    """Return an exception that was raised while handling another one."""
    try:
        try:
            raise cause
        except Exception:
            if hidden:
                raise exception from None
            raise exception  # noqa: B904
    except Exception as exc:
        return exc


QUOTES = {
    "str": str, "repr": repr, "repr of repr": lambda exc: repr([repr(exc)]), "pgerror": lambda exc: exc.pgerror,
    "detail": lambda exc: exc.diag.message_detail, "repr of detail": lambda exc: repr(exc.diag.message_detail),
    "ascii": ascii, "json": lambda exc: json.dumps(str(exc)), "html": lambda exc: html.escape(str(exc)),
    "unicode json": lambda exc: json.dumps(str(exc), ensure_ascii=False),
    "json of detail": lambda exc: json.dumps({"a": exc.diag.message_detail}), "cut": lambda exc: str(exc)[:-6], "quoted": lambda exc: f"'\"{exc!r}",
}


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("quote", QUOTES.values(), ids=QUOTES)
@pytest.mark.parametrize("hidden", [False, True])
def test_no_row_is_told(quote, labels, hidden):
    for value in VALUES:
        assert_untold(quote, value, labels, hidden)


def assert_untold(quote, value, labels, hidden):
    detail = f"Ошибочная строка содержит (1, {value})." if labels == "Russian" else f"Failing row contains (1, {value}, null)."
    cause = DatabaseError(
        'null value in column "login"', labels, detail, f"Try {value}", f"SQL statement {value}", f"INSERT INTO x VALUES ('{value}')")
    for arguments in ((f"Sorry: {quote(cause)}.",), ("Sorry", [quote(cause)], {quote(cause): cause}), (cause, quote(cause).encode())):
        exception = raised(ValueError(*arguments), cause, hidden)
        exception.context = {"error": quote(cause)}
        error = error_object(exception, debug=format_traceback(exception))
        told = json.dumps(error, default=str) + repr(error)
        assert "hunter2" not in told
        assert "Failing row" not in told


@pytest.mark.parametrize("labels", LABELS)
def test_the_message_is_told(labels):
    cause = DatabaseError('duplicate key value violates unique constraint "x"', labels, "Key (a)=(b) already exists.")
    exception = raised(ValueError(f"Sorry: {cause}"), cause)
    assert 'duplicate key value violates unique constraint "x"' in error_object(exception)["message"]
    assert 'duplicate key value violates unique constraint "x"' in format_traceback(exception)
    assert "ValueError: Sorry: duplicate" in format_traceback(exception)


def test_other_exceptions_are_told_whole():
    exception = raised(ValueError("Detail: Failing row contains (x)"), KeyError("b"))
    assert private_lines(exception) is None
    assert error_object(exception)["message"] == "Detail: Failing row contains (x)"


def test_the_whole_chain():
    first = DatabaseError("a", detail="Failing row contains (x).")
    last = raised(ValueError("c"), raised(KeyError("b"), first, hidden=True))
    assert exceptions_of(last)[0] is last
    assert first in exceptions_of(last)
    group = ValueError("group")
    group.exceptions = (first,)
    assert first in exceptions_of(group)


def test_a_chain_that_is_a_ring():
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert len(exceptions_of(first)) == 2


@pytest.mark.parametrize("part", ["Failing row ", "Failing row contains", "DETAIL:  Fai", "a", "\\", "'"])
def test_linear(part):
    detail = f"Failing row contains {part * 5000} {SECRET}"
    private = private_lines(DatabaseError("a", detail=detail))
    for size in (10_000, 1_000_000):
        text = part * (size // len(part))
        began = time.process_time()
        without(text, private)
        assert time.process_time() - began < max(size / 1_000_000, 0.1) * 3
