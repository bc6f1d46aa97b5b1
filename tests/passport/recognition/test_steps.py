"""The way to a recognition: step by step, in its order and in time."""

from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, get_args

import pytest
from sqlalchemy import select

from passport.awards.recognition import PILLARS
from passport.errors import Invalid
from passport.recognition import errors, evidence, finding, service
from passport.recognition.steps import STEPS, STEPS_OF, TITLES, Step, deadlines, next_step, overdue
from passport.standards.models import RecognitionRoute
from tests.academies import Academy

PAIRS = [
    (route, before, after) for route, steps in STEPS_OF.items() for before, after in product(steps[:-1], get_args(Step))
]


@pytest.mark.parametrize("route", ["eportfolio", "programme"])
def test_either_route_leads_to_a_recognition(academy: Academy, route: str) -> None:
    application = academy.at("submitted" if route == "eportfolio" else "programme_completed", route)
    academy.look_up(application)
    made = academy.recognise(application)
    assert (made.level, made.route, made.edition, made.pillars) == ("advanced", route, "2025", list(PILLARS))
    assert (application.step, application.ending, application.recognition_id) == ("recognised", "recognised", made.id)
    assert list(finding.reached(academy.session, application.id)) == list(STEPS_OF[application.route])


def test_the_steps_are_those_of_the_catalogue(academy: Academy) -> None:
    routes = {route.code: route.steps for route in academy.session.scalars(select(RecognitionRoute))}
    assert routes["eportfolio"] == [TITLES[step] for step in STEPS_OF["eportfolio"]]
    assert routes["programme"] == [TITLES[step] for step in STEPS_OF["programme"][1:]]
    assert TITLES.keys() == set(STEPS)


@pytest.mark.parametrize(("route", "before", "after"), PAIRS)
def test_no_step_is_skipped_repeated_or_taken_back(academy: Academy, route: str, before: Step, after: Step) -> None:
    application = academy.at(before, route)
    follows = next_step(application.route, before)
    said: dict[str, Any] = {"application_id": application.id, "step": after, "on": academy.now.date(), **academy.acting}
    if after == follows and after not in {"eligibility_confirmed", "recognised"}:
        if not evidence.pillars_of(academy.session, application.id):
            academy.show(application, *PILLARS)
        assert service.reach(academy.session, **said).step == after
        return
    with pytest.raises(errors.StepOutOfOrder):
        service.reach(academy.session, **said)
    assert application.step == before


def test_the_deadlines_are_calendar_months_after_the_analysis(academy: Academy) -> None:
    assert deadlines(date(2025, 8, 31)) == (date(2026, 2, 28), date(2026, 8, 31))
    application = academy.at("learning_needs_analysis")
    assert (application.evidence_due_on, application.submission_due_on) == (date(2026, 4, 30), date(2026, 10, 31))


@pytest.mark.parametrize(
    ("step", "today", "expected"),
    [
        ("expression_of_interest", date(2030, 1, 1), None),
        ("learning_needs_analysis", date(2026, 4, 30), None),
        ("learning_needs_analysis", date(2026, 5, 1), date(2026, 4, 30)),
        ("half_of_evidence", date(2026, 5, 1), None),
        ("half_of_evidence", date(2026, 11, 1), date(2026, 10, 31)),
        ("submitted", date(2027, 1, 1), None),
    ],
)
def test_what_is_overdue_is_named_by_its_last_day(step: Step, today: date, expected: date | None) -> None:
    due = {"evidence_due_on": date(2026, 4, 30), "submission_due_on": date(2026, 10, 31)}
    assert overdue(step, today=today, **due) == expected


def test_a_submission_after_the_last_day_does_not_count(academy: Academy) -> None:
    application = academy.at("half_of_evidence")
    late = academy.acting | {"now": datetime.fromisoformat("2026-11-05T09:00Z")}
    submit = {"application_id": application.id, "step": "submitted", **late}
    with pytest.raises(Invalid, match="last day to submit"):
        service.reach(academy.session, on=date(2026, 11, 1), **submit)
    assert service.reach(academy.session, on=date(2026, 10, 31), **submit).step == "submitted"


def test_a_missed_last_day_lapses_by_night_after_two_weeks_and_accepts_nothing_before(academy: Academy) -> None:
    application = academy.at("half_of_evidence")
    last = datetime.fromisoformat("2026-11-14T09:00Z")
    assert service.lapse_overdue(academy.session, actor="job:x", now=last) == 0
    after = academy.acting | {"now": last + timedelta(days=1)}
    with pytest.raises(errors.ApplicationEnded):
        service.reach(academy.session, application_id=application.id, step="submitted", on=date(2026, 10, 31), **after)
    assert service.lapse_overdue(academy.session, actor="job:x", now=last + timedelta(days=1)) == 1
    assert application.ending == "lapsed"


def test_what_waits_for_its_turn_never_lapses(academy: Academy) -> None:
    academy.at("eligibility_confirmed")
    assert service.lapse_overdue(academy.session, actor="job:x", now=academy.now + timedelta(days=3650)) == 0


@pytest.mark.parametrize("on", [date(2026, 8, 7), date(2025, 10, 30)])
def test_a_step_is_neither_in_the_future_nor_before_the_one_before(academy: Academy, on: date) -> None:
    application = academy.at("learning_needs_analysis")
    academy.show(application, *PILLARS)
    with pytest.raises(Invalid):
        academy.reach(application, "half_of_evidence", on=on)
