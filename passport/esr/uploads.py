"""Files that wait between their check and their import: on disk, for an hour at most.

A file from ESR is full of personal data, so it is kept in one folder of the service's home that nobody else may open,
under the id of the import that checked it, and goes when it is used or an hour old. Several servers share that home, as
they share its keys. The assignment number of a personal export is part of the file's name.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from passport.errors import Gone

FOLDER: Final = "uploads"
KEPT: Final = timedelta(hours=1)
OWNER_ONLY: Final = 0o600
OWNER_ONLY_FOLDER: Final = 0o700


class UploadGone(Gone):
    """The file was imported already, or is too old."""

    code = "upload_gone"
    title = "The file is not kept any more"


def keep(home: Path, import_id: UUID, content: BinaryIO, *, assignment: str | None, now: datetime) -> None:
    """Keep a file that was checked, and drop those that are too old.

    Args:
        home: the service's home.
        import_id: the dry run that checked it.
        content: the file, seekable.
        assignment: for a personal export, whose it is.
        now: UTC.
    """
    forget_old(home, now=now)
    folder = home / FOLDER
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    path = folder / (f"{import_id}.{assignment}" if assignment else str(import_id))
    content.seek(0)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file)
    os.utime(path, (now.timestamp(), now.timestamp()))


def is_kept(home: Path, import_id: UUID, *, now: datetime) -> bool:
    """Say whether the file of a dry run can still be imported."""
    return _find(home, import_id, now) is not None


@contextmanager
def kept(home: Path, import_id: UUID, *, now: datetime) -> Iterator[tuple[BinaryIO, str | None]]:
    """Open a file that was kept, with its assignment number. It goes when the context ends without an exception.

    Raises:
        UploadGone: it was used, or is older than an hour.
    """
    path = _find(home, import_id, now)
    if path is None:
        raise UploadGone("A file is kept for an hour after its check. Check it again.")
    with path.open("rb") as file:
        yield file, path.suffix.removeprefix(".") or None
    path.unlink(missing_ok=True)


def forget_old(home: Path, *, now: datetime) -> None:
    """Drop the files that are too old."""
    for path in (home / FOLDER).glob("*"):
        if not _is_fresh(path, now):
            path.unlink(missing_ok=True)


def _find(home: Path, import_id: UUID, now: datetime) -> Path | None:
    return next((path for path in (home / FOLDER).glob(f"{import_id}*") if _is_fresh(path, now)), None)


def _is_fresh(path: Path, now: datetime) -> bool:
    return now - datetime.fromtimestamp(path.stat().st_mtime, UTC) < KEPT
