"""What one row does: record, correct or withdraw an award, revoke copies, and the opposite of each. Flushes only.

Each step goes through the room that has the rules, which checks them again. A row is done inside a savepoint: what the
service refuses is that row's failure, in its own words, and the others go on. Issuing is in `copies`, because it takes
two transactions. In the order of the code: a row's result; the rows of a chunk one by one; each step; revoking, which
is done for all rows at once because it signs a status list.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.audit.models import AuditEntry
from passport.awards import service as awards
from passport.awards.models import Award
from passport.batches.columns import as_day
from passport.batches.models import Batch, BatchRow
from passport.batches.queries import among, issuers
from passport.db import conflict
from passport.errors import Conflict, PassportError, Unavailable
from passport.issuing import service as issuing
from passport.issuing.models import BADGE, Credential
from passport.standards.models import Standard

DAYS: Final = ("awarded_on", "valid_until")
FACTS: Final = (
    "part", "awarded_on", "valid_until", "delivery", "assessed", "verification_method", "pedigree", "import_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row: what it left behind, or why nothing."""

    line: int
    award_id: UUID | None = None
    result_id: UUID | None = None
    credential_id: UUID | None = None
    failure: PassportError | None = None


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts in a batch, and when."""

    session: Session
    batch: Batch
    now: datetime

    @property
    def who(self) -> dict[str, Any]:
        """The arguments that every change takes."""
        return {"organisation_id": self.batch.organisation_id, "actor": self.batch.requested_by, "now": self.now}


Step = Callable[[Acting, BatchRow], Result]


def do_rows(acting: Acting, rows: Sequence[BatchRow]) -> tuple[list[Result], Counter[str]]:
    """Do the rows of a chunk, each for itself; revocations all at once.

    Args:
        acting: who acts.
        rows: those that are ready.

    Returns:
        What became of each row, and how many changes of which kind the chunk's own audit entry stands for.

    Raises:
        Unavailable: nothing can be done now; the job tries again later.
    """
    batch = acting.batch
    if batch.kind == "revoke_copies" or (batch.kind == "issue_passports" and batch.undoes_id):
        return _revoke(acting, rows), Counter()
    step = UNDOING[batch.kind] if batch.undoes_id else DOING[batch.kind]
    with audit.gather(acting.session) as gathered:
        found = [_try(acting, row, step, gathered) for row in rows]
    return found, Counter(entry.action for entry in gathered)


def _try(acting: Acting, row: BatchRow, step: Step, gathered: list[AuditEntry]) -> Result:
    before = len(gathered)
    try:
        with acting.session.begin_nested():
            return step(acting, row)
    except Unavailable:
        raise
    except PassportError as error:
        failure = error
    except IntegrityError as error:
        failure = conflict(error)
    del gathered[before:]
    return Result(row.line, award_id=row.award_id, failure=failure)


def _record(acting: Acting, row: BatchRow) -> Result:
    award = awards.record(acting.session, person_id=_named(row.person_id), **_facts(row.settings), **acting.who)
    return Result(row.line, result_id=award.id)


def _correct(acting: Acting, row: BatchRow) -> Result:
    right = awards.correct(acting.session, award_id=_named(row.award_id), changes=_facts(row.settings), **acting.who)
    return Result(row.line, award_id=row.award_id, result_id=right.id)


def _withdraw(acting: Acting, row: BatchRow) -> Result:
    batch, reason = acting.batch, (row.settings or {})["reason"]
    who = acting.who
    if batch.confirmed_by is not None:
        who |= {"actor": batch.confirmed_by, "asked_by": batch.requested_by}
    awards.withdraw(acting.session, award_id=_named(row.award_id), reason=reason, **who)
    return Result(row.line, award_id=row.award_id)


def _unrecord(acting: Acting, row: BatchRow) -> Result:
    """Withdraw an award, and record again what it superseded, also at the record that it came from with a merge."""
    _withdraw(acting, row)
    corrected = select(Award.id).where(Award.replaced_by_id == row.award_id, Award.ending == "corrected")
    as_it_was = or_(Award.replaced_by_id == row.award_id, Award.replaced_by_id.in_(corrected))
    before = acting.session.scalar(
        select(Award)
        .where(as_it_was, Award.ending == "superseded")
        .order_by(Award.awarded_on.desc(), Award.id.desc())
        .limit(1)
    )
    again = _again(acting, before) if before is not None else None
    return Result(row.line, award_id=row.award_id, result_id=again)


def _unwithdraw(acting: Acting, row: BatchRow) -> Result:
    """Record an award again, unless a newer one came meanwhile: then it would be history at once, and nothing done."""
    award = acting.session.get_one(Award, _named(row.award_id))
    again = _again(acting, award)
    if acting.session.get_one(Award, again).ended_at is not None:
        raise RecordedSince
    return Result(row.line, award_id=award.id, result_id=again)


DOING: Final[Mapping[str, Step]] = {"record_awards": _record, "correct_awards": _correct, "withdraw_awards": _withdraw}
UNDOING: Final[Mapping[str, Step]] = {
    "record_awards": _unrecord, "correct_awards": _correct, "withdraw_awards": _unwithdraw,
}  # fmt: skip


def _again(acting: Acting, award: Award) -> UUID:
    """Record an award once more with the same facts, for the same issuer, and return the new one's id."""
    session = acting.session
    facts = {name: getattr(award, name) for name in FACTS}
    new = awards.record(
        session, person_id=award.person_id, organisation_id=award.organisation_id,
        standard_code=session.get_one(Standard, award.standard_id).code, actor=acting.batch.requested_by,
        now=acting.now, **facts,
    )  # fmt: skip
    return new.id


