"""What every page has: its headers, its words for failures, escaping, and files that come from nowhere else."""

import dataclasses
import re
import runpy
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from passport.errors import Conflict, Gone, NotFound, TooMany, Unavailable
from passport.settings import Settings
from passport.web import forms, static_files, words
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, public, visitor_if_any
from tests.callers import Clock, lend_app, make_app
from tests.factories import OrganisationFactory
from tests.visitors import anonymous, send, visit
from tests.visitors import words as said

PUBLIC = ("/", "/accessibility", "/privacy", "/cookies", "/api", "/sign-in", "/sign-in/code", "/claim", "/signed-out")
FAILURES: dict[str, Exception] = {
    "conflict": Conflict(), "gone": Gone(), "missing": NotFound(), "often": TooMany("Wait.", retry_after=30),
    "away": Unavailable(), "surprise": RuntimeError("a secret of the program"),
}  # fmt: skip
VENDOR = SimpleNamespace(**runpy.run_path(str(Path(static_files.__file__).parent / "static" / "vendor.py")))


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Flask:
    """The application with a few pages of its own beside the real ones."""
    return lend_app(settings, clock, add_pages)


def add_pages(app: Flask) -> None:
    """Add pages of the tests' own."""
    tried = PageBlueprint("tried", __name__, url_prefix="/tried")

    @tried.route("/failing/<name>")
    @public
    def failing(name: str) -> Response:
        raise FAILURES[name]

    @tried.route("/said", methods=["POST"])
    @for_role("hr")
    def saying() -> Response:
        return page("web/error.html", title="Said", sentences=())

    app.register_blueprint(tried)


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("path", PUBLIC)
def test_every_page_allows_our_own_files_alone_and_no_frame(app: Flask, path: str) -> None:
    answer = anonymous(app).get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    assert policy.startswith("default-src 'none'; script-src 'self' 'nonce-")
    assert all(f"{part};" in f"{policy};" for part in (
        "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "connect-src 'self'",
    ))  # fmt: skip
    assert ("unsafe" in policy, "http" in policy) == (False, False)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("path", PUBLIC)
def test_no_page_has_an_inline_style_or_a_script_without_the_nonce(app: Flask, path: str) -> None:
    answer = anonymous(app).get(path)
    nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
    assert nonce
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", answer.text) == []
    inline = [tag for tag in re.findall(r"<script[^>]*>", answer.text) if "src=" not in tag]
    assert inline == [f'<script nonce="{nonce.group(1)}">']


@pytest.mark.usefixtures("session")
def test_a_nonce_is_used_once(app: Flask) -> None:
    http = anonymous(app)
    policies = {http.get("/cookies").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_names_no_other_host_and_does_not_claim_to_be_the_nhs(app: Flask, path: str) -> None:
    html = anonymous(app).get(path).text
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//[^"]*"', html) == []
    assert ("NHS England" in html, 'aria-label="NHS"' in html) == (False, False)
    assert len(re.findall("<h1", html)) == 1


@pytest.mark.usefixtures("session")
def test_with_https_the_browser_is_told_to_stay_with_it(settings: Settings, clock: Clock) -> None:
    app = make_app(dataclasses.replace(settings, public_url="https://passport.example"), clock)
    answer = anonymous(app).get("/cookies", base_url="https://passport.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "__Host-session" in answer.text
    cookie = anonymous(app).get("/claim", base_url="https://passport.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-form=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("name", "status", "heading"),
    [
        ("conflict", 409, "Something changed in the meantime"),
        ("gone", 410, "This has ended"),
        ("missing", 404, "Page not found"),
        ("often", 429, "Too many tries"),
        ("away", 503, "Sorry, the service is unavailable"),
        ("surprise", 500, "Sorry, there is a problem with the service"),
    ],
)
def test_a_failure_is_a_page_in_plain_words(app: Flask, name: str, status: int, heading: str) -> None:
    answer = anonymous(app).get(f"/tried/failing/{name}")
    assert (answer.status_code, f"<title>{heading} - Staff passport</title>" in answer.text) == (status, True)
    assert "a secret of the program" not in answer.text
    assert answer.headers.get("Retry-After") == ("30" if name == "often" else None)


@pytest.mark.usefixtures("session")
def test_an_unknown_address_is_a_page_for_a_browser_and_a_problem_for_a_program(app: Flask) -> None:
    assert anonymous(app).get("/nothing").mimetype == "text/html"
    assert app.test_client().get("/nothing").mimetype == "application/problem+json"
    for path in ("/v1/nothing", "/oauth/nothing"):
        assert anonymous(app).get(path).mimetype == "application/problem+json"


@pytest.mark.usefixtures("session")
def test_a_wrong_method_is_a_page_that_keeps_its_header(app: Flask) -> None:
    answer = anonymous(app).post("/accessibility")
    assert (answer.status_code, answer.mimetype, "GET" in answer.headers["Allow"]) == (405, "text/html", True)


@pytest.mark.usefixtures("session")
def test_a_body_that_is_too_large_is_a_page(app: Flask) -> None:
    answer = anonymous(app).post("/claim", data={"code": "x" * 1_100_000})
    assert (answer.status_code, "The file is too large" in said(answer)) == (413, True)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '" onmouseover="x', "{{7*7}}", "{% raw %}", "Ł’O-ń"])
