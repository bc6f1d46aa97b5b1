"""Open Badges as copies: recorded, signed, made again, withdrawn with their record, and never taken for a passport."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.errors import KeyNotForPurposeError
from credentials.keys import PublicKey
from credentials.open_badges import read
from credentials.records import NO_SCOPE_OF_PRACTICE
from credentials.status_list import read_status_list
from passport.awards import service as awards
from passport.awards.models import Award
from passport.issuing import badges, fsck, issuance, people, service, tokens
from passport.issuing.badges import CredentialOver, NothingToBadge
from passport.issuing.models import Credential
from passport.publishing import service as publishing
from passport.settings import Settings
from passport.signing import service as signing
from passport.staff.models import Person
from tests.badges import CREDENTIAL, REQUESTED_BY, make_academy, make_badge, recognise, withdraw
from tests.passports import ISSUER, published_trust
from tests.trusts import Trust


@pytest.fixture
def academy(session: Session, settings: Settings, now: datetime) -> Trust:
    return make_academy(session, settings, now)


@pytest.fixture
def credential(academy: Trust) -> Award:
    return academy.record(standard_code=CREDENTIAL)


def key_of(session: Session) -> PublicKey:
    return PublicKey.from_jwk(signing.active_key(session, "badge").public_jwk)


def is_withdrawn(session: Session, badge: Credential, now: datetime) -> bool:
    """Ask the published list with our own verifier."""
    uri = f"{ISSUER}/status-lists/{badge.list_number}"
    token = publishing.status_list(session, badge.list_number).body.decode()
    found = read_status_list(token, uri=uri, trust=published_trust(session, now), now=now)
    return bool(found.status(badge.status_index))


def test_a_credential_becomes_a_badge_that_its_key_verifies(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    badge, token = make_badge(academy, credential, now)
    claims = read(token, key=key_of(session), now=now).claims
    assert "Practice in Paediatrics" in claims["name"]
    assert claims["status"]["status_list"] == {
        "uri": f"{ISSUER}/status-lists/{badge.list_number}", "idx": badge.status_index,
    }  # fmt: skip
    assert (badge.carrier, badge.state, badge.expires_at) == ("open_badge", "issued", now + badges.LIFE)
    assert badge.organisation_id == academy.organisation.id
    assert not is_withdrawn(session, badge, now)


def test_a_badge_of_recognition_says_that_it_confers_no_scope(session: Session, academy: Trust, now: datetime) -> None:
    _, token = make_badge(academy, recognise(academy), now)
    achievement = read(token, key=key_of(session), now=now).claims["credentialSubject"]["achievement"]
    assert (achievement["name"], NO_SCOPE_OF_PRACTICE in achievement["description"]) == ("Advanced practice", True)


def test_a_badge_says_one_record_and_neither_the_number_nor_the_registration(
    academy: Trust, credential: Award, now: datetime
) -> None:
    academy.record()
    recognise(academy)
    badge, _ = make_badge(academy, credential, now)
    said = tokens.stored(badge).badge or b""
    assert academy.nurse.passport_number.encode() not in said
    assert b"71A2998E" not in said
    assert b"Fire" not in said
    assert b"Advanced practice" not in said


def test_a_badge_is_made_again_byte_for_byte(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    badge, token = make_badge(academy, credential, now)
    session.expire_all()
    assert service.token_of(session, badge) == token
    assert list(fsck.findings(session, now=now)) == []


def test_a_badge_that_was_touched_is_found_and_not_given_out(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    badge, _ = make_badge(academy, credential, now)
    badge.claims = badge.claims.replace(b"2026", b"2025", 1)
    session.flush()
    said = tokens.stored(badge)
    forged = (said.badge or b"").replace(b"Paediatrics", b"Cardiothoracics")
    badge.claims = tokens.encoded(tokens.StoredClaims(
        issuer=said.issuer, issued_at=said.issued_at, expires_at=said.expires_at, content=said.content, badge=forged,
    ))  # fmt: skip
    session.flush()
    with pytest.raises(service.ClaimsChanged):
        service.token_of(session, badge)
    assert any("claims are not those that were recorded" in each for each in fsck.findings(session, now=now))


def test_a_plan_that_a_crash_left_is_completed(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    planned = badges.plan(session, academy.nurse.id, credential.id, requested_by=REQUESTED_BY, now=now)
    session.commit()
    assert issuance.finish_plans(actor="job:issuing", now=now + timedelta(minutes=2)) == (1, 0)
    session.refresh(planned)
    assert read(service.token_of(session, planned), key=key_of(session), now=now).claims["iss"] == ISSUER


def test_a_withdrawn_credential_revokes_its_badge_and_makes_no_other(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    badge, token = make_badge(academy, credential, now)
    withdraw(academy, credential, now)
    assert (badge.revoked_at, badge.revocation_reason) == (now, "corrected_or_withdrawn")
    assert is_withdrawn(session, badge, now)
    assert session.scalars(select(Credential).where(Credential.carrier == "open_badge")).all() == [badge]
    assert read(token, key=key_of(session), now=now).status is not None  # its signature holds: the list alone says so
    with pytest.raises(NothingToBadge):
        make_badge(academy, credential, now)
    assert list(fsck.findings(session, now=now)) == []


def test_a_withdrawn_recognition_revokes_its_badge(session: Session, academy: Trust, now: datetime) -> None:
    recognition = recognise(academy)
    badge, _ = make_badge(academy, recognition, now)
    awards.end_recognition(
        session, recognition_id=recognition.id, organisation_id=academy.organisation.id, reason="issued_in_error",
        actor="account:second", asked_by="account:first", now=now,
    )  # fmt: skip
    session.commit()
    issuance.reissue(academy.nurse.id, actor="job:issuing", now=now)
    assert is_withdrawn(session, badge, now)


def test_a_newer_recognition_leaves_the_badge_of_the_one_before(
    session: Session, academy: Trust, now: datetime
) -> None:
    badge, _ = make_badge(academy, recognise(academy), now)
    recognise(academy)
    session.commit()
    issuance.reissue(academy.nurse.id, actor="job:issuing", now=now)
    assert not is_withdrawn(session, badge, now)


def test_a_corrected_name_revokes_the_badge_and_its_holder_makes_the_next(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    badge, _ = make_badge(academy, credential, now)
    session.get_one(Person, academy.nurse.id).family_name = "Othername"
    session.commit()
    assert issuance.reissue(academy.nurse.id, actor="job:issuing", now=now) == []
    assert is_withdrawn(session, badge, now)
    about = badges.subject(session, academy.nurse.id, credential.id, now=now)
    assert badges.found(session, academy.nurse.id, about, now=now) is None
    assert b"Othername" in (tokens.stored(make_badge(academy, credential, now)[0]).badge or b"")


def test_a_badge_is_found_until_it_is_about_to_end(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    badge, _ = make_badge(academy, credential, now)
    about = badges.subject(session, academy.nurse.id, credential.id, now=now)
    soon = badge.expires_at - badges.LEAST_LIFE
    assert badges.found(session, academy.nurse.id, about, now=soon) is badge
    assert badges.found(session, academy.nurse.id, about, now=soon + timedelta(seconds=1)) is None


def test_a_badge_ends_with_the_issuers_own_last_day(session: Session, academy: Trust, now: datetime) -> None:
    last_day = now.date() + timedelta(days=10)
    ending = academy.record(standard_code=CREDENTIAL, valid_until=last_day)
    badge, _ = make_badge(academy, ending, now)
    end = datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC) + timedelta(days=1)
    assert badge.expires_at == end
    about = badges.subject(session, academy.nurse.id, ending.id, now=now)
    assert badges.found(session, academy.nurse.id, about, now=now) is badge  # a new one would live no longer
    with pytest.raises(CredentialOver):
        make_badge(academy, ending, end)


def test_there_is_no_badge_of_training_nor_of_what_is_somebody_elses_or_nothing(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    training = academy.record(awarded_on=date(2026, 4, 2))
    for record_id in (training.id, uuid4()):
        with pytest.raises(NothingToBadge):
            badges.subject(session, academy.nurse.id, record_id, now=now)


def test_whoever_has_a_badge_has_no_passport_yet(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    make_badge(academy, credential, now)
    [listed] = people.described(session, [academy.nurse], now=now)
    assert not listed.has_passport
    without = people.listing(session, academy.organisation.id, search="", only=people.NO_PASSPORT, now=now)
    assert session.scalars(without).all() == [academy.nurse]


def test_no_badge_is_made_for_a_closed_record(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    academy.nurse.closed_at = now
    session.flush()
    with pytest.raises(service.RecordClosed):
        badges.plan(session, academy.nurse.id, credential.id, requested_by=REQUESTED_BY, now=now)


def test_a_compromised_badge_key_withdraws_its_badges_and_touches_no_passport(
    session: Session, academy: Trust, credential: Award, now: datetime
) -> None:
    badge, _ = make_badge(academy, credential, now)
    issuance.issue_passport(
        academy.nurse.id, organisation_id=academy.organisation.id, requested_by=REQUESTED_BY, now=now
    )
    signing.compromise(session, badge.kid, actor="operator", now=now)
    session.commit()
    assert issuance.replace_compromised(badge.kid, actor="job:issuing", now=now) == 0
    session.expire_all()
    assert (badge.revocation_reason, badge.replaced_by_id) == ("key_compromised", None)
    [passport] = service.live(session, academy.nurse.id, now=now)
    assert passport.carrier == "sd_jwt"


def test_a_badge_key_signs_no_passport(session: Session, academy: Trust, credential: Award, now: datetime) -> None:
    badge, _ = make_badge(academy, credential, now)
    with pytest.raises(KeyNotForPurposeError):
        published_trust(session, now).key(ISSUER, badge.kid, "passport", now)
