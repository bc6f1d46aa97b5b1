"""What the awards of one standard come to: each by itself, and the awards of its parts together.

In the order of the code: a judgement and what judgements are ordered by (decision record 0007); the best of several;
the judgement of one award, for which the first check that applies decides; and the judgement of a standard that is
complete only with all of its parts, as Oliver McGowan training is (facts, section 3). `checks` has the reasons,
`acceptance` chooses between the standards that a person holds, `sentences` puts a judgement into words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from credentials.checks import CHECKS, CLOSENESS, OUTCOME_OF_CODE, OUTCOMES, Case, Code, Outcome


@dataclass(frozen=True)
class Judgement:
    """What one award, or the parts of one standard together, come to.

    `case` is the award whose limit or fault decides; `cases` are all the awards that count here. `minutes_left` is
    what of the requirement is still to do, `missing` the parts that are.
    """

    code: Code
    case: Case
    cases: tuple[Case, ...]
    minutes_left: int
    missing: tuple[int, ...] = ()

    @property
    def accepted_until(self) -> date | None:
        """The last day that an accepted award counts; None where it does not lapse or is not accepted."""
        return self.case.limit.last_day if self.code == "current" and self.case.limit is not None else None

    @property
    def outcome(self) -> Outcome:
        """The outcome, which follows from the code and from whether an accepted award lapses."""
        return "ACCEPT_UNTIL" if self.accepted_until is not None else OUTCOME_OF_CODE[self.code]

    def preference(self) -> tuple[object, ...]:
        """Return what judgements are ordered by, the greatest being the best.

        Outcome; what is left to do; the later last day; how close it came; then the newest award, by its date, the
        instant of its record and its id. Decision record 0007 says why.
        """
        newest = max(
            (case.record.award.awarded_on, case.record.award.assurance.recorded_at.isoformat()) for case in self.cases
        )
        ids = tuple(case.record.award.id for case in self.cases)
        return (
            -OUTCOMES.index(self.outcome),
            -self.minutes_left,
            self.accepted_until or date.max,
            CLOSENESS[self.code],
            newest,
            ids,
        )


def best(judgements: Iterable[Judgement]) -> Judgement | None:
    """Return the best judgement; None where there is none."""
    return max(judgements, key=Judgement.preference, default=None)


def judge(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Judge all awards of one held standard: each whole award by itself, and the awards of parts together."""
    judged = [judge_one(case) for case in cases]
    parts: dict[int, list[Judgement]] = {}
    for judgement in judged:
        if judgement.case.is_part and judgement.case.record.award.part is not None:
            parts.setdefault(judgement.case.record.award.part, []).append(judgement)
        else:
            yield judgement
    for chosen in _choices_of_parts(parts):
        yield _together(chosen)


def judge_one(case: Case) -> Judgement:
    """Judge one award by itself with the first check that applies."""
    code: Code = next((code for code, applies in CHECKS if applies(case)), "current")
    left = case.requirement.minutes
    if OUTCOME_OF_CODE[code] == "ACCEPT":
        left = 0
    elif code == "practical_outstanding":
        left = case.requirement.minutes_of_practical()
    return Judgement(code, case, (case,), left)


def _choices_of_parts(parts: Mapping[int, Sequence[Judgement]]) -> Iterator[dict[int, Judgement]]:
    """Choose one award for each part: the best of each, and again with the best practical one in each place.

    So an award of a part that shows the practical is found even where a newer one of the same part does not show it,
    without trying every combination.
    """
    choice = {part: chosen for part, judgements in parts.items() if (chosen := best(judgements)) is not None}
    if choice:
        yield choice
    for part, judgements in parts.items():
        practical = best(judgement for judgement in judgements if judgement.case.shows_practical)
        if practical is not None:
            yield {**choice, part: practical}


def _together(chosen: Mapping[int, Judgement]) -> Judgement:
    """Judge the parts of one standard together: all must count, and the one that ends first sets the last day."""
    counting = {part: judgement for part, judgement in chosen.items() if judgement.code == "current"}
    if not counting:
        return max(chosen.values(), key=Judgement.preference)
    first_to_end = min(counting.values(), key=lambda judgement: judgement.accepted_until or date.max)
    cases = tuple(counting[part].case for part in sorted(counting))
    case = first_to_end.case
    practical = not case.requirement.practical_needed or any(counted.shows_practical for counted in cases)
    missing = tuple(part.number for part in case.held.parts if part.number not in counting)
    left = max(_minutes_of_missing(case, missing), 0 if practical else case.requirement.minutes_of_practical())
    if missing:
        return Judgement("part_outstanding", case, cases, left, missing)
    return replace(
        first_to_end, code="current" if practical else "practical_outstanding", cases=cases, minutes_left=left
    )


def _minutes_of_missing(case: Case, missing: Sequence[int]) -> int:
    """The receiver says how long the parts of the required standard take, not those of another that covers it."""
    if missing and case.held.code != case.required.code:
        return case.requirement.minutes
    return case.requirement.minutes_of_parts(missing)
