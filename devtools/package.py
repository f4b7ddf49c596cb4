"""Build the addon's archive for each Odoo series, in dist/."""
import zipfile

from .console import say
from .paths import ADDON, CHECKOUT, SERIES, addon_version, manifest, shipped_files

# Archives of the same sources are equal to the byte.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def configure(parser):
    parser.add_argument("--odoo", action="append", choices=SERIES, help="only this series; may be given again")


def main(arguments):
    for series in arguments.odoo or SERIES:
        version = f"{series}.{addon_version()}"
        archive = CHECKOUT / "dist" / series / f"{ADDON}-{version}.zip"
        archive.parent.mkdir(parents=True, exist_ok=True)
        _write(archive, version)
        say(str(archive.relative_to(CHECKOUT)))
    return 0


def _write(archive, version):
    unfinished = archive.with_suffix(".new")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as file:
        for path in shipped_files():
            content = (CHECKOUT / path).read_bytes()
            if path.name == "__manifest__.py":
                content = _with_version(content, version)
            entry = zipfile.ZipInfo(f"{ADDON}/{path}", TIMESTAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            file.writestr(entry, content)
    unfinished.rename(archive)


def _with_version(content, version):
    """The manifest that names the series it is for: Odoo refuses to install one of another series."""
    current = manifest()["version"]
    for quote in "'\"":
        content = content.replace(f"{quote}{current}{quote}".encode(), f"{quote}{version}{quote}".encode())
    return content
