"""Settings of the service: `PASSPORT_*` in the environment, read once, typed, frozen.

Every fault is found and listed at once, unknown `PASSPORT_*` names are refused (a misspelt setting is never ignored),
and a secret can come from a file: `PASSPORT_X_FILE` names the file that holds `PASSPORT_X`. The names are those of
the contract. What each one means is said beside its field.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PREFIX = "PASSPORT_"
SECRETS = (
    "DATABASE_URL", "OWNER_DATABASE_URL", "WORKER_DATABASE_URL", "KEY_PASSPHRASE", "SECRET_KEY", "METRICS_TOKEN",
    "OIDC_CLIENT_SECRET", "MAIL", "NOTIFY_KEY",
)  # fmt: skip
MINIMUM_SECRET_CHARACTERS = 32
OWN_ADDRESS = "http://127.0.0.1:8000"
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


class SettingsError(Exception):
    """The settings are wrong. The text lists every fault, one a line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The settings are wrong:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this service was told to run."""

    issuer: str = "https://passport.example"  # the service's https identity: `iss`, SAN of its certificates
    public_url: str = OWN_ADDRESS  # where links and QR codes lead; in earnest the same as issuer
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
    service_name: str = "Staff passport"  # what the pages call the service
    owner_name: str | None = None  # who answers for it; named at the foot of each page
    owner_logo: Path | None = None  # a picture (SVG or PNG) for the header; None: none
    owner_email: str | None = None  # where people ask for help; shown on the pages
    oidc_issuer: str | None = None  # the identity provider (OpenID Connect); None: no sign-in through one
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    oidc_roles: Mapping[str, str] = field(default_factory=dict)  # the provider's role codes, and which role each is
    mail: str = field(
        default="file", repr=False
    )  # `file`: below `home`; smtp://user:password@host:587; notify:template
    notify_key: str | None = field(default=None, repr=False)  # the API key of GOV.UK Notify
    mail_from: str = "staff-passport@localhost"
    retention: Mapping[str, str] = field(default_factory=dict)  # lengths of your own policy, by the kind of data
    demo: bool = False  # sign-in by a click as an invented person; set by `passport demo` alone

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
        self.faults += _contradictions(taken)
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


def _contradictions(taken: Mapping[str, object]) -> list[str]:
    """Say which settings can't stand together."""
    faults = []
    address = urlsplit(str(taken["public_url"] or OWN_ADDRESS))
    if taken["demo"] and address.hostname not in LOOPBACK:
        faults.append("PASSPORT_DEMO lets everybody sign in as anybody, so PASSPORT_PUBLIC_URL must be this machine.")
    if bool(taken["oidc_issuer"]) != bool(taken["oidc_client_id"]):
        faults.append("PASSPORT_OIDC_ISSUER and PASSPORT_OIDC_CLIENT_ID are set together or not at all.")
    if str(taken["mail"] or "").startswith("notify:") != bool(taken["notify_key"]):
        faults.append("PASSPORT_MAIL=notify:TEMPLATE_ID and PASSPORT_NOTIFY_KEY are set together or not at all.")
    return faults


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


def _provider(text: str) -> str:
    parts = urlsplit(text)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise ValueError("must be an https:// address")
    return text.rstrip("/")


def _address(text: str) -> str:
    if not re.fullmatch(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}", text):
        raise ValueError("must be an e-mail address")
    return text


def _file(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in {".svg", ".png"} or not path.is_file():
        raise ValueError("must name an SVG or PNG file that exists")
    return path


def _mail(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "notify":
        if not re.fullmatch(f"notify:{UUID}", text):
            raise ValueError("must be notify: and the id of your template in GOV.UK Notify, a UUID")
    elif text != "file" and not (parts.scheme in {"smtp", "smtps"} and parts.hostname):
        raise ValueError(
            "must be file, an address of the form smtp://user:password@host:587 (smtps: TLS at once), "
            "or notify:TEMPLATE_ID"
        )
    return text


def _notify_key(text: str) -> str:
    if not re.fullmatch(f".+-{UUID}-{UUID}", text):
        raise ValueError("must be an API key of GOV.UK Notify, as it was shown: name, service and secret")
    return text


def _roles(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(code.strip() and role.strip() for code, _, role in pairs):
        raise ValueError("must be pairs of a role code and a role, as S8000:G8000:R8000=staff,R0260=ward_manager")
    return {code.strip(): role.strip() for code, _, role in pairs}


def _lengths(text: str) -> dict[str, str]:
    pairs = {kind.strip(): length.strip() for kind, _, length in (pair.partition("=") for pair in text.split(","))}
    if not all(re.fullmatch(r"[1-9][0-9]{0,2} (day|year)s?", length) for length in pairs.values()):
        raise ValueError("must be pairs of a kind of data and a length, as records=10 years,invitations=30 days")
    return pairs


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
    "service_name": _text,
    "owner_name": _text,
    "owner_logo": _file,
    "owner_email": _address,
    "oidc_issuer": _provider,
    "oidc_client_id": _text,
    "oidc_client_secret": _text,
    "oidc_roles": _roles,
    "mail": _mail,
    "notify_key": _notify_key,
    "mail_from": _address,
    "retention": _lengths,
    "demo": _boolean,
}
