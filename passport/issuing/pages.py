"""Pages of the workforce team for its staff: the list, a person with awards and history, and issuing a passport.

They are in this room because they show whether somebody has a passport. Correcting and withdrawing an award have their
pages in the awards room, rows that were set aside in `esr`. A person of another organisation is not found.
"""

from datetime import datetime
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.awards import lasting
from passport.db import reading, transaction
from passport.errors import Invalid
from passport.issuing import issuance, people
from passport.issuing.forms import SearchForm
from passport.staff import numbers
from passport.staff import service as staff
from passport.staff.models import Person
from passport.web import searching
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import Page
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

ENDINGS = {
    "superseded": "Replaced by a newer one",
    "corrected": "Corrected",
    "withdrawn": "Withdrawn",
}
# How many people of the list are looked at first, to fill a filtered page. Few have no passport, and the database tells
# at once who they are; who needs action it can only ask of one after the other.
NEARBY = {people.NEEDS_ACTION: 300, people.NO_PASSPORT: 100}
blueprint = PageBlueprint("people", __name__, url_prefix="/people")
blueprint.menu("hr", "Staff", "people.everybody", order=10)


@blueprint.route("", methods=["GET", "POST"])
@for_role("hr")
def everybody() -> AnyResponse:
    """List the staff of the visitor's organisation; its form searches them."""
    organisation_id, at = visitor().organisation_id, now()
    form = SearchForm()
    if form.submitted():
        return searching.to_found(form.search.data or "", only=_filter(form.only.data))
    search, only = searching.sought(), _filter(request.args.get("only")) or people.EVERYBODY
    if not form.is_submitted():
        form.search.data, form.only.data = search, only
    with reading() as session:
        found = _staff(session, organisation_id, search=search, only=only, now=at)
        return page(
            "issuing/people.html",
            form=form,
            search=search,
            only=only if only != people.EVERYBODY else None,
            people=people.described(session, found.items, only=only, now=at),
            show_number=numbers.show,
            sealed=searching.sealed(search),
            next_cursor=found.next,
            status=422 if form.has_errors else 200,
        )


@blueprint.route("/<uuid:person_id>")
@for_role("hr")
def person(person_id: UUID) -> Response:
    """Show a member of staff: what is on record, what ended, and whether there is a passport."""
    acting, at = visitor(), now()
    with reading() as session:
        known = staff.member(session, person_id, organisation_id=acting.organisation_id, now=at)
        held = people.held(session, known.id)
        return page(
            "issuing/person.html",
            person=known,
            number=numbers.show(known.passport_number),
            current=[each for each in held if each.award.ended_at is None],
            ended=[each for each in held if each.award.ended_at is not None],
            lasting=lasting.of_people(session, {each.award.person_id for each in held}, today=at.date()),
            endings=ENDINGS,
            own=acting.organisation_id,
            today=at.date(),
            soon=at.date() + lasting.SOON,
            copies=people.passports(session, known.id, now=at),
        )


@blueprint.route("/<uuid:person_id>/passport", methods=["POST"])
@for_role("hr")
def issue(person_id: UUID) -> AnyResponse:
    """Issue a passport to a member of staff."""
    acting, at = visitor(), now()
    with reading() as session:
        known_id = staff.member(session, person_id, organisation_id=acting.organisation_id, now=at).id
        if people.passports(session, known_id, now=at):
            raise Invalid("This person has a passport already. It is made again by itself when something changes.")
    issuance.issue_passport(known_id, organisation_id=acting.organisation_id, requested_by=acting.actor, now=at)
    with transaction() as session:
        say(session, "The passport was issued.")
    return redirect(url_for("people.person", person_id=known_id), code=303)


def _filter(only: str | None) -> str | None:
    """Return a filter that there is, in so far as it leaves anybody out."""
    return only if only in people.FILTERS and only != people.EVERYBODY else None


def _staff(session: Session, organisation_id: UUID, *, search: str, only: str, now: datetime) -> Page:
    """Read a page of the list. Where many fit a filter, the next people of the list fill it, and nobody else is asked.

    Where few do, the database finds them among all the staff.
    """
    cursor = request.args.get("cursor")
    if only != people.EVERYBODY:
        everybody = people.listing(session, organisation_id, search=search, only=people.EVERYBODY, now=now)
        nearby = page_of(session, everybody.with_only_columns(Person.id), people.KEYS, cursor, NEARBY[only])
        found = page_of(session, *people.among(session, nearby.items, only=only, now=now), cursor)
        if found.next or not nearby.next:
            return found
    listed = people.listing(session, organisation_id, search=search, only=only, now=now)  # last: it says how to plan
    return page_of(session, listed, people.KEYS, cursor)
