"""How long each kind of data is kept, as data with its reason and source, and the work that holds to it every night.

In the order of the code: a rule; reading the rules (`data/retention.csv`), with the lengths of the operator's own
policy (`PASSPORT_RETENTION`); what is due; forgetting. Where the lengths come from, and which of them rest on no
source that could be read, is said in docs/records.md. A rule without a length means for as long as the service
stands. Some kinds are forgotten by the rooms that own them, within hours; the
table names their jobs so that it is whole. Facts may not be deleted by the service's roles: `forget_facts` of the
database's owner does it for four kinds, and passes over whoever is under a legal hold. A person's record is never
removed by the clock: two registrars do it (`erasing`), and how many wait for them is counted every night, because that
looks at every employment.
"""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

from sqlalchemy import CursorResult, Delete, Update, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.esr.models import EsrSetAside
from passport.issuing.models import Credential
from passport.records.models import LegalHold, RetentionCount
from passport.settings import Settings, SettingsError
from passport.staff import numbers
from passport.staff.models import Employment, Invitation, Person

FORGET_FACTS: Final = text("SELECT forget_facts(:kind, :before)")
RECORDS: Final = "records"
FACTS: Final = ("induction_evidence", "looks", "shares", "dispute_words")  # plans before the looks that they rest on
LENGTH: Final = re.compile(r"(\d+) (hour|day|year)s?")
OURS: Final = ("records.forget", "two registrars")  # who forgets what has a length that can be set
OWN_POLICY: Final = "Your own policy (PASSPORT_RETENTION)"
_own: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Rule:
    """How long one kind of data is kept. `keep` None: as long as the service stands."""

    kind: str
    what: str
    keep: str | None
    counted_from: str
    by: str
    reason: str
    source: str
    confidence: str

    def forgotten_before(self, now: datetime) -> datetime:
        """Return the instant before which this kind of data is kept no more."""
        length, unit = self._length()
        if unit == "year":
            return _years(now, -length)
        return now - timedelta(**{f"{unit}s": length})

    def kept_until(self, since: datetime) -> date:
        """Return the last day on which something is kept that counts from an instant."""
        length, unit = self._length()
        return (_years(since, length) if unit == "year" else since + timedelta(**{f"{unit}s": length})).date()

    def _length(self) -> tuple[int, str]:
        found = LENGTH.fullmatch(self.keep or "")
        if found is None:
            raise LookupError(f"{self.kind} is kept for as long as the service stands")
        return int(found[1]), found[2]


def configure(settings: Settings) -> None:
    """Take the lengths of the operator's own policy, for this process.

    Raises:
        SettingsError: a kind is unknown, is kept as long as the service stands, or by a room with a length of its own.
    """
    known = table()
    wrong = [kind for kind in settings.retention if kind not in known or known[kind].by not in OURS]
    if wrong:
        may = ", ".join(kind for kind, each in known.items() if each.by in OURS)
        raise SettingsError([f"PASSPORT_RETENTION: {', '.join(wrong)} can't be set. These can: {may}."])
    _own.clear()
    _own.update(settings.retention)


def rules() -> Mapping[str, Rule]:
    """Return every rule by its kind, with the lengths of the operator's own policy."""
    given = {kind: replace(table()[kind], keep=keep, source=OWN_POLICY) for kind, keep in _own.items()}
    return {**table(), **given}


@cache
def table() -> Mapping[str, Rule]:
    """Return the rules that the service comes with, by their kinds."""
    rows = files("passport.records").joinpath("data/retention.csv").read_text(encoding="utf-8").splitlines()
    return {row["kind"]: Rule(**row | {"keep": row["keep"] or None}) for row in csv.DictReader(rows)}


def rule(kind: str) -> Rule:
    """Return the rule of a kind of data."""
    return rules()[kind]


def due(session: Session, *, now: datetime) -> int:
    """Return how many people's records are past their time and wait for two registrars."""
    last_days = (
        select(Employment.person_id, func.max(func.coalesce(Employment.ended_on, date.max)).label("last_day"))
        .group_by(Employment.person_id)
        .subquery()
    )
    left = select(func.count()).select_from(Person).join(last_days, last_days.c.person_id == Person.id)
    before = rule(RECORDS).forgotten_before(now).date()
    is_erased = Person.passport_number.startswith(numbers.ERASED)
    return session.scalar(left.where(last_days.c.last_day < before, ~is_erased)) or 0


def count(session: Session, *, now: datetime) -> None:
    """Count the records that are past their time, and keep the count with its moment, as the worker."""
    counted = {"past_time": due(session, now=now), "counted_at": now}
    row = insert(RetentionCount).values(kind=RECORDS, **counted)
    session.execute(row.on_conflict_do_update(index_elements=["kind"], set_=counted))


def last_count(session: Session) -> RetentionCount | None:
    """Return how many records were past their time when they were last counted; None before the first night."""
    return session.get(RetentionCount, RECORDS)


def forget(session: Session, *, actor: str, now: datetime) -> dict[str, int]:
    """Forget what was kept as long as its rule says, as the worker.

    Returns:
        How many rows of each kind went; kinds of which none went are left out.
    """
    gone = {kind: _forget_facts(session, kind, now) for kind in FACTS}
    for kind, statement in DELETING.items():
        result = session.execute(statement(rule(kind).forgotten_before(now)))
        gone[kind] = cast("CursorResult[Any]", result).rowcount
    found = {kind: count for kind, count in gone.items() if count}
    if found:
        audit.record(
            session, actor=actor, organisation_id=None, action="records.forgotten", subject="records:retention",
            now=now, detail=found,
        )  # fmt: skip
    return found


def _forget_facts(session: Session, kind: str, now: datetime) -> int:
    count: int = session.scalars(FORGET_FACTS, {"kind": kind, "before": rule(kind).forgotten_before(now)}).one()
    return count


def _invitations(before: datetime) -> Delete:
    return delete(Invitation).where(Invitation.expires_at < before)


def _set_aside(before: datetime) -> Delete:
    return delete(EsrSetAside).where(EsrSetAside.settled_at < before)


def _copies(before: datetime) -> Update:
    held = select(LegalHold.person_id).where(LegalHold.lifted_at.is_(None))
    said = Credential.expires_at < before, func.length(Credential.claims) > 0, Credential.person_id.not_in(held)
    return update(Credential).where(*said).values(claims=b"", salts_seed=b"", content_hash=b"")


DELETING: Final[Mapping[str, Callable[[datetime], Delete | Update]]] = {
    "invitations": _invitations,
    "set_aside_rows": _set_aside,
    "copy_contents": _copies,
}


def _years(moment: datetime, years: int) -> datetime:
    """Return the same day in another year; 28 February for 29."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)
