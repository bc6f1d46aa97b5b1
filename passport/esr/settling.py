"""Rows of ESR files that a human settles: which person and standard a row means, or why it is not taken.

In the order of the code: why a row may be refused; what a row says, read again by the import's own rules; finding a
row; whom it could mean; settling it, which records the award through `awards.service` as the import would have; and
refusing it. Flushes, never commits. Only people whom the employer employs are shown and can be chosen. Somebody else is
named by the passport number, and found only where the row's date of birth is theirs too (`staff.service.joiner`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from credentials.records import Delivery
from passport.audit import service as audit
from passport.awards import service as awards
from passport.awards.models import LocalTraining
from passport.errors import Conflict, Invalid, NotFound
from passport.esr import competence, rows
from passport.esr.competence import CompetenceMap, Meaning
from passport.esr.models import EsrSetAside
from passport.staff import service as staff
from passport.staff.models import Employment, Person
from passport.standards import service as standards

REFUSALS: Final = {
    "not_ours": "The person does not work here",
    "wrong_in_esr": "The row is wrong, and ESR will be corrected",
    "duplicate": "The same training is on record already",
    "not_passported": "The training does not belong in a passport",
}
MANNER: Final = ("Competence Level", "Delivery", "Assessed")
ASSESSED: Final = {"t": True, "f": False}


class SetAsideNotFound(NotFound):
    """There is no such row, or it is another organisation's."""

    code = "set_aside_not_found"
    title = "There is no such row"


class RowSettled(Conflict):
    """Somebody settled the row before."""

    code = "row_settled"
    title = "This row is settled already"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSaid:
    """What a row says, beside its person. `local` is the title of an employer's own training, `meanings` the rest."""

    awarded_on: date
    valid_until: date | None
    delivery: Delivery
    assessed: bool | None
    local: str | None
    meanings: frozenset[Meaning]


def waiting(organisation_id: UUID) -> Select[EsrSetAside]:
    """Return the statement that lists the rows that wait; their key is the id, the oldest first."""
    return select(EsrSetAside).where(EsrSetAside.organisation_id == organisation_id, EsrSetAside.settled_at.is_(None))


def by_id(session: Session, aside_id: UUID, *, organisation_id: UUID, locked: bool = False) -> EsrSetAside:
    """Return a row of an organisation that waits; `locked` keeps others from settling it meanwhile.

    Raises:
        SetAsideNotFound: there is none, or it is another organisation's.
        RowSettled: it was settled before.
    """
    found = session.get(EsrSetAside, aside_id, with_for_update=locked or None, populate_existing=locked)
    if found is None or found.organisation_id != organisation_id:
        raise SetAsideNotFound
    if found.settled_at is not None:
        raise RowSettled("Somebody has settled this row. Nothing is left to do.")
    return found


def read(session: Session, row: dict[str, Any]) -> RowSaid:
    """Read what a row says, by the rules of the import.

    Raises:
        Invalid: a cell can't be read any more, because the rules became stricter since.
    """
    manner = rows.read_manner(rows.SEPARATOR.join(row.get(name, "") for name in MANNER))
    awarded_on = rows.read_day(row.get("Date Awarded") or row.get("Date Last Awarded") or "")
    expiry = row.get("Expiry Date", "")
    named = competence.parse(row["Competency Name"])
    if awarded_on is None or not isinstance(manner, str):
        raise Invalid("This row can't be read any more. Refuse it, and correct it in ESR.")
    delivery, assessed = manner.split("\t")
    return RowSaid(
        awarded_on=awarded_on,
        valid_until=None if " ".join(expiry.casefold().split()) in rows.NO_EXPIRY else rows.read_day(expiry.strip()),
        delivery=cast("Delivery", delivery),
        assessed=ASSESSED.get(assessed),
        local=named.title if named.is_local else None,
        meanings=frozenset() if named.is_local else CompetenceMap(standards.catalogue(session)).meanings(named),
    )


def born(row: dict[str, Any]) -> date | None:
    """Return the date of birth that a row gives."""
    return rows.read_day(row.get("Date of Birth", "").strip())


def candidates(session: Session, aside: EsrSetAside, *, now: datetime) -> Sequence[Person]:
    """Return whom of the employer's own people a row could mean."""
    own = staff.employed_by(aside.organisation_id, now.date())
    carries = select(Employment.person_id).where(
        Employment.organisation_id == aside.organisation_id,
        Employment.assignment_number == aside.row.get("Assignment Number", ""),
    )
    named = [*aside.candidates, *session.scalars(carries)]
    return session.scalars(
        select(Person).where(Person.id.in_(named), own).order_by(Person.family_name, Person.given_name, Person.id)
    ).all()


def may_be_new(aside: EsrSetAside) -> bool:
    """Say whether a row can mean nobody on record: it says all of who they are, and its numbers are nobody's."""
    says_who = born(aside.row) and aside.row.get("First Name") and aside.row.get("Last Name")
    return bool(says_who) and aside.reason != "employed_elsewhere"


