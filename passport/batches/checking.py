"""Looks at every row of a file before anything is done: whom and what it means, and whether it can be.

In the order of the code: what becomes of a row; the people that rows name; issuing; recording; the awards that rows
name; correcting and withdrawing; revoking. Everything is asked for many rows at once. A row that can't be done is
named and the others go on; one that asks for what the organisation has no right to is marked, and stops them all
(`RowFault.exceeds`). Somebody else's record and one that does not exist look the same. The rules are checked again by
the services when the row is done, because the world may have changed by then.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards.eligibility import check_person
from passport.awards.models import Award
from passport.awards.moving import moved_to
from passport.batches.columns import NOTHING, RowFault, Value, as_day
from passport.batches.queries import among, issuers
from passport.batches.reading import Record
from passport.errors import Conflict
from passport.issuing.models import BADGE, Credential
from passport.staff import joining
from passport.staff import service as staff
from passport.staff.models import Person
from passport.staff.standing import standing_ids
from passport.standards import service as standards
from passport.standards.models import Standard, StandardPart
from passport.standards.service import Terms

OLD_NUMBER: Final = "This is an old passport number. The record that stands for it was found."
FOREIGN_PERSON: Final = "You do not employ this person, and the row has no date of birth."
FOREIGN_STAFF: Final = "You do not employ this person."
NOT_ACCREDITED: Final = "Your organisation may not award this standard on this day."


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody should know of a row that can be done: a stable code, a sentence, and the heading of a column."""

    code: str
    sentence: str
    column: str


REPLACED: Final = Remark("number_replaced", OLD_NUMBER, "Passport number")


@dataclass(slots=True)
class Checked:
    """A row that was looked at: what it means and a remark on it, or why it can't be done."""

    line: int
    fault: RowFault | None = None
    remark: Remark | None = None
    person_id: UUID | None = None
    award_id: UUID | None = None
    credential_id: UUID | None = None
    settings: dict[str, Any] | None = None


