"""Checks of passports: what is found, what the registry adds, what is recorded."""

import json
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.passport_type import to_claims
from credentials.qr import prepare_qr
from credentials.sd_jwt_vc import StatusReference, Terms, prepare
from credentials.verified import Verified
from passport.awards import content as awards_content
from passport.awards import service as awards
from passport.issuing import issuance
from passport.issuing import service as issuing
from passport.issuing.models import Credential
from passport.organisations.models import Organisation
from passport.publishing import service as publishing
from passport.publishing.models import PublishedDocument
from passport.settings import Settings
from passport.signing import service as signing
from passport.verifying import checking, lists, registry, service
from passport.verifying.models import Verification
from passport.verifying.service import Checked, MomentOutOfRange, VerificationNotFound
from tests.passports import ISSUER
from tests.receiving import Shown, without_number

VERDICT_MEMBERS = {"outcome", "reason", "checks", "current", "not_withdrawn", "holder", "awards"}


def check(session: Session, text: str, receiver: Organisation, now: datetime, at: datetime | None = None) -> Checked:
    return service.verify(
        session, presentation=text, organisation_id=receiver.id, actor="client:invented", now=now, at=at
    )


def recorded(session: Session, checked: Checked) -> Verification:
    return session.get_one(Verification, checked.id)


def as_json(value: object) -> Any:
    return json.loads(msgspec.json.encode(value))


def correct(session: Session, shown: Shown, now: datetime) -> None:
    """Correct the award that is shown: there was no assessment."""
    awards.correct(
        session, award_id=shown.nurse.award_id, organisation_id=shown.nurse.organisation_id,
        changes={"assessed": False}, actor="operator", now=now,
    )  # fmt: skip


def withdraw(session: Session, shown: Shown, now: datetime, reason: str = "issued_in_error") -> None:
    awards.withdraw(
        session,
        award_id=shown.nurse.award_id,
        organisation_id=shown.nurse.organisation_id,
        reason=reason,
        actor="operator",
        now=now,
    )


def screen_qr(session: Session, shown: Shown, settings: Settings, now: datetime) -> str:
    """Make the QR of a screen, which has no status and dies after ten minutes."""
    code_list = lists.published(session, now=now).code_list
    assert code_list is not None
    signer = signing.signer(session, "qr", now=now)
    content = awards_content.passport_content(session, shown.nurse.person_id, now=now)
    qr = prepare_qr(
        content, issuer=ISSUER, code_list=code_list, kid=signer.public.kid, now=now, address=settings.public_url
    )
    return qr.sign(signer)


