"""Awards: recorded once, superseded, corrected and withdrawn by their issuer alone, never changed."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.awards import service
from passport.awards.models import WITHDRAWAL_REASONS, Award
from passport.errors import Invalid
from passport.organisations import service as organisations
from passport.standards import service as standards
from tests.factories import EmploymentFactory, OrganisationFactory
from tests.trusts import Trust

DAY = date(2026, 3, 2)


def deferred(session: Session) -> list[tuple[str, dict[str, Any]]]:
    found = session.execute(
        text("SELECT task_name, args FROM procrastinate_jobs WHERE task_name ~ '^issuing' ORDER BY id")
    )
    return [(row.task_name, row.args) for row in found]


def audited(session: Session, action: str) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_an_award_is_recorded_with_its_provenance_and_audited(trust: Trust) -> None:
    award = trust.record(valid_until=date(2028, 3, 2))
    assert (award.recorded_by, award.recorded_at, award.ended_at) == ("operator", trust.now, None)
    (entry,) = audited(trust.session, "award.recorded")
    assert (entry.subject, entry.detail["standard"]) == (f"award:{award.id}", "FS")
    assert deferred(trust.session) == []


def test_a_re_completion_supersedes_and_keeps_the_older_award(trust: Trust) -> None:
    older = trust.record(awarded_on=date(2024, 3, 2))
    newer = trust.record()
    trust.session.refresh(older)
    assert (older.ending, older.replaced_by_id, older.ended_at) == ("superseded", newer.id, trust.now)
    assert newer.ended_at is None
    assert list(service.history(trust.session, trust.nurse.id)) == [newer, older]


def test_an_older_award_is_kept_as_history(trust: Trust) -> None:
    current = trust.record()
    older = trust.record(awarded_on=date(2024, 3, 2))
    assert (older.ending, older.replaced_by_id, current.ended_at) == ("superseded", current.id, None)
    with pytest.raises(service.AwardExists):
        trust.record(awarded_on=date(2024, 3, 2))


@pytest.mark.parametrize("other", [{}, {"delivery": "blended"}])
def test_an_award_of_the_same_day_is_recorded_once(trust: Trust, other: dict[str, Any]) -> None:
    trust.record()
    with pytest.raises(service.AwardExists):
        trust.record(**other)


def test_issuers_and_parts_do_not_supersede_each_other(trust: Trust, neighbour_id: UUID) -> None:
    awards = [
        trust.record(),
        trust.record(organisation_id=neighbour_id, awarded_on=date(2026, 4, 1)),
        trust.record(standard_code="OMT1", part=1),
        trust.record(standard_code="OMT1", part=2),
    ]
    assert [award.ending for award in awards] == [None] * 4


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"standard_code": "NONE"}, "/standard"),
        ({"standard_code": "MPF-ADVANCED"}, "/standard"),
        ({"part": 1}, "/part"),
        ({"standard_code": "OMT1", "part": 3}, "/part"),
        ({"awarded_on": date(2026, 8, 7)}, "/awarded_on"),
        ({"valid_until": date(2026, 3, 1)}, "/valid_until"),
    ],
)
def test_an_award_that_can_not_be_is_refused(trust: Trust, wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        trust.record(**wrong)
    assert refused.value.faults[0].pointer == pointer


def test_a_credential_is_awarded_only_by_who_is_accredited_on_the_day(trust: Trust) -> None:
    with pytest.raises(service.NotAccredited):
        trust.record(standard_code="MPC-PAEDIATRICS")
    standards.accredit(trust.session, standard_code="MPC-PAEDIATRICS", from_on=DAY, **trust.acting)
    assert trust.record(standard_code="MPC-PAEDIATRICS").ended_at is None
    with pytest.raises(service.NotAccredited):
        trust.record(standard_code="MPC-PAEDIATRICS", awarded_on=DAY - timedelta(days=1))


def test_a_correction_puts_a_new_award_in_the_place_of_the_wrong_one(trust: Trust) -> None:
    wrong = trust.record()
    right = service.correct(
        trust.session, award_id=wrong.id, changes={"awarded_on": date(2026, 2, 1), "assessed": None}, **trust.acting
    )
    assert (wrong.ending, wrong.replaced_by_id) == ("corrected", right.id)
    assert (right.awarded_on, right.assessed, right.delivery, right.organisation_id) == (
        date(2026, 2, 1), None, "face_to_face", trust.organisation.id,
    )  # fmt: skip
    assert right.ended_at is None
    assert deferred(trust.session) == [("issuing.reissue", {"person_id": str(trust.nurse.id)})]
    assert len(audited(trust.session, "award.corrected")) == 1


@pytest.mark.parametrize(
    "changes", [{}, {"delivery": "face_to_face"}, {"person_id": uuid4()}, {"awarded_on": date(2026, 8, 7)}, {"part": 4}]
)
def test_a_correction_must_change_something_that_may_change(trust: Trust, changes: dict[str, Any]) -> None:
    award = trust.record()
    with pytest.raises(Invalid):
        service.correct(trust.session, award_id=award.id, changes=changes, **trust.acting)


def test_a_part_is_not_corrected_into_one_that_is_recorded(trust: Trust) -> None:
    trust.record(standard_code="OMT1", part=1)
    second = trust.record(standard_code="OMT1", part=2)
    with pytest.raises(service.AwardExists):
        service.correct(trust.session, award_id=second.id, changes={"part": 1}, **trust.acting)


@pytest.mark.parametrize("reason", WITHDRAWAL_REASONS)
def test_an_award_is_withdrawn_with_a_reason(trust: Trust, reason: str) -> None:
    award = service.withdraw(trust.session, award_id=trust.record().id, reason=reason, **trust.acting)
    assert (award.ending, award.ending_reason, award.ended_at) == ("withdrawn", reason, trust.now)
    assert deferred(trust.session) == [("issuing.reissue", {"person_id": str(trust.nurse.id)})]
    assert audited(trust.session, "award.withdrawn")[0].detail["reason"] == reason
    assert trust.record().ended_at is None  # a better record may follow


def test_a_withdrawal_needs_a_known_reason(trust: Trust) -> None:
    with pytest.raises(Invalid):
        service.withdraw(trust.session, award_id=trust.record().id, reason="because", **trust.acting)


def test_what_has_ended_ends_no_second_time(trust: Trust) -> None:
    award = service.withdraw(trust.session, award_id=trust.record().id, reason="issued_in_error", **trust.acting)
    with pytest.raises(service.AwardEnded):
        service.withdraw(trust.session, award_id=award.id, reason="no_longer_valid", **trust.acting)
    with pytest.raises(service.AwardEnded):
        service.correct(trust.session, award_id=award.id, changes={"assessed": False}, **trust.acting)


def test_nobody_but_the_issuer_ends_an_award_and_sees_no_difference_to_none(trust: Trust, neighbour_id: UUID) -> None:
    EmploymentFactory.create(trust.session, person_id=trust.nurse.id, organisation_id=neighbour_id)
    award = trust.record()
    other = trust.acting | {"organisation_id": neighbour_id}
    told = []
    for award_id in (award.id, uuid4()):
        with pytest.raises(service.AwardNotFound) as refused:
            service.withdraw(trust.session, award_id=award_id, reason="issued_in_error", **other)
        told.append(str(refused.value))
        with pytest.raises(service.AwardNotFound):
            service.correct(trust.session, award_id=award_id, changes={"assessed": False}, **other)
    assert told[0] == told[1]
    assert award.ended_at is None


def test_an_issuer_s_successor_corrects_and_the_issuer_stays(trust: Trust) -> None:
    award = trust.record()
    heir = OrganisationFactory.create(trust.session)
    organisations.merge(
        trust.session, ods_code=trust.organisation.ods_code, into=heir.ods_code, on=date(2026, 7, 31), actor="operator",
        now=trust.now,
    )  # fmt: skip
    right = service.correct(
        trust.session, award_id=award.id, changes={"assessed": False}, **trust.acting | {"organisation_id": heir.id}
    )
    assert right.organisation_id == trust.organisation.id


def test_an_award_is_read_by_its_issuer_and_by_the_employer_of_who_holds_it(trust: Trust, neighbour_id: UUID) -> None:
    award = trust.record(organisation_id=neighbour_id)
    stranger = OrganisationFactory.create(trust.session)
    for organisation_id in (trust.organisation.id, neighbour_id):
        assert service.by_id(trust.session, award.id, organisation_id=organisation_id, now=trust.now) is award
    for award_id in (award.id, uuid4()):
        with pytest.raises(service.AwardNotFound):
            service.by_id(trust.session, award_id, organisation_id=stranger.id, now=trust.now)


def test_the_database_itself_keeps_an_award_from_being_changed_or_removed(trust: Trust) -> None:
    award = trust.record()
    for statement in (
        "UPDATE award SET awarded_on = '2020-01-01'",
        "UPDATE award SET person_id = person_id",
        "DELETE FROM award",
        "TRUNCATE award",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), trust.session.begin_nested():
            trust.session.execute(text(statement))
    trust.session.refresh(award)
    assert trust.session.scalars(select(Award.awarded_on)).one() == DAY
