"""The life of a specification: its versions, their states, and what each asks of people. Flushes, never commits.

In the order of the code: which state may follow which (`MOVES`, the one place that says so); what a version asks
(`Terms`); add a version; move it along; read what is on record; which version is in force on a day.

A version is in force while it is endorsed or under review, and at most one is: whichever is endorsed supersedes the
one before from that day on. Each step is kept with its source (`specification_step`) and none may begin before the one
on record. What a version asks can change until it is endorsed; after that it takes a new version, so that an award can
always be read against what was asked on its day.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, cast, get_args
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from credentials.periods import in_words
from passport.errors import Conflict, Invalid, NotFound
from passport.staff import registrations
from passport.standards.catalogue import standard_by_code, take_turn
from passport.standards.changes import ChangedMeanwhile, record
from passport.standards.models import SPECIFICATION_SCOPES, Specification, SpecificationStep, Standard

State = Literal["proposed", "in_development", "candidate", "endorsed", "under_review", "superseded", "withdrawn"]
STATES: Final = get_args(State)
# Which state may follow which; None is for a version of which nobody said yet where it stands.
MOVES: Final[dict[State | None, frozenset[State]]] = {
    None: frozenset(STATES),
    "proposed": frozenset(("in_development", "withdrawn")),
    "in_development": frozenset(("candidate", "withdrawn")),
    "candidate": frozenset(("in_development", "endorsed", "withdrawn")),
    "endorsed": frozenset(("under_review", "superseded", "withdrawn")),
    "under_review": frozenset(("endorsed", "superseded", "withdrawn")),
    "superseded": frozenset(),
    "withdrawn": frozenset(),
}
IN_FORCE: Final = frozenset(("endorsed", "under_review"))
OVER: Final = frozenset(("superseded", "withdrawn"))
DOCTORS: Final = "GMC"


class SpecificationMove(Conflict):
    """The state does not follow from the one before, or not on that day."""

    code = "specification_move"
    title = "The specification can't change in this way"


class SpecificationExists(Conflict):
    """The standard has a version of this name."""

    code = "specification_exists"
    title = "The specification has this version already"
    constraint = "uq_specification_standard_id_version"


class SpecificationNotFound(NotFound):
    """The standard has no version of this name."""

    code = "specification_not_found"
    title = "There is no such version of the specification"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a version asks of people.

    `scope` is one of `SPECIFICATION_SCOPES`, None where no source says; `registers` are bodies, as `NMC`, one of which
    must have registered the person (none: any); `prerequisites` are codes of standards to be held before.
    """

    scope: str | None = None
    registers: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()


def add_specification(
    session: Session,
    *,
    standard_code: str,
    version: str,
    state: State = "proposed",
    on: date,
    terms: Terms | None = None,
    source: str,
    confidence: str = "high",
    actor: str,
    now: datetime,
) -> Specification:
    """Add a version to a standard's specification.

    Raises:
        StandardNotFound: there is no such standard.
        SpecificationExists: it has this version.
        Invalid, SpecificationMove: as for `change_specification`.
    """
    take_turn(session)
    standard = standard_by_code(session, standard_code)
    if session.scalar(_version(standard.id, version)) is not None:
        raise SpecificationExists
    return change_specification(
        session, standard_code=standard_code, version=version, state=state, on=on, terms=terms, source=source,
        confidence=confidence, actor=actor, now=now,
    )  # fmt: skip


