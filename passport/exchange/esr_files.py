"""Current awards of an employer in the shape of its ESR file: our own `bulk` layout, that our importer reads back.

An employer takes out what it recorded, one row for each award of each person whom it employs now under an assignment
number (the newest one, where there are several). Read back by the importer, every row is `unchanged`. Each standard is
written by the name that the importer knows it by: the catalogue's own framework, subject, level and variant. Ended
awards are left out, other issuers' too: they are not this employer's to load.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.errors import Conflict
from passport.esr.competence import CompetenceName
from passport.esr.reading import BULK_HEADER
from passport.organisations.models import VirtualPrivateDatabase
from passport.staff.models import Employment, Person, Registration
from passport.standards.models import Framework, Standard

HEADER: Final = BULK_HEADER
OWNER: Final = "NHS"
DELIVERIES: Final = {
    "e_learning": "e-learning", "face_to_face": "face to face", "blended": "blended", "unknown": "",
}  # fmt: skip
ASSESSED: Final = {True: "yes", False: "no", None: ""}
ROWS_AT_ONCE: Final = 1000


class NoVpd(Conflict):
    """The employer has no number in ESR, so a file of its could not be read back."""

    code = "no_vpd"
    title = "The organisation has no VPD number in ESR"


def bulk_rows(session: Session, organisation_id: UUID, *, now: datetime) -> Iterator[dict[str, str]]:
    """Yield the rows of an employer's file, by assignment number.

    Args:
        session: a reading session.
        organisation_id: the employer, which issued the awards too.
        now: UTC; people who have left are left out.

    Raises:
        NoVpd: the employer has no number in ESR.
    """
    vpd = session.scalar(
        select(VirtualPrivateDatabase.vpd)
        .where(VirtualPrivateDatabase.organisation_id == organisation_id)
        .order_by(VirtualPrivateDatabase.vpd)
        .limit(1)
    )
    if vpd is None:
        raise NoVpd("Ask the registrar to add it.")
    stands = (
        select(Person, Employment, Award, Standard, Framework.code)
        .join(Employment, Employment.person_id == Person.id)
        .join(Award, (Award.person_id == Person.id) & (Award.organisation_id == Employment.organisation_id))
        .join(Standard, Standard.id == Award.standard_id)
        .join(Framework, Framework.id == Standard.framework_id)
        .where(
            Employment.id.in_(_present_employments(organisation_id, now.date())),
            Award.ended_at.is_(None),
            Standard.kind == "statutory",
        )
        .order_by(Employment.assignment_number, Standard.number, Award.part)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    registered = _registrations(session, organisation_id)
    for person, employment, award, standard, framework in session.execute(stands):
        body, number = registered.get(person.id, ("", ""))
        yield {
            "VPD": vpd,
            "Employee Number": employment.employee_number or "",
            "Assignment Number": employment.assignment_number or "",
            "First Name": person.given_name,
            "Last Name": person.family_name,
            "Date of Birth": _day(person.date_of_birth),
            "Registration Body": body,
            "Registration Number": number,
            "Competency Name": competency_name(standard, framework, award.part),
            "Competence Level": "",
            "Date Awarded": _day(award.awarded_on),
            "Expiry Date": _day(award.valid_until),
            "Delivery": DELIVERIES[award.delivery],
            "Assessed": ASSESSED[award.assessed],
        }


def competency_name(standard: Standard, framework: str, part: int) -> str:
    """Return the name of a standard, or of one of its parts, as ESR writes it."""
    level = int(standard.level) if standard.level and standard.level.isdecimal() else None
    said = [standard.level if level is None else None, standard.variant, f"Part {part}" if part else None]
    variant = " - ".join(word for word in said if word) or None
    return str(CompetenceName(owner=OWNER, framework=framework, subject=standard.subject, level=level, variant=variant))


def _present_employments(organisation_id: UUID, today: date) -> Select[UUID]:
    """Return one employment of each person who works there now: the one that began last."""
    return (
        select(Employment.id)
        .ext(distinct_on(Employment.person_id))
        .where(
            Employment.organisation_id == organisation_id,
            Employment.assignment_number.is_not(None),
            or_(Employment.ended_on.is_(None), Employment.ended_on >= today),
        )
        .order_by(Employment.person_id, Employment.started_on.desc(), Employment.id)
    )


def _registrations(session: Session, organisation_id: UUID) -> dict[UUID, tuple[str, str]]:
    """Return one registration of each person: the file has room for one."""
    employed = select(Employment.person_id).where(Employment.organisation_id == organisation_id)
    rows = select(Registration).where(Registration.person_id.in_(employed))
    found: dict[UUID, tuple[str, str]] = {}
    for row in session.scalars(rows.order_by(Registration.body, Registration.number)):
        found.setdefault(row.person_id, (row.body, row.number))
    return found


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
