"""Pages that join two records of one person, take that back, and give to the right person what was matched wrongly.

A workforce team proposes of two people whom it employs; a registrar of any two. Both records stand side by side with
what speaks for one person and what against, and another registrar decides.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from flask import redirect, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.awards.models import LocalTraining
from passport.db import reading, transaction
from passport.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from passport.records import merging, parting, service
from passport.records.forms import EMPLOYMENT_KINDS, DecideForm, MergeForm, PartForm, ReasonForm
from passport.records.models import IdentityCorrection
from passport.records.pages import STATES, blueprint, status_of
from passport.records.parting import NewPerson
from passport.records.service import Side
from passport.staff import service as staff
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, visitor
from passport.web.words import day

proposals = PageBlueprint("record_proposals", __name__, url_prefix="/people")


@proposals.route("/<uuid:person_id>/same-person", methods=["GET", "POST"])
@for_role("hr")
def propose_own(person_id: UUID) -> AnyResponse:
    """Propose that a member of staff is on record twice at the visitor's organisation."""
    acting, form = visitor(), MergeForm()
    with reading() as session:
        kept = staff.member(session, person_id, organisation_id=acting.organisation_id, now=now())
        kept_id, name = kept.id, f"{kept.given_name} {kept.family_name}"
    if form.submitted():
        try:
            with transaction() as session:
                other = staff.of_organisation(session, form.number.data, acting.organisation_id, now=now())
                _propose(session, other.id, kept_id, form)
                say(session, "A registrar will compare both records and decide.")
            return redirect(url_for("people.person", person_id=kept_id), code=303)
        except NotFound:
            form.refuse("number", "You have no member of staff with this number")
        except (Conflict, Invalid) as wrong:
            form.refuse("number", wrong.detail)
    return page("records/propose_own.html", form=form, name=name, person_id=person_id, status=status_of(form))


@blueprint.route("/people/<uuid:person_id>/merge", methods=["GET", "POST"])
@for_role("registrar")
def propose(person_id: UUID) -> AnyResponse:
    """Propose that another record is the same person's."""
    form = MergeForm()
    if form.submitted():
        try:
            with transaction() as session:
                other = service.by_number(session, form.number.data)
                proposed = _propose(session, other.id, person_id, form).id
                say(session, "The merge is proposed. Another registrar decides.")
            return redirect(url_for("records.compare", correction_id=proposed), code=303)
        except (Conflict, Invalid, NotFound) as wrong:
            form.refuse("number", wrong.detail)
    with reading() as session:
        return page("records/propose.html", form=form, side=service.side(session, person_id), status=status_of(form))


@blueprint.route("/merges/<uuid:correction_id>", methods=["GET", "POST"])
@for_role("registrar")
def compare(correction_id: UUID) -> AnyResponse:
    """Show two records side by side; decide whether they are one person's."""
    form = DecideForm()
    if form.submitted():
        try:
            with transaction() as session:
                decide = merging.merge if form.decision.data == "merge" else merging.refuse
                done = decide(
                    session, correction_id, because=form.because.data, organisation_id=visitor().organisation_id,
                    actor=visitor().actor, now=now(),
                )  # fmt: skip
                person_id = done.to_person_id
                say(session, "The records are one." if done.state == "done" else "The records stay apart.")
            return redirect(url_for("records.show", person_id=person_id), code=303)
        except (Conflict, Forbidden, Invalid) as wrong:
            form.refuse("decision", wrong.detail)
    with reading() as session:
        found = service.correction(session, correction_id)
        sides = [service.side(session, each) for each in (found.to_person_id, found.from_person_id)]
        return page(
            "records/compare.html", form=form, correction=found, sides=sides, evidence=service.evidence(*sides),
            states=STATES, may_decide=found.proposed_by != visitor().actor, employment_kinds=EMPLOYMENT_KINDS,
            status=status_of(form),
        )  # fmt: skip