def change_specification(
    session: Session,
    *,
    standard_code: str,
    version: str,
    state: State,
    on: date,
    terms: Terms | None = None,
    source: str,
    confidence: str = "high",
    seen: int | None = None,
    actor: str,
    now: datetime,
) -> Specification:
    """Move a version of a standard's specification to a state; an unknown version is added.

    Args:
        session: an open transaction.
        standard_code: the standard.
        version: the specification's own version.
        state: the state that begins.
        on: its first day.
        terms: what the version asks, where that is new; None leaves it.
        source: who says so and where.
        confidence: how sure that is.
        seen: how many steps the version had when whoever acts looked; None: they did not look.
        actor: who acts.
        now: UTC.

    Raises:
        StandardNotFound: there is no such standard.
        Invalid: the terms name what is unknown, or ask for the standard itself.
        ChangedMeanwhile: the version took a step since then.
        SpecificationMove: the state does not follow from the one before, would begin before it, would end the version
            before it began, or would change what an endorsed version asks.
    """
    take_turn(session)
    standard = standard_by_code(session, standard_code)
    known = session.scalar(_version(standard.id, version))
    specification = known or Specification(standard_id=standard.id, version=version, registers=[], prerequisites=[])
    taken = steps(session, specification) if known else []
    if seen is not None and seen != len(taken):
        raise ChangedMeanwhile
    before = cast("State | None", specification.state)
    _check_move(before, state, on, taken[-1].from_on if taken else specification.from_on)
    if terms is not None:
        _set_terms(session, standard, specification, terms)
    if state in IN_FORCE and before not in IN_FORCE:
        _make_way(session, specification, on, source=source, confidence=confidence, actor=actor, now=now)
    _enter(specification, state, on)
    specification.source, specification.confidence = source, confidence
    session.add(specification)
    session.flush()
    _keep_step(session, specification, before, on, now)
    detail = {"standard": standard.code, "version": version, "before": before, "state": state, "on": on}
    asked = asdict(terms) if terms is not None else {}
    record(session, "specification.changed", specification.id, None, actor, now, detail | asked)
    return specification


def specification_by_version(session: Session, standard_code: str, version: str) -> Specification:
    """Return a version of a standard's specification.

    Raises:
        StandardNotFound: there is no such standard.
        SpecificationNotFound: it has no such version.
    """
    found = session.scalar(_version(standard_by_code(session, standard_code).id, version))
    if found is None:
        raise SpecificationNotFound
    return found


def specifications_of(session: Session, standard_id: UUID) -> Sequence[Specification]:
    """Return the versions of a standard's specification, the one in force last first."""
    order = (Specification.from_on.desc().nulls_last(), Specification.version.desc())
    return session.scalars(select(Specification).where(Specification.standard_id == standard_id).order_by(*order)).all()


def newest_of(session: Session, standard_ids: Collection[UUID]) -> dict[UUID, Specification]:
    """Return the version of each standard's specification that `specifications_of` returns first, in one query."""
    order = (Specification.standard_id, Specification.from_on.desc().nulls_last(), Specification.version.desc())
    wanted = select(Specification).where(Specification.standard_id.in_(standard_ids))
    found = session.scalars(wanted.ext(distinct_on(Specification.standard_id)).order_by(*order))
    return {each.standard_id: each for each in found}


def steps(session: Session, specification: Specification) -> Sequence[SpecificationStep]:
    """Return the steps of a version's life, the first one first. A version that was only loaded has none."""
    return session.scalars(
        select(SpecificationStep)
        .where(SpecificationStep.specification_id == specification.id)
        .order_by(SpecificationStep.number)
    ).all()


def in_force_on(session: Session, standard_id: UUID, on: date) -> Specification | None:
    """Return the version that was endorsed or under review on a day; None where none was."""
    # A version that is over has a last day only if it was in force (see `_enter`).
    was_in_force = or_(Specification.state.in_(IN_FORCE), Specification.until_on.is_not(None))
    return session.scalar(
        select(Specification)
        .where(
            Specification.standard_id == standard_id,
            was_in_force,
            or_(Specification.from_on.is_(None), Specification.from_on <= on),
            or_(Specification.until_on.is_(None), Specification.until_on >= on),
        )
        .order_by(Specification.from_on.desc().nulls_last())
        .limit(1)
    )


def following(specification: Specification) -> list[State]:
    """Return the states that a version may enter, in the order of its life."""
    allowed = MOVES[cast("State | None", specification.state)]
    return [state for state in STATES if state in allowed]


def terms_of(specification: Specification | None) -> Terms:
    """Return what a version asks; nothing where there is no version."""
    if specification is None:
        return Terms()
    return Terms(specification.scope, tuple(specification.registers), tuple(specification.prerequisites))


def _version(standard_id: UUID, version: str) -> Select[Specification]:
    return select(Specification).where(Specification.standard_id == standard_id, Specification.version == version)


