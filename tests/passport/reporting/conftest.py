"""An invented country in small: two regions, an ICB in each, trusts below, and people who count there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from passport.awards.models import Recognition
from passport.organisations.models import Organisation
from passport.standards import service as standards
from passport.standards.models import FrameworkVersion, Standard
from tests.factories import AwardFactory, EmploymentFactory, OrganisationFactory, PersonFactory

NATIONAL, ACADEMY = "X9Y", "X4A5D"
REGION, ICB, TRUST, OTHER = "XY1", "XQ1", "X1V2A", "X3M4C"


@dataclass(frozen=True)
class Country:
    """The organisations by ODS code, and ways to fill them."""

    session: Session
    by_code: dict[str, Organisation]

    def id(self, code: str) -> UUID:
        """The id of an organisation."""
        return self.by_code[code].id

    def employ(self, code: str, person_id: UUID | None = None, **values: object) -> UUID:
        """Employ somebody and return who."""
        person = person_id or PersonFactory.create(self.session).id
        EmploymentFactory.create(self.session, person_id=person, organisation_id=self.id(code), **values)
        return person

    def recognise(self, person_id: UUID, *, level: str = "advanced", profession: str = "Nurse",
                  on: date = date(2026, 3, 2)) -> Recognition:  # fmt: skip
        """Recognise somebody."""
        row = Recognition(
            person_id=person_id, organisation_id=self.id(ACADEMY), level=level, edition="2025", route="programme",
            pillars=["clinical_practice"], base_profession=profession, recognised_on=on,
            recorded_at=datetime(2026, 3, 2, 9, tzinfo=UTC), recorded_by="operator",
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row

    def practitioners(self, code: str, people: int, **values: object) -> list[UUID]:
        """Employ so many practitioners at an organisation."""
        found = [self.employ(code) for _ in range(people)]
        for person in found:
            self.recognise(person, **values)  # type: ignore[arg-type]  # the values of `recognise`
        return found

    def award(self, person_id: UUID, standard: str, **values: object) -> None:
        """Award a standard of the catalogue."""
        found = standards.standard_by_code(self.session, standard)
        version = self.session.scalar(
            select(FrameworkVersion.id)
            .where(FrameworkVersion.framework_id == found.framework_id)
            .order_by(FrameworkVersion.from_on.nulls_first())
        )
        known = {"organisation_id": self.id(TRUST), "framework_version_id": version}
        AwardFactory.create(self.session, person_id=person_id, standard_id=found.id, **known | values)


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the catalogue loaded."""
    return furnished("catalogue")


@pytest.fixture
def country(session: Session, now: datetime) -> Country:
    """Two regions, ICBs and trusts, with the catalogue that ships."""
    standards.load_catalogue(session, now=now)
    found: dict[str, Organisation] = {}

    def add(code: str, kind: str, parent: str | None, name: str) -> None:
        above = found[parent].id if parent else None
        found[code] = OrganisationFactory.create(session, ods_code=code, kind=kind, parent_id=above, name=name)

    add(NATIONAL, "national_body", None, "Invented Registry")
    add(ACADEMY, "academy", None, "Invented Academy")
    add(REGION, "region", NATIONAL, "Invented North")
    add("XY2", "region", NATIONAL, "Invented South")
    add(ICB, "icb", REGION, "Invented Vale ICB")
    add("XQ2", "icb", "XY2", "Invented Coast ICB")
    add(TRUST, "nhs_trust", ICB, "Invented Vale NHS Trust")
    add(OTHER, "nhs_trust", ICB, "Invented Moor NHS Trust")
    add("X5C6E", "nhs_trust", "XQ2", "Invented Coast NHS Trust")
    return Country(session, found)


@pytest.fixture
def credential(country: Country) -> str:
    """The code of a credential of the catalogue."""
    code = country.session.scalar(
        select(Standard.code).where(Standard.kind == "credential").order_by(Standard.code).limit(1)
    )
    assert code is not None
    return code


def cells(html: str) -> dict[str, list[str]]:
    """Return the figures of every row of a page's tables, by label."""
    found = {}
    for row in re.findall(r"<tr class=\"nhsuk-table__row\">(.*?)</tr>", html, re.S):
        label = re.sub(r"<[^>]+>", "", re.findall(r"<th.*?</th>", row, re.S)[0]).strip()
        found[label] = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.S)]
    return found
