"""What is accepted, until when, and why not: examples that read as the specification."""

from datetime import UTC, date, datetime
from typing import Any, get_args

import msgspec
import pytest

from credentials.acceptance import Decision, decide, plan
from credentials.acceptance_rules import DoesNotLapse, InvalidRulesError, Requirement, ShorterPeriod
from credentials.catalogue import RenewalRule
from credentials.checks import CHECKS, OUTCOME_OF_CODE, OUTCOMES, Code
from credentials.records import VerifiedAward
from tests.credentials.acceptance_samples import (
    CATALOGUE,
    POLICY,
    START,
    a_policy,
    a_requirement,
    a_standard,
    an_award,
    decide_one,
)

TODAY = date(2026, 6, 1)
NEVER_LAPSES = {"does_not_lapse": (DoesNotLapse(standard="MH1", source="policy HR-7"),)}
LOCAL = Requirement(id="site", local="Fire procedure of the site", minutes=30)

# The code, what the person holds, what is required, and what the receiver's policy says otherwise.
EXAMPLES: list[tuple[str, Code, list[VerifiedAward], Requirement, dict[str, Any]]] = [
    ("ACCEPT_UNTIL", "current", [an_award("FS")], a_requirement("FS"), {}),
    ("ACCEPT_UNTIL", "current", [an_award("SA2")], a_requirement("SA1"), {}),
    ("ACCEPT_UNTIL", "current", [an_award("FS", kind="gp_practice")], a_requirement("FS"),
     {"accepted_issuer_kinds": ("gp_practice",)}),
    ("ACCEPT_UNTIL", "current", [an_award("FS", aligned_then=False)], a_requirement("FS"), {"alignment_needed_in": ()}),
    ("ACCEPT_UNTIL", "current", [an_award("FS", signatory=False)], a_requirement("FS"), {"signatory_needed": False}),
    ("ACCEPT_UNTIL", "current", [an_award("PAED", aligned_then=False)], a_requirement("PAED"), {}),
    ("ACCEPT_UNTIL", "current", [an_award("PAED", accredited_now=False)], a_requirement("PAED"), {}),
    ("ACCEPT_UNTIL", "current", [an_award("FS", delivery="blended")], a_requirement("FS", practical_needed=True), {}),
    ("ACCEPT_UNTIL", "current", [an_award("FS", delivery="e_learning", assessed=False)], a_requirement("FS"), {}),
    ("ACCEPT_UNTIL", "current", [an_award("FS", accredited_then=False)], a_requirement("FS"), {}),
    ("ACCEPT_UNTIL", "current", [an_award("FS", START)], a_requirement("FS"), {}),
    ("ACCEPT", "current", [an_award("MH1")], a_requirement("MH1"), NEVER_LAPSES),
    ("PARTIAL", "practical_outstanding", [an_award("FS", delivery="e_learning")],
     a_requirement("FS", practical_needed=True), {}),
    ("PARTIAL", "practical_outstanding", [an_award("FS", delivery="unknown")],
     a_requirement("FS", practical_needed=True), {}),
    ("PARTIAL", "part_outstanding", [an_award("LD2", part=1)], a_requirement("LD2", maximum_age_months=24), {}),
    ("REFER", "disputed", [an_award("FS", disputed=True)], a_requirement("FS"), {}),
    ("REFER", "level_cover_unclear", [an_award("IPC2", date(2026, 1, 1))], a_requirement("IPC1"), {}),
    ("REFER", "level_cover_unclear", [an_award("SA3")], a_requirement("SA1"), {}),
    ("REFER", "level_cover_unclear", [an_award("RES3", date(2026, 1, 1))], a_requirement("RES2A"), {}),
    ("REFER", "level_cover_unclear", [an_award("FS", part=1)], a_requirement("FS"), {}),
    ("REFER", "not_assessed", [an_award("FS", assessed=False)], a_requirement("FS", assessed_needed=True), {}),
    ("REFER", "not_assessed", [an_award("FS", assessed=None)], a_requirement("FS", assessed_needed=True), {}),
    ("REFER", "version_unclear", [an_award("LW", date(2026, 1, 1))], a_requirement("LW"), {}),
    ("REFER", "version_unclear", [an_award("LW", date(2026, 1, 1), delivery="e_learning")],
     a_requirement("LW", practical_needed=True), {}),
    ("REFUSE", "lapsed", [an_award("LW", date(2025, 5, 1))], a_requirement("LW"), {}),
    ("REFER", "period_not_set", [an_award("MH1")], a_requirement("MH1"), {}),
    ("PARTIAL", "new_content_outstanding", [an_award("HW", date(2026, 1, 1))], a_requirement("HW"), {}),
    ("REFUSE", "lapses_before_start", [an_award("FS", date(2024, 7, 1))], a_requirement("FS"), {}),
    ("REFUSE", "lapsed", [an_award("FS", date(2024, 5, 1))], a_requirement("FS"), {}),
    ("REFUSE", "issuer_kind_not_accepted", [an_award("FS", kind="gp_practice")], a_requirement("FS"), {}),
    ("REFUSE", "issuer_not_aligned", [an_award("FS", aligned_then=False)], a_requirement("FS"), {}),
    ("REFUSE", "issuer_not_accredited", [an_award("PAED", accredited_then=False)], a_requirement("PAED"), {}),
    ("REFUSE", "issuer_not_signatory", [an_award("FS", signatory=False)], a_requirement("FS"), {}),
    ("REFUSE", "other_variant", [an_award("RES2P", date(2026, 1, 1))], a_requirement("RES2A"), {}),
    ("REFUSE", "other_variant", [an_award("RES3P", date(2026, 1, 1))], a_requirement("RES2A"), {}),
    ("REFUSE", "lower_level", [an_award("IPC1")], a_requirement("IPC2"), {}),
    ("REFUSE", "lower_level", [an_award("SA1")], a_requirement("SA3"), {}),
    ("REFUSE", "awarded_after_start", [an_award("FS", date(2026, 8, 7))], a_requirement("FS"), {}),
    ("REFUSE", "withdrawn", [an_award("FS", withdrawn=True)], a_requirement("FS"), {}),
    ("REFUSE", "not_held", [], a_requirement("FS"), {}),
    ("REFUSE", "not_held", [an_award("PAED")], a_requirement("FS"), {}),
    ("REFUSE", "not_held", [an_award("NEWER-THAN-THE-CATALOGUE")], a_requirement("FS"), {}),
    ("REFUSE", "local_only", [an_award("FS")], LOCAL, {}),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "code", "records", "requirement", "policy"), EXAMPLES)
