"""What the registry itself knows of a passport beyond what it says: whose it is, and which awards were taken back.

Offline a verifier learns that a copy was replaced or withdrawn, and not why. Whoever was shown an award may know what
became of it, so here the award and the reason are named (wire formats, section 2). An award is found by its id; one
from a QR, whose id says nothing to the registry, by its facts: who awarded what and when, if no award with the same
facts still holds. Only passports that this service issued are looked up: other issuers have numbers of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from credentials.records import VerifiedAward
from credentials.verified import Verified
from passport.awards.models import Award
from passport.issuing.models import Credential
from passport.organisations.models import Organisation
from passport.staff.models import Person
from passport.standards.models import Standard
from passport.verifying.lists import list_number

TAKEN_BACK: Final = ("withdrawn", "corrected")
WHOLE_STANDARD: Final = 0  # how the table says that an award covers no single part


class Facts(NamedTuple):
    """What tells an award from the others of its person where its id is not known."""

    standard: str
    part: int
    awarded_on: date
    ods: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the registry knows. The reasons are codes: why it was withdrawn, or `corrected`."""

    person_id: UUID | None = None
    reasons_by_id: Mapping[str, str] = field(default_factory=dict)
    reasons_by_facts: Mapping[Facts, str] = field(default_factory=dict)

    def reason(self, shown: VerifiedAward, verified: Verified) -> str | None:
        """Return why a shown award was taken back; None: it was not, as far as is known."""
        if verified.carrier == "sd_jwt":
            return self.reasons_by_id.get(shown.award.id)
        award = shown.award
        facts = Facts(award.standard, award.part or WHOLE_STANDARD, award.awarded_on, award.issuer.ods)
        return self.reasons_by_facts.get(facts)

    def flagged(self, verified: Verified) -> tuple[VerifiedAward, ...]:
        """Return the awards, those that were taken back marked as withdrawn."""
        return tuple(
            replace(shown, withdrawn=True) if self.reason(shown, verified) else shown for shown in verified.awards
        )


NOTHING: Final = Known()


def look_up(session: Session, verified: Verified, *, issuer: str) -> Known:
    """Look up a passport.

    Args:
        session: an open transaction.
        verified: what was found.
        issuer: the https identity of this service.
    """
    whose = _whose(verified) if verified.issuer == issuer else None
    if whose is None:
        return NOTHING
    rows = session.execute(_QUERY.where(whose)).all()
    if not rows:
        return NOTHING
    ended = [row for row in rows if row.award_id is not None]
    return Known(
        person_id=rows[0].person_id,
        reasons_by_id={str(row.award_id): row.reason or row.ending for row in ended},
        reasons_by_facts={
            Facts(row.standard, row.part, row.awarded_on, row.ods): row.reason or row.ending
            for row in ended
            if not row.holds_again
        },
    )


def _whose(verified: Verified) -> ColumnElement[bool] | None:
    """Say whose passport it is: by its number where that was shown, else by the place of the copy on its list."""
    if verified.holder.number is not None:
        return Person.passport_number == verified.holder.number
    if verified.status is None:
        return None
    number = list_number(verified.status.uri, verified.issuer)
    place = and_(Credential.list_number == number, Credential.status_index == verified.status.idx)
    return Person.id == select(Credential.person_id).where(place).scalar_subquery()


def _query() -> Select[UUID, UUID, str | None, str | None, str, int, date, str, bool]:
    """Return a person's id beside each award that was taken back; one row without an award where there is none."""
    holding = aliased(Award)
    holds_again = exists().where(
        holding.person_id == Award.person_id,
        holding.organisation_id == Award.organisation_id,
        holding.standard_id == Award.standard_id,
        holding.part == Award.part,
        holding.awarded_on == Award.awarded_on,
        or_(holding.ending.is_(None), holding.ending == "superseded"),
    )
    return (
        select(
            Person.id.label("person_id"),
            Award.id.label("award_id"),
            Award.ending.label("ending"),
            Award.ending_reason.label("reason"),
            Standard.code.label("standard"),
            Award.part.label("part"),
            Award.awarded_on.label("awarded_on"),
            Organisation.ods_code.label("ods"),
            holds_again.label("holds_again"),
        )
        .select_from(Person)
        .outerjoin(Award, and_(Award.person_id == Person.id, Award.ending.in_(TAKEN_BACK)))
        .outerjoin(Standard, Standard.id == Award.standard_id)
        .outerjoin(Organisation, Organisation.id == Award.organisation_id)
    )


_QUERY: Final = _query()
