"""Attacks on previews of changed rules, by an officer of the Academy who reads them beside all tables.

The officer knows what the tables show of every employer, the national figures of the preview, the rule itself, and one
employer's people exactly. An employer's own people can be told neither from one preview nor from all proposals there
are: the values of a count that are left are found by looking for a population that fits everything published.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from uuid import UUID

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from passport.reporting.control import SMALLEST_SHOWN, control, leaves_parts_open
from passport.reporting.places import WHOLE_COUNTRY, View
from passport.reporting.previews import UNCHANGED, Preview
from passport.reporting.rule_changes import CHANGES, Change

SMALL = range(1, SMALLEST_SHOWN)
NATIONAL = View(WHOLE_COUNTRY, None, is_national=True)
# Two columns of the table of training, and what a proposal can do to the people in each.
COLUMNS: tuple[tuple[Change, ...], ...] = (("lapses", "sooner", "later"), ("revives",))
CELLS = [(column, change) for column, changes in enumerate(COLUMNS) for change in (*changes, UNCHANGED)]
Cell = tuple[int, str]  # a column of the table, and a kind of change
Employer = Mapping[Cell, int]

people = st.integers(0, 4) | st.integers(0, 14)
employers = st.fixed_dictionaries(dict.fromkeys(CELLS, people))
countries = st.lists(employers, min_size=6, max_size=14)


def alike(cells: Mapping[Cell, int]) -> Employer:
    """Return an employer with nobody in the cells that are not named."""
    return dict.fromkeys(CELLS, 0) | dict(cells)


def preview(country: Sequence[Employer]) -> Preview[Change]:
    counts: dict[tuple[UUID, Change], int] = {}
    for number, employer in enumerate(country):
        for change in CHANGES:
            counts[UUID(int=number), change] = sum(employer.get((column, change), 0) for column in range(len(COLUMNS)))
    return Preview(NATIONAL, tuple(CHANGES), counts, [column_of(country, number) for number in range(len(COLUMNS))])


def column_of(country: Sequence[Employer], column: int) -> list[int]:
    return [held(employer, column) for employer in country]


def held(employer: Employer, column: int) -> int:
    return sum(people for cell, people in employer.items() if cell[0] == column)


@cache
def bounds(count: int) -> tuple[int, int]:
    """Return the least and the most that a table shows like this count."""
    same = [other for other in range(count + SMALLEST_SHOWN) if control(other) == control(count)]
    return same[0], same[-1]


@dataclass(frozen=True)
class Officer:
    """Who reads everything, knows one employer's people (or none), and attacks another.

    `groups` are the sets of cells of which the national number is known exactly.
    """

    country: Sequence[Employer]
    groups: Mapping[str, set[Cell]]
    attacked: int
    known: int | None

    @cached_property
    def national(self) -> Mapping[str, int]:
        """The number of each group, without the people of the employer that is known."""
        rows = [employer for number, employer in enumerate(self.country) if number != self.known]
        return {name: sum(row[cell] for row in rows for cell in cells) for name, cells in self.groups.items()}

    @cached_property
    def others(self) -> list[tuple[int, int]]:
        """The least and the most that all further employers have in each column of the table."""
        rows = [row for number, row in enumerate(self.country) if number not in (self.attacked, self.known)]
        spans = [[bounds(held(row, column)) for row in rows] for column in range(len(COLUMNS))]
        return [(sum(low for low, _ in each), sum(high for _, high in each)) for each in spans]

    def can_be(self, target: Cell | int, value: int) -> bool:
        """Say whether some population fits, with a value for a cell or a column of the employer that is attacked.

        Within a column everybody can stand in for everybody else. So there is one where the sums of the columns agree
        with those of the groups; of the groups that reach over both columns any part may be in the first.
        """
        left = {name: number - value * (target in self.groups[name]) for name, number in self.national.items()}
        reach = {name: {column for column, _ in cells} for name, cells in self.groups.items()}
        inside = [sum(number for name, number in left.items() if reach[name] == {column}) for column in (0, 1)]
        over = sum(left.values()) - sum(inside)
        (low_0, high_0), (low_1, high_1) = (self._column(column, target, value) for column in (0, 1))
        least = max(0, low_0 - inside[0], inside[1] + over - high_1)
        most = min(over, high_0 - inside[0], inside[1] + over - low_1)
        return min(left.values()) >= 0 and least <= most

    def _column(self, column: int, target: Cell | int, value: int) -> tuple[int, int]:
        low, high = bounds(held(self.country[self.attacked], column))
        if target == column:
            low = high = value
        elif isinstance(target, tuple) and target[0] == column:
            low, high = max(low - value, 0), high - value
        return low + self.others[column][0], high + self.others[column][1]


def officers(country: Sequence[Employer], groups: Mapping[str, set[Cell]]) -> Iterator[Officer]:
    """Give everybody who attacks one employer, knowing another or none."""
    for attacked, known in product(range(len(country)), (None, *range(len(country)))):
        if attacked != known:
            yield Officer(country, groups, attacked, known)


def groups_of(shown: Preview[Change]) -> Mapping[str, set[Cell]]:
    """Return the groups of people whose national number a preview shows; what it withholds is among the unchanged."""
    figures = shown.figures()
    names: dict[str, str] = {change: UNCHANGED if of.count is None else change for change, of in figures.items()}
    return {name: {cell for cell in CELLS if names[cell[1]] == name} for name in set(names.values())}


EVEN = [alike({(0, "lapses"): 3, (0, UNCHANGED): 1, (1, UNCHANGED): 4}) for _ in range(12)]
# What was shown once by employer: eight of twelve would lapse, so that the rest was at most four.
TWELVE = [alike({(0, "lapses"): 8, (0, "sooner"): 4, (1, UNCHANGED): 3}), *EVEN]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(countries)
@example(EVEN)
@example(TWELVE)
def test_a_preview_beside_the_tables_narrows_no_small_count(country: list[Employer]) -> None:
    shown = preview(country)
    assume(shown.figures()["same"].count is not None)
    for officer in officers(country, groups_of(shown)):
        employer = country[officer.attacked]
        counts: dict[Cell | int, int] = {0: held(employer, 0), 1: held(employer, 1)}
        counts.update(employer.items())
        for target in (each for each, count in counts.items() if count in SMALL):
            assert all(officer.can_be(target, value) for value in SMALL), (target, officer)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(countries)
@example(EVEN)
def test_all_proposals_together_narrow_no_star_of_a_table(country: list[Employer]) -> None:
    """Who asks every proposal learns at most the national number of every cell."""
    assume(preview(country).figures()["same"].count is not None)
    for officer in officers(country, {f"{cell}": {cell} for cell in CELLS}):
        for column in range(len(COLUMNS)):
            if held(country[officer.attacked], column) in SMALL:
                assert all(officer.can_be(column, value) for value in SMALL), (column, officer)


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=14), st.data())
def test_what_is_withheld_follows_from_what_is_shown_and_the_total(parts: list[int], data: st.DataObject) -> None:
    """To withhold says nothing else: other parts that look alike, with the same total, are decided alike."""
    other = list(parts)
    for first, second in data.draw(st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=6)):
        if max(first, second) < len(parts):
            moved = {first: other[first] + 1, second: other[second] - 1}
            if first != second and all(control(count) == control(parts[place]) for place, count in moved.items()):
                other = [moved.get(place, count) for place, count in enumerate(other)]
    assert leaves_parts_open(other) == leaves_parts_open(parts)


@pytest.mark.parametrize(
    "country",
    [
        [alike({(0, "lapses"): 40})],  # one employer: the national figure would be its own
        [alike({(0, "lapses"): 8, (0, "sooner"): 4})],
        [alike({(0, "lapses"): 30, (0, UNCHANGED): 30}), alike({(0, "lapses"): 40, (0, UNCHANGED): 4})],
        [EVEN[0], EVEN[1], alike({(1, "revives"): 30})],
    ],
)
def test_where_few_employers_hold_a_standard_nothing_is_shown(country: list[Employer]) -> None:
    assert {figure.text for figure in preview(country).figures().values()} == {"Not shown"}


def test_a_change_of_a_few_people_is_counted_with_those_for_whom_nothing_changes() -> None:
    country = [*EVEN, alike({(0, "later"): 3, (0, UNCHANGED): 2, (1, UNCHANGED): 3})]
    shown = {change: figure.text for change, figure in preview(country).figures().items()}
    assert shown == {"lapses": "36", "sooner": "0", "later": "Not shown", "revives": "0", "same": "68"}


def test_ones_own_people_are_exact() -> None:
    own = View(WHOLE_COUNTRY, UUID(int=0), is_national=False)
    seen = preview(TWELVE)
    figures = Preview(own, seen.changes, seen.counts, seen.beside).figures()
    assert {change: figure.text for change, figure in figures.items()} == {
        "lapses": "8", "sooner": "4", "later": "0", "revives": "0", "same": "3",
    }  # fmt: skip
