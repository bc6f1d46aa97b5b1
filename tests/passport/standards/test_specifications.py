"""The versions of a specification, their life, and what each asks of people."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from passport.db import transaction
from passport.errors import Invalid
from passport.standards import service, specifications
from passport.standards.changes import ChangedMeanwhile
from passport.standards.models import Specification
from passport.standards.specifications import (
    IN_FORCE,
    MOVES,
    OVER,
    STATES,
    SpecificationExists,
    SpecificationMove,
    Terms,
    add_specification,
    change_specification,
    in_force_on,
    steps,
)
from tests.races import second_waits_for_first

CODE = "MPC-ACUTE-MEDICINE"
START = date(2027, 1, 1)
DAY = timedelta(days=1)
MINUTES: dict[str, Any] = {"source": "Invented minutes", "actor": "operator"}
Move = Callable[..., Specification]


@pytest.fixture
def move(session: Session, loaded: int, now: datetime) -> Move:
    """Move the specification of acute medicine, of which no source says where it stands."""

    def make(state: Any, on: date = START, version: str = "undated", **values: Any) -> Specification:
        usual: dict[str, Any] = {"standard_code": CODE, **MINUTES}
        return change_specification(session, version=version, state=state, on=on, now=now, **usual | values)

    return make


def in_force(session: Session, on: date) -> str | None:
    found = in_force_on(session, service.standard_by_code(session, CODE).id, on)
    return found.version if found else None


def test_a_specification_goes_through_its_life(session: Session, move: Move) -> None:
    states = ("proposed", "in_development", "candidate", "endorsed", "under_review", "endorsed", "superseded")
    for month, state in enumerate(states, start=1):
        specification = move(state, date(2027, month, 1))
    assert specification.state == "superseded"
    assert (specification.from_on, specification.until_on) == (date(2027, 4, 1), date(2027, 6, 30))
    assert specification.state_as_read == "due autumn 2020 (HEE page c.2020)"
    kept = [(step.number, step.before, step.state, step.from_on.month) for step in steps(session, specification)]
    assert kept == [(n, before, state, n) for n, (before, state) in enumerate(pairwise((None, *states)), start=1)]


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_a_specification_moves_as_the_table_says_and_in_no_other_way(move: Move, before: Any, after: Any) -> None:
    move(before, date(2026, 1, 1), "2")
    if after in MOVES[before]:
        assert move(after, START, "2").state == after
    else:
        with pytest.raises(SpecificationMove):
            move(after, START, "2")


def test_what_is_over_stays_over() -> None:
    assert {state for state, following in MOVES.items() if not following} == OVER
    assert set(MOVES) == {None, *STATES}


def test_a_version_does_not_end_before_it_began(move: Move) -> None:
    move("endorsed", START)
    with pytest.raises(SpecificationMove):
        move("withdrawn", START)


def test_a_step_does_not_begin_before_the_one_on_record(move: Move) -> None:
    move("candidate", START)
    with pytest.raises(SpecificationMove, match="1 January 2027"):
        move("endorsed", START - DAY)


@pytest.mark.parametrize("state", ["endorsed", "under_review"])
def test_a_version_is_in_force_while_it_is_endorsed_or_under_review(session: Session, move: Move, state: Any) -> None:
    move("candidate", START - 9 * DAY)
    move("endorsed", START)
    if state == "under_review":
        move(state, START + DAY)
    move("withdrawn", START + 9 * DAY)
    asked = (START - DAY, START, START + 8 * DAY, START + 9 * DAY)
    assert [in_force(session, on) for on in asked] == [None, "undated", "undated", None]


def test_a_version_that_was_withdrawn_before_it_was_endorsed_was_never_in_force(session: Session, move: Move) -> None:
    move("candidate", START)
    assert move("withdrawn", START + DAY).until_on is None
    assert [in_force(session, on) for on in (date(2020, 1, 1), START, START + DAY)] == [None] * 3


def test_an_endorsed_version_takes_the_place_of_the_one_before(session: Session, move: Move) -> None:
    first = move("endorsed", START)
    second = move("endorsed", START + 9 * DAY, "2")
    assert (first.state, first.until_on) == ("superseded", START + 8 * DAY)
    assert [step.state for step in steps(session, first)] == ["endorsed", "superseded"]
    assert (second.from_on, second.until_on) == (START + 9 * DAY, None)
    asked = (START, START + 8 * DAY, START + 9 * DAY)
    assert [in_force(session, on) for on in asked] == ["undated", "undated", "2"]


def test_a_version_that_is_found_under_review_takes_its_place_too(session: Session, move: Move) -> None:
    first = move("endorsed", START)
    move("under_review", START + 9 * DAY, "2")
    assert (first.state, in_force(session, START + 9 * DAY)) == ("superseded", "2")


def test_no_day_belongs_to_two_versions(move: Move) -> None:
    move("endorsed", START)
    move("superseded", START + 9 * DAY)
    with pytest.raises(SpecificationMove, match="undated"):
        move("endorsed", START + 8 * DAY, "2")
    move("endorsed", START + 9 * DAY, "3")
    with pytest.raises(SpecificationMove):
        move("endorsed", START + 9 * DAY, "4")


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("12"), st.sampled_from(STATES), st.integers(0, 30)), max_size=10))
def test_whatever_happens_no_two_versions_are_in_force(
    session: Session, move: Move, changes: list[tuple[str, Any, int]]
) -> None:
    savepoint = session.begin_nested()
    for version, state, start in changes:
        try:
            with session.begin_nested():
                move(state, START + start * DAY, version)
        except SpecificationMove:
            continue
    rows = specifications.specifications_of(session, service.standard_by_code(session, CODE).id)
    periods = sorted(
        (row.from_on or date.min, row.until_on or date.max)
        for row in rows
        if row.state in IN_FORCE or row.until_on is not None
    )
    savepoint.rollback()
    assert all(last < first for (_, last), (first, _) in pairwise(periods))


def test_a_version_is_added_once(session: Session, loaded: int, now: datetime) -> None:
    def add(version: str) -> Specification:
        return add_specification(session, standard_code=CODE, version=version, on=START, now=now, **MINUTES)

    assert add("2").state == "proposed"
    for known in ("2", "undated"):
        with pytest.raises(SpecificationExists):
            add(known)


def test_what_a_version_asks_can_change_until_it_is_endorsed(move: Move) -> None:
    asked = Terms("multiprofessional_without_medicine", ("NMC", "HCPC"), ("FS", "IPC2"))
    move("proposed", terms=Terms("medical"))
    candidate = move("in_development", terms=asked)
    assert specifications.terms_of(candidate) == asked
    move("candidate")
    assert specifications.terms_of(move("endorsed")) == asked
    with pytest.raises(SpecificationMove, match="Add a new version"):
        move("under_review", terms=Terms())


@pytest.mark.parametrize(
    ("terms", "pointer"),
    [
        (Terms(scope="everybody"), "/terms/scope"),
        (Terms(registers=("NMC", "XYZ")), "/terms/registers"),
        (Terms(scope="medical", registers=("GMC", "NMC")), "/terms/registers"),
        (Terms(prerequisites=("NOPE",)), "/terms/prerequisites"),
        (Terms(prerequisites=(CODE,)), "/terms/prerequisites"),
    ],
)
def test_terms_that_nobody_could_meet_are_refused(move: Move, terms: Terms, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        move("proposed", terms=terms)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


def test_two_standards_do_not_ask_for_each_other(move: Move) -> None:
    move("proposed", terms=Terms(prerequisites=("MPC-OLDER-PEOPLE",)))
    move("proposed", standard_code="MPC-OLDER-PEOPLE", terms=Terms(prerequisites=("MPC-END-OF-LIFE-CARE",)))
    with pytest.raises(Invalid, match="MPC-OLDER-PEOPLE asks for MPC-END-OF-LIFE-CARE"):
        move("proposed", standard_code="MPC-END-OF-LIFE-CARE", terms=Terms(prerequisites=("MPC-OLDER-PEOPLE",)))


def test_who_looked_at_an_older_step_looks_again(move: Move) -> None:
    move("proposed", seen=0)
    with pytest.raises(ChangedMeanwhile):
        move("in_development", seen=0)
    assert move("in_development", seen=1).state == "in_development"


def test_of_two_who_move_at_once_the_second_looks_again(database_url: str, now: datetime) -> None:
    with transaction() as session:
        service.load_catalogue(session, now=now)

    def change(state: Any) -> Callable[[Session], Specification]:
        return lambda session: change_specification(
            session, standard_code=CODE, version="undated", state=state, on=START, seen=0, now=now, **MINUTES
        )

    with pytest.raises(ChangedMeanwhile):
        second_waits_for_first(change("candidate"), change("endorsed"))
