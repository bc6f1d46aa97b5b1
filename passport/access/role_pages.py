"""Pages of the registrar for people who sign in: the list, one with the roles, give and end a role, shut out, let in.

Accounts are made by the first sign-in through the identity provider or by the claim of a passport. The registrar can't
take away what only the provider says: such a role comes back with the next sign-in, and its page says so. Nobody
changes the own account here.
"""

from collections.abc import Sequence
from uuid import UUID

from flask import redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.access import accounts, shutting_out
from passport.access.models import Account, RoleGrant
from passport.access.role_forms import GrantForm, LetInForm, ShutOutForm
from passport.db import reading, transaction
from passport.errors import NotFound
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.web import searching
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import ROLES, for_role, visitor
from passport.web.words import moment

SOURCE = "registrar"
blueprint = PageBlueprint("roles", __name__, url_prefix="/accounts")
blueprint.menu("registrar", "People and roles", "roles.everybody", order=30)


@blueprint.route("", methods=["GET", "POST"])
@for_role("registrar")
def everybody() -> AnyResponse:
    """List the accounts by name; its form searches them."""
    if request.method == "POST":
        return searching.to_found(request.form.get("search", ""))
    search = searching.sought()
    listed = select(Account)
    if search:
        listed = listed.where(Account.name.icontains(search, autoescape=True))
    with reading() as session:
        found = page_of(session, listed, (Account.name, Account.id), request.args.get("cursor"))
        roles = _roles(session, [each.id for each in found.items])
        return page(
            "access/accounts.html",
            accounts=found.items,
            roles=roles,
            search=search,
            sealed=searching.sealed(search),
            next_cursor=found.next,
        )


@blueprint.route("/<uuid:account_id>", methods=["GET", "POST"])
@for_role("registrar")
def show(account_id: UUID) -> AnyResponse:
    """Show an account with its roles; its form gives a role."""
    form = GrantForm()
    if form.submitted():
        shutting_out.check_other(account_id, visitor().actor)
        try:
            with transaction() as session:
                accounts.by_id(session, account_id)
                accounts.grant(
                    session, account_id=account_id, role=form.role.data, source=SOURCE, actor=visitor().actor,
                    organisation_id=organisations.by_ods(session, form.organisation.data).id, now=now(),
                )  # fmt: skip
                say(session, "The role was given.")
            return redirect(url_for("roles.show", account_id=account_id), code=303)
        except organisations.OrganisationNotFound:
            form.refuse("organisation", "There is no organisation with this ODS code")
    with reading() as session:
        account = accounts.by_id(session, account_id)
        held = session.execute(
            select(RoleGrant, Organisation)
            .join(Organisation, Organisation.id == RoleGrant.organisation_id)
            .where(RoleGrant.account_id == account_id)
            .order_by(RoleGrant.ended_at.is_not(None), RoleGrant.granted_at, RoleGrant.id)
        ).all()
        return page(
            "access/account_roles.html", form=form, account=account, held=held, names=ROLES,
            own=account_id == visitor().account_id, standing=_standing(session, account),
            has_open_record=shutting_out.has_open_record(session, account_id),
            status=422 if form.has_errors else 200,
        )  # fmt: skip


@blueprint.route("/<uuid:account_id>/roles/<uuid:grant_id>/end", methods=["POST"])
@for_role("registrar")
def end_role(account_id: UUID, grant_id: UUID) -> AnyResponse:
    """Take a role away."""
    shutting_out.check_other(account_id, visitor().actor)
    with transaction() as session:
        granted = session.get(RoleGrant, grant_id)
        if granted is None or granted.account_id != account_id:
            raise NotFound
        if granted.role == shutting_out.REGISTRAR:
            shutting_out.check_not_last(session, account_id)
        accounts.end_grant(session, granted, actor=visitor().actor, now=now())
        say(session, "The role was ended.")
    return redirect(url_for("roles.show", account_id=account_id), code=303)


@blueprint.route("/<uuid:account_id>/disable", methods=["GET", "POST"])
@for_role("registrar")
def disable(account_id: UUID) -> AnyResponse:
    """Shut an account out, after saying what that does."""
    shutting_out.check_other(account_id, visitor().actor)
    form = ShutOutForm()
    if form.submitted():
        with transaction() as session:
            shutting_out.shut_out(session, account_id, reason=form.reason.data, actor=visitor().actor, now=now())
            say(session, "The account was shut out.")
        return redirect(url_for("roles.show", account_id=account_id), code=303)
    with reading() as session:
        account = accounts.by_id(session, account_id)
        return page("access/shut_out.html", form=form, account=account, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:account_id>/enable", methods=["GET", "POST"])
@for_role("registrar")
def enable(account_id: UUID) -> AnyResponse:
    """Let an account in again, after saying what that does."""
    shutting_out.check_other(account_id, visitor().actor)
    if LetInForm().submitted():
        with transaction() as session:
            shutting_out.let_in(session, account_id, actor=visitor().actor, now=now())
            say(session, "The account was let in again.")
        return redirect(url_for("roles.show", account_id=account_id), code=303)
    with reading() as session:
        account = accounts.by_id(session, account_id)
        roles = _roles(session, [account_id])[account_id]
        return page("access/let_in.html", account=account, roles=roles)


def _standing(session: Session, account: Account) -> list[dict[str, str]]:
    """Return whether an account works; where it was shut out by itself, also who did it and why."""
    if account.disabled_at is None:
        return [{"key": "State", "value": "Can sign in"}]
    rows = [
        {"key": "State", "value": "Shut out"},
        {"key": "Since", "value": moment(account.disabled_at)},
    ]
    entry = shutting_out.last_shut_out(session, account.id)
    if entry is None or entry.at != account.disabled_at:
        return rows
    return [
        *rows,
        {"key": "By", "value": accounts.name_of_actor(session, entry.actor)},
        {"key": "Why", "value": shutting_out.REASONS[entry.detail["reason"]]},
    ]


def _roles(session: Session, account_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return what each account's roles are called."""
    alive = select(RoleGrant.account_id, RoleGrant.role).where(RoleGrant.ended_at.is_(None))
    held: dict[UUID, set[str]] = {account_id: set() for account_id in account_ids}
    for account_id, role in session.execute(alive.where(RoleGrant.account_id.in_(account_ids))):
        held[account_id].add(ROLES[role])
    return {account_id: ", ".join(sorted(roles)) or "None" for account_id, roles in held.items()}
