"""Standards of several parts: part 1 alone is not complete."""

from datetime import date
from typing import Any

import msgspec

from credentials.acceptance_rules import DoesNotLapse, PartMinutes, Requirement
from credentials.records import VerifiedAward
from tests.credentials.acceptance_samples import CATALOGUE, PARTS, a_policy, a_requirement, an_award, decide_one


def required(**members: Any) -> Requirement:
    minutes = (PartMinutes(part=1, minutes=90), PartMinutes(part=2, minutes=400))
    return a_requirement("LD2", **({"minutes": 490, "part_minutes": minutes, "maximum_age_months": 24} | members))


def a_part(part: int, awarded_on: date = date(2026, 1, 1), **members: Any) -> VerifiedAward:
    return an_award("LD2", awarded_on, part=part, **members)


def test_one_part_leaves_the_other_to_do() -> None:
    decision = decide_one(a_part(1), requirement=required())
    assert (decision.outcome, decision.code) == ("PARTIAL", "part_outstanding")
    assert (decision.minutes_saved, decision.minutes_left) == (90, 400)
    assert decision.awards == (a_part(1).award.id,)
    assert decision.accepted_until is None
    assert "part 1 counts and part 2 is still to be done" in decision.sentence


def test_the_second_part_alone_leaves_the_first() -> None:
    assert decide_one(a_part(2), requirement=required()).minutes_left == 90


def test_a_part_twice_is_not_the_whole() -> None:
    twice = decide_one(a_part(1), a_part(1, date(2026, 2, 1)), requirement=required())
    assert (twice.code, twice.awards) == ("part_outstanding", (a_part(1, date(2026, 2, 1)).award.id,))


def test_all_parts_count_until_the_first_of_them_ends() -> None:
    decision = decide_one(a_part(2, date(2026, 3, 1)), a_part(1, date(2025, 2, 1)), requirement=required())
    assert (decision.outcome, decision.accepted_until) == ("ACCEPT_UNTIL", date(2027, 2, 1))
    assert decision.awards == (a_part(1, date(2025, 2, 1)).award.id, a_part(2, date(2026, 3, 1)).award.id)
    assert decision.minutes_left == 0


def test_all_parts_must_pass_every_check() -> None:
    lapsed = decide_one(a_part(1, date(2023, 1, 1)), a_part(2), requirement=required())
    refused = decide_one(a_part(1), a_part(2, kind="council"), requirement=required())
    referred = decide_one(a_part(1), a_part(2, disputed=True), requirement=required())
    assert {lapsed.code, refused.code, referred.code} == {"part_outstanding"}
    assert (lapsed.minutes_left, refused.minutes_left, referred.minutes_left) == (90, 400, 400)


def test_where_no_part_counts_the_reason_is_that_of_the_part_that_came_closest() -> None:
    decision = decide_one(a_part(1, withdrawn=True), a_part(2, disputed=True), requirement=required())
    assert (decision.outcome, decision.code, decision.minutes_left) == ("REFER", "disputed", 490)


def test_an_award_of_the_whole_needs_no_parts() -> None:
    assert decide_one(an_award("LD2"), requirement=required()).outcome == "ACCEPT_UNTIL"


def test_parts_without_any_period_are_for_a_person_one_or_all() -> None:
    without = required(maximum_age_months=None)
    assert decide_one(a_part(1), requirement=without).code == "period_not_set"
    assert decide_one(a_part(1), a_part(2), requirement=without).code == "period_not_set"


def test_parts_that_do_not_lapse_are_accepted_for_good() -> None:
    never = a_policy(does_not_lapse=(DoesNotLapse(standard="LD2", source="HR-7"),))
    without = required(maximum_age_months=None)
    assert decide_one(a_part(1), requirement=without, policy=never).code == "part_outstanding"
    assert decide_one(a_part(1), a_part(2), requirement=without, policy=never).outcome == "ACCEPT"


def test_a_part_that_the_standard_does_not_have_is_for_a_person() -> None:
    assert decide_one(a_part(3), requirement=required()).code == "level_cover_unclear"


def test_the_practical_may_be_in_any_of_the_parts() -> None:
    practical = required(practical_needed=True)
    together = decide_one(a_part(1, delivery="e_learning"), a_part(2), requirement=practical)
    assert together.outcome == "ACCEPT_UNTIL"


def test_parts_that_are_all_e_learning_leave_the_practical() -> None:
    practical = required(practical_needed=True, practical_minutes=300)
    online = [a_part(part, delivery="e_learning") for part in (1, 2)]
    decision = decide_one(*online, requirement=practical)
    assert (decision.code, decision.minutes_left) == ("practical_outstanding", 300)


def test_an_older_practical_award_of_a_part_is_found_behind_a_newer_one_without() -> None:
    practical = required(practical_needed=True)
    newer = [a_part(part, date(2026, 3, 1), delivery="e_learning") for part in (1, 2)]
    decision = decide_one(*newer, a_part(2, date(2025, 3, 1)), requirement=practical)
    assert (decision.outcome, decision.accepted_until) == ("ACCEPT_UNTIL", date(2027, 3, 1))


def test_the_second_part_online_never_leaves_more_than_the_first_alone() -> None:
    practical = required(practical_needed=True, practical_minutes=450)
    first = decide_one(a_part(1, delivery="e_learning"), requirement=practical)
    both = decide_one(a_part(1, delivery="e_learning"), a_part(2, delivery="e_learning"), requirement=practical)
    assert (first.minutes_left, both.minutes_left) == (450, 450)


def test_what_leaves_less_to_do_decides_between_two_that_are_partly_accepted() -> None:
    practical = required(practical_needed=True, practical_minutes=300)
    whole, newer_part = an_award("LD2", date(2025, 6, 1), delivery="e_learning"), a_part(1, date(2026, 6, 1))
    decision = decide_one(whole, newer_part, requirement=practical)
    assert (decision.code, decision.minutes_left, decision.awards) == ("practical_outstanding", 300, (whole.award.id,))


def test_missing_parts_never_take_longer_than_the_whole() -> None:
    assert required(minutes=490).minutes_of_parts([1, 2]) == 490
    assert a_requirement("LD2", minutes=60).minutes_of_parts([1, 2]) == 60
    assert a_requirement("LD2", minutes=60).minutes_of_parts([]) == 0


def test_parts_of_a_standard_that_covers_another_must_all_be_held() -> None:
    standards = tuple(
        msgspec.structs.replace(standard, parts=PARTS if standard.code in {"LD2", "LD3"} else ())
        for standard in CATALOGUE.standards
    )
    catalogue = msgspec.structs.replace(CATALOGUE, standards=standards)
    needed = required(maximum_age_months=None)
    parts = [an_award("LD3", date(2026, 1, 1), part=part) for part in (1, 2)]
    one = decide_one(parts[0], requirement=needed, catalogue=catalogue)
    assert (one.code, one.minutes_saved) == ("part_outstanding", 0)
    both = decide_one(*parts, requirement=needed, catalogue=catalogue)
    assert (both.outcome, both.accepted_until) == ("ACCEPT_UNTIL", date(2028, 1, 1))
