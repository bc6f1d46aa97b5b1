"""The files that pages load: `/static/<room>/...`, from the folder `passport/<room>/static/<room>/` of each room.

They are listed once when the application is made, so nothing else can be asked for. A page names a file by
`static_url`, whose `v` is a hash of the content: with it the answer may be kept for ever, without it (a module that a
module imports, a picture that the style sheet names) the browser asks each time whether it has changed. Text is
compressed where the browser takes it; what is compressed holds no secret.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from flask import Response, request

from passport.errors import NotFound

PACKAGE: Final = Path(__file__).resolve().parent.parent
HASH_CHARACTERS: Final = 16
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "public, no-cache"
COMPRESSED: Final = frozenset(("text/css", "text/javascript", "image/svg+xml", "application/wasm", "text/plain"))
TYPES: Final = {".js": "text/javascript", ".wasm": "application/wasm", ".webmanifest": "application/manifest+json"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file that pages may load."""

    path: Path
    media_type: str
    digest: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Return every file by its name, as `web/site.css`."""
    return {
        path.relative_to(folder).as_posix(): _described(path)
        for folder in sorted(PACKAGE.glob("*/static"))
        for path in sorted((folder / folder.parent.name).rglob("*"))
        if path.is_file()
    }


def static_url(name: str) -> str:
    """Return the address of a file, which changes with its content.

    Args:
        name: `<room>/<path>`, as `web/site.css`.

    Raises:
        KeyError: there is no such file.
    """
    return f"/static/{name}?v={static_files()[name].digest}"


def send(name: str) -> Response:
    """Return a file to the browser.

    Raises:
        NotFound: there is none of this name.
    """
    file = static_files().get(name)
    if file is None:
        raise NotFound("There is no such file.")
    answer = Response(_content(name, compressed=_compressed(file)), mimetype=file.media_type)
    if _compressed(file):
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Cache-Control"] = FOR_EVER if request.args.get("v") == file.digest else ASK_AGAIN
    answer.set_etag(file.digest, weak=True)
    answer.make_conditional(request)
    return answer


@cache
def _content(name: str, *, compressed: bool) -> bytes:
    content = static_files()[name].path.read_bytes()
    return gzip.compress(content, mtime=0) if compressed else content


def _compressed(file: StaticFile) -> bool:
    return file.media_type in COMPRESSED and request.accept_encodings["gzip"] > 0


def _described(path: Path) -> StaticFile:
    media_type = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StaticFile(path, media_type, hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_CHARACTERS])
