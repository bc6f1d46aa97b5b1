"""How awards and recognitions end: one table each, used by every service that ends one (docs/award-life.md).

In the order of the code: the states; which ending may follow which; what an issuer may answer to a dispute, given what
became of the award; end a record, which is the only way; and the state of a record as people read it. A fact is never
changed and never comes back: whatever ended stays ended. That the last day of an award has passed is no ending: it is
computed each time from the rules of today, and such an award can still be superseded, corrected or withdrawn. A dispute
is no ending either: it is a mark on an award until its issuer answers.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Final, Literal, cast, get_args
from uuid import UUID

from passport.awards.models import Award, Recognition
from passport.errors import Conflict

Ending = Literal["superseded", "corrected", "withdrawn"]
State = Literal["recorded", "disputed", "expired", "superseded", "corrected", "withdrawn"]
STATES: Final = get_args(State)
Moves = Mapping[Ending | None, frozenset[Ending]]
# Which ending may follow which; None is a record that has not ended.
AWARD_ENDINGS: Final[Moves] = {
    None: frozenset(("superseded", "corrected", "withdrawn")),
    "superseded": frozenset(),
    "corrected": frozenset(),
    "withdrawn": frozenset(),
}
# A recognition that was recorded wrongly is withdrawn and recorded anew: two people look at it.
RECOGNITION_ENDINGS: Final[Moves] = {
    None: frozenset(("superseded", "withdrawn")),
    "superseded": frozenset(),
    "withdrawn": frozenset(),
}
# What an issuer may answer to a dispute, by what became of the award since.
ANSWERS: Final[Mapping[Ending | None, frozenset[str]]] = {
    None: frozenset(("stands",)),
    "superseded": frozenset(("stands",)),
    "corrected": frozenset(("corrected",)),
    "withdrawn": frozenset(("withdrawn",)),
}


class AwardEnded(Conflict):
    """The award was superseded, corrected or withdrawn before."""

    code = "award_ended"
    title = "The award is not current any more"


class RecognitionEnded(Conflict):
    """The recognition was superseded or withdrawn before."""

    code = "recognition_ended"
    title = "The recognition is not current any more"


class SecondPersonNeeded(Conflict):
    """A professional credential or a recognition is withdrawn by two people: one asks, another one confirms."""

    code = "second_person_needed"
    title = "A second person must confirm this withdrawal"


def end(
    record: Award | Recognition,
    ending: Ending,
    *,
    now: datetime,
    reason: str | None = None,
    replaced_by: UUID | None = None,
) -> None:
    """Say how a record ended. The caller holds its row, or has just made it.

    Args:
        record: the award or recognition.
        ending: how it ends.
        now: UTC.
        reason: why, of a withdrawal.
        replaced_by: the record that takes its place.

    Raises:
        AwardEnded, RecognitionEnded: the ending does not follow from the state that the record is in.
    """
    is_award = isinstance(record, Award)
    moves = AWARD_ENDINGS if is_award else RECOGNITION_ENDINGS
    if ending not in moves[cast("Ending | None", record.ending)]:
        raise AwardEnded if is_award else RecognitionEnded
    record.ended_at, record.ending, record.ending_reason, record.replaced_by_id = now, ending, reason, replaced_by


def may_answer(award: Award, answer: str) -> bool:
    """Say whether an answer to a dispute tells what became of the award."""
    return answer in ANSWERS[cast("Ending | None", award.ending)]


def state_of(
    record: Award | Recognition, *, today: date, last_day: date | None = None, disputed: Collection[UUID] = ()
) -> State:
    """Return the state of a record as people read it.

    Args:
        record: the award or recognition; a recognition sets no last day and is not disputed here.
        today: what is past is judged by.
        last_day: until when it counts, from the rules of today and the issuer's own last day; None: no end is set.
        disputed: the ids of awards that their holder questions and nobody has answered for.
    """
    if record.ending is not None:
        return cast("State", record.ending)
    if record.id in disputed:
        return "disputed"
    return "expired" if last_day is not None and last_day < today else "recorded"
