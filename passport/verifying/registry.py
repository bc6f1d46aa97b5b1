"""What the registry itself knows of a passport beyond what it says: whose it is, which awards were taken back or are
disputed by their holder.

Offline a verifier learns that a copy was replaced or withdrawn, and not why. Whoever was shown an award may know what
became of it, so here the award and the reason are named (wire formats, section 2). An award is found by its id; one
from a QR, whose id says nothing to the registry, by its facts: who awarded what and when, if no award with the same
facts still holds. Only passports that this service issued are looked up: other issuers have numbers of their own.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import ARRAY, Select, Text, and_, bindparam, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from credentials.records import VerifiedAward
from credentials.verified import Verified
from passport.awards.models import Award, AwardDispute
from passport.issuing.models import Credential, StatusEntry
from passport.organisations.models import Organisation
from passport.staff.models import Person
from passport.standards.models import Standard
from passport.verifying.lists import list_number

TAKEN_BACK: Final = ("withdrawn", "corrected")
Place = tuple[int, int]  # a list's number and an index
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
    disputed_ids: Collection[str] = ()
    disputed_facts: Collection[Facts] = ()

    def reason(self, shown: VerifiedAward, verified: Verified) -> str | None:
        """Return why a shown award was taken back; None: it was not, as far as is known."""
        if verified.carrier == "sd_jwt":
            return self.reasons_by_id.get(shown.award.id)
        return self.reasons_by_facts.get(_facts(shown))

    def is_disputed(self, shown: VerifiedAward, verified: Verified) -> bool:
        """Say whether the holder questions a shown award, and its issuer has not answered."""
        if verified.carrier == "sd_jwt":
            return shown.award.id in self.disputed_ids
        return _facts(shown) in self.disputed_facts

    def flagged(self, verified: Verified) -> tuple[VerifiedAward, ...]:
        """Return the awards, marked where they were taken back or are disputed."""
        return tuple(
            replace(
                shown,
                withdrawn=self.reason(shown, verified) is not None,
                disputed=self.is_disputed(shown, verified),
            )
            for shown in verified.awards
        )


def _facts(shown: VerifiedAward) -> Facts:
    award = shown.award
    return Facts(award.standard, award.part or WHOLE_STANDARD, award.awarded_on, award.issuer.ods)


NOTHING: Final = Known()


def look_up(session: Session, found: Sequence[Verified], *, issuer: str) -> list[Known]:
    """Look up passports, all of them in one query (two, where one was shown without its number).

    Args:
        session: an open transaction.
        found: what was found.
        issuer: the https identity of this service.

    Returns:
        What is known of each, in order.
    """
    ours = [verified for verified in found if verified.issuer == issuer]
    numbers = _numbers_of_copies(session, [verified for verified in ours if verified.holder.number is None])
    wanted = {verified.holder.number for verified in ours} | set(numbers.values())
    known = _known(session, {number for number in wanted if number is not None})

    def of(verified: Verified) -> Known:
        number = verified.holder.number or numbers.get(place_of(verified))
        return known.get(number, NOTHING) if number and verified.issuer == issuer else NOTHING

    return [of(verified) for verified in found]


def place_of(verified: Verified) -> Place | None:
    """Return the place of a copy on its status list; None: it has none."""
    number = list_number(verified.status.uri, verified.issuer) if verified.status else None
    return (number, verified.status.idx) if verified.status and number else None


def withdrawn(session: Session, place: Place) -> bool:
    """Say whether the copy at a place of one of our status lists is withdrawn now."""
    query = select(StatusEntry.invalid_at).filter_by(list_number=place[0], index=place[1])
    return session.scalar(query) is not None


def _numbers_of_copies(session: Session, found: Sequence[Verified]) -> dict[Place | None, str]:
    """Return the passport numbers that copies belong to, by their places."""
    places = {place for verified in found if (place := place_of(verified))}
    if not places:
        return {}
    query = (
        select(Credential.list_number, Credential.status_index, Person.passport_number)
        .join(Person, Person.id == Credential.person_id)
        .where(tuple_(Credential.list_number, Credential.status_index).in_(places))
    )
    return {(row.list_number, row.status_index): row.passport_number for row in session.execute(query)}


def _known(session: Session, numbers: Collection[str]) -> dict[str, Known]:
    """Return what is known of people, by their passport numbers."""
    if not numbers:
        return {}
    rows_of: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(_QUERY, {"numbers": list(numbers)}):
        rows_of[row.number].append(row)
    return {number: _of_rows(rows) for number, rows in rows_of.items()}


def _of_rows(rows: Sequence[Any]) -> Known:
    ended = [row for row in rows if row.ending in TAKEN_BACK]
    disputed = [row for row in rows if row.disputed]
    return Known(
        person_id=rows[0].person_id,
        reasons_by_id={str(row.award_id): row.reason or row.ending for row in ended},
        reasons_by_facts={_facts_of_row(row): row.reason or row.ending for row in ended if not row.holds_again},
        disputed_ids=frozenset(str(row.award_id) for row in disputed),
        disputed_facts=frozenset(_facts_of_row(row) for row in disputed if row.ending not in TAKEN_BACK),
    )


def _facts_of_row(row: Any) -> Facts:
    return Facts(row.standard, row.part, row.awarded_on, row.ods)


def _query() -> Select[*tuple[Any, ...]]:
    """Return people beside each award that was taken back or is disputed; one row without one where there is none."""
    holding = aliased(Award)
    holds_again = exists().where(
        holding.person_id == Award.person_id,
        holding.organisation_id == Award.organisation_id,
        holding.standard_id == Award.standard_id,
        holding.part == Award.part,
        holding.awarded_on == Award.awarded_on,
        or_(holding.ending.is_(None), holding.ending == "superseded"),
    )
    disputed = exists().where(AwardDispute.award_id == Award.id, AwardDispute.answered_at.is_(None))
    return (
        select(
            Person.passport_number.label("number"),
            Person.id.label("person_id"),
            Award.id.label("award_id"),
            Award.ending.label("ending"),
            Award.ending_reason.label("reason"),
            Standard.code.label("standard"),
            Award.part.label("part"),
            Award.awarded_on.label("awarded_on"),
            Organisation.ods_code.label("ods"),
            holds_again.label("holds_again"),
            disputed.label("disputed"),
        )
        .select_from(Person)
        .outerjoin(Award, and_(Award.person_id == Person.id, or_(Award.ending.in_(TAKEN_BACK), disputed)))
        .outerjoin(Standard, Standard.id == Award.standard_id)
        .outerjoin(Organisation, Organisation.id == Award.organisation_id)
        .where(Person.passport_number == func.any(bindparam("numbers", type_=ARRAY(Text))))
    )


_QUERY: Final = _query()
