"""The secret that signs cursors and sessions: from the settings, or made once and kept in `home`.

Every worker of an installation must have the same one. Where several machines serve, set `PASSPORT_SECRET_KEY`.
"""

import os
import secrets
from contextlib import suppress

from passport.settings import Settings

SECRET_FILE = "secret-key"  # noqa: S105 (the name of a file)
SECRET_BYTES = 48


def secret_key(settings: Settings) -> str:
    """Return the secret, making it on the first start."""
    if settings.secret_key is not None:
        return settings.secret_key
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.home / SECRET_FILE
    if not path.exists():
        # A file that is complete before it has its name: workers that start together read the same secret.
        unfinished = settings.home / f"{SECRET_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(SECRET_BYTES))
        with suppress(FileExistsError):
            os.link(unfinished, path)
        unfinished.unlink()
    return path.read_text(encoding="ascii")
