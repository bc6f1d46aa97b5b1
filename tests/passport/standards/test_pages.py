"""Pages of the catalogue, the directory, accreditations and alignment."""

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.catalogue import Worth
from passport.standards import service, specifications
from passport.standards.models import Accreditation, AccreditationReview, Alignment, Specification
from tests.factories import OrganisationFactory
from tests.visitors import Browser, visit

CODE = "MPC-PAEDIATRICS"
SCRIPT = "<script>alert(1)</script>"
FUTURE = date(2027, 1, 1)
ORDER = (
    "Version 4.0 In force 1 January 2027 onwards An award of it today Not in force yet. Then a person decides",
    "Version 3.0 In force 6 August 2026 to 31 December 2026 An award of it today This is the version in force",
    "Version 2.0 In force 1 June 2026 to 5 August 2026 An award of it today What version 3.0 added is left to do",
    "Version 1.1 In force From a day that is not known to 31 May 2026",
)
MINUTES = {"on-day": "1", "on-month": "9", "on-year": "2026", "source": "Invented minutes"}


def day(field: str, value: date) -> dict[str, str]:
    return {f"{field}-day": str(value.day), f"{field}-month": str(value.month), f"{field}-year": str(value.year)}


def said(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@pytest.fixture
def academy(app: Flask, session: Session, loaded: int) -> Browser:
    body = OrganisationFactory.create(session, ods_code="X4A5D", name="Invented Academy", kind="academy")
    return visit(app, session, body.id, "academy")


@pytest.fixture
def college(session: Session) -> UUID:
    """The provider, under a name and with an ODS code of its own."""
    made = OrganisationFactory.create(session, ods_code="X5P5X", name="Invented College", kind="education_provider")
    return UUID(str(made.id))


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/accreditations"), ("POST", "/accreditations/new"), ("POST", f"/standards/{CODE}/versions/new"),
     ("POST", "/rules/confirm")],
)  # fmt: skip
def test_an_officer_of_a_provider_approves_nobody_and_changes_no_standard(
    app: Flask, session: Session, loaded: int, college: UUID, method: str, path: str
) -> None:
    officer = visit(app, session, college, "academy")
    answer = officer.http.get(path) if method == "GET" else officer.post(path)
    assert answer.status_code == 403


def test_an_officer_of_a_provider_is_offered_credentials_and_no_approvals(
    app: Flask, session: Session, loaded: int, college: UUID
) -> None:
    officer = visit(app, session, college, "academy")
    assert "/accreditations" not in officer.get("/credentials")
    assert "Add a version" not in officer.get(f"/standards/{CODE}")
    assert "Propose a change" not in officer.get("/rules")


@pytest.fixture
def approval(session: Session, loaded: int, college: UUID, now: datetime) -> Accreditation:
    row = service.accredit(
        session, organisation_id=college, standard_code=CODE, from_on=date(2025, 9, 1), actor="operator", now=now,
        note="Applied in spring",
    )  # fmt: skip
    session.commit()
    return row


def newest(session: Session, row: Accreditation) -> Accreditation:
    rows = select(Accreditation).where(Accreditation.organisation_id == row.organisation_id)
    return (
        session.scalars(rows.order_by(Accreditation.from_on.desc()).execution_options(populate_existing=True)).first()
        or row
    )


