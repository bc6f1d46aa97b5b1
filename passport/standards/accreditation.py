"""Who may award what: the moves of an accreditation. Flushes, never commits.

Accreditation is a row for each state that an organisation was in towards a standard, with its days; a change closes
the row in force the day before. `MOVES` says which state may follow which. A suspension stops new awards and leaves
old ones as they are: a verifier sees both facts (facts, section 5). In the order of the code: enter a state; find one;
the list. Yearly reviews are in `reviews`, what follows for an award in `awarding`.
"""

from datetime import date, datetime, timedelta
from typing import Final, Literal, cast, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from credentials.periods import add_months, in_words
from passport.errors import Conflict, Invalid, NotFound
from passport.standards.catalogue import standard_by_code
from passport.standards.changes import PROVIDER_LOCK, ChangedMeanwhile, check_order, record
from passport.standards.models import Accreditation, Specification, Standard
from passport.standards.specifications import OVER

State = Literal["applied", "approved", "conditions", "suspended", "ended"]
STATES: Final = get_args(State)
# Which state may follow which; None is for an organisation that was never in one.
MOVES: Final[dict[State | None, frozenset[State]]] = {
    None: frozenset(("applied", "approved", "conditions")),
    "applied": frozenset(("approved", "conditions", "ended")),
    "approved": frozenset(("conditions", "suspended", "ended")),
    "conditions": frozenset(("approved", "conditions", "suspended", "ended")),  # other conditions may follow
    "suspended": frozenset(("approved", "conditions", "ended")),
    "ended": frozenset(("applied", "approved", "conditions")),
}
MAY_AWARD: Final = frozenset(("approved", "conditions"))
REVIEW_MONTHS: Final = 12  # a provider's approval is reviewed every year (facts, section 5)
Seen = tuple[UUID, int]  # the row that somebody looked at, and its revision


class AccreditationMove(Conflict):
    """The state does not follow from the one before."""

    code = "accreditation_move"
    title = "The accreditation can't change in this way"


class AccreditationNotFound(NotFound):
    """There is no such accreditation."""

    code = "accreditation_not_found"
    title = "There is no such accreditation"


class SpecificationDead(Conflict):
    """No version of the standard's specification is alive any more."""

    code = "specification_dead"
    title = "The specification was superseded or withdrawn"


def accredit(
    session: Session,
    *,
    organisation_id: UUID,
    standard_code: str,
    from_on: date,
    state: State = "approved",
    until_on: date | None = None,
    conditions: str | None = None,
    note: str | None = None,
    seen: Seen | None = None,
    actor: str,
    now: datetime,
) -> Accreditation:
    """Put an organisation in a state towards a standard from a day on.

    Args:
        session: an open transaction.
        organisation_id: the provider.
        standard_code: the standard.
        from_on: the first day of the state. A state that began on that same day held for no whole day: it is replaced.
        state: approved, or another state that `MOVES` allows.
        until_on: the last day, where the state is given for a time only.
        conditions: in words, for everybody to read: with the state `conditions` and with no other.
        note: what was applied for, or why; for the standards body alone.
        seen: the row, with its revision, that whoever acts looked at; None: they did not look.
        actor: who acts.
        now: UTC.

    Returns:
        The row of the new state; an approval is due for review a year later.

    Raises:
        StandardNotFound: there is no such standard.
        AccreditationMove: the state does not follow from the one before, or that one begins later.
        SpecificationDead: an approval for a standard whose every specification was superseded or withdrawn.
        ChangedMeanwhile: the row that was looked at is not the newest any more.
        Invalid: the last day is before the first, or conditions are missing or go with no conditions.
    """
    check_order(from_on, until_on)
    if (state == "conditions") != bool(conditions):
        raise Invalid.at("/conditions", "Say the conditions in words: with this state, and with no other.")
    standard = standard_by_code(session, standard_code)
    session.execute(select(func.pg_advisory_xact_lock(PROVIDER_LOCK)))
    latest = latest_of(session, organisation_id, standard.id)
    if seen is not None and (latest is None or seen != (latest.id, latest.revision)):
        raise ChangedMeanwhile
    _check_move(latest, state, from_on)
    if state in MAY_AWARD:
        _check_alive(session, standard)
    row = _succeed(session, latest, organisation_id, standard.id, from_on)
    row.state, row.until_on, row.recorded_at = state, until_on, now
    row.conditions, row.note = conditions, note
    row.review_due_on = add_months(from_on, REVIEW_MONTHS) if state in MAY_AWARD else None
    session.flush()
    detail = {"standard": standard.code, "state": state, "from_on": from_on, "until_on": until_on}
    record(session, "accreditation.changed", row.id, organisation_id, actor, now, detail)
    return row