@blueprint.route("/merges/<uuid:correction_id>/undo", methods=["GET", "POST"])
@for_role("registrar")
def undo(correction_id: UUID) -> AnyResponse:
    """Undo a merge: both records stand again."""
    form = ReasonForm()
    if form.submitted():
        try:
            with transaction() as session:
                merging.take_back(
                    session, correction_id, because=form.because.data, organisation_id=visitor().organisation_id,
                    actor=visitor().actor, now=now(),
                )  # fmt: skip
                say(session, "Both records stand again.")
            return redirect(url_for("records.compare", correction_id=correction_id), code=303)
        except Conflict as wrong:
            form.refuse("because", wrong.detail)
    with reading() as session:
        found = service.correction(session, correction_id)
        sides = [service.side(session, each) for each in (found.to_person_id, found.from_person_id)]
        return page("records/undo.html", form=form, correction=found, sides=sides, status=status_of(form))


@blueprint.route("/people/<uuid:person_id>/part", methods=["GET", "POST"])
@for_role("registrar")
def part(person_id: UUID) -> AnyResponse:
    """Give to the right person what an import gave to this one."""
    form = PartForm()
    with reading() as session:
        side = service.side(session, person_id)
        staying = parting.takes_two(session, [each.award for each in side.held])
        form.chosen.offer(_offered(session, side, staying))
    if form.submitted():
        try:
            done = _part(person_id, form, now())
            return redirect(url_for("records.show", person_id=done), code=303)
        except (Conflict, Invalid, NotFound) as wrong:
            form.refuse(_field_of(wrong), wrong.detail)
    stay = [each for each in side.held if each.award.id in staying]
    return page("records/part.html", form=form, side=side, stay=stay, status=status_of(form))


def _propose(session: Session, from_id: UUID, to_id: UUID, form: MergeForm) -> IdentityCorrection:
    return merging.propose(
        session, from_person_id=from_id, to_person_id=to_id, because=form.because.data,
        organisation_id=visitor().organisation_id, actor=visitor().actor, now=now(),
    )  # fmt: skip


def _part(person_id: UUID, form: PartForm, at: datetime) -> UUID:
    """Part what was chosen, and return the right person's id."""
    with transaction() as session:
        done = parting.part(
            session, person_id, to=_right_person(session, form), chosen={UUID(each) for each in form.chosen.data},
            because=form.because.data, organisation_id=visitor().organisation_id, actor=visitor().actor, now=at,
        )  # fmt: skip
        say(session, "It stands at the right person now.")
        return done.to_person_id


def _right_person(session: Session, form: PartForm) -> UUID | NewPerson:
    if form.number.data:
        return service.by_number(session, form.number.data).id
    if form.given_name.data and form.family_name.data and form.date_of_birth.data:
        return NewPerson(form.given_name.data, form.family_name.data, form.date_of_birth.data)
    message = "Enter the right person’s passport number, or all of who they are."
    raise Invalid(message, (Fault("/number", message),))


def _field_of(wrong: Exception) -> str:
    pointers = [fault.pointer.lstrip("/") for fault in getattr(wrong, "faults", ())]
    return next((each for each in pointers if each in PartForm().data), "number")


def _offered(session: Session, side: Side, staying: Collection[UUID]) -> list[tuple[str, ...]]:
    """Return what can be chosen: everything that stands at the person now, but what two people must withdraw."""
    locals_ = select(LocalTraining).where(LocalTraining.person_id == side.person.id).order_by(LocalTraining.name)
    return [
        *((str(row.id), f"Employment at {name} since {day(row.started_on)}") for row, name in side.employments),
        *((str(row.id), f"Registration {row.body} {row.number}") for row in side.person.registrations),
        *(
            (
                str(each.award.id),
                f"{each.standard.title}, {day(each.award.awarded_on)}",
                f"Issued by {each.issuer.name}",
            )
            for each in side.held
            if each.award.ended_at is None and each.award.id not in staying
        ),
        *((str(row.id), f"Local training: {row.name}") for row in session.scalars(locals_)),
    ]