def seen(browser: Browser, path: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', browser.get(path))
    assert found
    return found[1]


def test_everybody_searches_the_catalogue(http: FlaskClient, loaded: int) -> None:
    assert "Fire safety" in said(http.get("/standards").text)
    for query, there, lacking in (
        ("search=paediatrics", "Advanced Practice in Paediatrics", "Fire safety"),
        ("kind=credential", "Standards that fit your search", "All standards"),
        ("search=ipc2", "IPC2", "IPC1"),
        ("kind=advanced_practice", "MPF-ADVANCED", "MPC-"),
        ("state=endorsed", "MPC-PAEDIATRICS", "MPC-ACUTE-STROKE"),
        ("kind=nothing&state=nothing", "Fire safety", "No standard fits"),
    ):
        html = http.get(f"/standards?{query}").text
        assert there in html, query
        assert lacking not in html, query
    assert "No standard fits." in said(http.get(f"/standards?search={SCRIPT}").text)


def test_what_is_searched_for_is_text(http: FlaskClient, loaded: int) -> None:
    for search in (SCRIPT, "%", "_", "\\", "'", "x" * 5000):
        answer = http.get("/standards", query_string={"search": search})
        assert (answer.status_code, SCRIPT in answer.text) == (200, False)
        assert http.get("/directory", query_string={"search": search}).status_code == 200


def test_a_standard_says_what_awards_of_earlier_versions_are_worth_today(
    session: Session, http: FlaskClient, loaded: int, now: datetime
) -> None:
    said_of_fire: tuple[tuple[str, date, Worth], ...] = (
        ("2.0", date(2026, 6, 1), "as_before"), ("3.0", date(2026, 8, 6), "in_part"), ("4.0", FUTURE, "unclear"),
    )  # fmt: skip
    for version, from_on, worth in said_of_fire:
        service.add_framework_version(
            session, framework_code="CSTF", version=version, from_on=from_on, worth={"FS": worth}, source="invented",
            confidence="high", actor="operator", now=now,
        )  # fmt: skip
    session.commit()
    page = said(http.get("/standards/FS").text)
    rows = page.partition("Versions of the framework")[2].partition("Specification")[0]
    assert [sentence for sentence in ORDER if sentence in rows] == list(ORDER)
    assert sorted(map(rows.index, ORDER)) == list(map(rows.index, ORDER))
    assert rows.count("What version 3.0 added is left to do") == 2  # of 2.0 and of 1.1


def test_everybody_reads_a_standard_and_nobody_else_changes_it(
    app: Flask, session: Session, http: FlaskClient, academy: Browser
) -> None:
    for address in (f"/standards/{CODE}", "/standards/OMT1", "/standards/MPF-ADVANCED"):
        assert "Add a version" not in http.get(address).text
        assert "Add a version" in academy.get(address)
    assert http.get("/standards/NOPE").status_code == 404
    trust = OrganisationFactory.create(session)
    for role in ("hr", "registrar", "planner", "auditor", "ward_manager"):
        other = visit(app, session, trust.id, role, name=f"Olga {role}")
        for path in (f"/standards/{CODE}/versions/new", f"/standards/{CODE}/versions/undated/withdrawn",
                     "/accreditations", "/accreditations/new"):  # fmt: skip
            assert other.http.get(path).status_code == 403
            assert other.post(path).status_code in (403, 405)


def test_a_version_is_added_and_endorsed_with_what_it_asks(session: Session, academy: Browser) -> None:
    new = f"/standards/{CODE}/versions/new"
    asked: dict[str, Any] = {
        "scope": "multiprofessional_without_medicine", "registers": ["NMC", "HCPC"], "prerequisites": "fs, ipc2"
    }  # fmt: skip
    assert academy.post(new, version="2.0", **MINUTES, **asked).status_code == 303
    row = specifications.specification_by_version(session, CODE, "2.0")
    assert (row.state, row.registers, row.prerequisites) == ("proposed", ["NMC", "HCPC"], ["FS", "IPC2"])
    assert "The specification has this version already" in academy.post(new, version="2.0", **MINUTES).text
    for state in ("in_development", "candidate", "endorsed"):
        path = f"/standards/{CODE}/versions/2.0/{state}"
        html = academy.get(path)
        assert 'value="FS, IPC2"' in html
        assert academy.post(path, seen=seen(academy, path), **MINUTES, **asked).status_code == 303
    page = said(academy.get(f"/standards/{CODE}"))
    assert "Version 2.0 Endorsed" in page
    assert "Version undated Superseded" in page
    assert "Multiprofessional, excluding medicine" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"version": ""}, "version"),
        ({"source": ""}, "source"),
        ({"on-day": "32"}, "on-day"),
        ({"scope": "everybody"}, "scope"),
        ({"registers": "XYZ"}, "registers"),
        ({"prerequisites": "NOPE"}, "prerequisites"),
        ({"prerequisites": CODE}, "prerequisites"),
        ({"scope": "medical", "registers": "NMC"}, "registers"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(academy: Browser, wrong: dict[str, str], field: str) -> None:
    answer = academy.post(f"/standards/{CODE}/versions/new", **{"version": "2.0", **MINUTES, **wrong})
    assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)


def test_a_move_out_of_order_is_no_page_and_a_final_one_says_so_first(academy: Browser) -> None:
    base = f"/standards/{CODE}/versions/undated"
    for state in ("proposed", "candidate", "nothing"):
        academy.get(f"{base}/{state}", status=404)
    html = academy.get(f"{base}/withdrawn")
    assert "You cannot undo this." in html
    assert "nhsuk-panel--interruption" in html
    early = academy.post(f"{base}/withdrawn", seen="x", **MINUTES)
    assert early.status_code == 409


