"""What holds of every decision, whatever the awards are."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.acceptance import Decision, decide
from credentials.acceptance_rules import AcceptancePolicy, DoesNotLapse, PartMinutes, Requirement, ShorterPeriod
from credentials.checks import OUTCOME_OF_CODE, OUTCOMES
from credentials.records import VerifiedAward
from tests.credentials.acceptance_samples import CATALOGUE, START, a_policy, a_requirement, an_award

FAMILIES = [["IPC1", "IPC2"], ["LD2", "LD3"], ["SA1", "SA2"], ["RES2A", "RES3P"], ["MH1"], ["FS", "PAED"]]
CODES = [code for family in FAMILIES for code in family]
MAYBE_MONTHS = st.none() | st.sampled_from([1, 6, 12, 24, 36])
FAULTS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        *[{}] * 8,
        {"kind": "gp_practice"},
        {"aligned_then": False},
        {"accredited_then": False},
        {"signatory": False},
        {"disputed": True},
        {"withdrawn": True},
    ]
)
SELDOM = st.sampled_from([False, False, False, False, True])


@st.composite
def awards(draw: st.DrawFn, codes: Sequence[str]) -> VerifiedAward:
    code = draw(st.sampled_from(codes))
    awarded_on = START - timedelta(days=draw(st.sampled_from([-1, 0, 1, 100, 300, 365, 400, 700, 731, 1100])))
    ends_after = draw(st.sampled_from([None, None, None, -1, 0, 300, 500, 2000]))
    return an_award(
        code,
        awarded_on,
        id=f"award-{draw(st.integers(min_value=0, max_value=10**6))}",
        part=draw(st.sampled_from([None, 1, 2, 3]))
        if code == "LD2"
        else draw(st.sampled_from([None, None, None, None, 1])),
        valid_until=None if ends_after is None else awarded_on + timedelta(days=ends_after),
        delivery=draw(st.sampled_from(["e_learning", "face_to_face", "blended", "unknown"])),
        assessed=draw(st.sampled_from([True, True, False, None])),
        **draw(FAULTS),
    )


@st.composite
def requirements(draw: st.DrawFn, codes: Sequence[str]) -> Requirement:
    code = draw(st.sampled_from(codes))
    parts = tuple(
        PartMinutes(part=number, minutes=draw(st.integers(min_value=0, max_value=60)))
        for number in draw(st.sampled_from([(), (1,), (1, 2)]) if code == "LD2" else st.just(()))
    )
    return a_requirement(
        code,
        maximum_age_months=draw(MAYBE_MONTHS),
        practical_needed=draw(st.booleans()),
        assessed_needed=draw(SELDOM),
        practical_minutes=draw(st.none() | st.integers(min_value=0, max_value=60)),
        part_minutes=parts,
    )


@st.composite
def policies(draw: st.DrawFn) -> AcceptancePolicy:
    shorter = draw(st.dictionaries(st.sampled_from(CODES), st.integers(min_value=1, max_value=48), max_size=3))
    never = draw(st.sets(st.sampled_from(CODES), max_size=6))
    return a_policy(
        alignment_needed_in=draw(st.sampled_from([(), ("CSTF",)])),
        signatory_needed=draw(st.booleans()),
        shorter_periods=tuple(ShorterPeriod(standard=code, months=shorter[code], source="HR-2") for code in shorter),
        does_not_lapse=tuple(DoesNotLapse(standard=code, source="HR-7") for code in sorted(never)),
    )


def decision(records: list[VerifiedAward], requirement: Requirement, policy: AcceptancePolicy, **days: Any) -> Decision:
    (only,) = decide(records, [requirement], policy=policy, catalogue=CATALOGUE, **({"on": START} | days))
    return only


def goodness(decided: Decision) -> tuple[int, date, int]:
    """Outcome first, then the last day, then what is left to do: greater is better."""
    return -OUTCOMES.index(decided.outcome), decided.accepted_until or date.max, -decided.minutes_left


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[VerifiedAward], Requirement]:
    """Draw what is held and what is required, near enough to each other to have to do with one another."""
    family = draw(st.sampled_from(FAMILIES))
    records = st.lists(awards(family), min_size=1, max_size=6, unique_by=lambda record: record.award.id)
    return draw(records), draw(requirements(family))


@given(questions(), policies())
@settings(deadline=None, max_examples=250)
def test_adding_an_award_never_makes_a_decision_worse(
    question: tuple[list[VerifiedAward], Requirement], policy: AcceptancePolicy
) -> None:
    records, requirement = question
    assert goodness(decision(records, requirement, policy)) >= goodness(decision(records[1:], requirement, policy))


@given(st.lists(awards(["LD2"]), min_size=1, max_size=5), requirements(["LD2"]), policies())
@settings(deadline=None, max_examples=300)
def test_adding_a_part_never_makes_a_decision_worse(
    records: list[VerifiedAward], requirement: Requirement, policy: AcceptancePolicy
) -> None:
    assert goodness(decision(records, requirement, policy)) >= goodness(decision(records[1:], requirement, policy))


@given(questions(), st.randoms(use_true_random=False), policies())
@settings(deadline=None)
def test_the_order_of_the_awards_never_matters(
    question: tuple[list[VerifiedAward], Requirement], random: Any, policy: AcceptancePolicy
) -> None:
    records, requirement = question
    shuffled = random.sample(records, len(records))
    assert decision(shuffled, requirement, policy) == decision(records, requirement, policy)


@given(questions(), policies())
@settings(deadline=None)
def test_the_same_question_has_the_same_answer_to_the_byte(
    question: tuple[list[VerifiedAward], Requirement], policy: AcceptancePolicy
) -> None:
    records, requirement = question
    once, again = (msgspec.json.encode(decision(records, requirement, policy)) for _ in range(2))
    assert once == again


@given(questions(), policies(), st.integers(min_value=1, max_value=48), st.integers(min_value=0, max_value=48))
@settings(deadline=None)
def test_a_shorter_maximum_age_never_accepts_longer(
    question: tuple[list[VerifiedAward], Requirement], policy: AcceptancePolicy, shorter: int, more: int
) -> None:
    records, requirement = question
    short = msgspec.structs.replace(requirement, maximum_age_months=shorter)
    long = msgspec.structs.replace(requirement, maximum_age_months=shorter + more)
    assert goodness(decision(records, short, policy)) <= goodness(decision(records, long, policy))


@given(questions(), policies(), st.integers(min_value=1, max_value=48), st.integers(min_value=0, max_value=48))
@settings(deadline=None)
def test_a_shorter_period_of_the_policy_never_accepts_longer(
    question: tuple[list[VerifiedAward], Requirement], policy: AcceptancePolicy, shorter: int, more: int
) -> None:
    records, requirement = question

    def with_period(months: int) -> AcceptancePolicy:
        period = ShorterPeriod(standard=requirement.standard or "", months=months, source="HR-2")
        return msgspec.structs.replace(policy, shorter_periods=(period,))

    short = decision(records, requirement, with_period(shorter))
    assert goodness(short) <= goodness(decision(records, requirement, with_period(shorter + more)))


@given(questions(), policies())
@settings(deadline=None, max_examples=200)
def test_nothing_is_accepted_past_the_issuers_last_day_or_before_its_award(
    question: tuple[list[VerifiedAward], Requirement], policy: AcceptancePolicy
) -> None:
    records, requirement = question
    decided = decision(records, requirement, policy)
    counted = [record.award for record in records if record.award.id in decided.awards]
    if decided.outcome in {"ACCEPT", "ACCEPT_UNTIL"}:
        assert all(award.awarded_on <= START for award in counted)
        ends = [award.valid_until for award in counted if award.valid_until is not None]
        assert all(decided.accepted_until is not None and decided.accepted_until <= end for end in ends)


@given(questions(), policies())
@settings(deadline=None)
def test_a_decision_is_whole(question: tuple[list[VerifiedAward], Requirement], policy: AcceptancePolicy) -> None:
    records, requirement = question
    decided = decision(records, requirement, policy)
    assert (decided.outcome == "ACCEPT_UNTIL") == (decided.accepted_until is not None)
    assert decided.accepted_until is None or decided.accepted_until >= START
    assert decided.outcome in {OUTCOME_OF_CODE[decided.code], "ACCEPT_UNTIL"}
    assert decided.minutes_saved + decided.minutes_left == requirement.minutes
    assert min(decided.minutes_saved, decided.minutes_left) >= 0
    assert (decided.minutes_saved == 0) or decided.outcome in {"ACCEPT", "ACCEPT_UNTIL", "PARTIAL"}
    assert bool(decided.awards) == (decided.code != "not_held")
    assert decided.rule.text
    assert decided.rule.source


@given(questions(), policies())
@settings(deadline=None)
def test_the_day_of_deciding_changes_a_word_never_an_outcome(
    question: tuple[list[VerifiedAward], Requirement], policy: AcceptancePolicy
) -> None:
    records, requirement = question
    told = decision(records, requirement, policy, today=START - timedelta(days=90))
    assert goodness(told) == goodness(decision(records, requirement, policy))
