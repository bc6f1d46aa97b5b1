"""Pages of sharing: for the holder (choose, check, the link, stop), and the public page that opens a share.

The link and the code are shown once, in the answer to the form that made them: nobody can read them again, so that page
is no redirect, and sending the form a second time makes nothing. Opening takes a POST, so a preview of the link uses
nothing up. The link's secret stands in the path: our log holds the route alone, and no page sends a referrer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from flask import Response, current_app, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from credentials.periods import in_words
from passport.db import reading, transaction
from passport.holder import service, sharing, standing
from passport.holder.forms import REGISTRATIONS, OpenForm, ShareForm
from passport.holder.models import Share
from passport.holder.pages import me
from passport.holder.service import MyPassport
from passport.holder.sharing import ShareOver, Shown, Visit
from passport.settings import Settings
from passport.standards import service as standards
from passport.web.clock import now
from passport.web.limits import Limit, limited, name_of_caller
from passport.web.pages import EVERYBODY, PageBlueprint, page, say
from passport.web.rules import for_role, public, visitor, visitor_if_any
from passport.web.words import ENGLAND

OPENINGS: Final = Limit("share", per_minute=10)
LOOKS: Final = Limit("share-look", per_minute=60)
USUAL_DAYS: Final = "21"
WRONG: Final = "We could not find a share with these answers. Check the code or link, and the date of birth."

blueprint = PageBlueprint("share", __name__, url_prefix="/my-passport/shares")
blueprint.menu("staff", "Share", "share.overview", order=30)
open_blueprint = PageBlueprint("shared", __name__, url_prefix="/shared")
open_blueprint.menu(EVERYBODY, "Open what somebody shared", "shared.by_code", order=60)


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A share in the holder's list. `over` says why it has ended; None: it has not."""

    id: UUID
    given_to: str
    awards: int
    with_registrations: bool
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


@blueprint.route("/new", methods=["GET", "POST"])
@for_role("staff")
def choose() -> Response:
    """Choose what to share; then check the answers. Nothing is made yet."""
    form, mine = _share_form()
    if request.method == "GET":
        needless = {each.award.id for each in mine.awards.outlasted}
        form.what.data = [choice[0] for choice in form.what.offered if choice[0] not in needless]
        form.days.data, form.uses.data = USUAL_DAYS, "once"
        return page("holder/share.html", form=form)
    if "change" in request.form or not form.submitted():
        return page("holder/share.html", form=form)
    return page("holder/share_check.html", form=form, share_id=uuid4(), **_answers(form, mine))


@blueprint.route("/make", methods=["POST"])
@for_role("staff")
def make() -> Response:
    """Make the share and show its link and code, this once."""
    form, mine = _share_form()
    if not form.submitted():
        return page("holder/share.html", form=form)
    chosen = [choice for choice in form.what.data if choice != REGISTRATIONS]
    with transaction() as session:
        made = sharing.make(
            session,
            share_id=request.form.get("share_id", type=UUID) or uuid4(),
            person_id=me(),
            given_to=form.given_to.data,
            award_ids=[UUID(award_id) for award_id in chosen],
            with_registrations=REGISTRATIONS in form.what.data,
            days=form.number_of_days,
            many=form.uses.data == "many",
            key=_key(),
            actor=visitor().actor,
            now=now(),
        )
        link = f"{_settings().public_url}{url_for('shared.by_link', secret=made.link_secret)}"
        open_at = f"{_settings().public_url}{url_for('shared.by_code')}"
        return page(
            "holder/share_made.html", made=made, share=made.share, link=link, open_at=open_at, **_answers(form, mine)
        )


@blueprint.route("/<uuid:share_id>/stop", methods=["POST"])
@for_role("staff")
def stop(share_id: UUID) -> AnyResponse:
    """Stop a share at once and for ever."""
    with transaction() as session:
        share = sharing.stop(session, share_id=share_id, person_id=me(), actor=visitor().actor, now=now())
        say(session, f"You stopped the share for {share.given_to}. Nobody can open it now.")
    return redirect(url_for("share.overview"), code=303)