def test_of_two_people_who_move_a_version_the_second_looks_again(session: Session, academy: Browser) -> None:
    path = f"/standards/{CODE}/versions/undated/under_review"
    stale = seen(academy, path)
    assert academy.post(path, seen=stale, **MINUTES).status_code == 303
    again = academy.post(path, seen=stale, **MINUTES)
    assert (again.status_code, "Somebody else changed this meanwhile" in again.text) == (409, True)
    taken = academy.post(f"/standards/{CODE}/versions/undated/withdrawn", seen=stale, **MINUTES)
    assert taken.status_code == 409
    states = session.scalars(select(Specification.state).where(Specification.from_on.is_(None)))
    assert "withdrawn" not in set(states)


def test_everybody_finds_a_provider_with_its_conditions_and_never_a_note(
    session: Session, http: FlaskClient, approval: Accreditation, now: datetime
) -> None:
    found = said(http.get("/directory?search=paediatrics").text)
    assert "Invented College Approved" in found.replace("Provider ", "").replace("State ", "")
    assert "No provider fits" in said(http.get("/directory?search=nobody").text)
    service.accredit(
        session, organisation_id=approval.organisation_id, standard_code=CODE, state="conditions",
        from_on=date(2026, 8, 1), conditions=f"Two assessors {SCRIPT}", note="Secret minutes", actor="operator",
        now=now,
    )  # fmt: skip
    session.commit()
    page = http.get("/directory/X5P5X").text
    assert "Two assessors &lt;script&gt;" in page
    assert "Secret minutes" not in page
    assert "Look after this approval" not in page
    assert http.get("/directory/NOPE").status_code == 404


def test_an_application_stays_inside_until_it_is_approved(
    session: Session, http: FlaskClient, academy: Browser, college: UUID
) -> None:
    first = {"organisation": "X5P5X", "standard": CODE, "note": "A new programme", **day("from_on", date(2026, 8, 3))}
    answer = academy.post("/accreditations/new", state="applied", **first)
    assert answer.status_code == 303
    assert "Invented College" not in http.get("/directory").text
    page = academy.get(answer.headers["Location"])
    assert "A new programme" in page
    assert "Turn the application down" in page
    path = f"{answer.headers['Location']}/move/conditions"
    words = {"conditions": "Two assessors", "note": "Meeting of 5 August", **day("from_on", date(2026, 8, 5))}
    assert academy.post(path, seen=seen(academy, path), **words).status_code == 303
    assert "Two assessors" in http.get("/directory/X5P5X").text
    assert "End the approval" in academy.get(answer.headers["Location"])


def test_providers_are_offered_by_name_and_code_while_they_are_open(
    session: Session, academy: Browser, college: UUID, now: datetime
) -> None:
    OrganisationFactory.create(session, ods_code="X8C8D", name="Invented Closed College", closed_on=date(2026, 8, 5))
    OrganisationFactory.create(session, ods_code="X8L8D", name="Invented Closing College", closed_on=now.date())
    page = academy.get("/accreditations/new")
    assert [code in page for code in ("(X5P5X)", "(X8L8D)", "(X8C8D)")] == [True, True, False]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"organisation": "X9X9X"}, "organisation"),
        ({"standard": "FS"}, "standard"),
        ({"state": "suspended"}, "state"),
        ({"state": "conditions"}, "conditions"),
        ({"conditions": "None are needed"}, "conditions"),
        ({"from_on-year": ""}, "from_on-day"),
    ],
)
def test_a_wrong_application_is_refused_at_its_field(
    session: Session, academy: Browser, college: UUID, wrong: dict[str, str], field: str
) -> None:
    right = {"organisation": "X5P5X", "standard": CODE, "state": "approved", **day("from_on", date(2026, 8, 3))}
    answer = academy.post("/accreditations/new", **right | wrong)
    assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True), answer.text
    assert session.scalar(select(Accreditation)) is None


def test_the_list_is_narrowed_by_state_and_by_reviews_that_are_due(
    session: Session, academy: Browser, approval: Accreditation, now: datetime
) -> None:
    def lists(query: str) -> bool:
        return "Invented College" in academy.get(f"/accreditations?{query}")

    assert [lists(query) for query in ("", "state=approved", "due=soon", "search=college", "due=nonsense")] == [
        True
    ] * 5
    assert [lists(query) for query in ("state=suspended", "due=now", "search=nobody")] == [False] * 3
    approval.review_due_on = now.date()
    session.commit()
    assert lists("due=now")


