"""Attacks on disclosure control, on invented hierarchies: what they recover of a `*` is that it is 1 to 7.

The attacker of each test knows more than anybody should: every published figure of every place, category and month, the
rule itself, one organisation's own counts, and which counts did not change.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from uuid import UUID

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from passport.reporting.control import (
    HIDDEN,
    SMALLEST_SHOWN,
    Figure,
    control,
    gives_nobody_away,
    small_average,
    stands_for,
)
from passport.reporting.picture import Picture
from passport.reporting.places import WHOLE_COUNTRY, Place, Places, View

SMALL = range(1, SMALLEST_SHOWN)
PROFESSIONS = ("Nurse", "Physiotherapist", "Paramedic")
EVERYBODY = View(WHOLE_COUNTRY, None, is_national=True)
Counts = dict[tuple[UUID, str], int]

sizes = st.integers(0, 60) | st.integers(0, 9) | st.just(0)


@st.composite
def countries(draw: st.DrawFn) -> tuple[Places, list[UUID]]:
    """A country of regions, ICBs and trusts; some trusts stand directly below a region, some below nothing."""
    by_id: dict[UUID | None, Place] = {None: WHOLE_COUNTRY}
    for number in range(draw(st.integers(2, 14))):
        kind = draw(st.sampled_from(["region", "icb", "nhs_trust", "nhs_trust"]))
        above = {"region": ["national"], "icb": ["region", "national"], "nhs_trust": ["icb", "region", "national"]}
        parents = [each.id for each in by_id.values() if each.kind in above[kind]]
        place = Place(UUID(int=number), f"X{number}", f"Invented {number}", kind, draw(st.sampled_from(parents)))
        by_id[place.id] = place
    below: dict[UUID | None, list[Place]] = {}
    for place in list(by_id.values())[1:]:
        below.setdefault(place.parent_id, []).append(place)
    return Places(by_id, below), [place.id for place in by_id.values() if place.id]


@st.composite
def filled(draw: st.DrawFn) -> tuple[Places, Counts]:
    """A country with the counts of a month."""
    places, ids = draw(countries())
    counts = {(each, name): draw(sizes) for each, name in product(ids, PROFESSIONS)}
    return places, {key: count for key, count in counts.items() if count}


def published(places: Places, counts: Counts, small: Mapping[str, float] | None = None) -> list[Figure]:
    """Return every figure below national level that anybody could ask for: all places, all filters, all groupings."""
    seen = Picture(places, EVERYBODY, counts, small=small or {})
    filters = [(name,) for name in PROFESSIONS] + [PROFESSIONS[:2], PROFESSIONS]
    figures = [seen.figure(place, each) for place in places.by_id.values() for each in filters]
    return figures + [seen.itself(place, each) for place in places.by_id.values() for each in filters]


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0"), (1, "*"), (3, "*"), (7, "*"), (8, "10"), (12, "10"), (13, "15"), (1248, "1,250")]
)
def test_the_rule_of_a_count(count: int, shown: str) -> None:
    assert control(count).text == shown


@settings(deadline=None)
@given(filled(), st.data())
def test_no_published_figure_depends_on_how_large_small_counts_are(
    country: tuple[Places, Counts], data: st.DataObject
) -> None:
    """The strongest attack there is finds nothing: every other value gives the very same publication."""
    places, counts = country
    other = {key: data.draw(st.sampled_from(SMALL)) if count in SMALL else count for key, count in counts.items()}
    assert published(places, other) == published(places, counts)


@settings(deadline=None)
@given(filled())
def test_totals_follow_from_what_is_shown_of_organisations(country: tuple[Places, Counts]) -> None:
    places, counts = country
    shown = {key: control(count) for key, count in counts.items()}
    seen = Picture(places, EVERYBODY, counts)
    for place in places.by_id.values():
        for name in PROFESSIONS:
            parts = [shown.get((each, name), Figure(0)) for each in places.organisations(place)]
            assert seen.figure(place, [name]) == control(
                sum(4 if part.text == HIDDEN else part.count or 0 for part in parts)
            )


@settings(deadline=None)
@given(filled(), st.data())
def test_ones_own_exact_row_opens_no_other(country: tuple[Places, Counts], data: st.DataObject) -> None:
    places, counts = country
    own = data.draw(st.sampled_from([place for place in places.by_id.values() if place.id]))
    view = View(own, own.id, is_national=False)
    other = {
        key: data.draw(st.sampled_from(SMALL)) if count in SMALL and key[0] != own.id else count
        for key, count in counts.items()
    }
    figures = [
        [Picture(places, view, each).figure(place, [name]) for place in places.by_id.values() for name in PROFESSIONS]
        for each in (counts, other)
    ]
    assert figures[0] == figures[1]
    assert Picture(places, view, counts).itself(own, PROFESSIONS) == Figure(
        sum(counts.get((own.id, name), 0) for name in PROFESSIONS if own.id), exact=True
    )


def possible(counts: Mapping[int, int], attacked: int, known: int | None, total: int) -> set[int]:
    """Return every value of one count that fits an exact total, what is shown of all, and one that is known."""
    low, high = 0, 0
    for part, count in counts.items():
        if part != attacked:
            least, most = (count, count) if part == known else bounds(count)
            low, high = low + least, high + most
    return {value for value in SMALL if low <= total - value <= high}


def bounds(count: int) -> tuple[int, int]:
    """Return the least and the most that looks like this count."""
    alike = [other for other in range(count + SMALLEST_SHOWN) if control(other) == control(count)]
    return alike[0], alike[-1]


parts = st.lists(st.integers(1, 14), min_size=4, max_size=16).map(lambda counts: dict(enumerate(counts)))


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(parts)
def test_an_exact_national_figure_narrows_no_small_count(counts: dict[int, int]) -> None:
    assume(gives_nobody_away({}, counts))
    total = sum(counts.values())
    for attacked in (part for part, count in counts.items() if count in SMALL):
        for known in (None, *(part for part in counts if part != attacked)):
            assert possible(counts, attacked, known, total) == set(SMALL)


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(parts, st.data())
def test_two_months_narrow_no_small_count_even_for_who_knows_what_did_not_change(
    before: dict[int, int], data: st.DataObject
) -> None:
    after = {part: data.draw(st.just(count) | st.integers(0, 14)) for part, count in before.items()}
    assume(gives_nobody_away(before, after))
    for attacked, known, old, new in attacks(before, after):
        others = [(before.get(part, 0), after.get(part, 0)) for part in before.keys() | after.keys()
                  if part not in (attacked, known)]  # fmt: skip
        moved = [(old_count, new_count) for old_count, new_count in others if old_count != new_count]
        low = sum(bounds(new_count)[0] - bounds(old_count)[1] for old_count, new_count in moved)
        high = sum(bounds(new_count)[1] - bounds(old_count)[0] for old_count, new_count in moved)
        difference = new - old + sum(new_count - old_count for old_count, new_count in moved)
        if new in SMALL:
            assert all(low <= difference - (value - old) <= high for value in SMALL)
        if old in SMALL:
            assert all(low <= difference - (new - value) <= high for value in SMALL)


def attacks(before: dict[int, int], after: dict[int, int]) -> Iterator[tuple[int, int | None, int, int]]:
    """Give each part that changed and is or was small, with each other part that the attacker may know."""
    for attacked in before.keys() | after.keys():
        old, new = before.get(attacked, 0), after.get(attacked, 0)
        if old != new and (old in SMALL or new in SMALL):
            for known in (None, *((before.keys() | after.keys()) - {attacked})):
                yield attacked, known, old, new


def test_who_joins_alone_is_not_told_by_the_difference_of_two_months() -> None:
    before = {trust: 20 + trust for trust in range(30)}
    assert gives_nobody_away({}, before)
    assert not gives_nobody_away(before, before | {30: 1})
    assert not gives_nobody_away(before | {30: 3}, before)


def test_a_small_country_shows_no_exact_figure_and_a_large_one_does() -> None:
    assert not gives_nobody_away({}, {1: 3})
    assert not gives_nobody_away({}, {1: 3, 2: 45})
    assert gives_nobody_away({}, {1: 45, 2: 12})  # nobody is hidden, so nobody can be found
    assert gives_nobody_away({}, {trust: trust % 12 + 1 for trust in range(200)})


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), max_size=30))
def test_what_a_star_stands_for_comes_from_published_figures_alone(counts: list[int]) -> None:
    average = small_average(sum(counts), counts)
    assert 1 <= average <= 7
    alike = [4 if count in SMALL else count for count in counts]
    assert small_average(sum(counts), alike) == average
    assert stands_for(3, average) == average
