"""Pages of the Academy and of providers for professional credentials: the list, record one, one with its state.

A person is found by passport number and date of birth together, which they hand over themselves; neither stands in an
address. The answers are a draft of the officer's session (`access.drafts`), kept for an hour, and only a draft whose
person was found can be recorded, once. Withdrawing has pages of its own (`withdrawal_pages`).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from flask import Response, redirect, request, url_for
from sqlalchemy import ARRAY, ColumnElement, Row, Select, Uuid, any_, func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from credentials.catalogue import Catalogue
from credentials.periods import add_months
from passport.access import drafts
from passport.awards import disputes, holders, service, withdrawals
from passport.awards.endings import state_of
from passport.awards.forms import DELIVERIES, CredentialForm
from passport.awards.models import Award
from passport.db import reading, transaction
from passport.errors import Conflict, Forbidden, Invalid, NotFound, PassportError, TooMany
from passport.organisations import service as organisations
from passport.staff import numbers
from passport.staff import service as staff
from passport.staff.models import Person
from passport.standards import service as standards
from passport.standards.models import Accreditation, Standard
from passport.web import searching
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

ANSWERS: Final = "credential"  # the kinds of draft: not recorded yet, and recorded
RECORDED: Final = "credential_recorded"
DAYS: Final = frozenset(("date_of_birth", "awarded_on", "valid_until"))
# What each state of an award says, and its colour.
STATES: Final = {
    "recorded": ("Current", "green"), "disputed": ("Questioned", "orange"), "expired": ("Ended", "grey"),
    "superseded": ("Replaced", "grey"), "corrected": ("Corrected", "grey"), "withdrawn": ("Withdrawn", "red"),
}  # fmt: skip
TAUGHT: Final = dict(DELIVERIES)
blueprint = PageBlueprint("credential_pages", __name__, url_prefix="/credentials")
blueprint.menu("academy", "Credentials", "credential_pages.everything", order=30)


@blueprint.route("", methods=["GET", "POST"])
@for_role("academy")
def everything() -> AnyResponse:
    """List the professional credentials that the organisation awarded, the newest first, or those of somebody."""
    newest_first = (Award.recorded_at, Award.id)
    if request.method == "POST":
        return searching.to_found(request.form.get("search", ""))
    search = searching.sought()
    listed = _issued().join(Person, Person.id == Award.person_id).where(holders.holder(search)) if search else _issued()
    with reading() as session:
        found = page_of(session, listed, newest_first, request.args.get("cursor"), descending=True)
        disputed = disputes.open_among(session, found.items)
        catalogue = standards.catalogue(session)
        lines = [_line(catalogue, *each, disputed=disputed) for each in _described(session, found.items)]
        return page(
            "awards/credentials.html",
            lines=lines,
            search=search,
            sealed=searching.sealed(search),
            next_cursor=found.next,
        )


@blueprint.route("/new")
@for_role("academy")
def new() -> AnyResponse:
    """Begin a credential at an address of its own."""
    return redirect(url_for("credential_pages.ask", draft_id=uuid4()), code=303)


@blueprint.route("/new/<uuid:draft_id>/answers", methods=["GET", "POST"])
@for_role("academy")
def ask(draft_id: UUID) -> AnyResponse:
    """Ask for a person and what they were awarded, with the answers so far."""
    form = _form()
    if form.submitted():
        try:
            with transaction() as session:  # a wrong date of birth is counted
                person = staff.joiner(
                    session, form.number.data, organisation_id=visitor().organisation_id,
                    date_of_birth=form.date_of_birth.data, now=now(),
                )  # fmt: skip
                drafts.save(session, draft_id, ANSWERS, _said(form, person), now=now())
            return redirect(url_for("credential_pages.check", draft_id=draft_id), code=303)
        except staff.PersonNotFound:
            form.refuse("number", "Nobody has this passport number and date of birth")
        except TooMany:
            form.refuse("number", "Too many dates of birth were tried for this number. Try again tomorrow")
    if not form.is_submitted():
        form = _form(_draft(draft_id, ANSWERS))
    return _form_page(form, draft_id)


@blueprint.route("/new/<uuid:draft_id>/check")
@for_role("academy")
def check(draft_id: UUID) -> AnyResponse:
    """Show the answers with the person's name. Nothing is recorded yet."""
    said = _draft(draft_id, ANSWERS)
    if said is None:
        return _after(draft_id)
    form = _form(said)
    with reading() as session:
        person = session.get_one(Person, UUID(said["person"]))
        number = numbers.show(person.passport_number)
        return page(
            "awards/credential_check.html", form=form, draft_id=draft_id, person=person, number=number, taught=TAUGHT
        )


@blueprint.route("/new/<uuid:draft_id>/check", methods=["POST"])
@for_role("academy")
def record(draft_id: UUID) -> AnyResponse:
    """Record what was checked. Whoever comes second finds it recorded."""
    try:
        with transaction() as session:
            said = drafts.find(session, draft_id, ANSWERS, now=now(), changing=True)
            if said is not None:
                award = service.record(
                    session, person_id=UUID(said["person"]), organisation_id=visitor().organisation_id,
                    standard_code=said["standard"], awarded_on=_day(said["awarded_on"]),
                    valid_until=_day(said["valid_until"]) if said["valid_until"] else None,
                    delivery=said["delivery"], assessed=True, verification_method=said["verification_method"],
                    pedigree="authoritative", actor=visitor().actor, now=now(),
                )  # fmt: skip
                drafts.save(session, draft_id, RECORDED, {"award": str(award.id)}, now=now())
                say(session, "The credential was recorded.")
    except (Conflict, Invalid, Forbidden) as wrong:
        form = _form(said)
        form.refuse(*_placed(wrong))
        return _form_page(form, draft_id)
    return _after(draft_id)


