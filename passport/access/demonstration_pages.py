"""Sign-in by a click, as an invented person: only in a demonstration.

`create_app` registers these pages only where the setting `PASSPORT_DEMO` is on, which only `passport demo` does and
which is refused for any address but this machine's. The people are those whose role was granted for the demonstration.
"""

from uuid import UUID

from flask import Response, request
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from passport.access import entering
from passport.access.models import Account, RoleGrant
from passport.db import reading, transaction
from passport.errors import NotFound
from passport.organisations.models import Organisation
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page
from passport.web.rules import ROLES, public

SOURCE = "demonstration"
blueprint = PageBlueprint("demonstration", __name__)


@blueprint.route("/sign-in/demonstration")
@public
def choose() -> Response:
    """List the invented people."""
    offered = (
        select(RoleGrant, Account.name, Organisation.name)
        .join(Account, Account.id == RoleGrant.account_id)
        .join(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(RoleGrant.source == SOURCE, RoleGrant.ended_at.is_(None), Account.disabled_at.is_(None))
        .order_by(RoleGrant.id)
    )
    with reading() as database:
        people = [
            {"grant": granted.id, "name": name, "role": ROLES[granted.role], "organisation": organisation}
            for granted, name, organisation in database.execute(offered)
        ]
    return page("access/demonstration.html", people=people)


@blueprint.route("/sign-in/demonstration", methods=["POST"])
@public
def enter() -> AnyResponse:
    """Sign in as one of them.

    Raises:
        NotFound: none of the list.
        ShutOut: the account is shut out.
    """
    try:
        grant_id = UUID(request.form.get("grant", ""))
    except ValueError:
        raise NotFound from None
    with transaction() as database:
        granted = database.scalar(
            select(RoleGrant).where(RoleGrant.id == grant_id, RoleGrant.source == SOURCE, RoleGrant.ended_at.is_(None))
        )
        if granted is None:
            raise NotFound
        return entering.begin(database, granted, strong=True, now=now(), destination=entering.destination())