def test_each_example_has_its_outcome_and_code(
    outcome: str, code: Code, records: list[VerifiedAward], requirement: Requirement, policy: dict[str, Any]
) -> None:
    decision = decide_one(*records, requirement=requirement, policy=a_policy(**policy), today=TODAY)
    assert (decision.outcome, decision.code) == (outcome, code)


def test_the_examples_show_every_code_and_every_outcome() -> None:
    assert {code for _, code, *_ in EXAMPLES} == set(OUTCOME_OF_CODE)
    assert {outcome for outcome, *_ in EXAMPLES} == set(OUTCOMES)


def test_every_code_of_the_contract_has_one_outcome() -> None:
    contract = (
        "current lapses_before_start lapsed not_held lower_level other_variant issuer_kind_not_accepted "
        "issuer_not_aligned issuer_not_accredited issuer_not_signatory practical_outstanding part_outstanding "
        "not_assessed local_only disputed withdrawn period_not_set level_cover_unclear awarded_after_start "
        "version_unclear new_content_outstanding"
    )
    assert set(OUTCOME_OF_CODE) == set(get_args(Code)) == set(contract.split())


def test_outcomes_are_ordered_best_first() -> None:
    assert OUTCOMES == ("ACCEPT", "ACCEPT_UNTIL", "PARTIAL", "REFER", "REFUSE")


