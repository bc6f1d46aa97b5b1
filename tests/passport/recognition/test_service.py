"""The way to a recognition: step by step, in time, with evidence; by nobody else's word and never by a job title."""

from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from passport.audit.models import AuditEntry
from passport.awards import recognition as recognitions
from passport.awards import service as awards
from passport.awards.models import Recognition
from passport.awards.recognition import PILLARS, NotEligible
from passport.errors import Conflict, Invalid, NotFound
from passport.organisations import service as organisations
from passport.recognition import errors, evidence, finding, service
from passport.recognition.models import RecognitionApplication
from passport.recognition.steps import STEPS, STEPS_OF, TITLES, Step, deadlines, next_step, overdue
from passport.staff.models import Employment
from passport.standards.models import RecognitionRoute
from passport.standards.service import NotAccredited
from tests.academies import Academy
from tests.factories import EmploymentFactory, OrganisationFactory, PersonFactory, RegistrationFactory

PAIRS = [
    (route, before, after) for route, steps in STEPS_OF.items() for before, after in product(steps[:-1], get_args(Step))
]


def recognise(academy: Academy, application: RecognitionApplication, **other: Any) -> Recognition:
    said: dict[str, Any] = {"application_id": application.id, "recognised_on": date(2026, 8, 1)}
    return service.recognise(academy.session, **said | academy.acting | other)


@pytest.mark.parametrize("route", ["eportfolio", "programme"])
def test_either_route_leads_to_a_recognition(academy: Academy, route: str) -> None:
    application = academy.at("submitted" if route == "eportfolio" else "programme_completed", route)
    academy.look_up(application)
    made = recognise(academy, application)
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


def test_half_of_the_evidence_is_half_of_the_pillars(academy: Academy) -> None:
    application = academy.at("learning_needs_analysis")
    academy.show(application, "education", "education")
    with pytest.raises(errors.EvidenceMissing):
        academy.reach(application, "half_of_evidence")
    academy.show(application, "research")
    academy.reach(application, "half_of_evidence")


def test_a_submission_needs_every_pillar(academy: Academy) -> None:
    application = academy.at("learning_needs_analysis")
    academy.show(application, "education", "research")
    academy.reach(application, "half_of_evidence")
    with pytest.raises(errors.EvidenceMissing, match="clinical practice, leadership and management"):
        academy.reach(application, "submitted")


def test_evidence_of_a_later_day_than_the_submission_is_refused(academy: Academy) -> None:
    application = academy.at("half_of_evidence")
    academy.show(application, "research", dated_on=date(2026, 7, 2))
    with pytest.raises(errors.EvidenceMissing, match="later day"):
        academy.reach(application, "submitted", on=date(2026, 7, 1))


@pytest.mark.parametrize(("route", "step"), [("eportfolio", "submitted"), ("programme", "programme_completed")])
def test_no_evidence_is_added_after_the_submission(academy: Academy, route: str, step: Step) -> None:
    with pytest.raises(errors.EvidenceClosed):
        academy.show(academy.at(step, route), "research")


@pytest.mark.parametrize(
    "wrong",
    [
        {"dated_on": date(2026, 8, 7)},
        {"dated_on": date(1850, 1, 1)},
        {"title": " "},
        {"reference": "x" * 201},
        {"assessed_by": ""},
    ],
)
def test_evidence_that_can_not_be_is_refused(academy: Academy, wrong: dict[str, Any]) -> None:
    application = academy.at("learning_needs_analysis")
    with pytest.raises(Invalid):
        academy.show(application, "research", **wrong)
    with pytest.raises(Invalid):
        academy.show(application, "cooking")


def test_enhanced_practice_has_not_all_four_pillars(academy: Academy) -> None:
    application = academy.at("submitted", level="enhanced")
    academy.look_up(application)
    assert recognise(academy, application).pillars == list(PILLARS[:3])


def test_the_fourth_pillar_of_enhanced_practice_is_refused(academy: Academy) -> None:
    with pytest.raises(Invalid, match="advanced practice"):
        academy.show(academy.at("learning_needs_analysis", level="enhanced"), *PILLARS)


@pytest.mark.parametrize(
    "look", [None, {"method": "document"}, {"method": "employer_record"}, {"checked_on": date(2026, 6, 30)}]
)
def test_the_live_register_is_looked_up_after_the_submission_and_never_inferred(
    academy: Academy, look: dict[str, Any] | None
) -> None:
    application = academy.at("submitted")
    if look:
        academy.look_up(application, **look)
    with pytest.raises(errors.RegisterNotLookedUp):
        recognise(academy, application)