@blueprint.route("/<uuid:award_id>")
@for_role("academy")
def one(award_id: UUID) -> Response:
    """Show one credential with its state, and what waits."""
    with reading() as session:
        award = service.by_id(session, award_id, organisation_id=visitor().organisation_id, now=now())
        if not service.is_issuer(session, award, visitor().organisation_id):
            raise service.AwardNotFound
        person, standard = session.get_one(Person, award.person_id), session.get_one(Standard, award.standard_id)
        if standard.kind == "statutory":
            raise service.AwardNotFound
        return page(
            "awards/credential.html",
            asked=withdrawals.open_for(session, award_id=award.id, now=now()),
            number=numbers.show(person.passport_number),
            issuer=organisations.by_id(session, award.organisation_id),
            taught=TAUGHT,
            **_line(
                standards.catalogue(session), award, standard, person, disputed=disputes.open_among(session, [award.id])
            ),
        )


def _issued() -> Select[*tuple[Any, ...]]:
    """Return the statement of the ids alone: the database puts all of them in order to find a page."""
    return select(Award.id).where(
        Award.organisation_id == _one_of(organisations.with_predecessors(visitor().organisation_id)),
        Award.standard_id == _one_of(select(Standard.id).where(Standard.kind == "credential")),
    )


def _described(session: Session, award_ids: Sequence[UUID]) -> Sequence[Row[Award, Standard, Person]]:
    """Return the awards of a page with their standards and holders, the newest first."""
    rows = session.execute(
        select(Award, Standard, Person)
        .join(Standard, Standard.id == Award.standard_id)
        .join(Person, Person.id == Award.person_id)
        .where(Award.id.in_(award_ids))
        .order_by(Award.recorded_at.desc(), Award.id.desc())
    )
    return rows.all()


def _one_of(found: Select[Any]) -> ColumnElement[Any]:
    """Return any of some ids, as a list that is there before the awards are looked at: so the index finds them."""
    return any_(func.array(found.scalar_subquery(), type_=ARRAY(Uuid)))


def _line(
    catalogue: Catalogue, award: Award, standard: Standard, person: Person, *, disputed: frozenset[UUID]
) -> dict[str, Any]:
    """Return an award with its state of today in words."""
    last_day = _last_day(catalogue, award, standard)
    text, colour = STATES[state_of(award, today=now().date(), last_day=last_day, disputed=disputed)]
    return {
        "award": award, "standard": standard, "person": person, "last_day": last_day, "state": text, "colour": colour,
    }  # fmt: skip


def _last_day(catalogue: Catalogue, award: Award, standard: Standard) -> date | None:
    """Return until when an award counts: the issuer's own last day or the rule of today, whichever ends first."""
    rule = catalogue.by_code[standard.code].renewal_on(now().date())
    by_rule = [add_months(award.awarded_on, rule.months)] if rule is not None and rule.months is not None else []
    return min([*by_rule, *([award.valid_until] if award.valid_until else [])], default=None)


def _form(said: dict[str, Any] | None = None) -> CredentialForm:
    """Return the form with the credentials for which the organisation holds an approval, and with answers if any."""
    held = (
        select(Standard.code, Standard.title)
        .join(Accreditation, Accreditation.standard_id == Standard.id)
        .where(Accreditation.organisation_id == visitor().organisation_id, Standard.kind == "credential")
        .distinct()
        .order_by(Standard.title)
    )
    known = {name: _day(value) if name in DAYS and value else value for name, value in (said or {}).items()}
    form = CredentialForm(None, data=known) if said else CredentialForm()
    with reading() as session:
        form.standard.offer([(code, title) for code, title in session.execute(held)])
    return form


def _form_page(form: CredentialForm, draft_id: UUID) -> Response:
    status = 422 if form.has_errors else 200
    return page("awards/credential_new.html", form=form, draft_id=draft_id, status=status)


def _said(form: CredentialForm, person: Person) -> dict[str, Any]:
    """Return the answers as JSON can hold them, with the person whom they name."""
    said = {name: value.isoformat() if isinstance(value, date) else value for name, value in form.data.items()}
    return said | {"person": str(person.id)}


def _day(value: str) -> date:
    return date.fromisoformat(value)


def _draft(draft_id: UUID, kind: str) -> dict[str, Any] | None:
    with reading() as session:
        return drafts.find(session, draft_id, kind, now=now())


def _after(draft_id: UUID) -> AnyResponse:
    """Lead on from a draft that can't be checked any more: to what was recorded, else to the questions."""
    recorded = _draft(draft_id, RECORDED)
    if recorded is not None:
        return redirect(url_for("credential_pages.one", award_id=recorded["award"]), code=303)
    return redirect(url_for("credential_pages.ask", draft_id=draft_id), code=303)


def _placed(wrong: PassportError) -> tuple[str, str]:
    """Return the field that a refusal is about, and its sentence."""
    pointers = [fault.pointer.removeprefix("/") for fault in getattr(wrong, "faults", ())]
    field = next((name for name in pointers if name in {"awarded_on", "valid_until"}), "standard")
    return field, wrong.detail if isinstance(wrong, (Invalid, NotFound)) else f"{wrong.title}. {wrong.detail}"
