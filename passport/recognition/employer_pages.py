"""Pages of an employer for staff who apply by ePortfolio: the list, begin one, confirm the eligibility.

An employer sees the applications that name it, and says one thing: whether the person is eligible. The rest is decided
elsewhere; so the page shows the steps and no evidence.
"""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Conflict, Forbidden, Invalid
from passport.organisations.models import Organisation
from passport.recognition import finding, service, showing
from passport.recognition.forms import EligibilityForm, OwnApplicationForm
from passport.recognition.models import RecognitionApplication
from passport.recognition.pages import placed, sentence
from passport.recognition.showing import Line
from passport.staff import service as staff
from passport.staff.models import Person
from passport.standards.accreditation import MAY_AWARD
from passport.standards.models import Accreditation, Standard
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

blueprint = PageBlueprint("eligibility", __name__, url_prefix="/eligibility")
blueprint.menu("hr", "Advanced practice", "eligibility.everybody", order=57)


@blueprint.route("")
@for_role("hr")
def everybody() -> Response:
    """List the applications that name the organisation as the employer: those that wait for it first."""
    waits_first = case((RecognitionApplication.step == "expression_of_interest", 0), else_=1)
    with reading() as session:
        listed = (
            finding.naming(visitor().organisation_id)
            .where(RecognitionApplication.ended_at.is_(None))
            .join(Person, Person.id == RecognitionApplication.person_id)
            .add_columns(Person)
        )
        found = page_of(session, listed, (waits_first, RecognitionApplication.id), request.args.get("cursor"))
        lines = [Line(each, person, showing.overdue_of(each, now().date())) for each, person in found.items]
        return page("recognition/eligibility.html", lines=lines, next_cursor=found.next)


@blueprint.route("/new", methods=["GET", "POST"])
@for_role("hr")
def new() -> AnyResponse:
    """Begin an application for one of the organisation's own staff."""
    form, at = OwnApplicationForm(), now()
    with reading() as session:
        form.organisation.offer(_who_recognises(session, at.date()))
    if form.submitted():
        try:
            with transaction() as session:
                application = _begin(session, form)
                say(session, "The application was begun. Now confirm the eligibility.")
                return redirect(url_for("eligibility.one", application_id=application.id), code=303)
        except staff.PersonNotFound:
            form.refuse("number", "None of your staff has this passport number")
        except (Conflict, Forbidden, Invalid) as wrong:
            form.refuse(*placed(wrong, form, "number"))
    return page("recognition/eligibility_new.html", form=form, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:application_id>", methods=["GET", "POST"])
@for_role("hr")
def one(application_id: UUID) -> AnyResponse:
    """Show where an application stands; confirm the eligibility where that is what it waits for."""
    form = EligibilityForm()
    if form.submitted():
        try:
            with transaction() as session:
                service.confirm_eligibility(
                    session, application_id=application_id, eligible=form.answer.data == "yes", on=form.on.data,
                    **_acting(),
                )  # fmt: skip
                say(session, "Thank you. Your answer was recorded.")
            return redirect(url_for("eligibility.one", application_id=application_id), code=303)
        except staff.PersonNotFound:
            form.refuse("answer", "This person is not of your staff any more")
        except (Conflict, Invalid) as wrong:
            form.refuse("on", sentence(wrong))
    with reading() as session:
        application = finding.of_employer(session, application_id, visitor().organisation_id)
        described = showing.described(session, application, today=now().date())
        status = 422 if form.has_errors else 200
        return page("recognition/eligibility_one.html", form=form, **described, status=status)


def _begin(session: Session, form: OwnApplicationForm) -> RecognitionApplication:
    employer_id, at = visitor().organisation_id, now()
    person = staff.of_organisation(session, form.number.data, employer_id, now=at)
    return service.begin(
        session, person_id=person.id, organisation_id=UUID(form.organisation.data), route="eportfolio",
        level=form.level.data, edition=form.edition.data, base_profession=form.base_profession.data,
        begun_on=form.begun_on.data, employer_id=employer_id, actor=visitor().actor, now=at,
    )  # fmt: skip


def _who_recognises(session: Session, today: date) -> list[tuple[str, str]]:
    """Return who may recognise a level of practice today, as choices."""
    may = (
        select(Organisation)
        .join(Accreditation, Accreditation.organisation_id == Organisation.id)
        .join(Standard, Standard.id == Accreditation.standard_id)
        .where(
            Standard.kind == "advanced_practice",
            Accreditation.state.in_(MAY_AWARD),
            Accreditation.from_on <= today,
            or_(Accreditation.until_on.is_(None), Accreditation.until_on >= today),
        )
        .distinct()
        .order_by(Organisation.name)
    )
    return [(str(each.id), each.name) for each in session.scalars(may)]


def _acting() -> dict[str, Any]:
    return {"organisation_id": visitor().organisation_id, "actor": visitor().actor, "now": now()}
