"""Records that are merged, closed or erased while others work on them: nothing is lost, doubled or left behind."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from passport import db
from passport.awards import service as awards
from passport.issuing import issuance
from passport.issuing import service as issuing
from passport.issuing.fsck import findings
from passport.issuing.models import Credential
from passport.records import closing, erasing, merging
from passport.records.models import Erasure, IdentityCorrection
from passport.records.service import RecordNotOpen
from passport.settings import Settings
from passport.staff import service as staff
from passport.staff.models import Employment
from tests.merges import current, decide, propose, undo
from tests.passport.records.conftest import ANNA, Twice, make_twice
from tests.races import second_waits_for_first

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
Work = Callable[[Session], object]


@pytest.fixture
def twice(database_url: str, settings: Settings) -> Twice:
    """A nurse with two records, in a database of its own."""
    with db.transaction() as session:
        return make_twice(session, settings, NOW)


@pytest.fixture
def merger(twice: Twice) -> Work:
    """What decides a merge that was proposed."""
    with db.transaction() as session:
        correction_id = propose(session, twice, NOW).id
    return lambda session: decide(session, correction_id, twice, NOW)


def correct(session: Session, twice: Twice) -> object:
    return awards.correct(
        session, award_id=twice.gone.award_id, organisation_id=twice.gone.organisation_id, actor="x", now=NOW,
        changes={"assessed": None},
    )  # fmt: skip


def employ(session: Session, twice: Twice) -> object:
    return staff.employ(
        session, person_id=twice.gone.person_id, organisation_id=twice.registry_id, started_on=date(2026, 8, 6),
        actor="x", now=NOW,
    )  # fmt: skip


def record(session: Session, twice: Twice) -> object:
    return awards.record(
        session, person_id=twice.gone.person_id, organisation_id=twice.gone.organisation_id, actor="x", now=NOW,
        standard_code=twice.gone.standard_code, awarded_on=date(2026, 8, 1), delivery="unknown", assessed=None,
        verification_method="record", pedigree="authoritative",
    )  # fmt: skip


@pytest.mark.parametrize("work", [correct, employ, record])
@pytest.mark.parametrize("merge_first", [True, False])
def test_what_comes_while_a_record_is_merged_is_at_the_one_that_stands(
    twice: Twice, merger: Work, work: Callable[[Session, Twice], object], merge_first: bool
) -> None:
    def other(session: Session) -> object:
        return work(session, twice)

    try:
        second_waits_for_first(*((merger, other) if merge_first else (other, merger)))
    except awards.AwardEnded:
        assert (merge_first, work) == (True, correct)
    with db.transaction() as session:
        assert current(session, twice.gone.person_id) == []
        assert len(current(session, twice.kept.person_id)) == 2
        assert session.scalars(select(Employment).where(Employment.person_id == twice.gone.person_id)).all() == []


def test_of_a_merge_in_both_directions_one_is_proposed(twice: Twice) -> None:
    back = {"from_person_id": twice.kept.person_id, "to_person_id": twice.gone.person_id}
    with pytest.raises(merging.ProposedAlready):
        second_waits_for_first(
            lambda session: propose(session, twice, NOW), lambda session: propose(session, twice, NOW, **back)
        )


def test_two_who_undo_a_merge_undo_it_once(twice: Twice, merger: Work) -> None:
    with db.transaction() as session:
        merger(session)
        correction_id = session.scalars(select(IdentityCorrection.id)).one()
    with pytest.raises(merging.DecidedAlready):
        second_waits_for_first(*[lambda session: undo(session, correction_id, twice, LATER)] * 2)
    with db.transaction() as session:
        assert [len(current(session, each.person_id)) for each in (twice.kept, twice.gone)] == [1, 1]


def test_nobody_is_merged_who_is_to_be_erased_and_nobody_erased_who_is_merged(twice: Twice) -> None:
    def ask(session: Session) -> object:
        return erasing.request(
            session, twice.gone.person_id, ground="person_asked", organisation_id=twice.registry_id, actor=ANNA, now=NOW
        )

    with db.transaction() as session:
        session.execute(update(Employment).values(ended_on=date(2026, 7, 31)))
    with pytest.raises(merging.ErasureUnderWay):
        second_waits_for_first(ask, lambda session: propose(session, twice, NOW))
    with db.transaction() as session:
        erasing.cancel(
            session, session.scalars(select(Erasure.id)).one(), organisation_id=twice.registry_id, actor=ANNA, now=NOW
        )
        correction_id = propose(session, twice, NOW).id
    with pytest.raises(RecordNotOpen):
        second_waits_for_first(lambda session: decide(session, correction_id, twice, NOW), ask)


@pytest.mark.parametrize("close_first", [True, False])
def test_no_copy_that_was_planned_while_a_record_was_closed_counts(twice: Twice, close_first: bool) -> None:
    nurse, planned = twice.kept, list[UUID]()

    def plan(session: Session) -> None:
        [copy] = issuing.plan(
            session, [nurse.person_id], organisation_id=nurse.organisation_id, requested_by="x", now=NOW
        )
        planned.append(copy.id)

    def close(session: Session) -> object:
        return closing.close(
            session, nurse.person_id, reason="died", on=NOW.date(), organisation_id=twice.registry_id, actor=ANNA,
            now=NOW,
        )  # fmt: skip

    if close_first:
        with pytest.raises(issuing.RecordClosed):
            second_waits_for_first(close, plan)
    else:
        second_waits_for_first(plan, close)
    issuance.finish_plans(actor="job:issuing", now=LATER)
    with db.reading() as session:
        assert session.scalars(select(Credential.state)).all() == ["void"] * len(planned)
        assert list(findings(session, now=NOW)) == []
