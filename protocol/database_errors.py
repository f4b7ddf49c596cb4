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


def private_texts(exception):
    """Return what no text may quote which tells of an exception.

    :param BaseException exception: of any kind; the database's may be among its causes
    :return: ``{beginning: texts}``
    :rtype: dict[str, list[str]]
    """
    lines = {line for item in exceptions_of(exception) for line in _private_lines(item)}
    texts = {}
    for form in {form for line in lines for form in _forms(line)}:
        texts.setdefault(form[:_HEAD], []).append(form)
    return texts


def without(text, private):
    """Return a text without the lines of the database that it quotes, also where somebody has cut them.

    :param str text: of any length
    :param dict private: see :func:`private_texts`
    :rtype: str
    """
    if not private:
        return text
    pieces, position = [], 0
    # The longer ones first, of which a shorter one may be the beginning.
    heads = re.compile("|".join(map(re.escape, sorted(private, key=len, reverse=True))))
    for found in heads.finditer(text):
        if found.start() >= position:
            length = max(_common_length(text, found.start(), form) for form in private[found[0]])
            pieces += [text[position : found.start()], MASK]
            position = found.start() + length
    return "".join([*pieces, text[position:]])


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
    """Return how a line may be quoted: as it is, by ``repr`` once or twice, in JSON, in HTML."""
    once = {line, _escaped(line), ascii(line)[1:-1], json.dumps(line)[1:-1], json.dumps(line, ensure_ascii=False)[1:-1]}
    once |= {form.replace("'", "\\'") for form in once}
    return once | {_escaped(form) for form in once} | {html.escape(form) for form in once}


def _escaped(text):
    # Whether repr() escapes a quote depends on what else there is.
    return repr(text + "\"'")[1:-1].replace("\\'", "'")[: -len("\"'")]


def _common_length(text, position, form):
    """Return how much of ``form`` stands at a position."""
    piece = text[position : position + len(form)]
    if piece == form:
        return len(form)
    return next((index for index, (a, b) in enumerate(zip(piece, form)) if a != b), len(piece))