def test_a_fresh_passport_is_genuine_current_and_not_withdrawn(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    verdict = check(session, shown.text, receiver, now).verdict
    assert set(verdict) == VERDICT_MEMBERS
    assert (verdict["outcome"], verdict["reason"]) == ("genuine", None)
    assert verdict["current"]["result"] is True
    assert verdict["not_withdrawn"]["result"] is True
    assert verdict["holder"]["number"] == shown.nurse.number
    assert [(award["standard"], award["accredited_then"], award["accredited_now"]) for award in verdict["awards"]] == [
        (shown.nurse.standard_code, True, True)
    ]


def test_a_check_is_recorded_with_its_verdict_its_evidence_and_whose_passport_it_was(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    checked = check(session, shown.text, receiver, now)
    row = recorded(session, checked)
    assert (row.organisation_id, row.actor, row.carrier) == (receiver.id, "client:invented", "sd_jwt")
    assert (row.outcome, row.reason, row.person_id) == ("genuine", None, shown.nurse.person_id)
    assert row.verdict == as_json(checked.verdict)
    evidence = service.evidence_of(row)
    assert [record.award.id for record in evidence.records] == [str(shown.nurse.award_id)]
    assert (evidence.at, evidence.trust_list_sequence, evidence.code_list_version) == (now, 1, 0)


def test_a_passport_shown_without_its_number_is_known_by_the_place_of_the_copy(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    checked = check(session, without_number(shown.text), receiver, now)
    assert "number" not in checked.verdict["holder"]
    assert recorded(session, checked).person_id == shown.nurse.person_id


@pytest.mark.parametrize("text", ["", " ", "hello", "\x00", "eyJ.eyJ.x~", "~~~~", "{}", "é" * 1000, "https://"])
def test_any_text_gets_a_verdict_and_leaves_nothing_but_the_reason(
    session: Session, shown: Shown, receiver: Organisation, now: datetime, text: str
) -> None:
    checked = check(session, text, receiver, now)
    assert set(checked.verdict) == VERDICT_MEMBERS
    assert (checked.verdict["outcome"], checked.verdict["reason"]) == ("refused", "malformed")
    row = recorded(session, checked)
    assert (row.person_id, row.verdict["holder"], row.verdict["awards"]) == (None, {}, [])
    assert row.evidence == {"at": "2026-08-06T09:00:00Z"}


def test_a_text_that_is_too_long_is_refused_as_too_large(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    assert check(session, "a" * 200_000, receiver, now).verdict["reason"] == "too_large"


def test_a_changed_signature_is_refused(session: Session, shown: Shown, receiver: Organisation, now: datetime) -> None:
    token, *disclosures = shown.text.split("~")
    head, _, signature = token.rpartition(".")
    changed = "~".join([f"{head}.{signature[:-4]}AAAA", *disclosures])
    assert check(session, changed, receiver, now).verdict["outcome"] == "refused"


def test_a_revoked_copy_is_genuine_and_withdrawn_at_the_next_check(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    assert check(session, shown.text, receiver, now).verdict["not_withdrawn"]["result"] is True
    copy = session.scalars(select(Credential).filter_by(status_index=shown.index)).one()
    issuing.revoke(
        session, copy.id, organisation_id=shown.nurse.organisation_id, reason="lost", actor="operator", now=now
    )
    verdict = check(session, shown.text, receiver, now).verdict
    assert (verdict["outcome"], verdict["reason"]) == ("genuine", "withdrawn")
    assert verdict["not_withdrawn"]["result"] is False


def test_a_withdrawn_award_is_named_with_its_reason_before_its_copy_is_replaced(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    withdraw(session, shown, now, reason="no_longer_valid")
    checked = check(session, shown.text, receiver, now)
    assert checked.verdict["awards"][0]["withdrawn"] == {"reason": "no_longer_valid"}
    assert [record.withdrawn for record in service.evidence_of(recorded(session, checked)).records] == [True]


def test_a_corrected_award_no_longer_counts_as_it_was(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    correct(session, shown, now)
    assert check(session, shown.text, receiver, now).verdict["awards"][0]["withdrawn"] == {"reason": "corrected"}


def test_a_qr_of_a_screen_is_checked_and_its_withdrawn_award_is_found_by_its_facts(
    session: Session, shown: Shown, receiver: Organisation, settings: Settings, now: datetime
) -> None:
    text = screen_qr(session, shown, settings, now)
    checked = check(session, text, receiver, now)
    assert checked.verdict["outcome"] == "genuine"
    assert "withdrawn" not in checked.verdict["awards"][0]
    row = recorded(session, checked)
    assert (row.carrier, row.person_id) == ("qr", shown.nurse.person_id)
    withdraw(session, shown, now)
    assert check(session, text, receiver, now).verdict["awards"][0]["withdrawn"] == {"reason": "issued_in_error"}


def test_a_qr_made_after_a_correction_is_not_taken_for_the_award_before_it(
    session: Session, shown: Shown, receiver: Organisation, settings: Settings, now: datetime
) -> None:
    correct(session, shown, now)
    text = screen_qr(session, shown, settings, now)
    assert "withdrawn" not in check(session, text, receiver, now).verdict["awards"][0]


def test_a_printed_qr_is_checked_with_its_own_status_list(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    printed = issuance.issue_print_qr(
        shown.nurse.person_id, organisation_id=shown.nurse.organisation_id, requested_by="operator", now=now
    )
    verdict = check(session, printed.credential, receiver, now).verdict
    assert (verdict["outcome"], verdict["not_withdrawn"]["result"]) == ("genuine", True)


def test_a_qr_that_leads_to_another_address_is_refused(
    session: Session, shown: Shown, receiver: Organisation, settings: Settings, now: datetime
) -> None:
    digits = screen_qr(session, shown, settings, now).rpartition("#")[2]
    verdict = check(session, f"https://elsewhere.example/v#{digits}", receiver, now).verdict
    assert (verdict["outcome"], verdict["reason"]) == ("refused", "qr_malformed")


@pytest.mark.parametrize("name", ["trust-root", "trust-list"])
def test_without_a_trust_list_nothing_can_be_said(
    session: Session, shown: Shown, receiver: Organisation, now: datetime, name: str
) -> None:
    row = session.get_one(PublishedDocument, name)
    session.delete(row)
    session.flush()
    verdict = check(session, shown.text, receiver, now).verdict
    assert (verdict["outcome"], verdict["reason"]) == ("could_not_check", "trust_list_stale")


def test_a_trust_list_that_ran_out_is_not_used_although_it_was_read_before(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    assert check(session, shown.text, receiver, now).verdict["outcome"] == "genuine"
    verdict = check(session, shown.text, receiver, now + timedelta(days=8)).verdict
    assert (verdict["outcome"], verdict["reason"]) == ("could_not_check", "trust_list_stale")


def test_a_status_list_that_ran_out_could_not_check(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    verdict = check(session, shown.text, receiver, now + timedelta(days=2)).verdict
    assert (verdict["outcome"], verdict["reason"]) == ("could_not_check", "status_stale")
    assert verdict["not_withdrawn"]["result"] is None


def test_a_code_list_that_is_missing_stops_qr_codes_alone(
    session: Session, shown: Shown, receiver: Organisation, settings: Settings, now: datetime
) -> None:
    text = screen_qr(session, shown, settings, now)
    session.delete(session.get_one(PublishedDocument, "code-list"))
    session.flush()
    assert check(session, shown.text, receiver, now).verdict["outcome"] == "genuine"
    verdict = check(session, text, receiver, now).verdict
    assert (verdict["outcome"], verdict["reason"]) == ("could_not_check", "qr_code_list_unknown")


def test_a_check_for_an_earlier_moment_says_what_was_current_then(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    issued_on_the_way = now + timedelta(minutes=1)
    verdict = check(session, shown.text, receiver, issued_on_the_way, at=now).verdict
    assert verdict["outcome"] == "genuine"
    assert {each["at"] for each in verdict["checks"] if each["check"] == "signature"} == {"2026-08-06T09:00:00Z"}
    before_issue = check(session, shown.text, receiver, now, at=now - timedelta(days=3)).verdict
    assert (before_issue["outcome"], before_issue["reason"]) == ("refused", "iat_future")


@pytest.mark.parametrize("away", [timedelta(days=-367), timedelta(minutes=2), timedelta(days=4000)])
def test_the_moment_must_lie_within_the_year_before_now(
    session: Session, shown: Shown, receiver: Organisation, now: datetime, away: timedelta
) -> None:
    with pytest.raises(MomentOutOfRange):
        check(session, shown.text, receiver, now, at=now + away)


def test_many_texts_are_checked_each_by_itself_and_in_order(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    texts = ["nonsense", shown.text, "https://passport.example/v#1", shown.text]
    checked = service.verify_many(
        session, presentations=texts, organisation_id=receiver.id, actor="client:invented", now=now
    )
    assert [each.verdict["outcome"] for each in checked] == ["refused", "genuine", "refused", "genuine"]
    for each in checked:
        assert recorded(session, each).verdict == as_json(each.verdict)
    assert session.scalar(select(func.count()).select_from(Verification)) == 4


def test_a_check_is_found_by_the_organisation_that_made_it_alone(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    checked = check(session, shown.text, receiver, now)
    assert service.of_organisation(session, checked.id, receiver.id).verdict == as_json(checked.verdict)
    with pytest.raises(VerificationNotFound):
        service.of_organisation(session, checked.id, shown.nurse.organisation_id)


def test_a_passport_of_another_service_is_not_looked_up_by_its_number(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    withdraw(session, shown, now)
    found = checking.check(shown.text, lists.published(session, now=now), now=now)
    assert isinstance(found, Verified)
    assert registry.look_up(session, [found], issuer=ISSUER)[0].person_id == shown.nurse.person_id
    assert registry.look_up(session, [found], issuer="https://other.example") == [registry.NOTHING]
    theirs = msgspec.structs.replace(found, issuer="https://other.example")
    assert registry.look_up(session, [found, theirs], issuer=ISSUER)[1] == registry.NOTHING


def test_a_code_list_that_ran_out_is_not_used_although_it_was_read_before(
    session: Session, shown: Shown, now: datetime
) -> None:
    assert lists.published(session, now=now).code_list is not None
    publishing.refresh(session, "trust-list", now=now + timedelta(days=5))
    later = lists.published(session, now=now + timedelta(days=8))
    assert (later.trust.content.seq, later.code_list) == (2, None)


def test_a_text_that_the_database_can_not_hold_is_refused(
    session: Session, shown: Shown, receiver: Organisation, now: datetime
) -> None:
    signer = signing.signer(session, "passport", now=now)
    content = awards_content.passport_content(session, shown.nurse.person_id, now=now)
    evil = msgspec.structs.replace(content, given_name="Testa\x00")
    terms = Terms(
        issuer=ISSUER,
        issued_at=now,
        expires_at=now + timedelta(days=1),
        status=StatusReference(uri=shown.uri, idx=shown.index),
    )
    text = prepare(to_claims(evil), terms, seed=bytes(32), kid=signer.public.kid).sign(signer)
    verdict = check(session, text, receiver, now).verdict
    assert (verdict["outcome"], verdict["reason"]) == ("refused", "claim_type")


def test_lists_are_read_once_for_each_change(
    session: Session, shown: Shown, receiver: Organisation, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(session, shown.text, receiver, now)

    def read_again(*_: Any, **__: Any) -> None:
        raise AssertionError("a list was read again")

    for name in ("read_root", "read_trust_list", "read_code_list", "read_status_list"):
        monkeypatch.setattr(lists, name, read_again)
    assert check(session, shown.text, receiver, now).verdict["outcome"] == "genuine"