@dataclass(frozen=True)
class Check:
    """One look at the records of a file, for an organisation and a time."""

    session: Session
    records: Sequence[Record]
    organisation_id: UUID
    now: datetime
    seen: set[object] = field(default_factory=set)

    def rows(self, kind: str) -> list[Checked]:
        """Return what becomes of each row, in the order of the file."""
        work = CHECKS[kind]
        return [self._row(record, work) for record in self.records]

    def _row(self, record: Record, work: Callable[["Check", Record], Checked]) -> Checked:
        if record.fault is not None:
            return Checked(record.line, record.fault)
        try:
            checked = work(self, record)
        except RowFault as fault:
            return Checked(record.line, fault)
        if record.values.get("passport_number") in self.replaced:
            checked.remark = REPLACED
        return checked

    def once(self, what: object) -> None:
        """Refuse what the file asks for a second time."""
        if what in self.seen:
            raise RowFault("row_twice", "An earlier row of this file asks for the same.")
        self.seen.add(what)

    def values(self, name: str) -> list[Any]:
        """Return what all rows say in a column."""
        return list({record.values[name] for record in self.records if record.values.get(name) not in (None, "")})

    # Whom rows mean

    @cached_property
    def standing(self) -> Mapping[str, UUID]:
        """The records that stand under the passport numbers that rows name: others where records were merged."""
        return standing_ids(self.session, self.values("passport_number"))

    @cached_property
    def replaced(self) -> frozenset[str]:
        """The passport numbers of rows that lead to another record."""
        merged = among(Person.passport_number, self.values("passport_number")), Person.merged_into_id.is_not(None)
        return frozenset(self.session.scalars(select(Person.passport_number).where(*merged)))

    @cached_property
    def employed(self) -> dict[str, UUID]:
        """The people whom the organisation employs, by the passport numbers that rows name."""
        employed = staff.employed_by(self.organisation_id, self.now.date())
        numbers = among(Person.passport_number, self.values("passport_number"))
        found = dict(self.session.execute(select(Person.passport_number, Person.id).where(numbers, employed)).all())
        merged = {number: self.standing[number] for number in self.replaced}
        ours = set(self.session.scalars(select(Person.id).where(Person.id.in_(merged.values()), employed)))
        return found | {number: person_id for number, person_id in merged.items() if person_id in ours}

    @cached_property
    def joiners(self) -> Mapping[tuple[str, date], UUID | None]:
        """Others whose date of birth was given with the number; None where the tries at it are used up."""
        named: list[tuple[str, date]] = [
            (str(record.values["passport_number"]), birth)
            for record in self.records
            if (birth := as_day(record.values.get("date_of_birth")))
            and record.values["passport_number"] not in self.employed
        ]
        return joining.joiners(self.session, named, now=self.now)

    def person(self, values: Mapping[str, Value]) -> UUID:
        """Return whom a row means: somebody of the organisation, or who handed over number and date of birth."""
        number, birth = str(values["passport_number"]), as_day(values.get("date_of_birth"))
        if number in self.employed:
            return self.employed[number]
        if birth is None:
            raise RowFault("not_your_staff", FOREIGN_PERSON, column="Passport number", exceeds=True)
        if (number, birth) not in self.joiners:
            sentence = "There is nobody with this passport number and date of birth."
            raise RowFault("person_not_found", sentence, column="Date of birth")
        found = self.joiners[number, birth]
        if found is None:
            sentence = "This date of birth was tried too often today. Try again tomorrow."
            raise RowFault("too_many_tries", sentence, column="Date of birth")
        return found

    # What rows mean

    @cached_property
    def standards(self) -> dict[str, Standard]:
        """The standards that rows name, by code."""
        found = self.session.scalars(select(Standard).where(among(Standard.code, self.values("standard"))))
        return {standard.code: standard for standard in found}

    @cached_property
    def parts(self) -> set[tuple[UUID, int]]:
        """All parts of all standards."""
        return set(self.session.execute(select(StandardPart.standard_id, StandardPart.number)).all())

    @cached_property
    def rights(self) -> dict[tuple[UUID, date], Terms | RowFault]:
        """What an award of a standard on a day asks, or why the organisation can't make it, as far as it was asked."""
        return {}

    def terms(self, standard: Standard, day: date) -> Terms:
        """Return what an award of a standard on a day asks of the person.

        Raises:
            RowFault: the organisation may not make it, or there was no specification to make it by.
        """
        known = standard.id, day
        if known not in self.rights:
            self.rights[known] = self._terms(standard, day)
        found = self.rights[known]
        if isinstance(found, RowFault):
            raise RowFault(found.code, found.sentence, column=found.column, exceeds=found.exceeds)
        return found

    def _terms(self, standard: Standard, day: date) -> Terms | RowFault:
        try:
            return standards.check_award(
                self.session, organisation_id=self.organisation_id, standard=standard, on=day,
                recorded_on=self.now.date(),
            )  # fmt: skip
        except standards.NotAccredited as refused:
            return RowFault(refused.code, NOT_ACCREDITED, column="Standard", exceeds=True)
        except standards.SpecificationNotInForce as refused:
            return RowFault(refused.code, refused.detail, column="Standard")

    @cached_property
    def issuers(self) -> frozenset[UUID]:
        """The organisation, and those that became part of it."""
        return issuers(self.session, self.organisation_id)

    @cached_property
    def recorded(self) -> Mapping[tuple[UUID, UUID, int], list[Award]]:
        """The organisation's awards of these standards, by person, standard and part."""
        people = {*self.employed.values(), *(person for person in self.joiners.values() if person)}
        ids = [standard.id for standard in self.standards.values()]
        return _grouped(self.session, self.organisation_id, people, ids)

    @cached_property
    def awards(self) -> dict[UUID, Award]:
        """The awards that rows name by their ids; of one that went with a merge, the one that stands."""
        named = [UUID(each) for each in self.values("award")]
        moved = moved_to(self.session, named)
        wanted = select(Award).where(among(Award.id, {moved.get(each, each) for each in named}))
        found = {award.id: award for award in self.session.scalars(wanted)}
        return {each: found[moved.get(each, each)] for each in named if moved.get(each, each) in found}

    @cached_property
    def current(self) -> Mapping[tuple[UUID, str, int], list[Award]]:
        """The current awards that are the organisation's to change, by person, standard and part."""
        rows = self.session.execute(
            select(Standard.code, Award)
            .join(Standard, Standard.id == Award.standard_id)
            .where(
                among(Award.person_id, self.standing.values()),
                among(Award.organisation_id, self.issuers),
                Award.ended_at.is_(None),
            )
        )
        found: dict[tuple[UUID, str, int], list[Award]] = defaultdict(list)
        for code, award in rows:
            found[award.person_id, code, award.part].append(award)
        return found

    def award(self, values: Mapping[str, Value]) -> Award:
        """Return the current award that a row means."""
        award = self._award_by_id(str(values["award"])) if values.get("award") else self._award_by_person(values)
        if award.ended_at is not None:
            raise RowFault("award_ended", "The award is not current any more.")
        self.once(award.id)
        return award

    def _award_by_id(self, award_id: str) -> Award:
        award = self.awards.get(UUID(award_id))
        if award is None or award.organisation_id not in self.issuers:
            raise RowFault("not_your_award", "Your organisation made no such award.", column="Award", exceeds=True)
        return award

    def _award_by_person(self, values: Mapping[str, Value]) -> Award:
        if not values.get("passport_number") or not values.get("standard"):
            raise RowFault("award_unnamed", "Name the award, or the passport number and the standard.", column="Award")
        person_id = self.standing.get(str(values["passport_number"]))
        part = int(values.get("part") or 0)
        found = self.current.get((person_id, str(values["standard"]), part), []) if person_id else []
        if not found:
            raise RowFault("award_not_found", "You have no current award of this standard for this person.")
        if len(found) > 1:
            sentence = "Two issuers that became yours have such an award. Name it by its id."
            raise RowFault("award_ambiguous", sentence, column="Award")
        return found[0]

    @cached_property
    def copies(self) -> dict[UUID, Credential]:
        """The copies that rows name by their ids."""
        named = [UUID(each) for each in self.values("copy")]
        found = self.session.scalars(select(Credential).where(among(Credential.id, named)))
        return {copy.id: copy for copy in found}

    @cached_property
    def holders(self) -> frozenset[UUID]:
        """The people who hold a passport that was made for the organisation and still lives."""
        live = (Credential.revoked_at.is_(None), Credential.state != "void", Credential.expires_at > self.now)
        named = among(Credential.person_id, self.standing.values()), among(Credential.organisation_id, self.issuers)
        query = select(Credential.person_id).where(*named, *live, Credential.carrier != BADGE)
        return frozenset(self.session.scalars(query))