def settle(
    session: Session,
    aside_id: UUID,
    *,
    organisation_id: UUID,
    person: UUID | str | None,
    meaning: Meaning | None,
    actor: str,
    now: datetime,
) -> EsrSetAside:
    """Record what a row says, of the person and standard that a human chose.

    Args:
        session: an open transaction.
        aside_id: the row.
        organisation_id: the employer whose row it is.
        person: whom it means: the id of somebody whom the employer employs, or the passport number of somebody who
            joins; None: nobody on record, so a new person with what the row says.
        meaning: the standard; None for local training.
        actor: who decides.
        now: UTC.

    Raises:
        SetAsideNotFound, RowSettled: no such row; it was settled before.
        Invalid: the row can't mean a new person, or can't be read.
        PersonNotFound: the employer may not choose this person, or there is none: both look the same.
        AwardExists, NotAccredited, AssignmentTaken: as the services say.
    """
    aside = by_id(session, aside_id, organisation_id=organisation_id, locked=True)
    said = read(session, aside.row)
    whom = _employed(session, aside, person, actor=actor, now=now)
    if said.local is not None:
        _keep_local(session, aside, whom, said, now)
    elif meaning is None:
        raise Invalid.at("/standard", "Choose the standard.")
    else:
        awards.record(
            session, person_id=whom, organisation_id=organisation_id, standard_code=meaning.standard,
            part=meaning.part, awarded_on=said.awarded_on, valid_until=said.valid_until, delivery=said.delivery,
            assessed=said.assessed, verification_method="record", pedigree="authoritative", actor=actor, now=now,
            import_id=aside.import_id,
        )  # fmt: skip
    return _close(session, aside, "recorded", actor, now)


def refuse(
    session: Session, aside_id: UUID, *, organisation_id: UUID, reason: str, actor: str, now: datetime
) -> EsrSetAside:
    """Leave a row out for good.

    Args:
        session: an open transaction.
        aside_id: the row.
        organisation_id: the employer whose row it is.
        reason: one of `REFUSALS`.
        actor: who decides.
        now: UTC.

    Raises:
        SetAsideNotFound, RowSettled: no such row; it was settled before.
        Invalid: the reason is not one.
    """
    if reason not in REFUSALS:
        raise Invalid.at("/reason", f"The reason must be one of: {', '.join(REFUSALS)}.")
    aside = by_id(session, aside_id, organisation_id=organisation_id, locked=True)
    return _close(session, aside, f"refused_{reason}", actor, now)


def _employed(session: Session, aside: EsrSetAside, whom: UUID | str | None, *, actor: str, now: datetime) -> UUID:
    """Return whom the row means, employed here: a new person, or somebody who joins, gets an employment."""
    organisation_id, row = aside.organisation_id, aside.row
    if whom is None:
        person = _new(session, aside, actor=actor, now=now)
    elif isinstance(whom, UUID):
        person = staff.member(session, whom, organisation_id=organisation_id, now=now)
    else:
        person = staff.joiner(session, whom, organisation_id=organisation_id, date_of_birth=born(row), now=now)
    here = staff.employed_by(organisation_id, now.date())
    if session.scalar(select(Person.id).where(Person.id == person.id, here)) is None:
        staff.employ(
            session, person_id=person.id, organisation_id=organisation_id,
            employee_number=row.get("Employee Number") or None, assignment_number=row.get("Assignment Number") or None,
            started_on=now.date(), actor=actor, now=now,
        )  # fmt: skip
    return person.id


def _new(session: Session, aside: EsrSetAside, *, actor: str, now: datetime) -> Person:
    birth = born(aside.row)
    if birth is None or not may_be_new(aside):
        raise Invalid.at("/person", "No new person can be recorded from this row.")
    return staff.register(
        session, given_name=aside.row["First Name"], family_name=aside.row["Last Name"], date_of_birth=birth,
        organisation_id=aside.organisation_id, actor=actor, now=now,
    )  # fmt: skip


def _keep_local(session: Session, aside: EsrSetAside, person_id: UUID, said: RowSaid, now: datetime) -> None:
    """Keep local training apart from awards; the newest day of a name stands, as in an import."""
    row = insert(LocalTraining).values(
        organisation_id=aside.organisation_id, person_id=person_id, name=said.local, awarded_on=said.awarded_on,
        valid_until=said.valid_until, recorded_at=now, import_id=aside.import_id,
    )  # fmt: skip
    newer = {name: row.excluded[name] for name in ("awarded_on", "valid_until", "recorded_at", "import_id")}
    session.execute(
        row.on_conflict_do_update(
            index_elements=["organisation_id", "person_id", "name"],
            set_=newer,
            where=row.excluded.awarded_on > LocalTraining.awarded_on,
        )
    )


def _close(session: Session, aside: EsrSetAside, settlement: str, actor: str, now: datetime) -> EsrSetAside:
    aside.settled_at, aside.settlement = now, settlement
    session.flush()
    audit.record(
        session, actor=actor, organisation_id=aside.organisation_id, action="esr.row_settled",
        subject=f"set_aside:{aside.id}", now=now, detail={"settlement": settlement, "reason": aside.reason},
    )  # fmt: skip
    return aside
