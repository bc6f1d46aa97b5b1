"""Issues the copies of a chunk: plan in one transaction, sign outside of any, store in another (house rule 3).

A row names its copy from the plan on, in the same transaction. So whenever a worker dies, whoever takes the chunk next
finds out from the row and its copy where to go on: no copy yet (plan one), planned (sign it again, the first signature
that is stored stays), issued (done), given up (plan another). In the order of the code: the rows that wait; the first
transaction; the second; the plans, where one person's unfit record does not stop the others.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from passport.batches.models import BatchChunk, BatchRow
from passport.batches.queries import among
from passport.batches.results import name_copies
from passport.batches.steps import Acting, Result
from passport.errors import Conflict, Invalid, NotFound, PassportError
from passport.issuing import bulk, issuance
from passport.issuing import service as issuing
from passport.issuing.models import Credential
from passport.staff import service as staff
from passport.staff.models import Person

GONE: Final = "The person does not work for you any more."
MERGED: Final = "Two records were merged since the file was checked, and another row issues to the one that stands."


class NotYourStaff(NotFound):
    """The person left between the check and the work."""

    code = "not_your_staff"
    title = "You do not employ this person"


class RowTwice(Conflict):
    """A merge after the check made two rows of a file mean one person, for whom one copy is made."""

    code = "row_twice"
    title = "Another row of this file asks for the same"


class Waiting(NamedTuple):
    """A row that is not done yet: only what issuing needs of it, because hundreds are read at once."""

    line: int
    person_id: UUID | None
    credential_id: UUID | None


def waiting(session: Session, chunk: BatchChunk) -> list[Waiting]:
    """Return the rows of a chunk that are ready, in the order of their lines."""
    lines = BatchRow.line.between(chunk.first_line, chunk.last_line)
    query = (
        select(BatchRow.line, BatchRow.person_id, BatchRow.credential_id)
        .where(BatchRow.batch_id == chunk.batch_id, lines, BatchRow.outcome == "ready")
        .order_by(BatchRow.line)
    )
    return [Waiting(*row) for row in session.execute(query)]


def plan(acting: Acting, rows: Sequence[Waiting]) -> tuple[list[issuance.ToSign], list[Result]]:
    """Plan what is not planned yet, and make everything ready that is not signed yet.

    Args:
        acting: who acts.
        rows: those of the chunk that are ready.

    Returns:
        What to sign, and the rows that can't be done after all.

    Raises:
        Unavailable: nothing can be signed now.
    """
    session = acting.session
    copies = _copies(session, rows)
    to_plan = [row for row in rows if _needs_plan(copies.get(row.credential_id))]
    refused = _refused(acting, to_plan)
    left = issuance.ready(session, [copy for copy in copies.values() if copy.state == "planned"], now=acting.now)
    planned, unfit = _plan(acting, [row for row in to_plan if row.line not in refused])
    name_copies(session, acting.batch.id, {row.line: to_sign.id for row, to_sign in planned})
    failed = [Result(line, failure=refusal) for line, refusal in refused.items()]
    return [*left, *(to_sign for _, to_sign in planned)], failed + unfit


def store(
    acting: Acting, rows: Sequence[Waiting], signatures: Sequence[issuing.Signature]
) -> tuple[list[Result], bulk.Stored]:
    """Store the signatures, and return what became of the rows: all that have their copy.

    Raises:
        CredentialVoid: a plan was given up meanwhile; the next try plans another.
    """
    stored = bulk.store(acting.session, signatures, now=acting.now)
    named = {row.credential_id for row in rows if row.credential_id}
    done = stored.all | _issued(acting.session, named - stored.all)
    return [Result(row.line, credential_id=row.credential_id) for row in rows if row.credential_id in done], stored


def _issued(session: Session, ids: set[UUID]) -> set[UUID]:
    """Return which copies have their signature from before."""
    if not ids:
        return set()
    return set(session.scalars(select(Credential.id).where(among(Credential.id, ids), Credential.state == "issued")))


def _copies(session: Session, rows: Sequence[Waiting]) -> dict[UUID | None, Credential]:
    named = [row.credential_id for row in rows if row.credential_id]
    if not named:
        return {}
    return {copy.id: copy for copy in session.scalars(select(Credential).where(among(Credential.id, named)))}


def _needs_plan(copy: Credential | None) -> bool:
    return copy is None or copy.state == "void"


def _refused(acting: Acting, rows: Sequence[Waiting]) -> dict[int, PassportError]:
    """Return why rows get no copy any more, by their lines."""
    staying, merged = _still_employed(acting, rows), _merged(acting, rows)
    refused: dict[int, PassportError] = {}
    for row in rows:
        if row.person_id not in staying:
            refused[row.line] = NotYourStaff(GONE)
        elif row.person_id in merged and _gives_way(acting, row, row.person_id):
            refused[row.line] = RowTwice(MERGED)
    return refused


def _merged(acting: Acting, rows: Sequence[Waiting]) -> set[UUID | None]:
    """Return the people of rows with whose record another was merged: hardly ever is there one."""
    into = among(Person.merged_into_id, [row.person_id for row in rows])
    return set(acting.session.scalars(select(Person.merged_into_id).where(into)))


def _gives_way(acting: Acting, row: Waiting, person_id: UUID) -> bool:
    """Say whether another row means the same person and is done, or is to be done and comes first."""
    others = select(BatchRow.line).where(
        BatchRow.batch_id == acting.batch.id,
        BatchRow.person_id.in_(staff.same_person_ids(acting.session, person_id)),
        or_(BatchRow.outcome == "done", and_(BatchRow.outcome == "ready", BatchRow.line < row.line)),
    )
    return acting.session.scalar(others.limit(1)) is not None


def _still_employed(acting: Acting, rows: Sequence[Waiting]) -> set[UUID]:
    employed = staff.employed_by(acting.batch.organisation_id, acting.now.date())
    people = among(Person.id, [row.person_id for row in rows])
    return set(acting.session.scalars(select(Person.id).where(people, employed)))


def _plan(acting: Acting, rows: Sequence[Waiting]) -> tuple[list[tuple[Waiting, issuance.ToSign]], list[Result]]:
    """Plan copies for all of these rows; where one is refused, halve them until it stands alone."""
    if not rows:
        return [], []
    try:
        with acting.session.begin_nested():
            to_sign = bulk.plan(
                acting.session, [row.person_id for row in rows if row.person_id],
                organisation_id=acting.batch.organisation_id, requested_by=acting.batch.requested_by, now=acting.now,
            )  # fmt: skip
            return list(zip(rows, to_sign, strict=True)), []
    except (Invalid, Conflict, NotFound) as refusal:
        return _halves(acting, rows, refusal)


def _halves(
    acting: Acting, rows: Sequence[Waiting], refusal: PassportError
) -> tuple[list[tuple[Waiting, issuance.ToSign]], list[Result]]:
    if len(rows) == 1:
        return [], [Result(rows[0].line, failure=refusal)]
    half = len(rows) // 2
    first, second = _plan(acting, rows[:half]), _plan(acting, rows[half:])
    return first[0] + second[0], first[1] + second[1]
