"""`passport keys`: look after the signing keys of the service.

passport keys list
passport keys create --purpose passport        an encrypted file in PASSPORT_HOME/keys, and a certificate request
passport keys import --purpose qr --uri file:keys/mine.pem
passport keys certificate KID chain.pem        the key's certificate, then that of the CA
passport keys publish KID                      the world gets to know it; it signs an hour later at the earliest
passport keys activate KID
passport keys retire KID
passport keys compromise KID                   everything that it signed is refused, for ever
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from passport import startup
from passport.db import transaction
from passport.errors import Invalid
from passport.settings import Settings
from passport.signing import keyring, service
from passport.signing.key_files import certificate_request, encrypted_pem, new_private_key, write_private
from passport.signing.models import SigningKey
from passport.signing.states import PURPOSES, Purpose

ACTOR: Final = "operator"
# A thumbprint may begin with a hyphen, and no letter of it may be taken for an option: `-h` would show the help alone.
THUMBPRINT: Final[dict[str, Any]] = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
Move = Callable[..., SigningKey]


class PassphraseMissing(Invalid):
    """A key file is never written without a passphrase."""

    code = "passphrase_missing"
    title = "Set PASSPORT_KEY_PASSPHRASE_FILE first: key files are always encrypted"


@contextmanager
def _working() -> Iterator[Session]:
    """Open the one transaction of a command."""
    settings = Settings.from_env()
    keyring.configure(settings)
    with startup.database(settings, "web"), transaction() as session:
        yield session


@click.group("keys")
def keys() -> None:
    """Look after the signing keys."""


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_keys(as_json: bool) -> None:
    """List every key: purpose, state, since when, thumbprint."""
    with _working() as session:
        rows = [_described(key) for key in service.all_keys(session)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['purpose']:<13}{row['state']:<13}{row['since']}  {row['kid']}")


@keys.command("create")
@click.option("--purpose", type=click.Choice(PURPOSES), required=True, help="The one thing that the key will sign.")
def create(purpose: Purpose) -> None:
    """Make a key in an encrypted file, and for passports a request for its certificate."""
    settings = Settings.from_env()
    if settings.key_passphrase is None:
        raise PassphraseMissing
    private_key = new_private_key()
    now = datetime.now(UTC)
    place = Path("keys") / f"{purpose}-{now:%Y%m%d-%H%M%S}.pem"
    write_private(settings.home / place, encrypted_pem(private_key, settings.key_passphrase))
    with _working() as session:
        kid = service.plan(session, purpose=purpose, uri=f"file:{place}", actor=ACTOR, now=now).kid
    click.echo(kid)
    if purpose == "passport":
        request = (settings.home / place).with_suffix(".csr")
        request.write_bytes(certificate_request(private_key, settings.issuer))
        click.echo(f"Have your CA sign {request}, then: passport keys certificate {kid} CHAIN.pem", err=True)


@keys.command("import")
@click.option("--purpose", type=click.Choice(PURPOSES), required=True, help="The one thing that the key will sign.")
@click.option("--uri", required=True, help="Where the private key lies, as file:keys/mine.pem.")
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its chain in PEM.")
def import_key(purpose: Purpose, uri: str, certificate: Path | None) -> None:
    """Make a key known that lies somewhere already."""
    chain_pem = certificate.read_text(encoding="ascii") if certificate else None
    with _working() as session:
        key = service.plan(
            session, purpose=purpose, uri=uri, certificate_pem=chain_pem, actor=ACTOR, now=datetime.now(UTC)
        )
        click.echo(key.kid)


@keys.command("certificate", context_settings=THUMBPRINT)
@click.argument("kid")
@click.argument("chain", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def certificate(kid: str, chain: Path) -> None:
    """Give a passport key its certificate: a PEM file with the leaf, then the certificate of the CA."""
    with _working() as session:
        pem = chain.read_text(encoding="ascii")
        service.certify(session, kid, certificate_pem=pem, actor=ACTOR, now=datetime.now(UTC))


def _move_command(name: str, sentence: str, move: Move) -> click.Command:
    @click.command(name, help=sentence, context_settings=THUMBPRINT)
    @click.argument("kid")
    def command(kid: str) -> None:
        with _working() as session:
            key = move(session, kid, actor=ACTOR, now=datetime.now(UTC))
            click.echo(f"{key.purpose} {key.state} {key.kid}")

    return command


for _name, _sentence, _move in (
    ("publish", "Let the world know a key. It may sign an hour later.", service.publish),
    ("activate", "Sign with this key from now on. The one before it becomes retiring.", service.activate),
    ("retire", "Put a key out of use when nothing that it signed can be alive.", service.retire),
    ("compromise", "Block a key for ever. Everything that it signed is refused.", service.compromise),
):
    keys.add_command(_move_command(_name, _sentence, _move))


def _described(key: SigningKey) -> dict[str, str]:
    since = getattr(key, f"{key.state}_at")
    return {"kid": key.kid, "purpose": key.purpose, "state": key.state, "since": f"{since:%Y-%m-%dT%H:%M:%SZ}"}


commands: list[click.Command] = [keys]
