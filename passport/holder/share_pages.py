"""Pages of sharing for the holder: choose, check the answers, the link and code, stop.

The answers are a draft of the session (`access.drafts`), and the draft's number becomes the share's: so each step has
an address of its own without personal data, going back finds the answers, and "Share" pressed twice makes one share.
The share's table keeps hashes alone; the link and the code wait sealed in the draft's place for ten minutes, so that
the page that shows them can be loaded again, and are wiped when the holder says that they are copied, or signs out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from flask import Response, current_app, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from credentials.periods import in_words
from credentials.records import NO_SCOPE_OF_PRACTICE
from passport.access import drafts
from passport.db import reading, transaction
from passport.errors import Invalid
from passport.holder import service, sharing
from passport.holder.forms import PRACTICE, REGISTRATIONS, ShareForm
from passport.holder.models import Share
from passport.holder.pages import me
from passport.holder.service import MyPassport
from passport.holder.sharing import ShareNotFound
from passport.settings import Settings
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, visitor
from passport.web.words import ENGLAND

ANSWERS: Final = "share"  # the kinds of draft: not made yet, and made
SECRETS: Final = "share_made"
USUAL_DAYS: Final = "21"

blueprint = PageBlueprint("share", __name__, url_prefix="/my-passport/shares")
blueprint.menu("staff", "Share", "share.overview", order=30)


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A share in the holder's list. `over` says why it has ended; None: it has not."""

    id: UUID
    given_to: str
    awards: int
    with_registrations: bool
    with_practice: bool
    is_once: bool
    openings: int
    made_at: datetime
    expires_at: datetime
    over: str | None


@blueprint.route("")
@for_role("staff")
def overview() -> Response:
    """Show what I share, with the way to stop it."""
    with reading() as session:
        shares = [_line(share, now()) for share in sharing.all_of(session, me())]
    return page("holder/shares.html", shares=shares)


@blueprint.route("/new")
@for_role("staff")
def new() -> AnyResponse:
    """Begin a share at an address of its own. Nothing is kept before the first answers."""
    return redirect(url_for("share.choose", share_id=uuid4()), code=303)


