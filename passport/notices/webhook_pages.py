"""Pages of an organisation's webhooks: list, add, one with its deliveries, and what can be done with it.

In the order of the code: list; add; one; the new secret; test, replay, switch off and on; delete, after saying so. A
secret is shown for ten minutes to the browser that made it, sealed in a draft (`access.drafts`), and never again.
"""

from datetime import datetime, time
from typing import Any, Final
from uuid import UUID

from flask import Response, current_app, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.access import drafts
from passport.db import reading, transaction
from passport.errors import Conflict, Invalid
from passport.notices import deliveries, endpoints, signatures
from passport.notices.events import KINDS, TEST
from passport.notices.models import WebhookDelivery, WebhookEndpoint
from passport.notices.webhook_forms import DeletingForm, ReplayForm, WebhookForm
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor
from passport.web.words import ENGLAND

ROLES: Final = ("hr", "registrar")
SECRET: Final = "webhook_secret"  # noqa: S105 (the kind of draft that holds one)
TITLES: Final = {kind: meaning for kind, (meaning, _) in KINDS.items()} | {TEST: "A test"}
STATES: Final = {
    "waiting": ("Waiting", "yellow"), "delivered": ("Delivered", "green"), "failed": ("Given up", "red"),
}  # fmt: skip
RESULTS: Final = {
    "address_refused": "The address is not on the public internet",
    "host_unknown": "Nobody knows the host",
    "no_connection": "Nobody answered",
    "no_trust": "The certificate is not right",
    "too_slow": "The answer took too long",
    "answer_unreadable": "The answer could not be read",
}
OFF_BECAUSE: Final = {
    "gone": "Its receiver said that it is gone for good (410).",
    "failing": "Nothing got through for a day.",
    "organisation": "Your organisation switched it off.",
}
blueprint = PageBlueprint("webhook_pages", __name__, url_prefix="/webhooks")
for role in ROLES:
    blueprint.menu(role, "Webhooks", "webhook_pages.everything", order=90)


@blueprint.route("")
@for_role(*ROLES)
def everything() -> Response:
    """List the endpoints, the oldest first."""
    with reading() as session:
        statement = endpoints.all_of(visitor().organisation_id).order_by(WebhookEndpoint.id)
        return page("notices/webhooks.html", endpoints=session.scalars(statement).all(), state=state_of)


