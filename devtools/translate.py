"""Write i18n/*.po anew from the texts of every series; what was translated stays, what is missing is listed."""
from . import databases, hosts, odoo, process, venv
from .console import Failure, say
from .paths import ADDON, CHECKOUT

EXPORT = f"""
import inspect, io
from odoo.tools.translate import trans_export
output = io.BytesIO()
source = env if "env" in inspect.signature(trans_export).parameters else env.cr
trans_export(None, ["{ADDON}"], output, "po", source)
print("export:" + repr(output.getvalue().decode()))
"""

# Run with the Python of the hosts, which has polib.
MERGE = """
import ast, pathlib, sys
import polib

folder = pathlib.Path(sys.argv[1])
exports = [polib.pofile(ast.literal_eval(line)) for line in sys.stdin]
terms = {}
for export in exports:
    for entry in export:
        known = terms.setdefault(entry.msgid, entry)
        known.occurrences = sorted(set(known.occurrences) | set(entry.occurrences))
for path in folder.glob("*.po"):
    translated = {entry.msgid: entry.msgstr for entry in polib.pofile(str(path))}
    catalog = polib.POFile(wrapwidth=78)
    catalog.metadata = {
        "Project-Id-Version": "json2_backport",
        "Language": path.stem,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    for msgid in sorted(terms):
        entry = terms[msgid]
        catalog.append(polib.POEntry(msgid=msgid, msgstr=translated.get(msgid, ""), comment=entry.comment,
                                     occurrences=entry.occurrences, flags=entry.flags))
    catalog.save(str(path))
    for entry in catalog.untranslated_entries():
        print(f"{path.name}: {entry.msgid!r}")
"""


def configure(parser):
    pass


def main(_arguments):
    exports = [_export(host) for host in hosts.present()]
    child = process.start([venv.python(), "-c", MERGE, CHECKOUT / "i18n"], stdin=-1, stdout=-1, text=True)
    missing = child.communicate("".join(exports))[0]
    if child.returncode:
        raise Failure("Merging failed.")
    say(missing or "Nothing is missing.")
    return 1 if missing else 0


def _export(host):
    say(f"Exporting the texts of Odoo {host.series} ...")
    name = databases.create(host, databases.temporary_name("translate", host), auto_install=False)
    try:
        odoo.install(host, name, "--init", ADDON, *databases.auto_install_options(host, False))
        output = odoo.script(host, name, EXPORT)
    finally:
        databases.drop(name)
    line = next(line for line in output.splitlines() if line.startswith("export:"))
    return line.removeprefix("export:") + "\n"
