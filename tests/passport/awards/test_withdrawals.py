"""Two people withdraw a professional credential or a recognition: never one, whatever roles or ways in they have."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from passport.audit.models import AuditEntry
from passport.awards import service, withdrawals
from passport.awards.models import Award, Recognition, WithdrawalRequest
from passport.awards.recognition import PILLARS, RecognitionNotFound
from passport.awards.withdrawals import OPEN_FOR
from passport.errors import Conflict, Invalid
from passport.organisations import service as organisations
from passport.standards.models import RenewalRule
from tests.factories import OrganisationFactory
from tests.trusts import Trust

WHY: dict[str, Any] = {"reason": "issued_in_error", "words": "The assessment was of somebody else."}
FIRST, SECOND = "account:first", "account:second"


def ask(academy: Trust, award: Award, **other: Any) -> WithdrawalRequest:
    who = academy.acting | {"actor": FIRST}
    return withdrawals.ask_for_award(academy.session, award_id=award.id, **WHY | who | other)


def confirm(academy: Trust, request: WithdrawalRequest, **other: Any) -> WithdrawalRequest:
    who = academy.acting | {"actor": SECOND}
    return withdrawals.confirm(academy.session, request_id=request.id, **who | other)


@pytest.fixture
def recognition(academy: Trust) -> Recognition:
    return service.recognise(
        academy.session, person_id=academy.nurse.id, level="advanced", edition="2025", route="programme",
        pillars=PILLARS, base_profession="Nurse", recognised_on=date(2026, 5, 1), **academy.acting,
    )  # fmt: skip


def test_one_asks_another_confirms_and_only_then_it_is_withdrawn(academy: Trust, credential: Award) -> None:
    request = ask(academy, credential)
    assert credential.ended_at is None
    confirmed = confirm(academy, request)
    assert (confirmed.outcome, confirmed.closed_by) == ("confirmed", SECOND)
    assert (credential.ending, credential.ending_reason) == ("withdrawn", "issued_in_error")
    asked = "SELECT args->>'person_id' FROM procrastinate_jobs WHERE task_name = 'issuing.reissue'"
    assert academy.session.scalars(text(asked)).all() == [str(academy.nurse.id)]


def test_a_recognition_takes_two_people_too(academy: Trust, recognition: Recognition) -> None:
    request = withdrawals.ask_for_recognition(
        academy.session, recognition_id=recognition.id, **WHY | academy.acting | {"actor": FIRST}
    )
    assert recognition.ended_at is None
    confirm(academy, request)
    assert recognition.ending == "withdrawn"


def test_both_people_are_in_the_audit_log(academy: Trust, credential: Award) -> None:
    confirm(academy, ask(academy, credential))
    entries = academy.session.scalars(select(AuditEntry).order_by(AuditEntry.sequence.desc()).limit(3)).all()
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("award.withdrawn", SECOND), ("withdrawal.confirmed", SECOND), ("withdrawal.requested", FIRST),
    ]  # fmt: skip
    assert {entry.detail["asked_by"] for entry in entries} == {FIRST}
    assert WHY["words"] not in str([entry.detail for entry in entries])


def test_whoever_asked_does_not_confirm(academy: Trust, credential: Award) -> None:
    request = ask(academy, credential)
    with pytest.raises(withdrawals.SamePerson):
        confirm(academy, request, actor=FIRST)
    assert (request.closed_at, credential.ended_at) == (None, None)


def test_the_database_itself_refuses_one_person_twice(academy: Trust, credential: Award) -> None:
    request = ask(academy, credential)
    closed = {"closed_at": academy.now, "closed_by": FIRST, "outcome": "confirmed"}
    with pytest.raises(IntegrityError, match="second_person"), academy.session.begin_nested():
        academy.session.execute(update(WithdrawalRequest).where(WithdrawalRequest.id == request.id).values(closed))


@pytest.mark.parametrize("asked_by", [None, "operator"])
def test_no_service_withdraws_it_alone(
    academy: Trust, credential: Award, recognition: Recognition, asked_by: str | None
) -> None:
    alone: dict[str, Any] = {"reason": "issued_in_error", "asked_by": asked_by, **academy.acting}
    with pytest.raises(Conflict, match="second person"):
        service.withdraw(academy.session, award_id=credential.id, **alone)
    with pytest.raises(Conflict, match="second person"):
        service.end_recognition(academy.session, recognition_id=recognition.id, **alone)


def test_statutory_training_takes_one_person_and_no_request(academy: Trust) -> None:
    award = academy.record()
    with pytest.raises(withdrawals.OnePersonIsEnough):
        ask(academy, award)
    service.withdraw(academy.session, award_id=award.id, reason="issued_in_error", **academy.acting)


def test_a_request_waits_for_fourteen_days_and_not_a_moment_longer(academy: Trust, credential: Award) -> None:
    request = ask(academy, credential)
    assert request.expires_at - academy.now == OPEN_FOR == timedelta(days=14)
    with pytest.raises(withdrawals.RequestClosed, match="14 days"):
        confirm(academy, request, now=request.expires_at)
    confirm(academy, request, now=request.expires_at - timedelta(seconds=1))
    assert credential.ending == "withdrawn"


def test_what_waited_too_long_is_closed_by_night_or_when_somebody_asks_again(academy: Trust, credential: Award) -> None:
    first = ask(academy, credential)
    second = ask(academy, credential, now=first.expires_at)
    assert (first.outcome, second.outcome) == ("lapsed", None)
    late = second.expires_at
    assert withdrawals.lapse_old(academy.session, actor="job:x", now=late - timedelta(seconds=1)) == 0
    assert withdrawals.lapse_old(academy.session, actor="job:x", now=late) == 1
    assert (second.outcome, credential.ended_at) == ("lapsed", None)


def test_it_is_asked_for_once_at_a_time(academy: Trust, credential: Award) -> None:
    ask(academy, credential)
    with pytest.raises(withdrawals.AlreadyRequested):
        ask(academy, credential, actor=SECOND)


def test_a_cancelled_request_is_closed_and_can_be_made_again(academy: Trust, credential: Award) -> None:
    request = ask(academy, credential)
    withdrawals.cancel(academy.session, request_id=request.id, **academy.acting | {"actor": FIRST})
    with pytest.raises(withdrawals.RequestClosed):
        confirm(academy, request)
    assert ask(academy, credential).outcome is None


def test_a_confirmed_request_is_not_confirmed_again(academy: Trust, credential: Award) -> None:
    request = confirm(academy, ask(academy, credential))
    with pytest.raises(withdrawals.RequestClosed, match="confirmed before"):
        confirm(academy, request, actor="account:third")


@pytest.mark.parametrize("wrong", [{"reason": "because"}, {"words": " "}, {"words": "x" * 1001}])
def test_a_request_says_why(academy: Trust, credential: Award, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        ask(academy, credential, **wrong)


def test_a_request_of_another_organisation_looks_like_none(
    academy: Trust, credential: Award, recognition: Recognition, neighbour_id: UUID
) -> None:
    with pytest.raises(service.AwardNotFound):
        ask(academy, credential, organisation_id=neighbour_id)
    with pytest.raises(RecognitionNotFound):
        withdrawals.ask_for_recognition(
            academy.session, recognition_id=recognition.id, **WHY | academy.acting | {"organisation_id": neighbour_id}
        )
    request = ask(academy, credential)
    foreign = {"organisation_id": neighbour_id, "actor": SECOND, "now": academy.now}
    for request_id in (request.id, uuid4()):
        for act in (withdrawals.confirm, withdrawals.cancel):
            with pytest.raises(withdrawals.RequestNotFound):
                act(academy.session, request_id=request_id, **foreign)  # type: ignore[arg-type]  # as named
    assert academy.session.scalars(withdrawals.open_ones(neighbour_id, now=academy.now)).all() == []
    assert academy.session.scalars(withdrawals.open_ones(academy.organisation.id, now=academy.now)).all() == [request]


def test_the_successor_of_an_issuer_confirms_what_was_asked_before_the_merger(
    academy: Trust, credential: Award
) -> None:
    request = ask(academy, credential)
    heir = OrganisationFactory.create(academy.session)
    organisations.merge(
        academy.session, ods_code=academy.organisation.ods_code, into=heir.ods_code, on=date(2026, 8, 1),
        actor="operator", now=academy.now,
    )  # fmt: skip
    assert academy.session.scalars(withdrawals.open_ones(heir.id, now=academy.now)).all() == [request]
    confirm(academy, request, organisation_id=heir.id)
    assert credential.ending == "withdrawn"


def test_what_ended_meanwhile_is_not_withdrawn(academy: Trust, credential: Award) -> None:
    request = ask(academy, credential)
    academy.record(standard_code="MPC-PAEDIATRICS", awarded_on=date(2026, 7, 1))
    with pytest.raises(service.AwardEnded):
        confirm(academy, request)


def test_a_lower_level_does_not_take_the_place_of_a_higher_one(academy: Trust, recognition: Recognition) -> None:
    with pytest.raises(Conflict, match="higher level"):
        service.recognise(
            academy.session, person_id=academy.nurse.id, level="enhanced", edition="2025", route="programme",
            pillars=PILLARS[:2], base_profession="Nurse", recognised_on=date(2026, 6, 1), **academy.acting,
        )  # fmt: skip
    assert recognition.ended_at is None


@pytest.mark.parametrize("last_day", [date(2026, 8, 5), date(2026, 3, 2)])
def test_one_person_s_correction_ends_no_professional_credential(
    credential: Award, academy: Trust, last_day: date
) -> None:
    with pytest.raises(service.SecondPersonNeeded, match="two people do that"):
        service.correct(academy.session, award_id=credential.id, changes={"valid_until": last_day}, **academy.acting)
    assert credential.ended_at is None


def test_a_last_day_that_is_to_come_or_was_past_is_corrected_by_one(credential: Award, academy: Trust) -> None:
    session, acting = academy.session, academy.acting
    coming = service.correct(session, award_id=credential.id, changes={"valid_until": date(2026, 8, 6)}, **acting)
    later = acting | {"now": academy.now + timedelta(days=1)}
    past = service.correct(session, award_id=coming.id, changes={"valid_until": date(2026, 8, 1)}, **later)
    assert (past.ended_at, past.valid_until) == (None, date(2026, 8, 1))


def test_one_person_s_correction_of_the_day_ends_no_professional_credential_by_its_rule(
    credential: Award, academy: Trust
) -> None:
    rule = {"months": 12, "source": "invented", "confidence": "high", "recorded_at": academy.now}
    academy.session.execute(delete(RenewalRule).where(RenewalRule.standard_id == credential.standard_id))
    academy.session.add(RenewalRule(standard_id=credential.standard_id, **rule))
    academy.session.flush()
    with pytest.raises(service.SecondPersonNeeded):
        service.correct(
            academy.session, award_id=credential.id, changes={"awarded_on": date(2025, 3, 2)}, **academy.acting
        )


def test_statutory_training_is_corrected_by_one_also_to_a_past_day(trust: Trust) -> None:
    award = trust.record()
    right = service.correct(trust.session, award_id=award.id, changes={"valid_until": date(2026, 4, 1)}, **trust.acting)
    assert right.valid_until == date(2026, 4, 1)
