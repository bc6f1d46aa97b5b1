"""Pages that check a passport: `/v` for everybody, and `/check` for a receiving manager, whose checks are recorded.

`/v` is where a QR code leads. It knows nobody: no name in its header, no token in its forms, nothing recorded, so a
browser may keep it and use it offline; what stands behind `#` is read in the browser and never reaches this server.
Without JavaScript the same page takes a text or a picture and answers here. In the order of the code: the public
page and its service worker; the manager's page, a recorded check, and the way on to a decision (`passport.induction`).
"""

import hashlib
from typing import Any, Final
from uuid import UUID

from flask import Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credentials.errors import CredentialError
from credentials.verified import verdict
from passport.db import reading, transaction
from passport.verifying import service, wording
from passport.verifying.checking import Lists, check, unusable_because
from passport.verifying.forms import CheckForm
from passport.verifying.lists import published
from passport.verifying.pictures import MAX_BYTES
from passport.web.body import body_limit
from passport.web.clock import now
from passport.web.limits import Limit, limited
from passport.web.pages import EVERYBODY, PageBlueprint, csp_nonce, page
from passport.web.rules import for_role, public, visitor
from passport.web.static_files import static_files, static_url

FORM_BYTES: Final = MAX_BYTES + 500_000
PUBLIC_CHECKS: Final = Limit("check_page", per_minute=600, block=10)
MANAGERS_CHECKS: Final = Limit("check_signed_in", per_minute=600, block=10)

WORKERS_SECURITY: Final = "default-src 'none'; connect-src 'self'"  # a worker is bound by its own, and must fetch

# What a browser keeps to check passports offline: this room's modules, the readers of QR codes, and the page's looks.
KEPT_OFFLINE: Final = (
    "verifying/", "web/vendor/qr/", "web/vendor/zxing_wasm/", "web/vendor/nhsuk_frontend/nhsuk-frontend.min",
    "web/site.", "web/icon.",
)  # fmt: skip

everybody = PageBlueprint("check", __name__, url_prefix="/v", changes_nothing=True)
everybody.menu(EVERYBODY, "Check a passport", "check.show")
managers = PageBlueprint("checking", __name__, url_prefix="/check")
managers.menu("ward_manager", "Check a passport", "checking.start", order=10)


@everybody.route("")
@public
def show() -> Response:
    """Show where a passport is scanned, pasted or uploaded."""
    return _public_page(CheckForm(), None)


@everybody.route("", methods=["POST"])
@public
@limited(PUBLIC_CHECKS)
@body_limit(FORM_BYTES)
def answer() -> Response:
    """Check a text or a picture for a browser without JavaScript. Nothing is recorded."""
    form = CheckForm()
    text = form.text()
    return _public_page(form, None if text is None else _look_at(text))


@everybody.route("/worker.js")
@public
def worker() -> Response:
    """Return the service worker, which names what it keeps; it changes whenever any of that does."""
    kept = _kept_offline()
    page_itself = _public_page(CheckForm(), None).get_data(as_text=True).replace(csp_nonce(), "")
    version = hashlib.sha256("".join([*kept, page_itself]).encode()).hexdigest()[:16]
    script = render_template("verifying/worker.js", files=[url_for("check.show"), *kept], version=version)
    sent = Response(script, mimetype="text/javascript")
    sent.headers["Service-Worker-Allowed"] = url_for("check.show")
    sent.headers["Content-Security-Policy"] = WORKERS_SECURITY
    sent.headers["Cache-Control"] = "no-cache"
    return sent


@managers.route("")
@for_role("ward_manager")
def start() -> Response:
    """Show where a starter's passport is scanned, pasted or uploaded."""
    return _managers_page(CheckForm())


@managers.route("", methods=["POST"])
@for_role("ward_manager")
@limited(MANAGERS_CHECKS)
@body_limit(FORM_BYTES)
def record() -> AnyResponse:
    """Check a passport for the manager's organisation and record the check, whatever came out."""
    form = CheckForm()
    text = form.text()
    if text is None:
        return _managers_page(form)
    with transaction() as session:
        checked = service.verify(
            session, presentation=text, organisation_id=visitor().organisation_id, actor=visitor().actor, now=now()
        )
    return redirect(url_for("checking.result", verification_id=checked.id), code=303)


@managers.route("/<uuid:verification_id>")
@for_role("ward_manager")
def result(verification_id: UUID) -> Response:
    """Show a recorded check of the manager's organisation."""
    with reading() as session:
        found = service.of_organisation(session, verification_id, visitor().organisation_id)
        return page(
            "verifying/result.html",
            verification=found,
            usable=unusable_because(found.verdict) is None,
            **_shown(found.verdict, None),
        )


def _public_page(form: CheckForm, found: dict[str, Any] | None) -> Response:
    status = 422 if request.method == "POST" and found is None else 200
    made = page(
        "verifying/check.html", scanning=True, impersonal=True, status=status, form=form, words=_words(), found=found
    )
    made.headers["Cache-Control"] = "no-store" if request.method == "POST" else "no-cache"
    return made


def _managers_page(form: CheckForm) -> Response:
    status = 422 if request.method == "POST" else 200
    return page("verifying/start.html", scanning=True, status=status, form=form, words=_words())


def _look_at(text: str) -> dict[str, Any]:
    """Check a text as anybody can: with the published lists alone."""
    at = now()
    with reading() as session:
        try:
            lists: Lists | None = published(session, now=at)
            result = check(text, lists, now=at) if lists else None
        except CredentialError as unusable:
            lists, result = None, unusable
    assert result is not None  # noqa: S101 (either the lists were read, or why not)
    return _shown(verdict(result, at=at), lists)


def _shown(said: dict[str, Any], lists: Lists | None) -> dict[str, Any]:
    today = now().date()
    return {
        "verdict": said,
        "top": wording.on_top(said),
        "facts": wording.facts(said),
        "name": wording.name_of(said),
        "records": wording.records(said, today=today),
        "practice": wording.practice(said),
        "registrations": wording.registrations(said),
        "employer": said["holder"].get("employer"),
        "register_of": lists.trust.issued_at if lists else None,
        "today": today,
    }


def _words() -> dict[str, Any]:
    return {
        "states": wording.STATES,
        "sentences": wording.sentences(),
        "something_else": sorted(wording.SOMETHING_ELSE),
        "accepted": wording.ACCEPTED,
        "soon_days": wording.SOON.days,
        "addresses": [current_app.config["SETTINGS"].public_url],
        "reader": static_url("web/vendor/zxing_wasm/reader.js"),
        "wasm": static_url("web/vendor/zxing_wasm/zxing_reader.wasm"),
        "worker": url_for("check.worker"),
        "scope": url_for("check.show"),
    }


def _kept_offline() -> list[str]:
    return [static_url(name) for name in static_files() if name.startswith(KEPT_OFFLINE)]
