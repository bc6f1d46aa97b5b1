"""QR codes from the command line.

passport qr NUMBER --kind screen --out me.svg      lives ten minutes, leaves no trace
passport qr NUMBER --kind print --out me.png       lives until the nearest expiry in it, can be withdrawn
passport qr NUMBER --kind screen --out me.txt      the text in the code, as `passport verify` takes it
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import click

from passport import startup
from passport.db import reading
from passport.holder.qr_picture import QrPicture, draw
from passport.issuing import drafts, employers, issuance
from passport.settings import Settings
from passport.signing import keyring
from passport.staff import service as staff

ACTOR: Final = "operator"
PIXELS_A_MODULE: Final = 8
FORMS: Final = (".svg", ".png", ".txt")
TITLE: Final = "Staff passport QR code"
DESCRIPTION: Final = "Opens a page that checks this staff passport."


@click.command("qr")
@click.argument("number")
@click.option("--kind", type=click.Choice(("screen", "print")), required=True, help="For a screen or for paper.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help=f"A file {FORMS}.")
@click.option("--organisation", "ods_code", help="ODS code of the employer that a printed QR is issued for.")
def qr(number: str, kind: str, out: Path, ods_code: str | None) -> None:
    """Draw the offline QR code of the passport NUMBER."""
    if out.suffix not in FORMS:
        raise click.BadParameter(f"use a name that ends in one of {', '.join(FORMS)}", param_hint="--out")
    if not os.access(out.parent, os.W_OK):  # before a copy is made that nobody would have
        raise click.BadParameter(f"the folder {out.parent} is not there, or not yours to write in", param_hint="--out")
    settings, now = Settings.from_env(), datetime.now(UTC)
    keyring.configure(settings)
    with startup.database(settings, "web"):
        text = _screen(number, now) if kind == "screen" else _print(number, ods_code, now)
    picture = draw(text)
    out.write_bytes(_drawn(text, picture, out.suffix))
    click.echo(f"{out}: version {picture.version}", err=True)


def _screen(number: str, now: datetime) -> str:
    with reading() as session:
        text, made = drafts.screen_qr(session, staff.by_number(session, number).id, now=now)
    for left_out in made.left_out:
        click.echo(f"Left out: {left_out.award.subject} ({left_out.reason.replace('_', ' ')}).", err=True)
    return text


def _print(number: str, ods_code: str | None, now: datetime) -> str:
    with reading() as session:
        person_id: UUID = staff.by_number(session, number).id
        organisation_id = employers.employer(session, person_id, ods_code=ods_code, on=now.date())
    issued = issuance.issue_print_qr(person_id, organisation_id=organisation_id, requested_by=ACTOR, now=now)
    click.echo(f"Credential {issued.id}, valid until {issued.expires_at:%-d %B %Y}.", err=True)
    return issued.credential


def _drawn(text: str, picture: QrPicture, form: str) -> bytes:
    if form == ".png":
        return picture.png(scale=PIXELS_A_MODULE)
    return (picture.svg(title=TITLE, description=DESCRIPTION) if form == ".svg" else f"{text}\n").encode()


commands: list[click.Command] = [qr]
