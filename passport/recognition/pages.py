"""Pages of who recognises advanced practice: applications by step, one application, its moves, the recognition.

In the order of the code: the list, overdue first; begin; one application as a task list; its forms (a step, evidence, a
look at the register, the end without a recognition); recognise, with all answers to check and a confirmation. A person
is found by passport number and date of birth, which are in no address. What the employer says is in `employer_pages`.
"""

from collections.abc import Callable
from typing import Any, Final, cast
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.awards.recognition import counts
from passport.db import reading, transaction
from passport.errors import Conflict, Forbidden, Invalid, PassportError, TooMany
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.recognition import evidence, finding, service, showing
from passport.recognition.errors import StepOutOfOrder
from passport.recognition.forms import ApplicationForm, EvidenceForm, RegisterForm, StepForm, WithdrawForm
from passport.recognition.models import RecognitionApplication
from passport.recognition.showing import Line
from passport.recognition.steps import COMPLETE, STEPS_OF, TITLES, Step
from passport.staff import service as staff
from passport.staff.models import Person, Registration
from passport.web.clock import now
from passport.web.forms import Form
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

ENDED: Final = "ended"
FILTERS: Final = {step: TITLES[step] for steps in STEPS_OF.values() for step in steps if step != "recognised"}
blueprint = PageBlueprint("recognitions", __name__, url_prefix="/recognitions")
blueprint.menu("academy", "Advanced practice", "recognitions.everybody", order=35)


@blueprint.route("")
@for_role("academy")
def everybody() -> Response:
    """List the open applications, overdue ones first, or those that have ended."""
    asked = request.args.get("step", "")
    step = cast("Step", asked) if asked in FILTERS else None
    with reading() as session:
        listed = (
            finding.all_of(visitor().organisation_id, step=step, ended=asked == ENDED)
            .join(Person, Person.id == RecognitionApplication.person_id)
            .add_columns(Person)
        )
        keys = (finding.next_due(), RecognitionApplication.id)
        found = page_of(session, listed, keys, request.args.get("cursor"))
        lines = [Line(each, person, showing.overdue_of(each, now().date())) for each, person in found.items]
        shown = step or (ENDED if asked == ENDED else None)
        filters = FILTERS | {ENDED: "Ended applications"}
        return page("recognition/applications.html", lines=lines, step=shown, steps=filters, next_cursor=found.next)


