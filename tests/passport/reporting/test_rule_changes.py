"""A changed rule: who changes colour is shown before it is confirmed, and afterwards nothing was issued again."""

import re
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.awards import content
from passport.awards.models import Award
from passport.holder import standing
from passport.issuing.models import Credential
from passport.reporting import compliance, rule_changes, service
from passport.reporting.rule_changes import Proposal
from passport.standards import service as standards
from passport.standards.models import RenewalRule
from tests.factories import OrganisationFactory, PersonFactory
from tests.passport.reporting.conftest import ACADEMY, ICB, OTHER, TRUST, Country, cells
from tests.visitors import Browser, visit

FROM_ON = date(2026, 9, 1)
TODAY = date(2026, 8, 6)
TO_12 = {"standard": "FS", "months": "12", "from_on-day": "1", "from_on-month": "9", "from_on-year": "2026",
         "source": "Invented framework, page 4"}  # fmt: skip


@pytest.fixture
def academy(app: Flask, session: Session, country: Country) -> Browser:
    return visit(app, session, country.id(ACADEMY), "academy")


def holder(country: Country, code: str, awarded_on: date, name: str = "Inventedname", **values: object) -> UUID:
    person = country.employ(code, PersonFactory.create(country.session, family_name=name).id)
    country.award(person, "FS", awarded_on=awarded_on, **values)
    return person


@pytest.mark.parametrize(
    ("months", "awarded_on", "valid_until", "change"),
    [
        (12, date(2025, 6, 1), None, "lapses"),
        (12, date(2026, 3, 2), None, "sooner"),
        (36, date(2026, 3, 2), None, "later"),
        (36, date(2024, 3, 2), None, "revives"),
        (12, date(2023, 3, 2), None, "same"),
        (None, date(2024, 3, 2), None, "revives"),
        (12, date(2026, 3, 2), date(2026, 10, 1), "same"),  # the issuer's own last day comes first
        (12, date(2025, 9, 1), None, "sooner"),  # its last day is the first day of the rule: it counts
        (12, date(2025, 8, 31), None, "lapses"),
    ],
)
def test_what_a_change_does_to_an_award(
    session: Session, country: Country, months: int | None, awarded_on: date, valid_until: date | None, change: str
) -> None:
    holder(country, TRUST, awarded_on, valid_until=valid_until)
    view = service.ask(session, country.id(TRUST)).view
    found = rule_changes.count(session, view, Proposal("FS", months, FROM_ON), today=TODAY)
    assert dict(found.counts) == {(country.id(TRUST), change): 1}
    names = rule_changes.people(session, country.id(TRUST), Proposal("FS", months, FROM_ON))
    assert [each.change for each in names] == ([] if change == "same" else [change])


def widely_held(country: Country) -> None:
    """Let nine trusts more have six people each, three of whom would lapse."""
    for number in range(9):
        place = f"X0Z{number}A"
        country.by_code[place] = OrganisationFactory.create(
            country.session,
            ods_code=place,
            kind="nhs_trust",
            parent_id=country.id(ICB),
            name=f"Invented Trust {number}",
        )
        for _ in range(3):
            holder(country, place, date(2025, 6, 1))
            holder(country, place, date(2023, 3, 2))


def test_the_academy_sees_national_numbers_and_a_workforce_team_its_own_names(
    app: Flask, session: Session, country: Country, academy: Browser, now: datetime
) -> None:
    for _ in range(12):
        holder(country, TRUST, date(2025, 6, 1))
    holder(country, OTHER, date(2025, 6, 1), name="Moorinvented")
    widely_held(country)
    compliance.count_all(session, today=now.date())
    session.commit()
    page = academy.get(f"/rules/effect?{urlencode(TO_12)}")
    assert summary(page) == {"Current, would lapse": "40", "Would end sooner": "0", "Would end later": "0",
                             "Lapsed, would count again": "0", "No change": "27"}  # fmt: skip
    assert "Moorinvented" not in page


def test_of_a_standard_that_few_employers_hold_no_number_is_shown(
    session: Session, country: Country, academy: Browser, now: datetime
) -> None:
    for number in range(12):
        holder(country, TRUST, date(2025 if number < 8 else 2026, 6, 1))
    compliance.count_all(session, today=now.date())
    session.commit()
    page = academy.get(f"/rules/effect?{urlencode(TO_12)}")
    assert "National numbers are not shown" in page
    assert summary(page) == {}
    assert cells(page)["England, in all"] == ["10", "0", "0", "0", "0", "0"]