def test_a_suspension_is_an_interruption_and_can_be_lifted(
    session: Session, academy: Browser, approval: Accreditation
) -> None:
    path = f"/accreditations/{approval.id}/move/suspended"
    html = academy.get(path)
    assert "nhsuk-panel--interruption" in html
    assert "What it awarded before goes on counting." in html
    why: dict[str, Any] = {"seen": seen(academy, path), **day("from_on", date(2026, 8, 6))}
    assert 'href="#note"' in academy.post(path, **why).text
    early = academy.post(path, note="Two complaints", seen=why["seen"], **day("from_on", date(2025, 8, 31)))
    assert (early.status_code, "on 1 September 2025" in early.text) == (422, True)
    suspended = academy.post(path, note="Two complaints", **why)
    assert suspended.status_code == 303
    page = academy.get(suspended.headers["Location"])
    assert "Lift the suspension" in page
    assert "Record the yearly review" not in page
    lift = f"{suspended.headers['Location']}/move/approved"
    back = {"note": "Mended", "seen": seen(academy, lift), **day("from_on", date(2026, 8, 7))}
    assert academy.post(lift, **back).status_code == 303
    assert newest(session, approval).state == "approved"


def test_of_two_people_who_move_a_provider_the_second_looks_again(
    session: Session, academy: Browser, approval: Accreditation
) -> None:
    path = f"/accreditations/{approval.id}/move/suspended"
    ended = f"/accreditations/{approval.id}/move/ended"
    why = {"note": "Two complaints", "seen": seen(academy, path), **day("from_on", date(2026, 8, 6))}
    assert academy.post(path, **why).status_code == 303
    for late in (path, ended):
        assert academy.post(late, **why).status_code == 409
    assert newest(session, approval).state == "suspended"


def test_a_review_is_recorded_with_its_outcome(session: Session, academy: Browser, approval: Accreditation) -> None:
    path = f"/accreditations/{approval.id}/review"
    found = {"note": "Seen on site", "outcome": "approved", "seen": seen(academy, path)}
    tomorrow = academy.post(path, **found, **day("reviewed_on", date(2026, 8, 7)))
    assert (tomorrow.status_code, 'href="#reviewed_on-day"' in tomorrow.text) == (422, True)
    done = academy.post(path, **found, **day("reviewed_on", date(2026, 8, 5)))
    assert done.status_code == 303
    page = said(academy.get(done.headers["Location"]))
    assert "The next one is due on 5 August 2027." in page
    assert "Seen on site" in page
    late = academy.post(path, **found, **day("reviewed_on", date(2026, 8, 6)))
    assert late.status_code == 409
    conditional = found | {"outcome": "conditions", "seen": seen(academy, path)}
    assert 'href="#conditions"' in academy.post(path, **conditional, **day("reviewed_on", date(2026, 8, 6))).text
    assert len(session.scalars(select(AccreditationReview)).all()) == 1


def test_an_id_of_another_kind_is_no_accreditation(academy: Browser, approval: Accreditation) -> None:
    for path in ("", "/move/suspended", "/review"):
        academy.get(f"/accreditations/{approval.organisation_id}{path}", status=404)
    academy.get(f"/accreditations/{approval.id}/move/applied", status=404)


def test_an_employer_declares_and_ends_its_own_alignment(
    app: Flask, session: Session, loaded: int, http: FlaskClient, college: UUID, now: datetime
) -> None:
    own = OrganisationFactory.create(session, ods_code="X7W7X")
    foreign = service.declare_alignment(
        session, organisation_id=college, framework_code="CSTF", subject="Fire Safety", from_on=date(2026, 1, 1),
        actor="operator", now=now,
    )  # fmt: skip
    hr = visit(app, session, own.id, "hr")
    assert "You have declared nothing yet." in hr.get("/alignments")
    body = {"subject": "CSTF: Fire Safety", **day("from_on", date(2026, 1, 1))}
    assert hr.post("/alignments", **body).status_code == 303
    again = hr.post("/alignments", **body)
    assert (again.status_code, 'href="#subject"' in again.text) == (422, True)
    assert hr.post("/alignments", **body | {"subject": "CENTRE: Acute Stroke"}).status_code == 422
    row = session.scalars(select(Alignment).where(Alignment.organisation_id == own.id)).one()
    path = f"/alignments/{row.id}/end"
    assert hr.post(path, **day("until_on", date(2025, 12, 31))).status_code == 422
    assert hr.post(path, **day("until_on", date(2026, 7, 31))).status_code == 303
    assert "Ended" in hr.get("/alignments")
    hr.get(f"/alignments/{foreign.id}/end", status=404)
    assert hr.post(f"/alignments/{foreign.id}/end", **day("until_on", date(2026, 7, 31))).status_code == 404
    assert "Fire Safety" in http.get("/directory/X7W7X").text


def test_the_menu_of_the_academy_begins_with_standards(academy: Browser) -> None:
    html = academy.get("/standards")
    assert re.search(r'href="/standards"[^>]*aria-current="true"', html)
    for text in ("Accreditations", "Directory"):
        assert text in html
    assert academy.http.get("/").headers["Location"] == "/standards"
