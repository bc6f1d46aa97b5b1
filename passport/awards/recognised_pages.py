"""The page of the Academy and of programmes for those whom they recognised at a level of practice, current ones.

However a recognition came about, by an application or by program, it is found here by its holder's name or passport
number, and its withdrawal by two people begins here (`withdrawal_pages`).
"""

from flask import request
from sqlalchemy import select
from werkzeug.wrappers import Response

from passport.awards import holders
from passport.awards.models import Recognition
from passport.db import reading
from passport.organisations import service as organisations
from passport.staff.models import Person
from passport.web import searching
from passport.web.pages import PageBlueprint, page
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

blueprint = PageBlueprint("recognised", __name__, url_prefix="/recognitions/people")


@blueprint.route("", methods=["GET", "POST"])
@for_role("academy")
def everybody() -> Response:
    """List who is recognised, by family name; its form searches them."""
    if request.method == "POST":
        return searching.to_found(request.form.get("search", ""))
    search = searching.sought()
    listed = (
        select(Recognition, Person)
        .join(Person, Person.id == Recognition.person_id)
        .where(
            Recognition.organisation_id.in_(organisations.with_predecessors(visitor().organisation_id)),
            Recognition.ended_at.is_(None),
        )
    )
    if search:
        listed = listed.where(holders.holder(search))
    with reading() as session:
        keys = (Person.family_name, Person.given_name, Recognition.id)
        found = page_of(session, listed, keys, request.args.get("cursor"))
        return page(
            "awards/recognised.html",
            found=found.items,
            search=search,
            sealed=searching.sealed(search),
            next_cursor=found.next,
        )
