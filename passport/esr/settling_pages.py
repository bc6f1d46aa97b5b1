"""Pages of the workforce team for rows that were set aside: the list, one row to settle, and its refusal.

A row's own values are shown here and nowhere else. What the numbers in the row lead to is offered first; nobody is
ever chosen by name.
"""

from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Conflict, Forbidden, Invalid, NotFound
from passport.esr import settling
from passport.esr.competence import Meaning
from passport.esr.forms import NEW_PERSON, SOMEBODY_ELSE, RefuseForm, SettleForm
from passport.esr.models import EsrSetAside
from passport.esr.outcomes import CODES
from passport.esr.reading import BULK_HEADER, PERSONAL_HEADER
from passport.esr.settling import RowSaid
from passport.staff import numbers
from passport.standards import awarding
from passport.standards import service as standards
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor
from passport.web.words import day

LOCAL: Final = "local"
NOT_APPROVED: Final = "Your organisation may not award what the row names. Leave it out, or choose another."
REASONS: Final = {code: sentence for code, (_, sentence) in CODES.items()}
# A row is shown in the order of the file; the database keeps none.
PLACES: Final = {name: place for place, name in enumerate(dict.fromkeys((*BULK_HEADER, *PERSONAL_HEADER)))}
blueprint = PageBlueprint("settling", __name__, url_prefix="/rows-set-aside")
blueprint.menu("hr", "Rows set aside", "settling.waiting", order=30)


@blueprint.route("")
@for_role("hr")
def waiting() -> Response:
    """List the rows that wait for a person."""
    with reading() as session:
        listed = settling.waiting(visitor().organisation_id)
        found = page_of(session, listed, (EsrSetAside.id,), request.args.get("cursor"))
        return page("esr/waiting.html", waiting=found.items, next_cursor=found.next, reasons=REASONS)


@blueprint.route("/<uuid:aside_id>", methods=["GET", "POST"])
@for_role("hr")
def settle(aside_id: UUID) -> AnyResponse:
    """Decide what a row means, and record it."""
    acting, at = visitor(), now()
    with reading() as session:
        aside = settling.by_id(session, aside_id, organisation_id=acting.organisation_id)
        said = settling.read(session, aside.row)
        form = _form(session, aside, said)
        session.expunge(aside)
    if form.submitted():
        try:
            with transaction() as session:
                settling.settle(
                    session, aside_id, organisation_id=acting.organisation_id, person=_person(form),
                    meaning=_meaning(form.standard.data), actor=acting.actor, now=at,
                )  # fmt: skip
                say(session, "The row was recorded.")
            return redirect(url_for("settling.waiting"), code=303)
        except (Invalid, Conflict, Forbidden, NotFound) as wrong:
            form.refuse("number" if isinstance(wrong, NotFound) else "person", wrong.detail)
    said_so = [(name, value) for name, value in aside.row.items() if name and value]
    shown = sorted(said_so, key=lambda cell: PLACES.get(cell[0], len(PLACES)))
    status = 422 if form.has_errors else 200
    return page("esr/settle.html", form=form, aside=aside, shown=shown, why=REASONS[aside.reason], status=status)


@blueprint.route("/<uuid:aside_id>/refuse", methods=["GET", "POST"])
@for_role("hr")
def refuse(aside_id: UUID) -> AnyResponse:
    """Leave a row out, with a reason."""
    acting, form = visitor(), RefuseForm()
    with reading() as session:
        aside = settling.by_id(session, aside_id, organisation_id=acting.organisation_id)
        session.expunge(aside)
    if form.submitted():
        with transaction() as session:
            settling.refuse(
                session, aside_id, organisation_id=acting.organisation_id, reason=form.reason.data,
                actor=acting.actor, now=now(),
            )  # fmt: skip
            say(session, "The row was left out.")
        return redirect(url_for("settling.waiting"), code=303)
    return page("esr/refuse.html", form=form, aside=aside, status=422 if form.has_errors else 200)


def _form(session: Session, aside: EsrSetAside, said: RowSaid) -> SettleForm:
    """Return the form with what can be chosen for this row, and the standard that its name means where it is clear."""
    form = SettleForm()
    people = settling.candidates(session, aside, now=now())
    choices: list[tuple[str, ...]] = [
        (
            str(person.id),
            f"{person.given_name} {person.family_name}",
            f"Born {day(person.date_of_birth)}, passport number {numbers.show(person.passport_number)}",
        )
        for person in people
    ]
    choices.append((SOMEBODY_ELSE, "Somebody else", "Give their passport number below"))
    if settling.may_be_new(aside):
        choices.append((NEW_PERSON, "Nobody on record", "A new person is recorded with what the row says"))
    form.person.offer(choices)
    form.standard.offer([(LOCAL, "Local training of ours")] if said.local else _offered(session, aside, said))
    named = LOCAL if said.local else _only(said)
    if named and named not in {value for value, *_ in form.standard.offered}:
        form.standard.hint = NOT_APPROVED
    form.standard.data = form.standard.data or named
    return form


def _offered(session: Session, aside: EsrSetAside, said: RowSaid) -> list[tuple[str, str]]:
    """Return every standard that the employer may award, part by part where it has parts, in the order of titles."""
    approved = awarding.approved_codes(session, aside.organisation_id, on=said.awarded_on, recorded_on=now().date())
    offered = []
    for standard in standards.catalogue(session).standards:
        if standard.kind != "advanced_practice" and standard.code in approved:
            for part in standard.parts or ():
                offered.append((f"{standard.code}:{part.number}", f"{standard.title}, part {part.number}"))
            if not standard.parts:
                offered.append((f"{standard.code}:0", standard.title))
    return sorted(offered, key=lambda choice: choice[1])


def _only(said: RowSaid) -> str | None:
    return next((f"{each.standard}:{each.part}" for each in said.meanings), None) if len(said.meanings) == 1 else None


def _meaning(chosen: str) -> Meaning | None:
    code, _, part = chosen.partition(":")
    return None if chosen == LOCAL else Meaning(code, int(part))


def _person(form: SettleForm) -> UUID | str | None:
    """Return whom the human chose: somebody who was offered, the passport number of somebody else, or a new person."""
    chosen: str = form.person.data
    if chosen == NEW_PERSON:
        return None
    return str(form.number.data or "") if chosen == SOMEBODY_ELSE else UUID(chosen)
