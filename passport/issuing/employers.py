"""For whom a copy is made, where a command names only the person: the employer, if there is one or one was named."""

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from passport.errors import Invalid
from passport.organisations.models import Organisation
from passport.staff.models import Employment


class EmployerUnclear(Invalid):
    """It is not clear for whom a copy should be issued."""

    code = "employer_unclear"
    title = "It is not clear for which employer"


def employer(session: Session, person_id: UUID, *, ods_code: str | None = None, on: date) -> UUID:
    """Return the id of the organisation that employs a person on a day and is meant.

    Args:
        session: an open transaction.
        person_id: whom.
        ods_code: which employer; None where the person has only one.
        on: the day.

    Raises:
        EmployerUnclear: the person has no employer, more than one, or not the one that was named; the text lists them.
    """
    working = select(Employment.organisation_id).where(
        Employment.person_id == person_id,
        Employment.started_on <= on,
        or_(Employment.ended_on.is_(None), Employment.ended_on >= on),
    )
    employers = session.execute(
        select(Organisation.ods_code, Organisation.id)
        .where(Organisation.id.in_(working))
        .order_by(Organisation.ods_code)
    ).all()
    meant: list[UUID] = [each.id for each in employers if ods_code is None or each.ods_code == ods_code.strip().upper()]
    if len(meant) != 1:
        known = ", ".join(each.ods_code for each in employers) or "none"
        raise EmployerUnclear(f"Say for which employer, by ODS code. The person's employers now: {known}.")
    return meant[0]