def check_days(awarded_on: date, valid_until: date | None, today: date, *, prefix: str = "") -> None:
    """Refuse days that can't be, naming the column with the prefix that the kind's columns have."""
    if awarded_on > today:
        heading = f"{prefix}awarded on".capitalize()
        raise RowFault("day_in_future", "The award date is in the future.", column=heading)
    if valid_until is not None and valid_until < awarded_on:
        heading = f"{prefix}valid until".capitalize()
        raise RowFault("last_day_too_early", "The last day is before the award date.", column=heading)


def _issue(check: Check, record: Record) -> Checked:
    number = str(record.values["passport_number"])
    if number not in check.employed:
        raise RowFault("not_your_staff", FOREIGN_STAFF, column="Passport number", exceeds=True)
    person_id = check.employed[number]
    check.once(person_id)
    return Checked(record.line, person_id=person_id)


def _record(check: Check, record: Record) -> Checked:
    values = record.values
    standard, part = check.standards.get(str(values["standard"])), int(values.get("part") or 0)
    if standard is None or standard.kind == "advanced_practice":
        raise RowFault("standard_unknown", "The catalogue has no such standard to award.", column="Standard")
    if part and (standard.id, part) not in check.parts:
        raise RowFault("part_unknown", "The standard has no such part.", column="Part")
    day, last_day = as_day(values["awarded_on"]), as_day(values.get("valid_until"))
    assert day is not None  # noqa: S101 (a required column)
    check_days(day, last_day, check.now.date())
    terms = check.terms(standard, day)
    person_id = check.person(values)
    try:
        check_person(check.session, person_id, terms, day)
    except Conflict as refused:
        raise RowFault(refused.code, refused.detail) from refused
    check.once((person_id, standard.id, part, day))
    if _is_recorded(check.recorded.get((person_id, standard.id, part), ()), day):
        raise RowFault("award_exists", "This award is recorded already.")
    names = ("awarded_on", "valid_until", "delivery", "assessed", "verification_method", "pedigree")
    settings = {name: values.get(name) for name in names}
    return Checked(record.line, person_id=person_id, settings={"standard_code": standard.code, "part": part} | settings)


