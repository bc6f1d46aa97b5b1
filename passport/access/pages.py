"""Sign in, choose a role, see the account, sign out here or everywhere.

Which ways in there are depends on the settings: the identity provider where one is set; a one-time code by e-mail and
the claim of a passport (pages of the staff room); in a demonstration a click (`demonstration_pages`).
"""

from uuid import UUID

from flask import Response, current_app, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.access import accounts, entering, identity_provider, sessions
from passport.access.forms import RoleForm
from passport.access.identity_provider import Identity
from passport.access.models import RoleGrant
from passport.db import reading, transaction
from passport.errors import NotFound
from passport.organisations.models import Organisation
from passport.settings import Settings
from passport.web.clock import now
from passport.web.forgery import forget_browser
from passport.web.limits import Limit, limited
from passport.web.pages import PageBlueprint, home_of, page
from passport.web.rules import ROLES, public, signed_in, visitor, visitor_if_any

PROVIDER_LIMIT = Limit("sign-in", per_minute=120)
blueprint = PageBlueprint("sign_in", __name__)


@blueprint.route("/sign-in")
@public
def choose() -> AnyResponse:
    """Show the ways in."""
    if known := visitor_if_any():
        return redirect(home_of(known.role), code=303)
    entering.remember_destination(request.args.get("next"))
    return page("access/sign_in.html", provider=identity_provider.is_set())


@blueprint.route("/sign-in/provider")
@public
@limited(PROVIDER_LIMIT)
def depart() -> AnyResponse:
    """Go to the identity provider.

    Raises:
        NotFound: there is none.
    """
    if not identity_provider.is_set():
        raise NotFound
    return identity_provider.depart(_settings())


@blueprint.route("/sign-in/provider/callback", methods=["GET"])
@public
@limited(PROVIDER_LIMIT)
def arrive() -> AnyResponse:
    """Come back from the identity provider."""
    if not identity_provider.is_set():
        raise NotFound
    return _let_in(identity_provider.arrive(_settings()))


@blueprint.route("/sign-in/role", methods=["GET", "POST"])
@public
def choose_role() -> AnyResponse:
    """Choose the role to work in; after sign-in, or later for another one."""
    form = RoleForm()
    with reading() as database:
        grants = _choosable(database)
        if not grants:  # the last one ended meanwhile, or the account was shut out
            raise entering.NoRole
        form.role.offer(_offer(database, granted) for granted in grants)
    if not form.submitted():
        return page("access/role.html", form=form)
    return _take_role(UUID(form.role.data))


@blueprint.route("/account")
@signed_in
def account() -> Response:
    """Show who is signed in, in which role."""
    return page("access/account.html")


@blueprint.route("/sign-out", methods=["POST"])
@signed_in
def sign_out() -> AnyResponse:
    """End this session."""
    with transaction() as database:
        sessions.end(database, visitor().session_id)
    return _gone()


@blueprint.route("/sign-out/everywhere", methods=["POST"])
@signed_in
def sign_out_everywhere() -> AnyResponse:
    """End every session of this account, on every device."""
    known = visitor()
    with transaction() as database:
        sessions.end_all(database, known.account_id, actor=known.actor, now=now())
    return _gone()


@blueprint.route("/signed-out")
@public
def signed_out() -> Response:
    """Say that the session has ended."""
    return page("access/signed_out.html")


def _let_in(identity: Identity) -> AnyResponse:
    settings, at = _settings(), now()
    with transaction() as database:
        known = accounts.of_provider(database, issuer=str(settings.oidc_issuer), subject=identity.subject)
        if known is None:
            known = accounts.register(
                database, name=identity.name, issuer=settings.oidc_issuer, subject=identity.subject,
                actor="provider", now=at,
            )  # fmt: skip
        known.name = identity.name
        accounts.agree_with_provider(database, known, _known_roles(database, identity), actor="provider", now=at)
        return entering.enter(database, known.id, now=at, strong=identity.strong)


def _known_roles(database: Session, identity: Identity) -> list[tuple[UUID, str]]:
    codes = {ods_code for ods_code, _ in identity.roles}
    found = database.scalars(select(Organisation).where(Organisation.ods_code.in_(codes)))
    ids = {organisation.ods_code: organisation.id for organisation in found}
    return [(ids[ods_code], role) for ods_code, role in identity.roles if ods_code in ids]


def _choosable(database: Session) -> list[RoleGrant]:
    known = visitor_if_any()
    if known is not None:
        return accounts.grants_of(database, known.account_id, strong=known.strong)
    waiting = entering.waiting(now())
    return accounts.grants_of(database, UUID(waiting["account"]), strong=waiting["strong"])


def _offer(database: Session, granted: RoleGrant) -> tuple[str, str, str]:
    return str(granted.id), ROLES[granted.role], database.get_one(Organisation, granted.organisation_id).name


def _take_role(grant_id: UUID) -> AnyResponse:
    at, known = now(), visitor_if_any()
    with transaction() as database:
        granted = next((each for each in _choosable(database) if each.id == grant_id), None)
        if granted is None:  # it ended since it was offered
            raise entering.NoRole
        if known is None:
            waiting = entering.waiting(at)
            return entering.begin(database, granted, strong=waiting["strong"], now=at, destination=waiting["next"])
        return entering.begin(database, granted, strong=known.strong, now=at, signed_in_at=known.signed_in_at)


def _gone() -> AnyResponse:
    forget_browser()  # also what was opened that somebody shared
    answer = redirect("/signed-out", code=303)
    sessions.take_cookie(answer, _settings())
    return answer


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
