"""The passport on paper: a QR that can be withdrawn, made once for each version of the passport, and the PDF.

In the order of the code: find the printed QR of a passport as it is now; make one where there is none; the PDF. A
printed QR has its own place on a status list and lives for weeks, so it is recorded before it is signed
(`passport.issuing`). It is kept as long as the passport says the same and the QR lives for some days more, so that a
person who prints ten times takes one place. The PDF is made by weasyprint where it is installed, tagged for screen
readers (PDF/UA-1), from a template of its own and nothing else: it fetches nothing.
"""

import importlib
import importlib.util
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from credentials.passport_type import content_hash
from credentials.records import PassportContent
from passport.db import reading, transaction
from passport.holder.models import PrintCopy
from passport.issuing import issuance
from passport.issuing import service as issuing
from passport.issuing.models import Credential

LEAST_LIFE: Final = timedelta(days=3)  # a copy that ends sooner is not worth the paper
PDF_MAKER: Final = "weasyprint"


@dataclass(frozen=True, slots=True)
class PrintedQr:
    """A QR for paper."""

    credential_id: UUID
    text: str
    expires_at: datetime


def printed_qr(session: Session, person_id: UUID, content: PassportContent, *, now: datetime) -> PrintedQr | None:
    """Return the printed QR that says what the passport says now; None: there is none that still lives.

    Args:
        session: any session.
        person_id: whose.
        content: what the passport says now.
        now: UTC.
    """
    query = (
        select(Credential)
        .join(PrintCopy, PrintCopy.credential_id == Credential.id)
        .where(
            PrintCopy.person_id == person_id,
            PrintCopy.content_hash == _hash(content),
            Credential.state == "issued",
            Credential.revoked_at.is_(None),
            Credential.expires_at > now,
            # One that never lives longer, because an expiry in it is near, is not made again and again.
            (Credential.expires_at > now + LEAST_LIFE) | (Credential.planned_at > now - LEAST_LIFE),
        )
    )
    copy = session.scalar(query)
    return PrintedQr(copy.id, issuing.token_of(session, copy), copy.expires_at) if copy else None


def ensure_printed_qr(
    person_id: UUID, content: PassportContent, *, organisation_id: UUID, actor: str, now: datetime
) -> None:
    """Make a QR for paper where there is none that still lives. Called by the edge in place of `transaction()`.

    Raises:
        NotFound, Unavailable, Invalid: see `passport.issuing.issuance.issue`.
    """
    with reading() as session:
        if printed_qr(session, person_id, content, now=now) is not None:
            return
    issued = issuance.issue_print_qr(person_id, organisation_id=organisation_id, requested_by=actor, now=now)
    row = {"person_id": person_id, "content_hash": _hash(content), "credential_id": issued.id}
    with transaction() as session:
        session.execute(
            insert(PrintCopy)
            .values(row)
            .on_conflict_do_update(index_elements=["person_id", "content_hash"], set_={"credential_id": issued.id})
        )


def can_make_pdf() -> bool:
    """Say whether weasyprint is installed."""
    return importlib.util.find_spec(PDF_MAKER) is not None


def make_pdf(html: str) -> bytes:
    """Return a page as a tagged PDF. Pictures must stand in it as `data:` addresses: nothing is fetched.

    Raises:
        ImportError: weasyprint is not installed; ask `can_make_pdf` first.
    """
    weasyprint = _pdf_maker()
    only_data = weasyprint.URLFetcher(allowed_protocols={"data"})
    made: bytes = weasyprint.HTML(string=html, url_fetcher=only_data).write_pdf(pdf_variant="pdf/ua-1")
    return made


def _pdf_maker() -> Any:
    """Import weasyprint, and undo its switch for the whole process that lets Pillow accept half a picture."""
    weasyprint = importlib.import_module(PDF_MAKER)
    pictures: Any = importlib.import_module("PIL.ImageFile")
    pictures.LOAD_TRUNCATED_IMAGES = False
    return weasyprint


def _hash(content: PassportContent) -> bytes:
    return bytes.fromhex(content_hash(content))
