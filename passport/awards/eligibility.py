"""Whether a person may be given an award: what the specification of its day asks of them. Reads only.

In the order of the code: the refusals; the registers of the professions that the specification is for; the standards
that must be held before, on the day of the award. Any issuer's award counts, and so does recognition at a level of
practice. An award that was withdrawn or corrected never counted; one that a newer award superseded did until then.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from credentials import catalogue
from credentials.periods import add_months, in_words
from passport.awards.models import Award, Recognition
from passport.errors import Conflict
from passport.staff import service as staff
from passport.staff.models import Registration
from passport.standards import service as standards
from passport.standards.models import Standard
from passport.standards.service import Terms

DOCTORS: Final = "GMC"
ASSOCIATE_PREFIX: Final = "A"  # a GMC number of a physician or anaesthesia associate (facts, section 4)
LEVEL_PREFIX: Final = "MPF-"  # the standards of the levels of practice


class NotOnRegister(Conflict):
    """The person is on no register of a profession that the specification is for."""

    code = "not_on_register"
    title = "The person is on no register of a profession that the specification is for"


class PrerequisiteMissing(Conflict):
    """The person did not hold, on the day of the award, what the specification asks for before."""

    code = "prerequisite_missing"
    title = "The person did not hold what the specification asks for before"


def check_person(session: Session, person_id: UUID, terms: Terms, on: date) -> None:
    """Check that a person meets what a specification asks, on the day of an award.

    Raises:
        NotOnRegister: the specification is for professions of which the person is none, as far as anybody looked.
        PrerequisiteMissing: a standard that must be held before was not held on the day.
    """
    if (terms.scope or terms.registers) and not _is_on_register(session, person_id, terms):
        asked = " or ".join(terms.registers) or "a register of one of its professions"
        raise NotOnRegister(f"The specification asks for a checked registration with {asked}.")
    if not terms.prerequisites:
        return
    held = _held(session, person_id, on)
    if missing := [code for code in terms.prerequisites if code not in held]:
        raise PrerequisiteMissing(f"On {in_words(on)} the person did not hold {', '.join(missing)}.")


def _is_on_register(session: Session, person_id: UUID, terms: Terms) -> bool:
    rows = session.execute(
        select(Registration.body, Registration.number).where(
            Registration.person_id.in_(staff.same_person_ids(session, person_id)),
            Registration.method != "not_checked",
        )
    )
    return any(_fits(body, number, terms) for body, number in rows)


def _fits(body: str, number: str, terms: Terms) -> bool:
    if terms.registers and body not in terms.registers:
        return False
    is_doctor = body == DOCTORS and not number.startswith(ASSOCIATE_PREFIX)
    return (
        is_doctor
        if terms.scope == "medical"
        else not (is_doctor and terms.scope == "multiprofessional_without_medicine")
    )


def _held(session: Session, person_id: UUID, on: date) -> set[str]:
    """Return the codes of the standards that a person held on a day, with those that these cover."""
    known = standards.catalogue(session, on).by_code
    parts: dict[str, set[int]] = {}
    for code, part, awarded_on, valid_until in _awards(session, person_id, on):
        if on <= _last_day(known[code], awarded_on, valid_until, on):
            parts.setdefault(code, set()).add(part)
    whole = {code for code, found in parts.items() if _is_whole(known[code], found)}
    covered = {each for code in whole for each in known[code].satisfies}
    return whole | covered | set(_levels(session, person_id, on))


def _awards(session: Session, person_id: UUID, on: date) -> Iterable[tuple[str, int, date, date | None]]:
    rows = session.execute(
        select(Standard.code, Award.part, Award.awarded_on, Award.valid_until)
        .join(Standard, Standard.id == Award.standard_id)
        .where(
            Award.person_id.in_(staff.same_person_ids(session, person_id)),
            Award.awarded_on <= on,
            or_(Award.ending.is_(None), Award.ending == "superseded"),
        )
    )
    return [(code, part, awarded_on, valid_until) for code, part, awarded_on, valid_until in rows]


def _last_day(standard: catalogue.Standard, awarded_on: date, valid_until: date | None, on: date) -> date:
    rule = standard.renewal_on(on)
    by_rule = add_months(awarded_on, rule.months) if rule is not None and rule.months is not None else date.max
    return min(by_rule, valid_until or date.max)


def _is_whole(standard: catalogue.Standard, parts: set[int]) -> bool:
    return 0 in parts or (bool(standard.parts) and {part.number for part in standard.parts} <= parts)


def _levels(session: Session, person_id: UUID, on: date) -> list[str]:
    rows = session.scalars(
        select(Recognition.level).where(
            Recognition.person_id.in_(staff.same_person_ids(session, person_id)),
            Recognition.recognised_on <= on,
            or_(Recognition.ending.is_(None), Recognition.ending == "superseded"),
        )
    )
    return [f"{LEVEL_PREFIX}{level.upper()}" for level in rows]
