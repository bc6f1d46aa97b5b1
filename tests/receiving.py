"""A receiving trust in tests: a passport that somebody shows there, and the lists as files for offline commands."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from credentials.encoding import b64url_decode
from credentials.sd_jwt import Presentation, split_presentation
from passport.issuing import issuance
from passport.publishing import service as publishing
from passport.settings import Settings
from passport.signing import keyring
from tests.passports import Nurse, make_nurse, make_service


@dataclass(frozen=True)
class Shown:
    """An issued passport: whose it is, its text, and where its status stands."""

    nurse: Nurse
    text: str
    uri: str
    index: int


def show_passport(session: Session, settings: Settings, now: datetime, **award: Any) -> Shown:
    """Issue a passport to an invented nurse with one award, at a service with everything published."""
    keyring.configure(settings)
    nurse = make_nurse(session, **award)
    make_service(session, now)
    session.commit()
    return issued_again(nurse, now)


def issued_again(nurse: Nurse, now: datetime) -> Shown:
    """Issue one more copy."""
    issued = issuance.issue_passport(
        nurse.person_id, organisation_id=nurse.organisation_id, requested_by="operator", now=now
    )
    return Shown(nurse, issued.credential, issued.status.uri, issued.status.idx)


def without_number(text: str) -> str:
    """Show a passport without its number, which is the only disclosure of a short text."""
    presentation = split_presentation(text)
    kept = tuple(each for each in presentation.disclosures if '"sub"' not in _plain(each))
    return Presentation(presentation.issuer_jwt, kept).text


def write_lists(session: Session, folder: Path, uri: str) -> list[str]:
    """Write what an offline verifier needs into a folder; return it as options of `passport verify`."""
    for name in ("trust-root", "trust-list", "code-list"):
        (folder / name).write_bytes(publishing.document(session, name).body)
    number = int(uri.rpartition("/")[2])
    (folder / "status-list").write_bytes(publishing.status_list(session, number).body)
    return [
        "--root", str(folder / "trust-root"),
        "--trust-list", str(folder / "trust-list"),
        "--status-list", str(folder / "status-list"),
    ]  # fmt: skip


def _plain(disclosure: str) -> str:
    return b64url_decode(disclosure).decode()