def _check_move(before: State | None, state: State, on: date, begun_on: date | None) -> None:
    if state not in MOVES[before]:
        raise SpecificationMove(f"After {_said(before)} a specification can't be {_said(state)}.")
    if begun_on is not None and on < begun_on:
        raise SpecificationMove(f"The state on record begins later, on {in_words(begun_on)}.")


def _said(state: State | None) -> str:
    return state.replace("_", " ") if state else "nothing"


def _set_terms(session: Session, standard: Standard, specification: Specification, terms: Terms) -> None:
    if specification.state in IN_FORCE | OVER:
        raise SpecificationMove("What an endorsed version asks can't change. Add a new version.")
    if terms.scope is not None and terms.scope not in SPECIFICATION_SCOPES:
        raise Invalid.at("/terms/scope", f"The type must be one of: {', '.join(SPECIFICATION_SCOPES)}.")
    known = registrations.forms()
    if unknown := sorted(set(terms.registers) - known.keys()):
        raise Invalid.at(
            "/terms/registers", f"No register is known by {', '.join(unknown)}. Known: {', '.join(known)}."
        )
    if terms.scope == "medical" and set(terms.registers) - {DOCTORS}:
        raise Invalid.at("/terms/registers", f"A medical specification is for doctors: name {DOCTORS} alone, or none.")
    for code in terms.prerequisites:
        if session.scalar(select(Standard.id).where(Standard.code == code)) is None:
            raise Invalid.at("/terms/prerequisites", f"There is no standard {code[:60]} in the catalogue.")
        if standard.code in _asked_for(session, code):
            raise Invalid.at("/terms/prerequisites", f"{code} asks for {standard.code} itself, so nobody could begin.")
    specification.scope = terms.scope
    specification.registers = list(dict.fromkeys(terms.registers))
    specification.prerequisites = list(dict.fromkeys(terms.prerequisites))


def _asked_for(session: Session, code: str) -> set[str]:
    """Return a standard's code and all that it asks for, also by way of others, in versions that are not over."""
    asked, found = {code}, {code}
    while found:
        rows = session.scalars(
            select(Specification.prerequisites)
            .join(Standard, Standard.id == Specification.standard_id)
            .where(Standard.code.in_(found), or_(Specification.state.is_(None), Specification.state.not_in(OVER)))
        )
        found = {each for row in rows for each in row} - asked
        asked |= found
    return asked


def _make_way(
    session: Session,
    endorsed: Specification,
    on: date,
    *,
    source: str,
    confidence: str,
    actor: str,
    now: datetime,
) -> None:
    """Supersede the version in force from the day on which another comes into force."""
    others = [row for row in specifications_of(session, endorsed.standard_id) if row.version != endorsed.version]
    for other in others:
        if other.state in IN_FORCE:
            code = session.get_one(Standard, endorsed.standard_id).code
            change_specification(
                session, standard_code=code, version=other.version, state="superseded", on=on, source=source,
                confidence=confidence, actor=actor, now=now,
            )  # fmt: skip
        elif other.until_on is not None and other.until_on >= on:
            raise SpecificationMove(f"Version {other.version} was in force until {in_words(other.until_on)}.")


def _enter(specification: Specification, state: State, on: date) -> None:
    """Set the state, and the days of the version's life in force where they follow from it."""
    if state in IN_FORCE and specification.state not in IN_FORCE:
        specification.from_on = on
    if state in OVER and specification.state in IN_FORCE:
        last_day = on - timedelta(days=1)
        if specification.from_on is not None and last_day < specification.from_on:
            raise SpecificationMove("The version would end before its first day.")
        specification.until_on = last_day
    specification.state = state


def _keep_step(session: Session, specification: Specification, before: State | None, on: date, now: datetime) -> None:
    step = SpecificationStep(
        specification_id=specification.id, number=len(steps(session, specification)) + 1, before=before,
        state=specification.state, from_on=on, source=specification.source, confidence=specification.confidence,
        recorded_at=now,
    )  # fmt: skip
    session.add(step)
    session.flush()
