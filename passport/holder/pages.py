"""Pages of the own passport: read it, show it, see who has looked, say what is wrong, take it away.

Whose passport it is follows from the session alone; no address holds a person. What belongs to somebody else, and what
does not exist, are the same 404. Sharing has its pages in `share_pages`, paper in `print_pages`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, current_app, redirect, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from credentials.errors import CredentialError
from passport.access import sessions
from passport.awards import disputes
from passport.db import reading, transaction
from passport.errors import Unavailable
from passport.holder import exports, looks, readiness, service, sharing
from passport.holder.forms import ReadyForm, WrongForm
from passport.holder.qr_picture import draw
from passport.holder.readiness import Readiness
from passport.holder.service import NoPassport
from passport.issuing import drafts
from passport.settings import Settings
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, public, visitor
from passport.web.words import ENGLAND, clock_time

QR_TITLE: Final = "QR code of your staff passport"
QR_DESCRIPTION: Final = "A new employer scans it to see your training."
blueprint = PageBlueprint("holder", __name__, url_prefix="/my-passport")
blueprint.menu("staff", "My passport", "holder.overview", order=10)
blueprint.menu("staff", "Show", "holder.show", order=20)
blueprint.menu("staff", "Who has looked", "holder.who_has_looked", order=40)
blueprint.menu("staff", "Am I ready?", "holder.ready", order=50)


@dataclass(frozen=True, slots=True)
class ShownCode:
    """The QR on the screen: its picture, its text, when it lapses, and what it has no room for."""

    svg: Markup
    text: str
    expires_at: datetime
    left_out: tuple[str, ...]

    @property
    def lasts_until(self) -> str:
        """The time of day when it lapses."""
        return clock_time(self.expires_at.astimezone(ENGLAND))


def me() -> UUID:
    """Return whose passport the visitor's pages are about.

    Raises:
        NoPassport: the account opens none.
    """
    person_id = visitor().person_id
    if person_id is None:
        raise NoPassport("Ask your workforce team for an invitation.")
    return person_id


@blueprint.route("")
@for_role("staff")
def overview() -> Response:
    """Show my passport: what needs action, what counts, and what was."""
    with reading() as session:
        mine = service.my_passport(session, me(), now=now())
        ended = service.ended_awards(session, me())
        questions = service.questions(session, me())
    return page("holder/overview.html", mine=mine, ended=ended, questions=questions)


@blueprint.route("/show")
@for_role("staff")
def show() -> Response:
    """Show a QR that lives ten minutes; the page's script, or the browser, asks for the next one before."""
    with reading() as session:
        text, made = drafts.screen_qr(session, me(), now=now())
        mine = service.my_passport(session, me(), now=now())
    code = ShownCode(
        svg=Markup(draw(text).svg(title=QR_TITLE, description=QR_DESCRIPTION)),  # noqa: S704 (drawn and escaped by us)
        text=text,
        expires_at=made.claims.terms.expires_at,
        left_out=tuple(each.award.subject for each in made.left_out),
    )
    return page("holder/show.html", mine=mine, code=code)


@blueprint.route("/who-has-looked")
@for_role("staff")
def who_has_looked() -> Response:
    """Show who has looked at my records, refused tries too."""
    before = request.args.get("before")
    with reading() as session:
        found = looks.who_has_looked(session, me(), before=before)
    return page("holder/who_has_looked.html", looks=found, is_first=before is None)


@blueprint.route("/records/<uuid:award_id>/wrong", methods=["GET", "POST"])
@for_role("staff")
def wrong(award_id: UUID) -> AnyResponse:
    """Tell the issuer that something is wrong with an award."""
    form = WrongForm()
    with reading() as session:
        award = service.my_award(session, me(), award_id, now=now())
    if form.submitted() and form.reason.data == "other" and not form.words.data:
        form.refuse("words", "Tell the issuer what is wrong")
    elif form.submitted():
        return _tell_issuer(award_id, form)
    return page("holder/wrong.html", form=form, award=award)


@blueprint.route("/ready")
@for_role("staff")
def ready() -> Response:
    """Show what a receiving organisation would accept of my passport, and what is left to do there."""
    form = ReadyForm(formdata=request.args if "role" in request.args else MultiDict())
    with reading() as session:
        roles = readiness.roles(session)
        form.role.offer((str(role.id), f"{role.organisation}: {role.title}") for role in roles)
        answer = _answer(session, form) if "role" in request.args and form.validate() else None
    return page("holder/ready.html", form=form, roles=roles, answer=answer)


@blueprint.route("/calendar.ics")
@for_role("staff")
def calendar() -> Response:
    """Return a calendar of the days on which my awards end."""
    with reading() as session:
        standings = service.my_passport(session, me(), now=now()).awards
    settings: Settings = current_app.config["SETTINGS"]
    host = urlsplit(settings.issuer).hostname or ""
    kept = (*standings.needs_action, *standings.current)
    body = exports.calendar(kept, name=settings.service_name, host=host, now=now())
    return _download(body, "text/calendar", "staff-passport.ics")


@blueprint.route("/lost-phone")
@for_role("staff")
def lost_phone() -> Response:
    """Say what one step does when a phone is lost."""
    return page("holder/lost_phone.html")


@blueprint.route("/lost-phone", methods=["POST"])
@for_role("staff")
def stop_everything() -> AnyResponse:
    """Sign out everywhere and stop every share, in one step."""
    known = visitor()
    with transaction() as session:
        sharing.stop_all(session, person_id=me(), actor=known.actor, now=now())
        sessions.end_all(session, known.account_id, actor=known.actor, now=now())
    answer = redirect(url_for("holder.all_stopped"), code=303)
    sessions.take_cookie(answer, current_app.config["SETTINGS"])
    return answer


@blueprint.route("/all-stopped")
@public
def all_stopped() -> Response:
    """Say that every session and share has ended."""
    return page("holder/all_stopped.html", impersonal=True)


def _answer(session: Session, form: ReadyForm) -> Readiness:
    try:
        return readiness.readiness(
            session, me(), profile_id=UUID(form.role.data), starts_on=form.starts_on.data, now=now()
        )
    except CredentialError as error:
        raise Unavailable("The lists of this service are being renewed. Try again in a few minutes.") from error


def _tell_issuer(award_id: UUID, form: WrongForm) -> AnyResponse:
    with transaction() as session:
        disputes.raise_dispute(
            session,
            award_id=award_id,
            person_id=me(),
            reason=form.reason.data,
            words=form.words.data,
            actor=visitor().actor,
            now=now(),
        )
        say(session, "The issuer has your message. Their answer will appear on this page.")
    return redirect(url_for("holder.overview"), code=303)


def _download(body: bytes, media_type: str, name: str) -> Response:
    answer = Response(body, content_type=f"{media_type}; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