def by_id(session: Session, accreditation_id: UUID) -> Accreditation:
    """Return one row.

    Raises:
        AccreditationNotFound: there is none with this id.
    """
    found = session.get(Accreditation, accreditation_id)
    if found is None:
        raise AccreditationNotFound
    return found


def latest_of(session: Session, organisation_id: UUID, standard_id: UUID) -> Accreditation | None:
    """Return the newest state of an organisation towards a standard; it may begin later, or have run out."""
    rows = _rows(organisation_id, standard_id).order_by(Accreditation.from_on.desc())
    return session.scalar(rows.limit(1))


def state_on(session: Session, organisation_id: UUID, standard_id: UUID, on: date) -> Accreditation | None:
    """Return the state that an organisation was in towards a standard on a day; None: it was in none."""
    return session.scalar(_rows(organisation_id, standard_id).where(holds_on(on)).limit(1))


def holds_on(on: date) -> ColumnElement[bool]:
    """Return the condition that an accreditation's days include a day."""
    return and_(Accreditation.from_on <= on, or_(Accreditation.until_on.is_(None), Accreditation.until_on >= on))


def following(row: Accreditation) -> list[State]:
    """Return the states that may follow on one, in the order of an accreditation's life."""
    allowed = MOVES[cast("State", row.state)]
    return [state for state in STATES if state in allowed]


def accreditations(organisation_id: UUID | None = None, standard_code: str | None = None) -> Select[Accreditation]:
    """Return the statement that lists accreditations, of an organisation or for a standard where named."""
    rows = select(Accreditation)
    if organisation_id is not None:
        rows = rows.where(Accreditation.organisation_id == organisation_id)
    if standard_code is not None:
        rows = rows.join(Standard, Standard.id == Accreditation.standard_id).where(Standard.code == standard_code)
    return rows


def _check_move(latest: Accreditation | None, state: State, from_on: date) -> None:
    before = _state_before(latest, from_on)
    if state not in MOVES[before]:
        raise AccreditationMove(f"After {before or 'nothing'} an accreditation can't be {state}.")
    if latest is not None and from_on < latest.from_on:
        raise AccreditationMove(f"The state on record begins later, on {in_words(latest.from_on)}.")


def _state_before(latest: Accreditation | None, from_on: date) -> State | None:
    if latest is None:
        return None
    lapsed = latest.until_on is not None and latest.until_on < from_on
    return "ended" if lapsed else cast("State", latest.state)


def _check_alive(session: Session, standard: Standard) -> None:
    states = session.scalars(select(Specification.state).where(Specification.standard_id == standard.id)).all()
    if states and set(states) <= OVER:
        raise SpecificationDead


def _succeed(
    session: Session, latest: Accreditation | None, organisation_id: UUID, standard_id: UUID, from_on: date
) -> Accreditation:
    """Return the row of the new state: a new one, or the latest where that began on the same day."""
    if latest is not None and latest.from_on == from_on:
        latest.revision += 1
        return latest
    if latest is not None and (latest.until_on is None or latest.until_on >= from_on):
        latest.until_on = from_on - timedelta(days=1)
        latest.revision += 1
    row = Accreditation(organisation_id=organisation_id, standard_id=standard_id, from_on=from_on)
    session.add(row)
    return row


def _rows(organisation_id: UUID, standard_id: UUID) -> Select[Accreditation]:
    return select(Accreditation).where(
        Accreditation.organisation_id == organisation_id, Accreditation.standard_id == standard_id
    )