def _named(id_: UUID | None) -> UUID:
    """Return the id that a row of this kind must have."""
    if id_ is None:
        raise LookupError("a row does not name what it is about")
    return id_


def _facts(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a row says of an award, its days as days."""
    return {name: as_day(value) if name in DAYS else value for name, value in (settings or {}).items()}


def _revoke(acting: Acting, rows: Sequence[BatchRow]) -> list[Result]:
    """Revoke the copies that rows name, or all live passports of the people that they name, reason by reason."""
    session, found = acting.session, []
    for reason in sorted({(row.settings or {})["reason"] for row in rows}):
        mine = [row for row in rows if (row.settings or {})["reason"] == reason]
        copies = _copies(acting, mine)
        issuing.withdraw(
            session, [copy for row in mine for copy in copies[row.line]], reason=reason,
            actor=acting.batch.requested_by, now=acting.now,
        )  # fmt: skip
        found += [_revoked(row, copies[row.line]) for row in mine]
    return found


def _copies(acting: Acting, rows: Sequence[BatchRow]) -> dict[int, list[Credential]]:
    """Return the copies of each line that can still be revoked."""
    named = [row.credential_id for row in rows if row.credential_id]
    people = [row.person_id for row in rows if not row.credential_id]
    ours = among(Credential.organisation_id, issuers(acting.session, acting.batch.organisation_id))
    live = select(Credential).where(ours, Credential.revoked_at.is_(None))
    by_id = {copy.id: copy for copy in acting.session.scalars(live.where(among(Credential.id, named)))}
    by_person: dict[UUID, list[Credential]] = {}
    passports = live.where(among(Credential.person_id, people), Credential.carrier != BADGE)
    alive = passports.where(Credential.expires_at > acting.now)
    for copy in acting.session.scalars(alive):
        by_person.setdefault(copy.person_id, []).append(copy)
    return {
        row.line: [by_id[row.credential_id]] if row.credential_id in by_id else by_person.get(row.person_id, [])
        if row.person_id and not row.credential_id else []
        for row in rows
    }  # fmt: skip


def _revoked(row: BatchRow, copies: Sequence[Credential]) -> Result:
    if not copies:
        return Result(row.line, credential_id=row.credential_id, failure=CopyRevoked())
    return Result(row.line, credential_id=copies[-1].id)


class RecordedSince(Conflict):
    """The person holds a newer award of the same issuer by now."""

    code = "changed_since"
    title = "It was recorded again since, so it was left"


class CopyRevoked(issuing.UnknownCredential):
    """Somebody revoked the copy since the file was checked."""

    code = "copy_revoked"
    title = "The copy was revoked before"