def _is_recorded(awards: Iterable[Award], day: date) -> bool:
    return any(award.awarded_on == day and award.ending in (None, "superseded") for award in awards)


def _correct(check: Check, record: Record) -> Checked:
    award = check.award(record.values)
    given = {name.removeprefix("new_"): value for name, value in record.values.items() if name.startswith("new_")}
    changes = {name: None if value == NOTHING else value for name, value in given.items()}
    if all(_as_value(getattr(award, name)) == value for name, value in changes.items()):
        raise RowFault("nothing_changes", "The row changes nothing. Fill in a column whose heading begins with New.")
    if (part := changes.get("part")) and (award.standard_id, part) not in check.parts:
        raise RowFault("part_unknown", "The standard has no such part.", column="New part")
    last_day = as_day(changes["valid_until"]) if "valid_until" in changes else award.valid_until
    check_days(as_day(changes.get("awarded_on")) or award.awarded_on, last_day, check.now.date(), prefix="new ")
    return Checked(record.line, person_id=award.person_id, award_id=award.id, settings=changes)


def _as_value(value: Any) -> Value:
    return value.isoformat() if isinstance(value, date) else value


def _withdraw(check: Check, record: Record) -> Checked:
    award = check.award(record.values)
    return Checked(
        record.line, person_id=award.person_id, award_id=award.id, settings={"reason": record.values["reason"]}
    )


def _revoke(check: Check, record: Record) -> Checked:
    values, settings = record.values, {"reason": record.values["reason"]}
    if values.get("copy"):
        copy = check.copies.get(UUID(str(values["copy"])))
        if copy is None or copy.organisation_id not in check.issuers:
            raise RowFault("not_your_copy", "No such copy was made for you.", column="Copy", exceeds=True)
        if copy.revoked_at is not None:
            raise RowFault("copy_revoked", "The copy was revoked before.", column="Copy")
        check.once(copy.id)
        return Checked(record.line, person_id=copy.person_id, credential_id=copy.id, settings=settings)
    if not values.get("passport_number"):
        raise RowFault("copy_unnamed", "Name the copy, or the passport number.", column="Copy")
    person_id = check.standing.get(str(values["passport_number"]))
    if person_id not in check.holders:
        raise RowFault("copy_not_found", "No live copy was made for you for this person.", column="Passport number")
    check.once(person_id)
    return Checked(record.line, person_id=person_id, settings=settings)


def _grouped(
    session: Session, organisation_id: UUID, people: Iterable[UUID], standard_ids: Iterable[UUID]
) -> Mapping[tuple[UUID, UUID, int], list[Award]]:
    found: dict[tuple[UUID, UUID, int], list[Award]] = defaultdict(list)
    rows = select(Award).where(
        Award.organisation_id == organisation_id,
        among(Award.person_id, people),
        among(Award.standard_id, standard_ids),
    )
    for award in session.scalars(rows):
        found[award.person_id, award.standard_id, award.part].append(award)
    return found


CHECKS: Final[Mapping[str, Callable[[Check, Record], Checked]]] = {
    "issue_passports": _issue,
    "record_awards": _record,
    "correct_awards": _correct,
    "withdraw_awards": _withdraw,
    "revoke_copies": _revoke,
}