@blueprint.route("/new", methods=["GET", "POST"])
@for_role("academy")
def new() -> AnyResponse:
    """Begin an application for somebody who hands over their passport number and date of birth."""
    form = ApplicationForm()
    if form.submitted():
        try:
            with transaction() as session:
                application = _begin(session, form)
                say(session, "The application was begun.")
                return redirect(url_for("recognitions.one", application_id=application.id), code=303)
        except (staff.PersonNotFound, TooMany):
            form.refuse("number", "Nobody has this number and date of birth, or the employer does not employ them")
        except organisations.OrganisationNotFound:
            form.refuse("employer", "Enter the ODS code of the employer")
        except (Conflict, Forbidden, Invalid) as wrong:
            form.refuse(*placed(wrong, form, "number"))
    return page("recognition/application_new.html", form=form, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:application_id>")
@for_role("academy")
def one(application_id: UUID) -> Response:
    """Show an application: its steps as a task list, its evidence by pillar, the looks at the register."""
    with reading() as session:
        application = finding.of_organisation(session, application_id, visitor().organisation_id)
        described = showing.described(session, application, today=now().date())
        return page("recognition/application.html", complete=application.step in COMPLETE, **described)


@blueprint.route("/<uuid:application_id>/step", methods=["GET", "POST"])
@for_role("academy")
def step(application_id: UUID) -> AnyResponse:
    """Record that the next step was reached."""
    shown = _shown(application_id)

    def reach(session: Session, form: Form) -> None:
        service.reach(session, application_id=application_id, step=shown["next"], on=form["on"].data, **_acting())

    title = TITLES[shown["next"]] if shown["next"] else "Next step"
    return _ask(StepForm(), "recognition/step.html", "on", reach, "The step was recorded.", shown | {"title": title})


@blueprint.route("/<uuid:application_id>/evidence", methods=["GET", "POST"])
@for_role("academy")
def add_evidence(application_id: UUID) -> AnyResponse:
    """Add one piece of evidence for one pillar."""

    def add(session: Session, form: Form) -> None:
        names = ("pillar", "title", "dated_on", "reference", "assessed_by")
        said = {name: form[name].data for name in names}
        evidence.add_evidence(session, application_id=application_id, **said, **_acting())

    return _ask(
        EvidenceForm(), "recognition/evidence.html", "title", add, "The evidence was added.", _shown(application_id)
    )


@blueprint.route("/<uuid:application_id>/register", methods=["GET", "POST"])
@for_role("academy")
def look_up(application_id: UUID) -> AnyResponse:
    """Record a look at a registration of the applicant."""
    shown, form = _shown(application_id), RegisterForm()
    with reading() as session:
        held = session.scalars(select(Registration).where(Registration.person_id == shown["person"].id))
        form.registration.offer(
            [(str(each.id), f"{each.body} {each.number}") for each in held if counts(each.body, each.number)]
        )

    def look(session: Session, form: Form) -> None:
        evidence.record_check(
            session, application_id=application_id, registration_id=UUID(form["registration"].data),
            checked_on=form["checked_on"].data, method=form["method"].data, **_acting(),
        )  # fmt: skip

    return _ask(form, "recognition/register.html", "checked_on", look, "The look was recorded.", shown)


@blueprint.route("/<uuid:application_id>/withdraw", methods=["GET", "POST"])
@for_role("academy")
def withdraw(application_id: UUID) -> AnyResponse:
    """End an application without a recognition."""

    def give_up(session: Session, form: Form) -> None:
        service.withdraw(session, application_id=application_id, words=form["words"].data, **_acting())

    shown = _shown(application_id)
    return _ask(WithdrawForm(), "recognition/withdraw.html", "words", give_up, "The application was ended.", shown)


@blueprint.route("/<uuid:application_id>/recognise", methods=["GET", "POST"])
@for_role("academy")
def recognise(application_id: UUID) -> AnyResponse:
    """Show everything to check; then recognise."""
    shown, form = _shown(application_id), StepForm()
    form.on.label.text = "Recognised on which day?"
    if form.submitted():
        try:
            with transaction() as session:
                service.recognise(session, application_id=application_id, recognised_on=form.on.data, **_acting())
            return redirect(url_for("recognitions.recognised", application_id=application_id), code=303)
        except (Conflict, Forbidden, Invalid) as wrong:
            form.refuse("on", sentence(wrong))
    return page("recognition/recognise.html", form=form, **shown, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:application_id>/recognised")
@for_role("academy")
def recognised(application_id: UUID) -> Response:
    """Confirm that somebody was recognised."""
    with reading() as session:
        application = finding.of_organisation(session, application_id, visitor().organisation_id)
        if application.recognition_id is None:
            raise StepOutOfOrder
        return page("recognition/recognised.html", **showing.described(session, application, today=now().date()))


def placed(wrong: PassportError, form: Form, usual: str) -> tuple[str, str]:
    """Return the field of a form that a refusal is about, and its sentence."""
    pointers = [fault.pointer.removeprefix("/") for fault in getattr(wrong, "faults", ())]
    return next((name for name in pointers if name in form), usual), sentence(wrong)


def sentence(wrong: PassportError) -> str:
    """Return what a refusal says to people."""
    faults = getattr(wrong, "faults", ())
    if faults:
        return str(faults[0].message)
    return wrong.title if wrong.detail == f"{wrong.title}." else f"{wrong.title}. {wrong.detail}"


def _ask(
    form: Form,
    template: str,
    usual: str,
    act: Callable[[Session, Form], None],
    done: str,
    shown: dict[str, Any],
) -> AnyResponse:
    """Show a form about an application, and do what it says."""
    if form.submitted():
        try:
            with transaction() as session:
                act(session, form)
                say(session, done)
            return redirect(url_for("recognitions.one", application_id=shown["application"].id), code=303)
        except (Conflict, Invalid) as wrong:
            form.refuse(*placed(wrong, form, usual))
    return page(template, form=form, **shown, status=422 if form.has_errors else 200)


def _begin(session: Session, form: ApplicationForm) -> RecognitionApplication:
    person = staff.joiner(
        session, form.number.data, organisation_id=visitor().organisation_id,
        date_of_birth=form.date_of_birth.data, now=now(),
    )  # fmt: skip
    route = form.route.data
    employer: Organisation | None = organisations.by_ods(session, form.employer.data) if route == "eportfolio" else None
    return service.begin(
        session, person_id=person.id, route=route, level=form.level.data, edition=form.edition.data,
        base_profession=form.base_profession.data, begun_on=form.begun_on.data,
        employer_id=employer.id if employer else None,
        programme=form.programme.data if route == "programme" else None, **_acting(),
    )  # fmt: skip


def _shown(application_id: UUID) -> dict[str, Any]:
    with reading() as session:
        application = finding.of_organisation(session, application_id, visitor().organisation_id)
        return showing.described(session, application, today=now().date())


def _acting() -> dict[str, Any]:
    return {"organisation_id": visitor().organisation_id, "actor": visitor().actor, "now": now()}