def test_a_name_is_shown_as_it_is_and_never_run(app: Flask, session: Session, name: str) -> None:
    trust = OrganisationFactory.create(session, name=name)
    answer = visit(app, session, trust.id, "hr", name=name).http.get("/account")
    assert ("<script>alert" in answer.text, ' onmouseover="' in answer.text, "49" in said(answer)) == (False,) * 3
    assert said(answer).count(name) >= 2


def test_a_component_of_the_design_escapes_what_it_is_given(app: Flask) -> None:
    with app.test_request_context():
        html = forms.component("tag", "tag", {"text": "<script>alert(1)</script>"})
    assert ("<script>" in html, "&lt;script&gt;" in html) == (False, True)


def test_a_message_is_shown_once_and_kept_on_the_server(app: Flask, session: Session) -> None:
    http = visit(app, session, OrganisationFactory.create(session).id, "hr").http
    with app.test_request_context(headers={"Cookie": f"session={cookie_of(http)}"}):
        visitor_if_any()
        say(session, "The award was withdrawn.")
    assert "The award was withdrawn." in said(http.get("/account"))
    assert "The award was withdrawn." not in said(http.get("/account"))


def test_a_page_of_another_role_is_refused_in_words(app: Flask, session: Session) -> None:
    http = visit(app, session, OrganisationFactory.create(session).id, "planner").http
    answer = send(http, "/tried/said", form_at="/account")
    assert (answer.status_code, "You cannot see this page" in said(answer)) == (403, True)


def test_whoever_makes_a_rule_for_a_role_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="boss"):
        for_role("boss")


def test_a_static_file_is_kept_for_ever_under_the_name_of_its_content(app: Flask) -> None:
    http = anonymous(app)
    answer = http.get(static_files.static_url("web/site.css"))
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/css", static_files.FOR_EVER)
    assert http.get("/static/web/site.css?v=0000").headers["Cache-Control"] == static_files.ASK_AGAIN
    assert http.get("/static/web/site.css", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_static_file_is_compressed_for_who_takes_it(app: Flask) -> None:
    address = "/static/web/vendor/qr/decode.js"
    plain, packed = (anonymous(app).get(address, headers={"Accept-Encoding": coding}) for coding in ("", "gzip"))
    assert (packed.headers["Content-Encoding"], "Content-Encoding" in plain.headers) == ("gzip", False)
    assert len(packed.data) < len(plain.data)


@pytest.mark.parametrize(
    "name", ["web/../pages.py", "web/%2e%2e/pages.py", "../settings.py", "web/vendor.py", "web/", ""]
)
def test_nothing_but_static_files_can_be_asked_for(app: Flask, name: str) -> None:
    assert anonymous(app).get(f"/static/{name}").status_code == 404


def test_vendored_files_are_those_that_were_fetched() -> None:
    assert (VENDOR.FOLDER / VENDOR.CHECKSUMS).read_text(encoding="ascii") == "".join(VENDOR.checksums())


def test_vendored_files_ask_nobody_else() -> None:
    assert VENDOR.foreign_addresses() == []


def test_every_vendored_package_has_its_licence() -> None:
    for package in VENDOR.PACKAGES:
        text = (VENDOR.FOLDER / package.folder / "LICENCE.txt").read_text(encoding="utf-8")
        assert re.search("MIT|Permission is hereby granted|Apache License", text), package.name


def test_our_own_files_ask_nobody_else() -> None:
    for name, file in static_files.static_files().items():
        if "/vendor/" not in name and file.path.suffix in {".js", ".css", ".svg"}:
            text = file.path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?://\w|@import", text), name


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 8, 6, 16, 30, tzinfo=UTC), "6 August 2026, 5:30pm"),
        (datetime(2026, 1, 6, 12, 0, tzinfo=UTC), "6 January 2026, midday"),
        (datetime(2026, 8, 5, 23, 0, tzinfo=UTC), "6 August 2026, midnight"),
        (datetime(2026, 1, 6, 9, 5, tzinfo=UTC), "6 January 2026, 9:05am"),
        (None, "Not known"),
    ],
)
def test_moments_are_told_as_the_clock_on_the_wall_says(instant: datetime | None, text: str) -> None:
    assert words.moment(instant) == text


def test_days_and_numbers_are_told_in_words() -> None:
    assert (words.day(date(2026, 8, 6)), words.day(None), words.number(1248)) == ("6 August 2026", "Not known", "1,248")


def cookie_of(http: FlaskClient) -> str:
    cookie = http.get_cookie("session")
    assert cookie
    return str(cookie.value)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("owner.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><title>Invented</title></svg>', "image/svg+xml"),
        ("owner.png", b"\x89PNG\r\n\x1a\n invented", "image/png"),
    ],
)
@pytest.mark.usefixtures("session")
def test_the_owners_picture_stands_in_the_header(
    settings: Settings, clock: Clock, tmp_path: Path, name: str, content: bytes, kind: str
) -> None:
    picture = tmp_path / name
    picture.write_bytes(content)
    http = make_app(dataclasses.replace(settings, owner_logo=picture, owner_name="Invented Vale"), clock).test_client()
    assert 'src="/logo"' in http.get("/").text
    with http.get("/logo") as answer:
        assert (answer.data, answer.mimetype) == (content, kind)
        assert "no-store" not in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with http.get("/logo", headers={"If-None-Match": answer.headers["ETag"]}) as again:
        assert again.status_code == 304


def test_without_a_picture_there_is_none(http: FlaskClient, session: Session) -> None:
    assert "/logo" not in http.get("/").text
    assert http.get("/logo").status_code == 404