@blueprint.route("/<uuid:share_id>/answers", methods=["GET", "POST"])
@for_role("staff")
def choose(share_id: UUID) -> AnyResponse:
    """Ask everything, with the answers so far."""
    said, mine = _answers(share_id), _mine()
    if said is None and _is_made(share_id):
        return _to_made(share_id)
    form = _form(mine)
    if form.submitted():
        return _keep(share_id, form.data)
    if not form.is_submitted():
        form = _form(mine, said or _usual(mine))
    return page("holder/share.html", form=form, share_id=share_id, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:share_id>/answers/<question>", methods=["GET", "POST"])
@for_role("staff")
def change(share_id: UUID, question: str) -> AnyResponse:
    """Ask one question again."""
    said, mine = _answers(share_id), _mine()
    if said is None:
        return _to_answers(share_id)
    form = _form(mine)
    form.ask_only(question)
    if form.submitted():
        return _keep(share_id, said | form.data)
    if not form.is_submitted():
        form = _form(mine, said)
        form.ask_only(question)
    return page("holder/share_change.html", form=form, share_id=share_id, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:share_id>/check")
@for_role("staff")
def check(share_id: UUID) -> AnyResponse:
    """Show the answers. Nothing is made yet."""
    said, mine = _answers(share_id), _mine()
    if said is None:
        return _to_answers(share_id)
    form = _form(mine, said)
    if not form.validate():  # all that was chosen has ended since
        return page("holder/share.html", form=form, share_id=share_id, status=422)
    chosen = [choice[1] for choice in form.what.offered if choice[0] in form.what.data]
    until = now().astimezone(ENGLAND) + timedelta(days=int(form.days.data))
    return page(
        "holder/share_check.html",
        share_id=share_id,
        said=said,
        chosen=chosen,
        until=until,
        with_practice=PRACTICE in form.what.data,
    )


@blueprint.route("/<uuid:share_id>/check", methods=["POST"])
@for_role("staff")
def make(share_id: UUID) -> AnyResponse:
    """Make the share. Whoever comes second finds it made."""
    try:
        with transaction() as session:
            said = drafts.find(session, share_id, ANSWERS, now=now(), changing=True)
            if said is not None:
                made = sharing.make(
                    session, share_id=share_id, person_id=me(), given_to=said["given_to"],
                    award_ids=[UUID(choice) for choice in said["what"] if choice not in (REGISTRATIONS, PRACTICE)],
                    with_registrations=REGISTRATIONS in said["what"], with_practice=PRACTICE in said["what"],
                    days=int(said["days"]),
                    many=said["uses"] == "many", key=secret_key(), actor=visitor().actor, now=now(),
                )  # fmt: skip
                secrets = {"link_secret": made.link_secret, "code": made.code_shown}
                drafts.save(session, share_id, SECRETS, secrets, now=now(), lives=drafts.SHOWN_FOR)
    except Invalid as wrong:
        form = _form(_mine(), said)
        form.refuse("what", wrong.faults[0].message)
        return page("holder/share.html", form=form, share_id=share_id, status=422)
    return _to_made(share_id) if said or _is_made(share_id) else _to_answers(share_id)


@blueprint.route("/<uuid:share_id>/made")
@for_role("staff")
def made(share_id: UUID) -> Response:
    """Show the link and the code of a share that this browser has just made; later, that they are not shown again."""
    with reading() as session:
        share = sharing.by_id(session, share_id, person_id=me())
        found = drafts.find(session, share_id, SECRETS, now=now())
        over = sharing.over_because(share, now=now())
        link = f"{_public_url()}{url_for('shared.by_link', secret=found['link_secret'])}" if found else None
        return page(
            "holder/share_made.html", share=share, over=over, link=link, code=found["code"] if found else None,
            open_at=f"{_public_url()}{url_for('shared.by_code')}",
        )  # fmt: skip


@blueprint.route("/<uuid:share_id>/copied", methods=["POST"])
@for_role("staff")
def copied(share_id: UUID) -> AnyResponse:
    """Wipe the link and the code: the holder has them."""
    with transaction() as session:
        drafts.forget(session, share_id)
    return redirect(url_for("share.overview"), code=303)


@blueprint.route("/<uuid:share_id>/stop", methods=["POST"])
@for_role("staff")
def stop(share_id: UUID) -> AnyResponse:
    """Stop a share at once and for ever."""
    with transaction() as session:
        share = sharing.stop(session, share_id=share_id, person_id=me(), actor=visitor().actor, now=now())
        drafts.forget(session, share_id)
        say(session, f"You stopped the share for {share.given_to}. Nobody can open it now.")
    return redirect(url_for("share.overview"), code=303)


def secret_key() -> bytes:
    """Return what protects the codes of shares in the table."""
    return str(current_app.config["SECRET_KEY"]).encode()


def _line(share: Share, at: datetime) -> ShareLine:
    return ShareLine(
        id=share.id,
        given_to=share.given_to,
        awards=len(share.award_ids),
        with_registrations=share.with_registrations,
        with_practice=share.with_practice,
        is_once=share.most_openings is not None,
        openings=share.openings,
        made_at=share.made_at,
        expires_at=share.expires_at,
        over=sharing.over_because(share, now=at),
    )


def _mine() -> MyPassport:
    with reading() as session:
        return service.my_passport(session, me(), now=now())


def _form(mine: MyPassport, said: dict[str, Any] | None = None) -> ShareForm:
    """Return the form: as it was sent, or with these answers, of which it keeps what is still offered."""
    form, today = ShareForm() if said is None else ShareForm(None, data=said), now().astimezone(ENGLAND)
    records = [(each.award.id, each.title, f"{each.award.issuer.name}. {each.sentence}") for each in mine.awards.all]
    if practice := mine.content.advanced_practice:
        said_of_it = f"{practice.base_profession}. Recognised by {practice.issuer.name}. {NO_SCOPE_OF_PRACTICE}"
        records.append((PRACTICE, f"{practice.level.capitalize()} practice", said_of_it))
    if mine.content.registrations:
        records.append((REGISTRATIONS, "Professional registration", "The body, the number and when it was checked"))
    form.what.offer(records)
    form.days.offer(
        (str(days), _period(days), f"Until {in_words((today + timedelta(days=days)).date())}") for days in sharing.DAYS
    )
    if said is not None:
        form.what.data = [choice[0] for choice in records if choice[0] in said["what"]]
    return form


def _usual(mine: MyPassport) -> dict[str, Any]:
    """Return what is proposed at first: all that nothing later replaces, for three weeks, once."""
    needless = {each.award.id for each in mine.awards.outlasted}
    chosen = [each.award.id for each in mine.awards.all if each.award.id not in needless]
    chosen += [PRACTICE] if mine.content.advanced_practice else []
    chosen += [REGISTRATIONS] if mine.content.registrations else []
    return {"what": chosen, "given_to": "", "days": USUAL_DAYS, "uses": "once"}


def _answers(share_id: UUID) -> dict[str, Any] | None:
    with reading() as session:
        return drafts.find(session, share_id, ANSWERS, now=now())


def _keep(share_id: UUID, said: dict[str, Any]) -> AnyResponse:
    with transaction() as session:
        drafts.save(session, share_id, ANSWERS, said, now=now())
    return redirect(url_for("share.check", share_id=share_id), code=303)


def _is_made(share_id: UUID) -> bool:
    with reading() as session:
        try:
            sharing.by_id(session, share_id, person_id=me())
        except ShareNotFound:
            return False
        return True


def _to_made(share_id: UUID) -> AnyResponse:
    return redirect(url_for("share.made", share_id=share_id), code=303)


def _to_answers(share_id: UUID) -> AnyResponse:
    return redirect(url_for("share.choose", share_id=share_id), code=303)


def _period(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _public_url() -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.public_url
