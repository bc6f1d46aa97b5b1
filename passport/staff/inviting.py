"""Invitations in bulk: lines of a number and a work e-mail address, taken all together or not at all.

A line is `91000001, nia@trust.example`: an assignment, employee or passport number, then the address. In the order of
the code: reading the lines; finding whom each means; inviting them. What is wrong is said by line, without its values.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from passport.errors import Conflict, Fault, Invalid
from passport.staff import claiming, numbers
from passport.staff import service as staff
from passport.staff.models import Employment, Person
from passport.staff.standing import is_numbered

MOST_LINES: Final = 500
LINE: Final = re.compile(r"([^,;\t]+)[,;\t]([^,;\t]+)")
Item = TypeVar("Item")
ADDRESS: Final = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]+\.[^@\s<>,;]+")


@dataclass(frozen=True, slots=True)
class Invited:
    """One line: its place, from 1, the number and the address."""

    line: int
    number: str
    email: str


def read(text: str) -> list[Invited]:
    """Return the lines of a list; empty ones are passed over.

    Raises:
        Invalid: a line has not the form, or there are too many; each is named.
    """
    invited, faults = [], []
    for line, said in enumerate(text.splitlines(), 1):
        if not said.strip():
            continue
        found = LINE.fullmatch(said.strip())
        if found is None or not ADDRESS.fullmatch(found[2].strip()):
            faults.append(_fault(line, "write a number, a comma and an email address"))
        else:
            invited.append(Invited(line, found[1].strip(), found[2].strip()))
    if len(invited) > MOST_LINES:
        faults.append(Fault("/people", f"Invite {MOST_LINES} people at once at most"))
    return _checked(invited, faults)


def invite_all(
    session: Session, invited: Iterable[Invited], *, organisation_id: UUID, actor: str, now: datetime
) -> int:
    """Invite everybody on a list by e-mail, or nobody.

    Args:
        session: the transaction of the edge.
        invited: the lines.
        organisation_id: the employer; people whom it does not employ are not found.
        actor: who invites.
        now: UTC.

    Returns:
        How many letters are on their way.

    Raises:
        Invalid: somebody is not found or is there twice, or an address is somebody else's; each line is named.
    """
    people: dict[UUID, str] = {}
    faults = []
    for each in invited:
        person_id = _meant(session, each.number, organisation_id, now)
        if person_id is None or person_id in people:
            faults.append(
                _fault(each.line, "this person is there twice" if person_id else "we do not know this number")
            )
            continue
        people[person_id] = each.email
        try:
            claiming.keep_address(session, person_id=person_id, email=each.email)
        except Conflict:
            faults.append(_fault(each.line, "another person has this email address"))
    for person_id, email in _checked(list(people.items()), faults):
        claiming.invite(
            session, person_id=person_id, organisation_id=organisation_id, email=email, by_mail=True, actor=actor,
            now=now,
        )  # fmt: skip
    return len(people)


def _meant(session: Session, number: str, organisation_id: UUID, now: datetime) -> UUID | None:
    """Return the one member of staff who carries a number."""
    carries = select(Employment.person_id).where(
        Employment.organisation_id == organisation_id,
        or_(Employment.assignment_number == number, Employment.employee_number == number),
    )
    is_meant = or_(Person.id.in_(carries), is_numbered(_passport_number(number)))
    own = staff.employed_by(organisation_id, now.date())
    found = session.scalars(select(Person.id).where(is_meant, own).limit(2)).all()
    return found[0] if len(found) == 1 else None


def _passport_number(number: str) -> str | None:
    try:
        return numbers.normalise(number)
    except Invalid:
        return None


def _checked(items: list[Item], faults: list[Fault]) -> list[Item]:
    if faults:
        raise Invalid("Nobody was invited. Put the list right and send it again.", tuple(faults))
    return items


def _fault(line: int, wrong: str) -> Fault:
    return Fault("/people", f"Line {line}: {wrong}")