@open_blueprint.route("", methods=["GET", "POST"])
@public
@limited(LOOKS)
def by_code() -> Response:
    """Open a share with the code that somebody said aloud."""
    form = OpenForm()
    if not form.submitted():
        return page("holder/open.html", form=form, by_code=True)
    return _open_by_code(form)


@open_blueprint.route("/<secret>", methods=["GET", "POST"])
@public
@limited(LOOKS)
def by_link(secret: str) -> Response:
    """Open a share with its link. To look at the page uses nothing up."""
    form = OpenForm.of_link()
    with reading() as session:
        sharing.check_link(session, secret, now=now())
    if not form.submitted():
        return page("holder/open.html", form=form, by_code=False)
    return _open_by_link(secret, form)


def _open_by_code(form: OpenForm) -> Response:
    _count()
    with transaction() as session:
        opened = sharing.open_by_code(
            session, form.code.data, key=_key(), born_on=form.born_on.data, visit=_visit(form), now=now()
        )
        return _opened(session, opened, form, by_code=True)


def _open_by_link(secret: str, form: OpenForm) -> Response:
    _count()
    with transaction() as session:
        opened = sharing.open_by_link(session, secret, born_on=form.born_on.data, visit=_visit(form), now=now())
        return _opened(session, opened, form, by_code=False)


def _opened(session: Session, opened: Shown | str, form: OpenForm, *, by_code: bool) -> Response:
    if isinstance(opened, Shown):
        catalogue, today = standards.catalogue(session), now().date()
        awards = [standing.standing(award, catalogue, on=today) for award in opened.awards]
        return page("holder/shared.html", shown=opened, awards=awards, at=now())
    if opened == "over":
        return page("holder/share_over.html", status=410, title=ShareOver.title)
    form.refuse("born_on", WRONG)
    return page("holder/open.html", form=form, by_code=by_code)


def _line(share: Share, at: datetime) -> ShareLine:
    return ShareLine(
        id=share.id,
        given_to=share.given_to,
        awards=len(share.award_ids),
        with_registrations=share.with_registrations,
        is_once=share.most_openings is not None,
        openings=share.openings,
        made_at=share.made_at,
        expires_at=share.expires_at,
        over=sharing.over_because(share, now=at),
    )


def _share_form() -> tuple[ShareForm, MyPassport]:
    form, today = ShareForm(), now().astimezone(ENGLAND)
    with reading() as session:
        mine = service.my_passport(session, me(), now=now())
    records = [(each.award.id, each.title, f"{each.award.issuer.name}. {each.sentence}") for each in mine.awards.all]
    if mine.content.registrations:
        records.append((REGISTRATIONS, "Professional registration", "The body, the number and when it was checked"))
    form.what.offer(records)
    form.days.offer(
        (str(days), _period(days), f"Until {in_words((today + timedelta(days=days)).date())}") for days in sharing.DAYS
    )
    return form, mine


def _answers(form: ShareForm, mine: MyPassport) -> dict[str, Any]:
    """Return the answers in words, for the page that asks whether they are right."""
    chosen = [choice[1] for choice in form.what.offered if choice[0] in form.what.data]
    until = now().astimezone(ENGLAND) + timedelta(days=form.number_of_days)
    return {"chosen": chosen, "until": until, "name": mine.name}


def _period(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _visit(form: OpenForm) -> Visit:
    known = visitor_if_any()
    if known is None:
        return Visit(said_by=form.said_by.data)
    return Visit(said_by=form.said_by.data, organisation_id=known.organisation_id, role=known.role)


def _count() -> None:
    """Count one try to open a share.

    Raises:
        TooMany: this address tried too often within a minute.
    """
    OPENINGS.use(name_of_caller(), now=now())


def _key() -> bytes:
    return str(current_app.config["SECRET_KEY"]).encode()


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