@pytest.mark.parametrize(
    "wrong", [{"checked_on": date(2026, 8, 7)}, {"checked_on": date(2025, 8, 31)}, {"method": "not_checked"}]
)
def test_a_look_that_can_not_be_is_refused(academy: Academy, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        academy.look_up(academy.at("submitted"), **wrong)


def test_a_look_is_at_the_applicants_own_registration_that_counts(academy: Academy) -> None:
    application, other = academy.at("submitted"), PersonFactory.create(academy.session)
    foreign = RegistrationFactory.create(
        academy.session, person_id=other.id, checked_by_id=academy.organisation.id, number="11B1111E"
    )
    doctor = RegistrationFactory.create(
        academy.session, person_id=application.person_id, checked_by_id=academy.organisation.id, body="GMC",
        number="1234567",
    )  # fmt: skip
    for registration_id in (foreign.id, doctor.id, uuid4()):
        with pytest.raises(Invalid):
            academy.look_up(application, registration_id=registration_id)


def test_only_the_employer_confirms_the_eligibility(academy: Academy) -> None:
    application = academy.begin()
    said: dict[str, Any] = {"application_id": application.id, "on": date(2025, 9, 8)}
    with pytest.raises(errors.StepOutOfOrder):
        service.reach(academy.session, step="eligibility_confirmed", **said | academy.acting)
    with pytest.raises(errors.ApplicationNotFound):
        service.confirm_eligibility(academy.session, eligible=True, **said | academy.acting)


def test_an_employer_who_says_no_ends_the_application(academy: Academy) -> None:
    application = academy.begin()
    service.confirm_eligibility(
        academy.session, application_id=application.id, eligible=False, on=date(2025, 9, 8), **academy.employing
    )
    assert (application.ending, application.step) == ("not_eligible", "expression_of_interest")
    with pytest.raises(errors.ApplicationEnded):
        academy.reach(application, "eligibility_confirmed")


def test_an_employer_confirms_for_its_own_staff_alone(academy: Academy) -> None:
    application = academy.begin()
    academy.session.execute(update(Employment).values(ended_on=date(2026, 1, 1)))
    with pytest.raises(NotFound):
        academy.reach(application, "eligibility_confirmed", on=date(2026, 8, 1))


def test_who_is_not_employed_there_can_not_name_that_employer(academy: Academy) -> None:
    elsewhere = OrganisationFactory.create(academy.session)
    with pytest.raises(NotFound):
        academy.begin(employer_id=elsewhere.id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"begun_on": date(2026, 8, 7)},
        {"level": "expert"},
        {"edition": "2019"},
        {"route": "wishes"},
        {"base_profession": "  "},
        {"employer_id": None},
        {"programme": "MSc"},
    ],
)
def test_an_application_that_can_not_be_is_refused(academy: Academy, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        academy.begin(**wrong)


def test_only_who_is_accredited_for_the_level_takes_applications(academy: Academy) -> None:
    with pytest.raises(NotAccredited):
        academy.begin(organisation_id=academy.trust.organisation.id)


def test_doctors_do_not_apply(academy: Academy) -> None:
    doctor = PersonFactory.create(academy.session)
    RegistrationFactory.create(
        academy.session, person_id=doctor.id, checked_by_id=academy.organisation.id, body="GMC", number="1234567"
    )
    EmploymentFactory.create(academy.session, person_id=doctor.id, organisation_id=academy.trust.organisation.id)
    with pytest.raises(NotEligible):
        academy.begin(person_id=doctor.id)


def test_one_application_of_a_person_is_open_wherever_it_is(academy: Academy) -> None:
    application = academy.begin()
    with pytest.raises(errors.ApplicationOpen):
        academy.begin("programme")
    service.withdraw(academy.session, application_id=application.id, words="Changed her mind.", **academy.acting)
    assert academy.begin("programme").step == "enrolled"


def test_who_is_recognised_does_not_apply_again_for_the_same_level(academy: Academy) -> None:
    application = academy.at("submitted")
    academy.look_up(application)
    recognise(academy, application)
    with pytest.raises(errors.RecognisedAlready):
        academy.begin()
    with pytest.raises(errors.RecognisedAlready):
        academy.begin(level="enhanced")
    assert academy.begin(level="consultant").level == "consultant"


def test_an_ended_application_accepts_nothing(academy: Academy) -> None:
    application = academy.at("learning_needs_analysis")
    service.withdraw(academy.session, application_id=application.id, words="Gave up.", **academy.acting)
    for act in (
        lambda: academy.show(application, "research"),
        lambda: academy.look_up(application),
        lambda: academy.reach(application, "half_of_evidence"),
        lambda: recognise(academy, application),
        lambda: service.withdraw(academy.session, application_id=application.id, words="Again.", **academy.acting),
    ):
        with pytest.raises(errors.ApplicationEnded):
            act()


def test_another_organisations_application_looks_like_none(academy: Academy) -> None:
    application, stranger = academy.at("submitted"), OrganisationFactory.create(academy.session)
    foreign = academy.acting | {"organisation_id": stranger.id}
    acts: tuple[Any, ...] = (
        lambda at: finding.of_organisation(academy.session, at, stranger.id),
        lambda at: finding.of_employer(academy.session, at, stranger.id),
        lambda at: service.withdraw(academy.session, application_id=at, words="Mine.", **foreign),
        lambda at: service.recognise(
            academy.session, application_id=at, recognised_on=date(2026, 8, 1), **foreign
        ),
        lambda at: service.reach(
            academy.session, application_id=at, step="submitted", on=date(2026, 8, 1), **foreign
        ),
    )  # fmt: skip
    for act, application_id in product(acts, (application.id, uuid4())):
        with pytest.raises(errors.ApplicationNotFound):
            act(application_id)
    assert academy.session.scalars(finding.all_of(stranger.id)).all() == []


def test_what_the_academy_became_goes_on_with_its_applications(academy: Academy) -> None:
    application, heir = academy.at("learning_needs_analysis"), OrganisationFactory.create(academy.session)
    organisations.merge(
        academy.session, ods_code=academy.organisation.ods_code, into=heir.ods_code, on=date(2026, 8, 1),
        actor="operator", now=academy.now,
    )  # fmt: skip
    assert academy.session.scalars(finding.all_of(heir.id)).all() == [application]
    academy.show(application, "education", "research", organisation_id=heir.id)
    academy.reach(application, "half_of_evidence", organisation_id=heir.id)


def test_an_open_application_makes_a_trainee_and_no_practitioner(academy: Academy) -> None:
    application = academy.at("submitted")
    assert academy.session.scalars(finding.trainees(date(2026, 8, 6))).all() == [application]
    assert academy.session.scalars(finding.trainees(date(2025, 8, 31))).all() == []
    assert academy.session.scalar(select(func.count()).select_from(Recognition)) == 0
    content = awards.passport_content(academy.session, application.person_id, now=academy.now)
    assert content.advanced_practice is None
    academy.look_up(application)
    recognise(academy, application)
    assert academy.session.scalars(finding.trainees(date(2026, 8, 6))).all() == []
    assert academy.session.scalars(finding.trainees(date(2026, 8, 5))).all() == [application]


def test_what_is_overdue_comes_first(academy: Academy) -> None:
    late = academy.at("learning_needs_analysis")
    others = []
    for number in ("22B2222E", "33C3333E"):
        person = PersonFactory.create(academy.session)
        RegistrationFactory.create(
            academy.session, person_id=person.id, checked_by_id=academy.organisation.id, number=number
        )
        EmploymentFactory.create(academy.session, person_id=person.id, organisation_id=academy.trust.organisation.id)
        others.append(academy.begin(person_id=person.id))
    listed = finding.all_of(academy.organisation.id).order_by(finding.next_due(), RecognitionApplication.id)
    assert academy.session.scalars(listed).all() == [late, *others]
    assert academy.session.scalars(finding.all_of(academy.organisation.id, step="learning_needs_analysis")).all() == [
        late
    ]


def test_every_step_is_in_the_audit_log_without_words_of_people(academy: Academy) -> None:
    application = academy.at("submitted")
    academy.look_up(application)
    recognise(academy, application)
    entries = academy.session.scalars(
        select(AuditEntry).where(AuditEntry.subject == f"application:{application.id}").order_by(AuditEntry.sequence)
    ).all()
    said = [(entry.detail.get("step") or entry.action.partition(".")[2], entry.actor) for entry in entries]
    assert said == [
        ("expression_of_interest", "account:ada"), ("eligibility_confirmed", "account:hari"),
        ("learning_needs_analysis", "account:ada"), *[("evidence_added", "account:ada")] * 4,
        ("half_of_evidence", "account:ada"), ("submitted", "account:ada"), ("register_checked", "account:ada"),
        ("recognised", "account:ada"),
    ]  # fmt: skip
    assert not any("case study" in str(entry.detail) or "Dr Made" in str(entry.detail) for entry in entries)


def test_a_recognition_by_application_can_be_withdrawn_by_two(academy: Academy) -> None:
    application = academy.at("submitted")
    academy.look_up(application)
    made = recognise(academy, application)
    with pytest.raises(Conflict):
        recognitions.end_recognition(
            academy.session, recognition_id=UUID(str(made.id)), reason="issued_in_error", **academy.acting
        )