def test_the_chain_of_checks_runs_from_the_worst_outcome_to_the_best() -> None:
    places = [list(OUTCOME_OF_CODE).index(code) for code, _ in CHECKS]
    outcomes = [OUTCOMES.index(OUTCOME_OF_CODE[code]) for code, _ in CHECKS]
    assert places == sorted(places)
    assert outcomes == sorted(outcomes, reverse=True)


# How long an award counts.


@pytest.mark.parametrize(
    ("what_is_said", "last_day"),
    [
        ({}, date(2027, 6, 1)),
        ({"valid_until": date(2026, 12, 24)}, date(2026, 12, 24)),
        ({"maximum_age_months": 18}, date(2026, 12, 1)),
        ({"shorter": 15}, date(2026, 9, 1)),
        ({"valid_until": date(2026, 12, 24), "maximum_age_months": 18, "shorter": 15}, date(2026, 9, 1)),
        ({"valid_until": date(2030, 1, 1), "maximum_age_months": 60, "shorter": 60}, date(2027, 6, 1)),
    ],
)
def test_the_shortest_of_framework_issuer_and_receiver_decides(what_is_said: dict[str, Any], last_day: date) -> None:
    shorter = what_is_said.get("shorter")
    periods = (ShorterPeriod(standard="FS", months=shorter, source="policy HR-2"),) if shorter else ()
    decision = decide_one(
        an_award(valid_until=what_is_said.get("valid_until")),
        requirement=a_requirement(maximum_age_months=what_is_said.get("maximum_age_months")),
        policy=a_policy(shorter_periods=periods),
    )
    assert decision.accepted_until == last_day


def test_the_last_day_is_included() -> None:
    assert decide_one(an_award("FS", date(2024, 8, 6))).outcome == "ACCEPT_UNTIL"
    assert decide_one(an_award("FS", date(2024, 8, 5))).outcome == "REFUSE"


def test_an_award_that_ended_yesterday_has_lapsed_and_one_that_ends_today_has_not() -> None:
    award = an_award("FS", date(2024, 7, 1))
    assert decide_one(award, today=date(2026, 7, 1)).code == "lapses_before_start"
    assert decide_one(award, today=date(2026, 7, 2)).code == "lapsed"


def test_without_today_what_ends_before_the_start_is_never_called_lapsed() -> None:
    assert decide_one(an_award("FS", date(2020, 1, 1))).code == "lapses_before_start"


def test_a_decision_about_a_past_start_counts_what_counted_then() -> None:
    assert decide_one(an_award("FS", date(2024, 8, 6)), today=date(2030, 1, 1)).code == "current"


def test_the_framework_rule_in_force_at_the_start_holds_even_for_older_awards() -> None:
    renewals = (
        RenewalRule(source="edition 1", months=36, until_on=date(2026, 8, 5)),
        RenewalRule(source="edition 2", months=12, from_on=date(2026, 8, 6)),
    )
    others = tuple(standard for standard in CATALOGUE.standards if standard.code != "FS")
    fire = a_standard("FS", "Fire safety", renewals=renewals)
    catalogue = msgspec.structs.replace(CATALOGUE, standards=(*others, fire))
    award = an_award("FS", date(2025, 8, 1))
    assert decide_one(award, catalogue=catalogue, on=date(2026, 8, 5)).rule.source == "edition 1"
    assert decide_one(award, catalogue=catalogue, on=date(2026, 8, 6)).code == "lapses_before_start"


def test_an_award_that_covers_another_standard_counts_no_longer_than_either() -> None:
    covering = decide_one(an_award("SA2"), requirement=a_requirement("SA1"))
    assert covering.accepted_until == date(2027, 6, 1)  # 24 months of SA2, not 36 of SA1
    assert covering.rule.source == "framework table, SA2"
    covered = decide_one(an_award("SA3", date(2024, 12, 1)), requirement=a_requirement("SA2"))
    assert covered.accepted_until == date(2026, 12, 1)  # 24 months of SA2, not 36 of SA3


