"""Settings of the service: `PASSPORT_*` in the environment, read once, typed, frozen.

Every fault is found and listed at once, unknown `PASSPORT_*` names are refused (a misspelt setting is never ignored),
and a secret can come from a file: `PASSPORT_X_FILE` names the file that holds `PASSPORT_X`. The names are those of
the contract. What each one means is said beside its field.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PREFIX = "PASSPORT_"
SECRETS = (
    "DATABASE_URL", "OWNER_DATABASE_URL", "WORKER_DATABASE_URL", "KEY_PASSPHRASE", "SECRET_KEY", "METRICS_TOKEN",
)  # fmt: skip
MINIMUM_SECRET_CHARACTERS = 32


class SettingsError(Exception):
    """The settings are wrong. The text lists every fault, one a line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The settings are wrong:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this service was told to run."""

    issuer: str = "https://passport.example"  # the service's https identity: `iss`, SAN of its certificates
    public_url: str = "http://127.0.0.1:8000"  # where links and QR codes lead; in earnest the same as issuer
    home: Path = Path("var")  # where data and keys lie
    database_url: str | None = None  # the web role's PostgreSQL; None: the embedded server in `home`
    owner_database_url: str | None = None  # the role that migrates; default: database_url
    worker_database_url: str | None = None  # the role of background work; default: database_url
    example_keys: bool = False  # allow the published example keys (a demo; never in earnest)
    key_passphrase: str | None = field(default=None, repr=False)  # opens encrypted `file:` keys
    secret_key: str | None = field(default=None, repr=False)  # protects cursors and sessions; None: made in `home`
    metrics_token: str | None = field(default=None, repr=False)  # opens /metrics; None: only from this machine
    host: str = "127.0.0.1"  # where `passport serve` listens
    port: int = 8000
    passport_life_days: int = 90  # how long a signature lives; never an expiry of training
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from `environ` (default: the process's environment).

        Raises:
            SettingsError: with every fault at once.
        """
        values = {name: value for name, value in (environ or os.environ).items() if name.startswith(PREFIX)}
        return _Reader(values).settings()


class _Reader:
    """Reads one environment and gathers its faults."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values
        self.faults: list[str] = []

    def settings(self) -> Settings:
        self._take_secrets_from_files()
        taken = {name: self._convert(name, convert) for name, convert in CONVERTERS.items()}
        self.faults += [f"{name} is not a setting. Look for a misspelling." for name in sorted(self.values)]
        if self.faults:
            raise SettingsError(self.faults)
        return Settings(**{name: value for name, value in taken.items() if value is not None})  # type: ignore[arg-type]  # each converter gives its field's type

    def _take_secrets_from_files(self) -> None:
        for secret in SECRETS:
            path = self.values.pop(f"{PREFIX}{secret}_FILE", None)
            if path is None:
                continue
            if f"{PREFIX}{secret}" in self.values:
                self.faults.append(f"{PREFIX}{secret} and {PREFIX}{secret}_FILE are both set. Set one.")
            try:
                self.values[f"{PREFIX}{secret}"] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                self.faults.append(f"{PREFIX}{secret}_FILE names a file that can't be read.")

    def _convert(self, name: str, convert: Callable[[str], object]) -> object:
        variable = PREFIX + name.upper()
        text = self.values.pop(variable, None)
        if text is None:
            return None
        try:
            return convert(text)
        except ValueError as fault:
            self.faults.append(f"{variable} {fault}.")
            return None


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


def _secret(text: str) -> str:
    if len(text) < MINIMUM_SECRET_CHARACTERS:
        raise ValueError(f"must have at least {MINIMUM_SECRET_CHARACTERS} characters")
    return text


def _boolean(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError("must be yes or no")
    return text == "yes"


def _number(least: int, most: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return convert


def _url(*schemes: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        parts = urlsplit(text)
        if (
            parts.scheme not in schemes
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.path not in {"", "/"}
        ):
            raise ValueError(f"must be an address of the form {schemes[0]}://host, without a path")
        return text.rstrip("/")

    return convert


def _database(text: str) -> str:
    if not text.startswith(("postgresql://", "postgresql+psycopg://")):
        raise ValueError("must be a PostgreSQL address of the form postgresql://role@host/database")
    return text


def _log_level(text: str) -> str:
    if text not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
    return text


CONVERTERS: dict[str, Callable[[str], object]] = {
    "issuer": _url("https"),
    "public_url": _url("https", "http"),
    "home": lambda text: Path(_text(text)),
    "database_url": _database,
    "owner_database_url": _database,
    "worker_database_url": _database,
    "example_keys": _boolean,
    "key_passphrase": _text,
    "secret_key": _secret,
    "metrics_token": _secret,
    "host": _text,
    "port": _number(1, 65535),
    "passport_life_days": _number(1, 366),
    "log_level": _log_level,
}
