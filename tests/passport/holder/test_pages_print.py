"""The passport on paper: one code for each version of it, which can be withdrawn; and a PDF for screen readers."""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.qr import verify_qr
from credentials.records import PassportContent
from passport.awards import service as awards
from passport.awards.models import Award
from passport.holder import printing
from passport.issuing import service as issuing
from passport.issuing.models import Credential
from passport.verifying import lists
from tests.callers import Clock
from tests.factories import AwardFactory, OrganisationFactory
from tests.holders import Holder

SHEET = "/my-passport/print"


def unpacked(pdf: bytes) -> Iterator[bytes]:
    """Return what a PDF holds, its packed streams too."""
    yield pdf
    for packed in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompress(packed)


def copies(session: Session) -> list[Credential]:
    session.expire_all()
    return list(session.scalars(select(Credential).order_by(Credential.planned_at, Credential.id)))


def test_the_code_is_made_once_however_often_it_is_printed(holder: Holder, session: Session, clock: Clock) -> None:
    assert "Make the code for paper" in holder.browser.get(SHEET)
    assert copies(session) == []
    for _ in range(3):
        assert holder.browser.post(SHEET).status_code == 303
        clock.advance(minutes=5)
    page = holder.browser.get(SHEET)
    assert "Scan the code to check it" in page
    assert len(copies(session)) == 1


def test_another_content_gets_another_code(holder: Holder, session: Session) -> None:
    holder.browser.post(SHEET)
    held = session.get_one(Award, holder.nurse.award_id)
    elsewhere = OrganisationFactory.create(session)
    AwardFactory.create(
        session, person_id=held.person_id, organisation_id=elsewhere.id, standard_id=held.standard_id,
        framework_version_id=held.framework_version_id, awarded_on=date(2026, 6, 1),
    )  # fmt: skip
    session.commit()
    assert "Make the code for paper" in holder.browser.get(SHEET)
    holder.browser.post(SHEET)
    assert len(copies(session)) == 2


def test_a_code_that_was_withdrawn_or_ends_soon_is_made_again(holder: Holder, session: Session, clock: Clock) -> None:
    holder.browser.post(SHEET)
    [first] = copies(session)
    issuing.revoke(
        session, first.id, organisation_id=holder.nurse.organisation_id, reason="lost", actor="operator", now=clock.now
    )
    session.commit()
    assert "Make the code for paper" in holder.browser.get(SHEET)
    holder.browser.post(SHEET)
    [_, second] = copies(session)
    clock.now = second.expires_at - printing.LEAST_LIFE
    session.expire_all()
    mine = content(session, holder, clock)
    assert printing.printed_qr(session, holder.nurse.person_id, mine, now=clock.now) is None


def test_the_printed_code_is_genuine_and_can_be_withdrawn(holder: Holder, session: Session, clock: Clock) -> None:
    holder.browser.post(SHEET)
    printed = printing.printed_qr(session, holder.nurse.person_id, content(session, holder, clock), now=clock.now)
    assert printed is not None
    published = lists.published(session, now=clock.now)
    assert published.code_list is not None
    verified = verify_qr(
        printed.text, trust=published.trust, code_list=published.code_list, statuses=published.statuses,
        addresses=published.addresses, now=clock.now,
    )  # fmt: skip
    assert verified.not_withdrawn.result
    assert verified.status is not None
    assert printed.expires_at > clock.now + timedelta(days=30)


def test_the_sheet_says_nothing_but_what_it_shows(holder: Holder) -> None:
    holder.browser.post(SHEET)
    page = holder.browser.get(SHEET)
    for hidden in (str(holder.nurse.person_id), str(holder.nurse.award_id), "1990", holder.nurse.number):
        assert hidden not in page
    shown = holder.nurse.number
    assert f"{shown[:4]}-{shown[4:8]}-{shown[8:]}" in page


def test_there_is_no_pdf_before_there_is_a_code(holder: Holder) -> None:
    holder.browser.get(f"{SHEET}/staff-passport.pdf", status=404)


def test_without_its_maker_there_is_no_pdf(holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "PDF_MAKER", "no_such_module")
    holder.browser.post(SHEET)
    assert "PDF" not in holder.browser.get(SHEET)
    holder.browser.get(f"{SHEET}/staff-passport.pdf", status=404)


def test_the_pdf_is_tagged_for_screen_readers(holder: Holder) -> None:
    pytest.importorskip("weasyprint")
    holder.browser.post(SHEET)
    answer = holder.browser.http.get(f"{SHEET}/staff-passport.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="staff-passport.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data.startswith(b"%PDF-")
    inside = b"".join(unpacked(answer.data))
    for tag in (b"pdfuaid:part", b"/H2", b"/Figure", b"/TH", b"/Alt"):
        assert tag in inside
    assert str(holder.nurse.award_id).encode() not in inside


def content(session: Session, holder: Holder, clock: Clock) -> PassportContent:
    return awards.passport_content(session, holder.nurse.person_id, now=clock.now)
