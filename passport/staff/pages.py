"""How members of staff get in without a care identity: a one-time code by e-mail, and the claim of a passport.

A page tells an unknown person nothing: whoever asks for a code sees the same page, and a wrong code, a wrong date and a
code that has run out are one answer.
"""

from typing import Final
from uuid import UUID

from flask import Response, redirect, session
from werkzeug.wrappers import Response as AnyResponse

from passport.access import entering
from passport.db import transaction
from passport.staff import claiming, one_time_codes
from passport.staff.forms import AskForCodeForm, ClaimForm, CodeForm
from passport.staff.jobs import secret
from passport.web.clock import now
from passport.web.limits import Limit, limited
from passport.web.pages import PageBlueprint, page
from passport.web.rules import public

ASKED: Final = "asked"  # the id of the request for a code, in the signed cookie
TRIES: Final = Limit("sign-in code", per_minute=120)
CLAIMS: Final = Limit("claim", per_minute=120)
WRONG_CODE: Final = "The code is wrong or has run out. Check it, or get a new one"
WRONG_CLAIM: Final = "The code or the date of birth is wrong, or the invitation has ended"
blueprint = PageBlueprint("getting_in", __name__)


@blueprint.route("/sign-in/code")
@public
def ask() -> Response:
    """Ask where the code goes."""
    return page("staff/ask_for_code.html", form=AskForCodeForm())


@blueprint.route("/sign-in/code", methods=["POST"])
@public
@limited(TRIES)
def send() -> AnyResponse:
    """Send a code, if there is such a person."""
    form = AskForCodeForm()
    if not form.submitted():
        return page("staff/ask_for_code.html", form=form)
    with transaction() as database:
        request_id = one_time_codes.ask(
            database, email=form.email.data, date_of_birth=form.date_of_birth.data, now=now()
        )
    session[ASKED] = str(request_id)
    return redirect("/sign-in/code/enter", code=303)


@blueprint.route("/sign-in/code/enter")
@public
def enter() -> AnyResponse:
    """Ask for the code."""
    if ASKED not in session:
        return redirect("/sign-in/code", code=303)
    return page("staff/enter_code.html", form=CodeForm())


@blueprint.route("/sign-in/code/enter", methods=["POST"])
@public
@limited(TRIES)
def use() -> AnyResponse:
    """Sign in with the code."""
    if ASKED not in session:
        return redirect("/sign-in/code", code=303)
    form, at = CodeForm(), now()
    if form.submitted():
        with transaction() as database:
            account_id = one_time_codes.use(database, UUID(session[ASKED]), form.code.data, key=secret(), now=at)
            if account_id is not None:
                return entering.enter(database, account_id, now=at, strong=False)
        form.refuse("code", WRONG_CODE)
    return page("staff/enter_code.html", form=form)


@blueprint.route("/claim")
@public
def start_claim() -> Response:
    """Ask for the invitation's code."""
    return page("staff/claim.html", form=ClaimForm())


@blueprint.route("/claim", methods=["POST"])
@public
@limited(CLAIMS)
def claim() -> AnyResponse:
    """Claim a passport, and sign in."""
    form, at = ClaimForm(), now()
    if form.submitted():
        with transaction() as database:
            account_id = claiming.claim(database, code=form.code.data, date_of_birth=form.date_of_birth.data, now=at)
            if account_id is not None:
                return entering.enter(database, account_id, now=at, strong=False)
        form.refuse("code", WRONG_CLAIM)
    return page("staff/claim.html", form=form)
