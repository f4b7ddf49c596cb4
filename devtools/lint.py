"""Check the sources: ruff, pylint-odoo, Python 3.9, well-formed XML."""
from xml.etree import ElementTree

from . import process, venv
from .console import say
from .paths import CHECKOUT, shipped_files

# pylint-odoo's checks only: errors and style are ruff's, and Odoo is not importable here for pylint's own.
PYLINT_CHECKS = (
    "--disable=all", "--enable=odoolint",
    # The README is README.md, the addon is its author's, and an explicit `installable` does no harm.
    "--disable=missing-readme,manifest-required-author,manifest-superfluous-key",
    # Takes every super() whose result is not returned for a mistake, also where there is none.
    "--disable=missing-return",
)


def configure(parser):
    pass


def main(_arguments):
    checks = {"ruff": _ruff, "pylint-odoo": _pylint, "Python 3.9": _vermin, "XML": _xml}
    failed = []
    for name, check in checks.items():
        complaints = check()
        say(f"{name}: {'failed' if complaints else 'ok'}")
        if complaints:
            say(complaints)
            failed.append(name)
    return 1 if failed else 0


def _shipped(suffix):
    return [path for path in shipped_files() if path.suffix == suffix]


def _tool(name, *arguments):
    """The complaints of a tool: its output when it ends with an error."""
    code, output = process.run([venv.tool(name), *arguments], cwd=CHECKOUT)
    return (output or f"exit code {code}") if code else ""


def _ruff():
    return _tool("ruff", "check", "--no-cache", "--quiet", ".")


def _pylint():
    sources = _shipped(".py")
    return _tool("pylint", "--rcfile=.pylintrc", *PYLINT_CHECKS, *sources) if sources else ""


def _vermin():
    """The oldest Python of a host is 3.9. Developers' tools and live tests are free."""
    sources = _shipped(".py")
    # Annotations that are not evaluated run on any Python; what is evaluated counts.
    return _tool("vermin", "--target=3.9-", "--violations", "--no-tips", "--eval-annotations", *sources) if sources else ""


def _xml():
    complaints = []
    for path in _shipped(".xml"):
        try:
            ElementTree.parse(CHECKOUT / path)
        except ElementTree.ParseError as error:
            complaints.append(f"{path}: {error}")
    return "\n".join(complaints)