def test_where_the_framework_sets_no_period_the_issuers_or_the_receivers_holds() -> None:
    required = a_requirement("MH1")
    issuers = decide_one(an_award("MH1", valid_until=date(2027, 1, 31)), requirement=required)
    receivers = decide_one(an_award("MH1"), requirement=a_requirement("MH1", maximum_age_months=24))
    assert (issuers.outcome, issuers.accepted_until) == ("ACCEPT_UNTIL", date(2027, 1, 31))
    assert (receivers.outcome, receivers.accepted_until) == ("ACCEPT_UNTIL", date(2027, 6, 1))


def test_a_receiver_can_not_say_away_the_frameworks_period_or_the_issuers_last_day() -> None:
    never = a_policy(
        does_not_lapse=(DoesNotLapse(standard="FS", source="HR-7"), DoesNotLapse(standard="MH1", source="HR-7"))
    )
    assert decide_one(an_award("FS"), policy=never).accepted_until == date(2027, 6, 1)
    issuers = an_award("MH1", valid_until=date(2026, 8, 5))
    assert decide_one(issuers, requirement=a_requirement("MH1"), policy=never).outcome == "REFUSE"


# Which of several awards decides.


def test_the_best_outcome_wins_even_from_an_older_award() -> None:
    older, newer = an_award("FS", date(2025, 1, 1)), an_award("FS", date(2026, 1, 1), kind="gp_practice")
    assert decide_one(newer, older).awards == (older.award.id,)


def test_the_newest_award_wins_between_equals() -> None:
    never = a_policy(**NEVER_LAPSES)
    years = {"c": 2024, "a": 2026, "b": 2025}
    awards = [an_award("MH1", date(year, 1, 1), id=name) for name, year in years.items()]
    assert decide_one(*awards, requirement=a_requirement("MH1"), policy=never).awards == ("a",)
    refused = [an_award("FS", date(year, 1, 1), id=name, kind="council") for name, year in years.items()]
    assert decide_one(*refused).awards == ("a",)


def test_of_two_awards_of_one_day_the_one_recorded_last_decides() -> None:
    first = an_award("FS", id="b", recorded_at=datetime(2026, 1, 1, 9, tzinfo=UTC))
    last = an_award("FS", id="a", recorded_at=datetime(2026, 1, 1, 9, 0, 0, 5, tzinfo=UTC))
    assert decide_one(first, last).awards == ("a",)


def test_a_newer_award_that_ends_sooner_does_not_shorten_what_was_accepted() -> None:
    older, newer = an_award("FS", date(2025, 6, 1)), an_award("FS", date(2026, 6, 1), valid_until=date(2026, 9, 1))
    decision = decide_one(older, newer)
    assert (decision.awards, decision.accepted_until) == ((older.award.id,), date(2027, 6, 1))


def test_of_several_refusals_the_one_that_came_closest_is_shown() -> None:
    lapsed = an_award("FS", date(2024, 1, 1))
    assert decide_one(lapsed, an_award("FS", date(2026, 1, 1), withdrawn=True)).code == "lapses_before_start"


def test_an_award_with_several_faults_shows_the_one_that_weighs_most() -> None:
    award = an_award("FS", date(2020, 1, 1), disputed=True, withdrawn=True)
    assert decide_one(award).code == "withdrawn"
    assert decide_one(an_award("FS", date(2020, 1, 1), disputed=True)).code == "lapses_before_start"


def test_two_awards_with_one_id_are_decided_the_same_in_any_order() -> None:
    one, two = an_award("FS", id="same", delivery="e_learning"), an_award("FS", id="same", delivery="unknown")
    practical = a_requirement("FS", practical_needed=True)
    assert decide_one(one, two, requirement=practical) == decide_one(two, one, requirement=practical)


