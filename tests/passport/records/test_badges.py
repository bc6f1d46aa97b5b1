"""Badges end with the record of whoever they are about, and erasure leaves nothing of what they said."""

from datetime import date, datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.issuing import fsck
from passport.records import closing, erasing
from passport.settings import Settings
from passport.staff.models import Employment
from tests.badges import CREDENTIAL, make_academy, make_badge
from tests.passport.records.conftest import ANNA, BELA
from tests.trusts import Trust


@pytest.fixture
def academy(worker_session: Session, settings: Settings, now: datetime) -> Trust:
    return make_academy(worker_session, settings, now)


@pytest.fixture
def credential(academy: Trust) -> Award:
    return academy.record(standard_code=CREDENTIAL)


def test_a_badge_is_withdrawn_when_the_record_is_closed(academy: Trust, credential: Award, now: datetime) -> None:
    badge, _ = make_badge(academy, credential, now)
    closing.close(
        academy.session, academy.nurse.id, reason="died", on=now.date(), organisation_id=academy.organisation.id,
        actor=ANNA, now=now,
    )  # fmt: skip
    assert (badge.revoked_at, badge.revocation_reason) == (now, "no_longer_valid")


def test_an_erased_badge_is_withdrawn_and_says_nothing_any_more(
    academy: Trust, credential: Award, now: datetime
) -> None:
    session, registrar = academy.session, academy.organisation.id
    badge, _ = make_badge(academy, credential, now)
    session.execute(update(Employment).values(ended_on=date(2026, 7, 31)))
    asked = erasing.request(
        session, academy.nurse.id, ground="person_asked", organisation_id=registrar, actor=ANNA, now=now
    )
    erasing.confirm(session, asked.id, organisation_id=registrar, actor=BELA, now=now)
    assert erasing.erase(session, asked.id, actor="job:records", now=now) is not None
    session.refresh(badge)
    assert (badge.claims, badge.content_hash, badge.revoked_at) == (b"", b"", now)
    assert list(fsck.findings(session, now=now)) == []
