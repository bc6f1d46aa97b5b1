"""`passport clients`: the first API client comes from here, because registering one over HTTP needs a client.

passport clients register --organisation X1V2A --name "Learning system" --algorithm ES256 --jwk public.json \\
    --scope awards:write --scope staff:read
passport clients list
passport clients disable CLIENT_ID
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from credentials.encoding import strict_json
from credentials.errors import CredentialError
from passport import startup
from passport.access import service
from passport.access.keys import ALGORITHMS, Algorithm, ClientKeyInvalid
from passport.access.models import ApiClient
from passport.access.scopes import SCOPES
from passport.db import reading, transaction
from passport.organisations import service as organisations
from passport.settings import Settings

ACTOR: Final = "operator"


@click.group("clients")
def clients() -> None:
    """Look after the programs that may call the API."""


@clients.command("register")
@click.option("--organisation", required=True, help="ODS code of the organisation that it acts for.")
@click.option("--name", required=True, help="What people call it.")
@click.option("--algorithm", type=click.Choice(ALGORITHMS), required=True, help="What it signs with, for ever.")
@click.option("--jwk", "jwk_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True,
              help="Its public key, or a set of them, as JSON (RFC 7517); each needs a kid.")  # fmt: skip
@click.option(
    "--scope", "scopes", type=click.Choice(tuple(SCOPES)), multiple=True, required=True, help="What it may do."
)
def register(organisation: str, name: str, algorithm: Algorithm, jwk_file: Path, scopes: tuple[str, ...]) -> None:
    """Register a program and print its client id."""
    jwks = _keys(jwk_file.read_bytes())
    with startup.database(Settings.from_env(), "web"), transaction() as session:
        client = service.register(
            session,
            organisation_id=organisations.by_ods(session, organisation).id,
            name=name,
            algorithm=algorithm,
            jwks=jwks,
            scopes=scopes,
            actor=ACTOR,
            now=datetime.now(UTC),
        )
        client_id = client.client_id
    click.echo(client_id)


@clients.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_clients(as_json: bool) -> None:
    """List every client, the oldest first."""
    with startup.database(Settings.from_env(), "web"), reading() as session:
        found = session.scalars(service.all_clients().order_by(ApiClient.id)).all()
        rows = [_described(client) for client in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['client_id']}  {row['state']:<9} {row['name']}: {' '.join(row['scopes'])}")


@clients.command("disable")
@click.argument("client_id")
def disable(client_id: str) -> None:
    """Shut a client out for good."""
    with startup.database(Settings.from_env(), "web"), transaction() as session:
        service.disable(session, client_id=client_id, actor=ACTOR, now=datetime.now(UTC))


def _keys(text: bytes) -> list[dict[str, Any]]:
    """Return the keys of a file that holds one JWK or a set of them."""
    try:
        content = strict_json(text)
    except CredentialError as error:
        raise ClientKeyInvalid("The file is not strict JSON.") from error
    listed = content.get("keys", [content]) if isinstance(content, dict) else None
    if not isinstance(listed, list) or not listed or not all(isinstance(jwk, dict) for jwk in listed):
        raise ClientKeyInvalid("The file holds neither a JWK nor a JWK Set.")
    return listed


def _described(client: ApiClient) -> dict[str, Any]:
    state = "disabled" if client.disabled_at else "enabled"
    return {"client_id": client.client_id, "state": state, "name": client.name, "scopes": client.scopes}


commands: list[click.Command] = [clients]
