"""Who finds an application, what it counts as while it is open, and what the audit log says of it."""

from datetime import date
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from passport.audit.models import AuditEntry
from passport.awards import recognition as recognitions
from passport.awards import service as awards
from passport.awards.models import Recognition
from passport.errors import Conflict
from passport.organisations import service as organisations
from passport.recognition import errors, finding, service
from passport.recognition.models import RecognitionApplication
from tests.academies import Academy
from tests.factories import EmploymentFactory, OrganisationFactory, PersonFactory, RegistrationFactory


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
    academy.recognise(application)
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
    academy.recognise(application)
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
    made = academy.recognise(application)
    with pytest.raises(Conflict):
        recognitions.end_recognition(
            academy.session, recognition_id=UUID(str(made.id)), reason="issued_in_error", **academy.acting
        )
