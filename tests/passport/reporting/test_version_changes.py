"""A new version of a framework: who would change is shown before it is confirmed, and nothing is issued again."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.catalogue import Worth
from passport.awards.models import Award
from passport.holder import service as holder
from passport.issuing.models import Credential
from passport.reporting import compliance, service, version_changes
from passport.standards import service as standards
from passport.standards.models import FrameworkVersion
from tests.factories import OrganisationFactory, PersonFactory
from tests.passport.reporting.conftest import ACADEMY, OTHER, TRUST, Country, cells
from tests.visitors import Browser, visit

FROM_ON = date(2026, 9, 1)
TODAY = date(2026, 8, 6)
NEW = {"version": "2.0", "from_on-day": "1", "from_on-month": "9", "from_on-year": "2026",
       "source": "Invented framework, page 4", "others": "as_before",
       "for-FS": "unclear", "for-IPC2": "in_part"}  # fmt: skip
EFFECT, CONFIRM = f"/rules/frameworks/CSTF/effect?{urlencode(NEW)}", "/rules/frameworks/CSTF/confirm"


@pytest.fixture
def academy(app: Flask, session: Session, country: Country) -> Browser:
    return visit(app, session, country.id(ACADEMY), "academy")


def holder_of(country: Country, code: str, standards: str, name: str = "Inventedname", **values: object) -> UUID:
    person = country.employ(code, PersonFactory.create(country.session, family_name=name).id)
    for standard in standards.split():
        country.award(person, standard, **{"awarded_on": date(2026, 3, 2)} | values)
    return person


@pytest.mark.parametrize(
    ("worth", "awarded_on", "valid_until", "change"),
    [
        ("unclear", date(2026, 3, 2), None, "unclear"),
        ("in_part", date(2026, 3, 2), None, "in_part"),
        ("unclear", date(2024, 9, 1), None, "unclear"),  # its last day is the first day of the version
        ("unclear", date(2024, 8, 31), None, "same"),  # lapsed by then
        ("in_part", date(2026, 3, 2), date(2026, 8, 31), "same"),
    ],
)
def test_what_a_version_does_to_an_award(
    session: Session, country: Country, worth: Worth, awarded_on: date, valid_until: date | None, change: str
) -> None:
    holder_of(country, TRUST, "FS", awarded_on=awarded_on, valid_until=valid_until)
    proposed = propose(session, FS=worth)
    found = version_changes.count(session, service.ask(session, country.id(TRUST)).view, proposed, today=TODAY)
    assert dict(found["FS"].counts) == {(country.id(TRUST), change): 1}
    names = version_changes.people(session, country.id(TRUST), proposed)
    assert [each.change for each in names] == ([] if change == "same" else [change])


def test_what_was_worth_less_already_does_not_change_again(session: Session, country: Country, now: datetime) -> None:
    holder_of(country, TRUST, "FS")
    confirm(session, propose(session, FS="unclear"), now)
    later = version_changes.proposal(
        session, framework_code="CSTF", version="3.0", from_on=date(2026, 10, 1), others="as_before",
        worth={"FS": "in_part"},
    )  # fmt: skip
    found = version_changes.count(session, service.ask(session, country.id(TRUST)).view, later, today=TODAY)
    assert dict(found["FS"].counts) == {(country.id(TRUST), "same"): 1}


def test_the_academy_sees_national_numbers_and_a_workforce_team_its_own_names(
    app: Flask, session: Session, country: Country, academy: Browser
) -> None:
    more = [f"X0Z{number}A" for number in range(9)]
    for code in more:
        country.by_code[code] = OrganisationFactory.create(session, ods_code=code, kind="nhs_trust")
    for code in (*more, TRUST):
        for _ in range(3):
            holder_of(country, code, "FS")
    holder_of(country, TRUST, "IPC2")
    holder_of(country, OTHER, "FS HSW", name="Moorinvented")
    session.commit()
    page = academy.get(EFFECT)
    assert cells(page)["Fire safety, level 1: a person would decide"] == ["31", "0"]
    assert cells(page)["Infection prevention and control (Level 2): a part would be left to do"] == ["Not shown"] * 2
    assert "Moorinvented" not in page
    assert "Invented Vale NHS Trust" not in page
    nothing = academy.get(f"/rules/frameworks/CSTF/effect?{urlencode(NEW | {'for-FS': 'same', 'for-IPC2': 'same'})}")
    assert "All awards of earlier versions would count as before" in nothing
    assert "These numbers" not in nothing
    own = visit(app, session, country.id(OTHER), "hr").get(EFFECT)
    assert "Testa Moorinvented" in own
    assert (own.count("nhsuk-tag--grey"), own.count("nhsuk-tag--yellow")) == (1, 0)
    assert "Record this version" not in own
    assert "Invented Vale NHS Trust" not in own


def test_a_confirmed_version_changes_colours_and_issues_nothing_again(
    session: Session, country: Country, academy: Browser, now: datetime
) -> None:
    person = holder_of(country, TRUST, "FS IPC2 HSW")
    session.commit()
    academy.get(EFFECT)
    versions = select(func.count()).select_from(FrameworkVersion)
    before, facts = session.scalar(versions), _facts(session)
    assert academy.post(CONFIRM, **NEW).status_code == 303
    page = academy.get("/rules/frameworks")
    assert "Version 2.0 is recorded." in page
    assert "<li>Fire safety, level 1: a person decides</li>" in page
    session.expire_all()
    assert (session.scalar(versions), _facts(session)) == ((before or 0) + 1, facts)
    assert _states(session, person, now) == {"FS": "current", "HSW": "current", "IPC2": "current"}
    on_the_day = now.replace(year=2026, month=9, day=1)
    assert _states(session, person, on_the_day) == {"FS": "unclear", "HSW": "current", "IPC2": "in_part"}


@pytest.mark.parametrize(
    ("held", "state"),
    [
        ([("FS", date(2026, 3, 2), False)], "unclear"),
        ([("IPC2", date(2026, 3, 2), False)], "in_part"),
        ([("HSW", date(2026, 3, 2), False)], "current"),
        ([("FS", date(2024, 3, 2), False)], "lapsed"),  # what has lapsed is not to be decided any more
        ([("FS", date(2026, 9, 1), True)], "current"),  # made against the new version
        (
            [("FS", date(2026, 3, 2), False), ("FS", date(2024, 9, 20), True)],
            "within_30",
        ),  # what counts in full decides
        ([("FS", date(2026, 3, 2), False), ("FS", date(2024, 3, 2), True)], "unclear"),
    ],
)
def test_the_count_of_training_says_what_the_holders_own_page_says(
    session: Session, country: Country, now: datetime, held: list[tuple[str, date, bool]], state: str
) -> None:
    confirm(session, propose(session, FS="unclear", IPC2="in_part"), now)
    new = session.scalar(select(FrameworkVersion.id).where(FrameworkVersion.version == "2.0"))
    person = country.employ(TRUST)
    for number, (standard, awarded_on, is_new) in enumerate(held):
        version = {"framework_version_id": new} if is_new else {}
        country.award(person, standard, awarded_on=awarded_on, organisation_id=country.id((TRUST, OTHER)[number]),
                      **version)  # fmt: skip
    subject = standards.standard_by_code(session, held[0][0]).subject
    counted = compliance.count(session, country.id(TRUST), today=FROM_ON)
    assert {found: people for (name, found), people in counted.items() if name == subject} == {state: 1}
    on_the_day = now.replace(year=2026, month=9, day=1)
    on_page = {each.state for each in holder.my_passport(session, person, now=on_the_day).awards.all}
    assert {"within_30": "ending", "lapsed": "ended"}.get(state, state) in on_page


def test_a_version_that_cannot_be_is_said_at_its_field(academy: Browser) -> None:
    assert "What a new version would do" in academy.get("/rules/frameworks/CSTF/effect")
    for wrong, sentence in (
        ({"version": "2 0"}, "Enter letters, digits"), ({"others": "x"}, "Choose what they are worth"),
        ({"for-FS": "x"}, "Choose one of the answers"), ({"from_on-day": "40"}, "from_on-day"),
    ):  # fmt: skip
        query = urlencode(NEW | wrong)
        assert sentence in academy.get(f"/rules/frameworks/CSTF/effect?{query}", status=422)
        assert academy.post(CONFIRM, **NEW | wrong).status_code == 422
    long_ago = {"from_on-year": "1900"}
    for page in (
        academy.get(f"/rules/frameworks/CSTF/effect?{urlencode(NEW | long_ago)}", status=422),
        academy.post(CONFIRM, **NEW | long_ago).text,
    ):
        assert "A version can begin at most a year ago, and five years ahead: from 5 August 2025" in page
        assert 'href="#from_on-day"' in page
    academy.get("/rules/frameworks/XX/effect", status=404)
    assert academy.post(CONFIRM, **NEW).status_code == 303
    again = academy.post(CONFIRM, **NEW)
    assert (again.status_code, 'href="#version"' in again.text) == (422, True)
    sooner = academy.post(CONFIRM, **NEW | {"version": "2.1"})
    assert (sooner.status_code, 'href="#from_on-day"' in sooner.text) == (422, True)


def test_an_officer_of_a_provider_sees_its_own_row_and_confirms_nothing(
    app: Flask, session: Session, country: Country
) -> None:
    for code in (TRUST, TRUST, OTHER):
        holder_of(country, code, "FS")
    session.commit()
    officer = visit(app, session, country.id(TRUST), "academy")
    rule = urlencode(NEW | {"standard": "FS", "months": "12"})
    for address in (EFFECT, f"/rules/effect?{rule}", "/workforce", "/workforce/training"):
        page = officer.get(address)
        assert "Invented Moor NHS Trust" not in page
        assert "England, in all" not in page
        assert "Record this" not in page
    assert cells(officer.get(EFFECT))["Fire safety, level 1: a person would decide"] == ["2", "0"]
    assert officer.post(CONFIRM, **NEW).status_code == 403


def test_a_workforce_team_confirms_nothing(app: Flask, session: Session, country: Country) -> None:
    assert visit(app, session, country.id(TRUST), "hr").post(CONFIRM, **NEW).status_code == 403


def propose(session: Session, **worth: Worth) -> version_changes.Proposal:
    return version_changes.proposal(
        session, framework_code="CSTF", version="2.0", from_on=FROM_ON, others="as_before", worth=worth
    )


def confirm(session: Session, proposed: version_changes.Proposal, now: datetime) -> None:
    standards.add_framework_version(
        session, framework_code="CSTF", version=proposed.version, from_on=proposed.from_on, worth=proposed.worth,
        source="invented", confidence="high", actor="operator", now=now,
    )  # fmt: skip


def _facts(session: Session) -> tuple[Any, ...]:
    awards = session.execute(select(Award.id, Award.framework_version_id, Award.ended_at).order_by(Award.id))
    credentials = session.execute(select(Credential.id).order_by(Credential.id))
    return tuple(map(tuple, awards)), tuple(map(tuple, credentials))


def _states(session: Session, person: UUID, now: datetime) -> dict[str, str]:
    return {each.award.standard: each.state for each in holder.my_passport(session, person, now=now).awards.all}
