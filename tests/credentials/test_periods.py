"""Month arithmetic, dates in words, and the shortest limit."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.acceptance_rules import ShorterPeriod
from credentials.periods import add_months, in_months, in_words, shortest_limit
from tests.credentials.acceptance_samples import CATALOGUE, POLICY, START, a_policy, a_requirement, an_award

DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 12, 31))
MONTHS = st.integers(min_value=0, max_value=600)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 8, 6), 12, date(2027, 8, 6)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 3, 31), 1, date(2026, 4, 30)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 1, 31), 11, date(2026, 12, 31)),
        (date(2026, 8, 6), 0, date(2026, 8, 6)),
        (date(2099, 2, 28), 12, date(2100, 2, 28)),
    ],
)
def test_months_are_added_and_shortened_to_the_months_end(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_a_period_past_the_end_of_the_calendar_stops_at_its_last_day() -> None:
    assert add_months(date(9999, 12, 1), 1) == date.max


@given(DAYS, MONTHS)
@settings(deadline=None)
def test_the_day_never_grows_and_the_month_is_the_right_one(day: date, months: int) -> None:
    later = add_months(day, months)
    assert later.day <= day.day
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months


@given(DAYS, MONTHS, MONTHS)
@settings(deadline=None)
def test_more_months_never_end_sooner(day: date, some: int, others: int) -> None:
    fewer, more = sorted((some, others))
    assert add_months(day, fewer) <= add_months(day, more)


@given(DAYS, DAYS, MONTHS)
@settings(deadline=None)
def test_a_later_award_never_ends_sooner(one: date, other: date, months: int) -> None:
    earlier, later = sorted((one, other))
    assert add_months(earlier, months) <= add_months(later, months)


def test_dates_and_months_are_written_in_words() -> None:
    assert in_words(date(2026, 8, 6)) == "6 August 2026"
    assert [in_words(date(2026, month, 31)) for month in (1, 12)] == ["31 January 2026", "31 December 2026"]
    assert (in_months(1), in_months(24)) == ("1 month", "24 months")


def test_the_limit_that_ends_first_brings_its_rule() -> None:
    award = an_award("FS", date(2025, 6, 1), valid_until=date(2027, 1, 1), id="a-1").award
    fire = (CATALOGUE.by_code["FS"],)
    issuers = shortest_limit(award, fire, requirement=a_requirement(), policy=POLICY, on=START)
    assert issuers is not None
    assert issuers.rule.text == "its issuer set 1 January 2027 as the last day"
    assert issuers.rule.source == "award a-1"
    aged = a_requirement(id="fire", maximum_age_months=18)
    receivers = shortest_limit(award, fire, requirement=aged, policy=POLICY, on=START)
    assert receivers is not None
    assert receivers.rule.text == "the receiving organisation accepts it for 18 months"
    assert receivers.rule.source == "requirement fire"
    shorter = a_policy(shorter_periods=(ShorterPeriod(standard="FS", months=12, source="HR-2"),))
    own = shortest_limit(award, fire, requirement=aged, policy=shorter, on=START)
    assert own is not None
    assert own.last_day == date(2026, 6, 1)
    assert own.rule.source == "acceptance policy induction, version 3: HR-2"


def test_a_shorter_period_of_another_standard_does_not_matter() -> None:
    other = a_policy(shorter_periods=(ShorterPeriod(standard="IPC1", months=1, source="HR-2"),))
    fire = (CATALOGUE.by_code["FS"],)
    limit = shortest_limit(an_award("FS").award, fire, requirement=a_requirement(), policy=other, on=START)
    assert limit is not None
    assert limit.last_day == date(2027, 6, 1)


def test_where_nobody_set_a_period_there_is_no_limit() -> None:
    award, handling = an_award("MH1").award, (CATALOGUE.by_code["MH1"],)
    assert shortest_limit(award, handling, requirement=a_requirement("MH1"), policy=POLICY, on=START) is None
