"""Pages of the registrar for programs that call the API: the list, one with its keys, register, disable.

A program is registered by its public key; a private one that somebody pastes by mistake is refused and kept nowhere,
nor is it shown again.
"""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from credentials.encoding import strict_json
from credentials.errors import CredentialError
from passport.access import service
from passport.access.client_forms import ClientForm, DisablingForm, KeyForm
from passport.access.keys import ClientKeyInvalid
from passport.access.models import ApiClient
from passport.db import reading, transaction
from passport.errors import Conflict, Invalid
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

blueprint = PageBlueprint("client_pages", __name__, url_prefix="/clients")
blueprint.menu("registrar", "API clients", "client_pages.everything", order=20)


@blueprint.route("")
@for_role("registrar")
def everything() -> Response:
    """List the programs, the oldest first."""
    with reading() as session:
        found = page_of(session, service.all_clients(), (ApiClient.id,), request.args.get("cursor"))
        named = select(Organisation.id, Organisation.name).where(
            Organisation.id.in_({each.organisation_id for each in found.items})
        )
        of_organisation: dict[UUID, str] = dict(session.execute(named).all())
        names = {each.id: of_organisation[each.organisation_id] for each in found.items}
        return page("access/clients.html", clients=found.items, names=names, next_cursor=found.next)


@blueprint.route("/new", methods=["GET", "POST"])
@for_role("registrar")
def register() -> AnyResponse:
    """Register a program."""
    form = ClientForm()
    if form.submitted():
        try:
            with transaction() as session:
                client = service.register(
                    session, organisation_id=organisations.by_ods(session, form.organisation.data).id,
                    name=form.name.data, algorithm=form.algorithm.data, jwks=read_keys(form.key.data),
                    scopes=form.scopes.data, actor=visitor().actor, now=now(),
                )  # fmt: skip
                client_id = client.client_id
                say(session, "The program was registered.")
            return redirect(url_for("client_pages.show", client_id=client_id), code=303)
        except organisations.OrganisationNotFound:
            form.refuse("organisation", "There is no organisation with this ODS code")
        except service.ScopeReserved as wrong:
            form.refuse("scopes", wrong.detail)
        except (Invalid, Conflict) as wrong:
            _refuse_key(form, wrong)
    return page("access/new_client.html", form=form, status=422 if form.has_errors else 200)


@blueprint.route("/<client_id>", methods=["GET", "POST"])
@for_role("registrar")
def show(client_id: str) -> AnyResponse:
    """Show a program with its keys; its form adds a key."""
    form = KeyForm()
    if form.submitted():
        try:
            with transaction() as session:
                for jwk in read_keys(form.key.data):
                    service.add_key(session, client_id=client_id, jwk=jwk, actor=visitor().actor, now=now())
                say(session, "The key was added.")
            return redirect(url_for("client_pages.show", client_id=client_id), code=303)
        except (Invalid, Conflict) as wrong:
            _refuse_key(form, wrong)
    with reading() as session:
        client = service.by_client_id(session, client_id)
        organisation = organisations.by_id(session, client.organisation_id)
        return page(
            "access/client.html", form=form, client=client, organisation=organisation,
            status=422 if form.has_errors else 200,
        )  # fmt: skip


@blueprint.route("/<client_id>/keys/retire", methods=["POST"])
@for_role("registrar")
def retire_key(client_id: str) -> AnyResponse:
    """Accept nothing more that a key signs."""
    with transaction() as session:
        kid = request.form.get("kid", "")
        service.retire_key(session, client_id=client_id, kid=kid, actor=visitor().actor, now=now())
        say(session, "The key was retired.")
    return redirect(url_for("client_pages.show", client_id=client_id), code=303)


@blueprint.route("/<client_id>/disable", methods=["GET", "POST"])
@for_role("registrar")
def disable(client_id: str) -> AnyResponse:
    """Shut a program out for good, after saying so."""
    form = DisablingForm()
    if form.submitted():
        with transaction() as session:
            service.disable(session, client_id=client_id, actor=visitor().actor, now=now())
            say(session, "The program was shut out.")
        return redirect(url_for("client_pages.show", client_id=client_id), code=303)
    with reading() as session:
        return page("access/disable_client.html", form=form, client=service.by_client_id(session, client_id))


def read_keys(text: str) -> list[dict[str, Any]]:
    """Return the keys of a text that holds one JWK or a set of them.

    Raises:
        ClientKeyInvalid: it holds neither.
    """
    try:
        content = strict_json(text.encode())
    except CredentialError as error:
        raise ClientKeyInvalid("This is not JSON. Paste the whole JWK, from { to }.") from error
    listed = content.get("keys", [content]) if isinstance(content, dict) else None
    if not isinstance(listed, list) or not listed or not all(isinstance(jwk, dict) for jwk in listed):
        raise ClientKeyInvalid("This is neither a JWK nor a JWK Set.")
    return listed


def _refuse_key(form: ClientForm | KeyForm, wrong: Invalid | Conflict) -> None:
    """Say what is wrong with a key, and forget what was pasted: it may be private."""
    form.refuse("key", wrong.detail)
    form.key.data = ""
