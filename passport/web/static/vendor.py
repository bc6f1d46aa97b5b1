"""Fetches what others wrote and our pages load, and puts it beside our own files: `make vendor`.

The service loads nothing from anywhere else, so these files are part of it: packed by `npm pack` at a fixed version,
of each package only what a page uses, with its licence. What would call a foreign address is taken out: the two
`@font-face` rules for Frutiger (only registered NHS organisations may use it; Arial takes its place), the default
place of the zxing reader's WebAssembly, the address of Swagger's validator. `checksums.txt` names every file with its
SHA-256; a test compares them, and looks for foreign addresses again. The files are never edited by hand.
"""

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent / "web" / "vendor"
CHECKSUMS: Final = "checksums.txt"
LICENCES: Final = Path(__file__).resolve().parent / "licences"  # of packages whose archive has none
FRUTIGER: Final = re.compile(r"@font-face\{font-family:Frutiger W01;[^}]*\}")
SOURCE_MAP: Final = re.compile(r"\n?(/\*|//)# sourceMappingURL=[^\n*]*(\*/)?")
# Anything of a style sheet, and these of a script, that would make a browser ask somebody else.
FOREIGN_STYLE: Final = re.compile(r"url\(\s*[\"']?(https?:)?//|@import")
FOREIGN_HOSTS: Final = ("jsdelivr", "unpkg", "cdnjs", "assets.nhs.uk", "validator.swagger.io", "googleapis")

Edit = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Package:
    """A package, and which of its files become which of ours."""

    name: str
    version: str
    folder: str
    files: dict[str, str]
    edits: dict[str, Edit] = field(default_factory=dict)


def _style(text: str) -> str:
    without, count = FRUTIGER.subn("", SOURCE_MAP.sub("", text))
    if count != 2:
        raise SystemExit(f"The style sheet has {count} rules for Frutiger instead of 2: look what changed.")
    return without.replace("url(/assets/", "url(assets/")


def _without_map(text: str) -> str:
    return SOURCE_MAP.sub("", text)


def _zxing(text: str) -> str:
    """Look for the WebAssembly beside the script's page, where ours is named by `locateFile`."""
    return re.sub(r"https://fastly\.jsdelivr\.net/npm/zxing-wasm@[0-9.]+/dist/", "", text)


def _swagger(text: str) -> str:
    return text.replace("https://validator.swagger.io/validator", "none")


ICONS: Final = ("arrow-down", "arrow-up-down", "arrow-up", "cross")  # those that the style sheet names
PACKAGES: Final = (
    Package(
        "nhsuk-frontend",
        "10.6.1",
        "nhsuk_frontend",
        {
            "dist/nhsuk/nhsuk-frontend.min.css": "nhsuk-frontend.min.css",
            "dist/nhsuk/nhsuk-frontend.min.js": "nhsuk-frontend.min.js",
        }
        | {f"dist/nhsuk/assets/images/nhsuk-icon-{icon}.svg": f"assets/images/nhsuk-icon-{icon}.svg" for icon in ICONS},
        {"nhsuk-frontend.min.css": _style, "nhsuk-frontend.min.js": _without_map},
    ),
    Package(
        "zxing-wasm",
        "3.1.4",
        "zxing_wasm",
        {
            "dist/iife/reader/index.js": "reader.js",
            "dist/reader/zxing_reader.wasm": "zxing_reader.wasm",
            "LICENSE": "LICENCE.txt",
        },
        {"reader.js": _zxing},
    ),
    Package("qr", "0.7.0", "qr", {"decode.js": "decode.js", "index.js": "index.js", "LICENSE-MIT": "LICENCE.txt"}),
    Package(
        "swagger-ui-dist",
        "5.35.0",
        "swagger_ui",
        {
            "swagger-ui-bundle.js": "swagger-ui-bundle.js",
            "swagger-ui.css": "swagger-ui.css",
            "LICENSE": "LICENCE.txt",
            "NOTICE": "NOTICE.txt",
            "swagger-ui-bundle.js.LICENSE.txt": "LICENCES-OF-PARTS.txt",
        },
        {"swagger-ui-bundle.js": _swagger, "swagger-ui.css": _without_map},
    ),
)


def main() -> None:
    """Fetch every package anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for package in PACKAGES:
        _unpack(package, FOLDER / package.folder)
        licence = LICENCES / f"{package.folder}.txt"
        if licence.exists():
            shutil.copyfile(licence, FOLDER / package.folder / "LICENCE.txt")
    if found := foreign_addresses():
        raise SystemExit("Foreign addresses are left:\n" + "\n".join(found))
    (FOLDER / CHECKSUMS).write_text("".join(checksums()), encoding="ascii")


def files() -> Iterator[Path]:
    """Yield every vendored file, in order."""
    yield from sorted(path for path in FOLDER.rglob("*") if path.is_file() and path.name != CHECKSUMS)


def checksums() -> Iterator[str]:
    """Yield the lines of `checksums.txt`, in the form of `sha256sum`."""
    for path in files():
        yield f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(FOLDER).as_posix()}\n"


def foreign_addresses() -> list[str]:
    """Return each place where a style sheet or script would ask a foreign address."""
    found = []
    for path in files():
        if path.suffix not in {".css", ".js", ".svg"}:
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".css" and (match := FOREIGN_STYLE.search(text)):
            found.append(f"{path.name}: {match.group()}")
        found += [f"{path.name}: {host}" for host in FOREIGN_HOSTS if host in text]
    return found


def _unpack(package: Package, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(
            ["npm", "pack", "--silent", f"{package.name}@{package.version}"],  # noqa: S607 (npm as it is installed)
            cwd=place,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(place).glob("*.tgz")
        with tarfile.open(archive) as packed:
            for source, target in package.files.items():
                member = packed.extractfile(f"package/{source}")
                if member is None:
                    raise SystemExit(f"{package.name} has no file {source}.")
                _write(folder / target, member.read(), package.edits.get(target))


def _write(path: Path, content: bytes, edit: Edit | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(edit(content.decode("utf-8")).encode("utf-8") if edit else content)


if __name__ == "__main__":
    main()