@blueprint.route("/new", methods=["GET", "POST"])
@for_role(*ROLES)
def add() -> AnyResponse:
    """Add an endpoint, and lead to its secret."""
    form, acting = WebhookForm(), visitor()
    if form.submitted():
        try:
            with transaction() as session:
                endpoint = endpoints.add(
                    session, organisation_id=acting.organisation_id, url=form.url.data, kinds=form.kinds.data,
                    loopback=current_app.config["SETTINGS"].demo, actor=acting.actor, now=now(),
                )  # fmt: skip
                return _to_secret(session, endpoint)
        except endpoints.WebhookExists as wrong:
            if made := _just_made(form):
                return redirect(url_for("webhook_pages.show_secret", endpoint_id=made), code=303)
            form.refuse("url", wrong.detail)
        except (Invalid, Conflict) as wrong:
            form.refuse("url", wrong.detail)
    return page("notices/new_webhook.html", form=form, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:endpoint_id>")
@for_role(*ROLES)
def show(endpoint_id: UUID) -> Response:
    """Show an endpoint with what it was told, the newest first."""
    with reading() as session:
        return _show(session, endpoint_id, ReplayForm(formdata=None))


@blueprint.route("/<uuid:endpoint_id>/replay", methods=["POST"])
@for_role(*ROLES)
def replay(endpoint_id: UUID) -> AnyResponse:
    """Tell it again of all that happened since a day."""
    form = ReplayForm()
    if form.submitted():
        try:
            with transaction() as session:
                since = datetime.combine(form.since.data, time(), ENGLAND)
                endpoint = _mine(session, endpoint_id, changing=True)
                count = endpoints.replay(session, endpoint, since=since, actor=visitor().actor, now=now())
                say(session, f"{count} {'event is' if count == 1 else 'events are'} sent again.")
            return _back(endpoint_id)
        except Invalid as wrong:
            form.refuse("since", wrong.faults[0].message)
    with reading() as session:
        return _show(session, endpoint_id, form, status=422)


@blueprint.route("/<uuid:endpoint_id>/secret", methods=["POST"])
@for_role(*ROLES)
def change_secret(endpoint_id: UUID) -> AnyResponse:
    """Make a new secret, and lead to it."""
    with transaction() as session:
        endpoint = _mine(session, endpoint_id, changing=True)
        endpoints.change_secret(session, endpoint, actor=visitor().actor, now=now())
        return _to_secret(session, endpoint)


@blueprint.route("/<uuid:endpoint_id>/secret")
@for_role(*ROLES)
def show_secret(endpoint_id: UUID) -> AnyResponse:
    """Show a secret that this browser has just made; later, lead to the endpoint."""
    with reading() as session:
        endpoint, shown = _mine(session, endpoint_id), drafts.find(session, endpoint_id, SECRET, now=now())
        if shown is None:
            return _back(endpoint_id)
        return page("notices/webhook_secret.html", endpoint=endpoint, secret=shown["secret"])


@blueprint.route("/<uuid:endpoint_id>/kept", methods=["POST"])
@for_role(*ROLES)
def kept(endpoint_id: UUID) -> AnyResponse:
    """Show the secret no more: somebody has kept it."""
    with transaction() as session:
        drafts.forget(session, endpoint_id)
    return _back(endpoint_id)


@blueprint.route("/<uuid:endpoint_id>/test", methods=["POST"])
@for_role(*ROLES)
def test(endpoint_id: UUID) -> AnyResponse:
    """Send it a message that means nothing."""
    with transaction() as session:
        endpoints.test(session, _mine(session, endpoint_id, changing=True), actor=visitor().actor, now=now())
        say(session, "A test is on its way. Load this page again in a moment to see what came of it.")
    return _back(endpoint_id)


@blueprint.route("/<uuid:endpoint_id>/off", methods=["POST"])
@for_role(*ROLES)
def disable(endpoint_id: UUID) -> AnyResponse:
    """Switch it off."""
    with transaction() as session:
        endpoint = _mine(session, endpoint_id, changing=True)
        endpoints.disable(session, endpoint, by="organisation", actor=visitor().actor, now=now())
        say(session, "The webhook was switched off.")
    return _back(endpoint_id)


@blueprint.route("/<uuid:endpoint_id>/on", methods=["POST"])
@for_role(*ROLES)
def enable(endpoint_id: UUID) -> AnyResponse:
    """Switch it on again."""
    with transaction() as session:
        endpoints.enable(session, _mine(session, endpoint_id, changing=True), actor=visitor().actor, now=now())
        say(session, "The webhook was switched on. It is told of all that it missed.")
    return _back(endpoint_id)


@blueprint.route("/<uuid:endpoint_id>/delete", methods=["GET", "POST"])
@for_role(*ROLES)
def remove(endpoint_id: UUID) -> AnyResponse:
    """Delete it, after saying so."""
    form = DeletingForm()
    if form.submitted():
        with transaction() as session:
            endpoints.remove(session, _mine(session, endpoint_id, changing=True), actor=visitor().actor, now=now())
            say(session, "The webhook was deleted.")
        return redirect(url_for("webhook_pages.everything"), code=303)
    with reading() as session:
        return page("notices/delete_webhook.html", endpoint=_mine(session, endpoint_id))


def state_of(endpoint: WebhookEndpoint) -> tuple[str, str]:
    """Return how an endpoint is in words, and the colour of that."""
    if endpoint.disabled_at is not None:
        return "Switched off", "grey"
    return ("Failing", "red") if endpoint.failing_since is not None else ("Working", "green")


def _mine(session: Session, endpoint_id: UUID, *, changing: bool = False) -> WebhookEndpoint:
    return endpoints.by_id(session, endpoint_id, organisation_id=visitor().organisation_id, changing=changing)


def _just_made(form: WebhookForm) -> UUID | None:
    """Return the endpoint that the same form of this browser made a moment ago: a second click sends it twice."""
    with reading() as session:
        known = endpoints.at_address(session, form.url.data, organisation_id=visitor().organisation_id)
        if known is None or set(known.kinds) != set(form.kinds.data):
            return None
        return known.id if drafts.find(session, known.id, SECRET, now=now()) else None


def _show(session: Session, endpoint_id: UUID, form: ReplayForm, *, status: int = 200) -> Response:
    endpoint = _mine(session, endpoint_id)
    newest_first = (WebhookDelivery.happened_at, WebhookDelivery.id)
    found = page_of(
        session, endpoints.deliveries_of(endpoint), newest_first, request.args.get("cursor"), descending=True
    )
    return page(
        "notices/webhook.html", endpoint=endpoint, form=form, state=state_of(endpoint), titles=TITLES,
        off_because=OFF_BECAUSE.get(endpoint.disabled_by or ""), deliveries=[_row(each) for each in found.items],
        next_cursor=found.next, status=status,
    )  # fmt: skip


def _row(delivery: WebhookDelivery) -> dict[str, Any]:
    text, colour = STATES[delivery.state]
    answered = f"Answered {delivery.last_status}" if delivery.last_status else RESULTS.get(delivery.last_result or "")
    return {
        "kind": TITLES[delivery.kind],
        "id": deliveries.message_id(delivery),
        "happened_at": delivery.happened_at,
        "state": {"text": text, "colour": colour},
        "attempts": delivery.attempts,
        "result": answered or "Not tried yet",
        "milliseconds": delivery.last_milliseconds,
        "next_attempt_at": delivery.next_attempt_at if delivery.state == "waiting" and delivery.attempts else None,
    }


def _to_secret(session: Session, endpoint: WebhookEndpoint) -> AnyResponse:
    key = str(current_app.config["SECRET_KEY"]).encode()
    secret = signatures.secret(endpoint.secret_salt, key=key)
    drafts.save(session, endpoint.id, SECRET, {"secret": secret}, now=now(), lives=drafts.SHOWN_FOR)
    return redirect(url_for("webhook_pages.show_secret", endpoint_id=endpoint.id), code=303)


def _back(endpoint_id: UUID) -> AnyResponse:
    return redirect(url_for("webhook_pages.show", endpoint_id=endpoint_id), code=303)
