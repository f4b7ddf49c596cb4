"""What PostgreSQL tells beside the message of an error: rows, values and statements, which are nobody's business.

``DETAIL: Failing row contains (...)`` has the columns that groups hide. The labels are in the language of the server, so
nothing here looks for them: the error itself says which of its lines is the message.
"""
import html
import json
import re

MASK = "***"

# Shorter lines, such as the mark below a statement, say nothing.
_SHORTEST = 4
# So much of a line is looked for, so that one that somebody has cut is found too.
_HEAD = 12
_MAX_EXCEPTIONS = 100


def exceptions_of(exception):
    """Return an exception with all that it was raised from or while handling, hidden ones (``from None``) too.

    :param BaseException exception: the last one
    :rtype: list[BaseException]
    """
    found, waiting = [], [exception]
    while waiting and len(found) < _MAX_EXCEPTIONS:
        item = waiting.pop()
        if isinstance(item, BaseException) and not any(item is other for other in found):
            found.append(item)
            waiting += [item.__cause__, item.__context__, *getattr(item, "exceptions", ())]
    return found


def private_lines(exception):
    """Return an expression for the lines that no text may quote which tells of an exception.

    It matches by their beginnings and to the end of the line, so that it does not matter how they were quoted or cut.

    :param BaseException exception: of any kind; the database's may be among its causes
    :return: None when there are none
    :rtype: re.Pattern | None
    """
    lines = {line for item in exceptions_of(exception) for line in _private_lines(item)}
    heads = {form[:_HEAD] for line in lines for form in _forms(line)}
    # In this order those whose beginning is another one have their turn.
    return re.compile(f"(?:{'|'.join(map(re.escape, sorted(heads, reverse=True)))}).*") if heads else None


def without(text, private):
    """Return a text without the lines of the database that it quotes.

    :param str text: of any length
    :param re.Pattern | None private: see :func:`private_lines`
    :rtype: str
    """
    return private.sub(MASK, text) if private else text


def _private_lines(exception):
    diagnostics = getattr(exception, "diag", None)
    message = getattr(diagnostics, "message_primary", None)
    if not message:
        return set()
    names = ("message_detail", "message_hint", "context", "internal_query")
    texts = [str(exception), getattr(exception, "pgerror", None), *(getattr(diagnostics, name, None) for name in names)]
    lines = {line.strip() for text in texts if isinstance(text, str) for line in text.splitlines()}
    public = {line.strip() for line in message.splitlines()}
    # With the severity before it.
    first = message.splitlines()[0].strip()
    return {line for line in lines - public if len(line) >= _SHORTEST and not line.endswith(first)}


def _forms(line):
    """Return how a line may be quoted: as it is, by ``repr``, in JSON, in HTML, as bytes; and that by ``repr`` once more."""
    encoded = line.encode("utf-8", "replace")
    once = {line, repr(line)[1:-1], ascii(line)[1:-1], json.dumps(line)[1:-1], html.escape(line), repr(encoded)[2:-1]}
    return once | {repr(form)[1:-1] for form in once}