def test_what_the_academy_sees_of_a_place_is_the_table_of_training_and_a_share_of_the_national_number(
    session: Session, country: Country, academy: Browser, now: datetime
) -> None:
    widely_held(country)
    compliance.count_all(session, today=now.date())
    session.commit()
    query = urlencode(TO_12 | {"place": ICB})
    shown = cells(academy.get(f"/rules/effect?{query}"))
    table = cells(academy.get(f"/workforce/training?subject=Fire Safety&place={ICB}"))
    assert {place: figures[:-1] for place, figures in shown.items()} == table
    academy.get(f"/rules/effect?{urlencode(TO_12 | {'place': 'NOWHERE'})}", status=404)


def test_a_workforce_team_sees_its_own_people_exactly_and_no_place(
    app: Flask, session: Session, country: Country
) -> None:
    holder(country, OTHER, date(2025, 6, 1), name="Moorinvented")
    holder(country, TRUST, date(2025, 6, 1))
    session.commit()
    own = visit(app, session, country.id(OTHER), "hr").get(f"/rules/effect?{urlencode(TO_12)}")
    assert summary(own)["Current, would lapse"] == "1"
    assert summary(own)["No change"] == "0"
    assert "Testa Moorinvented" in own
    assert re.search(r">\w{4}-\w{4}-\w<", own)  # the passport number, as people write it
    assert own.count("nhsuk-tag--red") == 1
    assert "Record this rule" not in own
    assert "Invented Vale NHS Trust" not in own


def summary(html: str) -> dict[str, str]:
    """Return the figures of the page, by what would change."""
    found = re.findall(r"summary-list__key\">(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.S)
    return {key.strip(): value.strip() for key, value in found}


def test_a_confirmed_change_moves_dates_and_issues_nothing_again(
    session: Session, country: Country, academy: Browser, now: datetime
) -> None:
    person = holder(country, TRUST, date(2025, 6, 1))
    session.commit()
    rows = session.scalar(select(func.count()).select_from(RenewalRule))
    academy.get(f"/rules/effect?{urlencode(TO_12)}")
    assert session.scalar(select(func.count()).select_from(RenewalRule)) == rows
    before = _facts(session), _last_day(session, person, FROM_ON, now)
    answer = academy.post("/rules/confirm", **TO_12)
    assert answer.status_code == 303, answer.text
    assert "The rule is recorded." in academy.get("/rules")
    session.expire_all()
    assert before == (_facts(session), date(2027, 6, 1))
    assert _last_day(session, person, FROM_ON, now) == date(2026, 6, 1)
    assert _last_day(session, person, FROM_ON - timedelta(days=1), now) == date(2027, 6, 1)


def test_a_change_that_cannot_be_is_said_at_its_field(academy: Browser) -> None:
    assert "Enter a whole number" in academy.get(f"/rules/effect?{urlencode(TO_12 | {'months': '1y'})}", status=422)
    assert "Enter a whole number" in academy.get(f"/rules/effect?{urlencode(TO_12 | {'months': '0'})}", status=422)
    assert "Choose the standard" in academy.get(f"/rules/effect?{urlencode(TO_12 | {'standard': 'XX'})}", status=422)
    assert academy.post("/rules/confirm", **TO_12).status_code == 303
    again = academy.post("/rules/confirm", **TO_12)
    assert again.status_code == 422
    assert 'href="#from_on-day"' in again.text


def test_a_workforce_team_confirms_nothing(app: Flask, session: Session, country: Country) -> None:
    hr = visit(app, session, country.id(TRUST), "hr")
    assert hr.post("/rules/confirm", **TO_12).status_code == 403


def _facts(session: Session) -> tuple[object, ...]:
    awards = session.execute(select(Award.id, Award.awarded_on, Award.valid_until, Award.ended_at).order_by(Award.id))
    credentials = session.execute(select(Credential.id).order_by(Credential.id))
    return tuple(map(tuple, awards)), tuple(map(tuple, credentials))


def _last_day(session: Session, person: UUID, on: date, now: datetime) -> date | None:
    """Return until when the passport says that the award counts, as its holder reads it on a day."""
    (award,) = content.passport_content(session, person, now=now).training
    return standing.standing(award, standards.catalogue(session), on=on).last_day
