"""What must be done to take a batch back: the opposite of each row that was done. Reads only.

| the batch | its undo |
|---|---|
| recorded awards | withdraws them as issued in error; the award that each superseded is recorded again |
| corrected awards | corrects them back |
| withdrew awards | records them again |
| issued copies | revokes them as issued in error |
| revoked copies | can't be undone |

An award that ended never un-ends (`passport.awards`), so what stood before is recorded as a new award with the same
facts. A row that somebody changed since is left as it is and named. In the order of the code: whether a batch can be
undone; its rows; each kind.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.awards.moving import moved_to
from passport.batches.checking import Checked
from passport.batches.columns import RowFault
from passport.batches.models import Batch, BatchRow
from passport.batches.queries import among
from passport.errors import Conflict
from passport.issuing.models import Credential
from passport.staff.models import Person
from passport.staff.standing import stands_for

IN_ERROR: Final = "issued_in_error"


class CannotUndo(Conflict):
    """What the batch did has no opposite."""

    code = "batch_cannot_undo"
    title = "This batch can't be undone"


def check_kind(batch: Batch) -> None:
    """Refuse a batch that has no opposite.

    Raises:
        CannotUndo: it revoked copies, was itself an undo, or was only a check.
    """
    if batch.kind == "revoke_copies":
        raise CannotUndo("A copy that was revoked stays revoked. Issue new copies instead.")
    if batch.undoes_id is not None:
        raise CannotUndo("An undo is not undone. Send the first file again.")
    if batch.dry_run:
        raise CannotUndo("It was only a check: nothing was done.")


def rows(session: Session, batch: Batch) -> list[Checked]:
    """Return the opposite of each row that was done, on the same line, or why it must be left."""
    done = session.scalars(
        select(BatchRow).where(BatchRow.batch_id == batch.id, BatchRow.outcome == "done").order_by(BatchRow.line)
    ).all()
    return OPPOSITES[batch.kind](session, done)


def _of_recorded(session: Session, done: Sequence[BatchRow]) -> list[Checked]:
    awards = _awards(session, [row.result_id for row in done])
    return [_ending(row, awards[_known(row.result_id)], settings={"reason": IN_ERROR}) for row in done]


def _of_corrected(session: Session, done: Sequence[BatchRow]) -> list[Checked]:
    before, after = _awards(session, [row.award_id for row in done]), _awards(session, [row.result_id for row in done])
    found = []
    for row in done:
        wrong = before[_known(row.award_id)]
        settings = {name: _plain(getattr(wrong, name)) for name in row.settings or ()}
        found.append(_ending(row, after[_known(row.result_id)], settings=settings))
    return found


def _of_withdrawn(session: Session, done: Sequence[BatchRow]) -> list[Checked]:
    awards = _awards(session, [row.award_id for row in done])
    standing = _standing(session, {award.person_id for award in awards.values()})
    people = among(Award.person_id, set(standing.values()))
    newer: dict[tuple[Any, ...], Award] = {
        _place(award, award.person_id): award
        for award in session.scalars(select(Award).where(people, Award.ended_at.is_(None)))
    }
    found = []
    for row in done:
        award = awards[_known(row.award_id)]
        current = newer.get(_place(award, standing[award.person_id]))
        again = current is not None and current.awarded_on >= award.awarded_on
        fault = RowFault("changed_since", "It was recorded again since, so it was left.") if again else None
        found.append(Checked(row.line, fault, person_id=row.person_id, award_id=award.id, settings={}))
    return found


def _of_issued(session: Session, done: Sequence[BatchRow]) -> list[Checked]:
    ids = [row.credential_id for row in done]
    query = select(Credential.id, Credential.revoked_at).where(among(Credential.id, ids))
    revoked = {copy_id for copy_id, revoked_at in session.execute(query) if revoked_at is not None}
    fault = RowFault("changed_since", "The copy was revoked since, so it was left.")
    return [
        Checked(
            row.line, fault if row.credential_id in revoked else None, person_id=row.person_id,
            credential_id=row.credential_id, settings={"reason": IN_ERROR},
        )
        for row in done
    ]  # fmt: skip


OPPOSITES: Final[Mapping[str, Callable[[Session, Sequence[BatchRow]], list[Checked]]]] = {
    "record_awards": _of_recorded,
    "correct_awards": _of_corrected,
    "withdraw_awards": _of_withdrawn,
    "issue_passports": _of_issued,
}


def _ending(row: BatchRow, award: Award, *, settings: dict[str, Any]) -> Checked:
    """Return the row that ends an award, unless somebody ended it before."""
    fault = None
    if award.replaced_by_id is not None and award.replaced_by_id < award.id:  # ids are in the order of time
        fault = RowFault("never_current", "A newer award stood already, so this one never counted. It was left.")
    elif award.ended_at is not None:
        fault = RowFault("changed_since", f"The award was {award.ending} since, so it was left.")
    return Checked(row.line, fault, person_id=row.person_id, award_id=award.id, settings=settings)


def _awards(session: Session, ids: Sequence[UUID | None]) -> dict[UUID, Award]:
    """Return awards by their ids; of one that went to another record of the same person, the one that stands."""
    moved = moved_to(session, [each for each in ids if each])
    found = {
        award.id: award for award in session.scalars(select(Award).where(among(Award.id, [*ids, *moved.values()])))
    }
    return found | {old: found[new] for old, new in moved.items()}


def _standing(session: Session, person_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the record that stands for each: another one where two were merged since."""
    merged = select(Person.id).where(among(Person.id, person_ids), Person.merged_into_id.is_not(None))
    moved = {person_id: stands_for(session, person_id) for person_id in session.scalars(merged).all()}
    return {person_id: moved.get(person_id, person_id) for person_id in person_ids}


def _place(award: Award, person_id: UUID) -> tuple[Any, ...]:
    """Return where an award stands, or would stand at another record of the person."""
    return award.organisation_id, person_id, award.standard_id, award.part


def _known(id_: UUID | None) -> UUID:
    """Return the id that a row which was done must have."""
    if id_ is None:
        raise LookupError("a row that was done names no record")
    return id_


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