def test_records_with_and_without_a_time_zone_are_decided_all_the_same() -> None:
    naive = an_award("FS", recorded_at=an_award().award.assurance.recorded_at.replace(tzinfo=None), id="naive")
    assert decide_one(naive, an_award("FS")).outcome == "ACCEPT_UNTIL"


# What a decision says.


def test_a_decision_carries_its_rule_its_versions_and_its_day() -> None:
    decision = decide_one(an_award("FS"), requirement=a_requirement("FS", minutes=45))
    assert (decision.requirement, decision.title, decision.standard) == ("item", "Fire safety", "FS")
    assert decision.rule.text == "the framework lets it count for 24 months"
    assert decision.rule.source == "framework table, FS"
    assert (decision.minutes_saved, decision.minutes_left) == (45, 0)
    assert decision.basis.on == START
    assert (decision.basis.policy, decision.basis.policy_version, decision.basis.catalogue_version) == (
        "induction",
        3,
        7,
    )


def test_a_practical_that_is_left_saves_the_rest() -> None:
    required = a_requirement("FS", minutes=60, practical_needed=True, practical_minutes=20)
    decision = decide_one(an_award("FS", delivery="e_learning"), requirement=required)
    assert (decision.minutes_saved, decision.minutes_left) == (40, 20)


def test_a_practical_of_unknown_length_saves_nothing_yet() -> None:
    required = a_requirement("FS", minutes=60, practical_needed=True)
    assert decide_one(an_award("FS", delivery="e_learning"), requirement=required).minutes_left == 60


def test_decisions_come_one_a_requirement_and_in_order() -> None:
    requirements = [LOCAL, a_requirement("FS", id="fire"), a_requirement("FS", id="fire-again")]
    decisions = decide([an_award("FS")], requirements, policy=POLICY, catalogue=CATALOGUE, on=START)
    assert [decision.requirement for decision in decisions] == ["site", "fire", "fire-again"]


def test_a_decision_survives_json() -> None:
    for decision in (decide_one(an_award("FS")), decide_one(requirement=LOCAL)):
        assert msgspec.json.decode(msgspec.json.encode(decision), type=Decision) == decision
        assert msgspec.convert(msgspec.to_builtins(decision), Decision) == decision


def test_rules_that_name_an_unknown_standard_decide_nothing() -> None:
    with pytest.raises(InvalidRulesError, match="no standard 'FIRE'") as refused:
        decide_one(requirement=a_requirement("FIRE"))
    assert refused.value.path == "$.requirements[0].standard"
    period = ShorterPeriod(standard="FIRE", months=12, source="HR-2")
    with pytest.raises(InvalidRulesError, match="no standard 'FIRE'") as refused:
        decide_one(policy=a_policy(shorter_periods=(period,)))
    assert refused.value.path == "$.shorter_periods[0].standard"


# The plan.


def test_the_plan_adds_up_what_is_saved_what_is_left_and_what_a_person_must_look_at() -> None:
    requirements = [
        a_requirement("FS", id="fire", minutes=60),
        a_requirement("MH1", id="lifting", minutes=40),
        a_requirement("RES2A", id="life-support", minutes=120, practical_needed=True, practical_minutes=90),
        a_requirement("PAED", id="paediatrics", minutes=15),
        LOCAL,
    ]
    records = [an_award("FS"), an_award("MH1"), an_award("RES2A", date(2026, 1, 1), delivery="e_learning")]
    result = plan(decide(records, requirements, policy=POLICY, catalogue=CATALOGUE, on=START))
    assert (result.minutes_saved, result.minutes_left, result.minutes_referred) == (90, 40 + 90 + 15 + 30, 40)
    assert result.accepted == ("fire",)
    assert result.to_check == ("lifting",)
    assert result.to_do == ("life-support", "paediatrics", "site")


def test_the_plan_of_nothing_is_empty() -> None:
    assert plan([]).minutes_left == 0
