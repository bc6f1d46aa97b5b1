"""The demonstration does what the README promises, as a user starts it: one passport, and the life of awards around it.

Two runs, one after the other, tell two stories; what they left in the database is looked at afterwards.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from passport import startup
from passport.awards.models import AwardDispute
from passport.batches.models import Batch
from passport.db import Base
from passport.demo.files import read
from passport.inspection.models import Inspection
from passport.notices.models import NoticeSettings
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.recognition.models import RecognitionApplication
from passport.recognition.steps import STEPS_OF
from passport.records.models import IdentityCorrection
from passport.reporting import compliance, counting, establishment
from passport.reporting import service as reporting
from passport.settings import Settings
from passport.staff.models import Employment, Person
from passport.standards import providers
from tests.demonstrations import Story, run
from tests.user_processes import remove_server

ICB = "XQ1"  # the planner's


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home of the demonstration")
    yield home
    remove_server(home)


@pytest.fixture(scope="module")
def runs(home: Path) -> tuple[Story, Story]:
    """Two runs, one after the other."""
    return run(home), run(home)


@pytest.fixture(scope="module")
def first(runs: tuple[Story, Story]) -> Story:
    return runs[0]


def test_the_passport_is_genuine_current_and_not_withdrawn(first: Story) -> None:
    verdict = first["verification"]
    facts = (verdict["outcome"], verdict["current"]["result"], verdict["not_withdrawn"]["result"])
    assert facts == ("genuine", True, True)


def test_every_kind_of_decision_is_shown(first: Story) -> None:
    outcomes = {decision["outcome"] for decision in first["plan"]["decisions"]}
    assert outcomes == {"ACCEPT_UNTIL", "PARTIAL", "REFER", "REFUSE"}


def test_two_files_go_through_the_importer(first: Story) -> None:
    bulk, personal = first["imports"]
    assert bulk["counts"]["new"] > 100
    assert {note["outcome"] for note in bulk["notes"]} == {"set_aside", "refused"}
    assert personal["counts"]["new"] == personal["rows"]


def test_what_is_saved_and_what_is_left_is_the_whole_induction(first: Story) -> None:
    assert first["minutes_saved"] > 0
    assert first["minutes_saved"] + first["minutes_left"] == 1150
    assert "Fire procedure of the ward" in first["left"]


def test_a_suspended_provider_was_accredited_then_and_is_not_now(first: Story) -> None:
    told = first["life"]["suspension"]
    assert told["before"] == {"accredited_then": True, "accredited_now": True, "suspended_now": False}
    assert told["after"] == {"accredited_then": True, "accredited_now": False, "suspended_now": True}


def test_a_suspended_provider_is_refused_a_new_award_with_the_reason(first: Story) -> None:
    refusal = first["life"]["suspension"]["refusal"]
    assert refusal["code"] == "provider_suspended"
    assert "suspended for MPC-PAEDIATRICS" in refusal["detail"]


def test_a_course_of_200_people_is_taken_back_as_a_whole(first: Story) -> None:
    told = first["life"]["course"]
    assert (told["recorded"], told["undone"], told["failed"]) == (200, 200, 0)
    of_course = [told[when]["hold_course"] for when in ("before", "after_file", "after_undo")]
    assert of_course == [0, 200, 0]


def test_whoever_held_the_standard_before_the_wrong_course_holds_it_again(first: Story) -> None:
    told = first["life"]["course"]
    before, after_file, after_undo = (told[when]["hold_standard"] for when in ("before", "after_file", "after_undo"))
    assert after_undo == before
    assert before < after_file < before + 200  # some of them held it, and some did not


def test_a_changed_rule_shows_whom_it_concerns_and_issues_nothing_again(first: Story) -> None:
    told = first["life"]["rule_change"]
    assert (told["months_before"], told["months"]) == (36, 24)
    assert int(told["people"]["Current, would lapse"].replace(",", "")) > 0
    assert told["people"]["Would end later"] == "0"
    assert told["copies_before"] == told["copies_after"] > 0


def test_a_program_is_told_by_messages_whose_signatures_are_right(first: Story) -> None:
    told = Counter(first["life"]["notices"]["webhook"]["messages"])
    assert told == {"import.finished": 1, "batch.finished": 2, "dispute.raised": 2}


def test_a_member_of_staff_reads_what_ends_soon(first: Story) -> None:
    letters = first["life"]["notices"]["letters"]
    assert letters["to_staff"] >= 1
    assert [line.partition(":")[0] for line in letters["says"]] == ["Resuscitation adult basic life support"]


def test_a_second_run_changes_nothing_and_says_so(runs: tuple[Story, Story]) -> None:
    first, second = runs
    assert (first["changed"], second["changed"]) == (True, False)
    assert (first["issued"], second["issued"]) == (12, 0)
    assert second["plan"] == first["plan"]
    assert second["imports"][0]["counts"]["unchanged"] == first["imports"][0]["counts"]["new"]
    assert second["life"] == first["life"] | {"changed": False}


@pytest.fixture(scope="module")
def registry(home: Path, runs: tuple[Story, Story]) -> Iterator[Session]:
    """What both runs left."""
    with startup.database_url(Settings(home=home), "web") as url:
        engine = create_engine(url)
        with Session(engine) as session:
            yield session
        engine.dispose()


@pytest.fixture(scope="module")
def today(first: Story) -> date:
    """The day of the first run."""
    return date.fromisoformat(first["life"]["suspension"]["suspended_on"])


def test_the_counts_of_the_workforce_are_those_of_its_people(registry: Session, today: date) -> None:
    month = counting.month_of(today)
    for measure, at_least in (("advanced", 500), ("trainee", 150), ("credential", 180), ("consultant", 50)):
        counts = counting.counts(registry, measure, month=month)  # type: ignore[arg-type]  # a measure
        assert counts == counting.recount(registry, measure, month=month)  # type: ignore[arg-type]  # as above
        assert sum(counts.values()) >= at_least


def test_a_planner_sees_a_year_of_growing_figures_and_small_ones_hidden(registry: Session, today: date) -> None:
    asked = reporting.ask(registry, organisations.by_ods(registry, ICB).id)
    months = reporting.by_month(registry, asked, "advanced", category=None, today=today).rows
    figures = [row.figures[0].count or 0 for row in months]
    assert len(figures) == 12
    assert 300 < figures[0] < figures[-1]
    seen = reporting.picture(registry, asked, "advanced", month=counting.month_of(today), today=today)
    places = seen.by_place(asked.place, {"People": seen.categories}).rows
    assert len(places) >= 13
    assert "*" in {row.figures[0].text for row in places}


def test_a_planner_sees_gaps_to_what_the_system_requires(registry: Session, today: date) -> None:
    asked = reporting.ask(registry, organisations.by_ods(registry, ICB).id)
    lacking = [gap.least > 0 for gap in establishment.gaps(registry, asked, today=today)]
    assert any(lacking)
    assert not all(lacking)


def test_staff_of_every_trust_stand_somewhere_with_their_training(registry: Session, today: date) -> None:
    asked = reporting.ask(registry, organisations.by_ods(registry, ICB).id)
    seen = compliance.picture(registry, asked, today=today)
    fire = {state: seen.figure(asked.place, [("Fire Safety", state)]) for state in compliance.STATES}
    assert (fire["current"].count or 0) > 1000
    assert fire["never"].withheld
    assert all(fire[state].count for state in ("current", "within_90", "within_30", "lapsed"))


def test_the_academy_finds_applications_at_every_step_of_both_routes(registry: Session) -> None:
    steps = set(registry.scalars(select(RecognitionApplication.step).where(RecognitionApplication.ended_at.is_(None))))
    assert steps == {step for route in STEPS_OF.values() for step in route} - {"recognised"}


def test_the_academy_finds_providers_in_every_state_and_one_due_for_review(registry: Session, today: date) -> None:
    states = {row.Accreditation.state for row in registry.execute(providers.standings())}
    assert states == {"applied", "approved", "conditions", "suspended"}
    assert [row.Organisation.ods_code for row in registry.execute(providers.due_for_review(today))] == ["X5V7F"]


@pytest.mark.parametrize("waiting", [AwardDispute, IdentityCorrection, Inspection, NoticeSettings, Batch])
def test_there_is_work_on_the_desks_of_the_others(registry: Session, waiting: type[Base]) -> None:
    assert registry.scalar(select(func.count()).select_from(waiting))


def test_everybody_is_invented_and_looks_so(registry: Session) -> None:
    known = {row[column] for row in read("names.csv") for column in ("given", "family")}
    people = select(Person.family_name).join(Employment, Employment.person_id == Person.id)
    names = set(registry.scalars(people.where(Employment.assignment_number.startswith("7000"))))
    assert names <= known
    assert all(organisation.source.startswith("invented") for organisation in registry.scalars(select(Organisation)))
