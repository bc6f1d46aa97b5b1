"""Which ending may follow which: every pair is tried, for awards, recognitions and the answers to disputes."""

from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest

from passport.awards import disputes, endings, service
from passport.awards.endings import ANSWERS, AWARD_ENDINGS, RECOGNITION_ENDINGS, Ending, end, state_of
from passport.awards.models import DISPUTE_ANSWERS, ENDINGS, Award, Recognition
from passport.errors import Conflict, Invalid
from tests.trusts import Trust

STATES: tuple[Ending | None, ...] = (None, *get_args(Ending))
TODAY = date(2026, 8, 6)
PAIRS = list(product((Award, Recognition), STATES, get_args(Ending)))


@pytest.mark.parametrize(("kind", "before", "after"), PAIRS)
def test_a_record_ends_as_the_table_says_and_in_no_other_way(
    kind: type[Award | Recognition], before: Ending | None, after: Ending, now: datetime
) -> None:
    record = kind(ending=before, ended_at=now if before else None)
    table = AWARD_ENDINGS if kind is Award else RECOGNITION_ENDINGS
    if after in table.get(before, ()):
        end(record, after, now=now)
        assert (record.ending, record.ended_at) == (after, now)
        return
    if before in table:
        with pytest.raises(Conflict):
            end(record, after, now=now)
        assert record.ending == before


def test_only_what_has_not_ended_can_end() -> None:
    for table in (AWARD_ENDINGS, RECOGNITION_ENDINGS):
        assert [before for before, after in table.items() if after] == [None]
    assert get_args(Ending) == ENDINGS


def ended(trust: Trust, award: Award, how: Ending | None) -> None:
    if how == "superseded":
        trust.record(awarded_on=date(2026, 4, 1))
    elif how == "corrected":
        service.correct(trust.session, award_id=award.id, changes={"assessed": False}, **trust.acting)
    elif how == "withdrawn":
        service.withdraw(trust.session, award_id=award.id, reason="issued_in_error", **trust.acting)


@pytest.mark.parametrize(("how", "answer"), list(product(STATES, DISPUTE_ANSWERS)))
def test_an_answer_tells_what_became_of_the_award(trust: Trust, how: Ending | None, answer: str) -> None:
    award = trust.record()
    raised = disputes.raise_dispute(
        trust.session, award_id=award.id, person_id=trust.nurse.id, reason="incorrect", words="", actor="x",
        now=trust.now,
    )  # fmt: skip
    ended(trust, award, how)
    said: dict[str, Any] = {"dispute_id": raised.id, "outcome": answer, "reply": "We looked."}
    if answer in ANSWERS[how]:
        assert disputes.answer(trust.session, **said, **trust.acting).answer == answer
        return
    with pytest.raises((disputes.StillStands, Invalid)):
        disputes.answer(trust.session, **said, **trust.acting)


@pytest.mark.parametrize(
    ("last_day", "state"),
    [(None, "recorded"), (TODAY, "recorded"), (date(2026, 8, 5), "expired")],
)
def test_that_an_award_expired_is_computed_and_its_last_day_still_counts(last_day: date | None, state: str) -> None:
    assert state_of(Award(), today=TODAY, last_day=last_day) == state


def test_every_state_has_its_word(trust: Trust) -> None:
    award = trust.record()
    found = {state_of(award, today=TODAY), state_of(award, today=TODAY, disputed={award.id})}
    found.add(state_of(award, today=TODAY, last_day=date(2026, 1, 1)))
    found |= {state_of(Award(ending=ending), today=TODAY, disputed={award.id}) for ending in get_args(Ending)}
    assert found == set(endings.STATES)


def test_nothing_else_in_the_service_writes_an_ending() -> None:
    """What is not written through `end` is not held to the tables."""
    rooms = Path(endings.__file__).parent
    writers = [path.name for path in rooms.glob("*.py") if ".ending," in path.read_text(encoding="utf-8")]
    assert writers == ["endings.py"]
