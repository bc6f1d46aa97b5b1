"""What can be awarded at all: a standard of the catalogue or a part of it, on days that can be.

Whose it is to award, and to whom, is asked elsewhere (`passport.standards`, `eligibility`).
"""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from passport.errors import Invalid
from passport.standards import service as standards
from passport.standards.models import Standard, StandardPart


def standard(session: Session, code: str, part: int) -> Standard:
    """Return the standard of a code, which has the part.

    Args:
        session: any session.
        code: the catalogue's code.
        part: the part that was met; 0 for the whole.

    Raises:
        Invalid: there is no such standard or part, or it is a level of practice, which is recognised.
    """
    try:
        found = standards.standard_by_code(session, code)
    except standards.StandardNotFound:
        raise Invalid.at("/standard", "There is no such standard in the catalogue.") from None
    if found.kind == "advanced_practice":
        raise Invalid.at("/standard", "A level of practice is recognised, not awarded.")
    check_part(session, found.id, part)
    return found


def check_part(session: Session, standard_id: UUID, part: int) -> None:
    """Check that a standard has a part; 0 is the whole.

    Raises:
        Invalid: it has not.
    """
    if part != 0 and session.get(StandardPart, (standard_id, part)) is None:
        raise Invalid.at("/part", "The standard has no such part.")


def check_days(awarded_on: date, valid_until: date | None, today: date) -> None:
    """Check that an award's days can be.

    Raises:
        Invalid: it is awarded after today, or ends before it begins.
    """
    if awarded_on > today:
        raise Invalid.at("/awarded_on", "The award date is in the future.")
    if valid_until is not None and valid_until < awarded_on:
        raise Invalid.at("/valid_until", "The last day is before the award date.")
