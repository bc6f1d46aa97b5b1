"""Attacks on the statistics of training, over all subjects of an organisation together.

Each member of staff stands in one of the states with every subject, so the states of each subject add up to the same
headcount. The attacker knows that, and reads every table there is: by subject and by place, of all levels.
"""

from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from passport.reporting import compliance
from passport.reporting.compliance import STATES
from passport.reporting.control import HIDDEN, NOT_SHOWN, SMALLEST_SHOWN, control
from passport.reporting.models import State
from passport.reporting.picture import Row, Table
from passport.reporting.places import WHOLE_COUNTRY, Place, Places, View

SMALL = range(1, SMALLEST_SHOWN)
SUBJECTS = ("Fire Safety", "Moving and Handling", "Safeguarding Adults", "Information Governance")
STATE_NAMES: tuple[State, ...] = tuple(STATES)
ICB = Place(UUID(int=1), "XQ1", "Invented Vale ICB", "icb", None)
TRUST = Place(UUID(int=2), "X1V2A", "Invented Vale NHS Trust", "nhs_trust", ICB.id)
PRACTICE = Place(UUID(int=3), "X7P1A", "Invented Practice", "gp_practice", ICB.id)
PLACES = Places(
    {each.id: each for each in (WHOLE_COUNTRY, ICB, TRUST, PRACTICE)}, {None: [ICB], ICB.id: [TRUST, PRACTICE]}
)
EVERYBODY = View(WHOLE_COUNTRY, None, is_national=True)
PLANNER = View(ICB, ICB.id, is_national=False)
MOST = 200  # more than all figures of a row together may stand for, so no headcount is left out
Counts = dict[tuple[UUID, tuple[str, State]], int]
Staff = list[list[int]]  # of each subject, the people in each state


@st.composite
def staffs(draw: st.DrawFn) -> Staff:
    """Stand the people of one organisation somewhere with two to four subjects."""
    people = draw(st.integers(1, 40))
    found = []
    for _ in range(draw(st.integers(2, 4))):
        cuts = sorted(draw(st.lists(st.integers(0, people), min_size=len(STATES) - 1, max_size=len(STATES) - 1)))
        found.append([high - low for low, high in zip([0, *cuts], [*cuts, people], strict=True)])
    return found


def counts_of(staff: Staff, place: Place = TRUST) -> Counts:
    """Return the counts of an organisation, as they are stored: without those of nobody."""
    assert place.id
    return {
        (place.id, (subject, state)): people
        for subject, row in zip(SUBJECTS, staff, strict=False)
        for state, people in zip(STATE_NAMES, row, strict=True)
        if people
    }


def published(counts: Counts, view: View = EVERYBODY) -> list[Table]:
    """Return every table that somebody could ask for."""
    seen = compliance.disclosed(PLACES, view, counts)
    tables = [compliance.by_subject(seen, place) for place in PLACES.by_id.values()]
    return tables + [compliance.by_place(seen, place, name) for place in PLACES.by_id.values() for name in SUBJECTS]


def values(text: str) -> range:
    """Return every count that looks like this."""
    if text == NOT_SHOWN:
        return range(MOST + 1)
    if text == HIDDEN:
        return SMALL
    alike = [count for count in range(MOST) if control(count).text == text]
    return range(alike[0], alike[-1] + 1)


def sums(cells: list[range]) -> range:
    """Return every sum of one value of each cell: of whole numbers without a gap there is none between."""
    return range(sum(cell[0] for cell in cells), sum(cell[-1] for cell in cells) + 1)


def left(rows: list[Row]) -> list[set[int]]:
    """Return, for each `*` of rows of one organisation, the values that are left: for these there is a headcount, and
    people in every state of every subject, with just this publication.
    """
    never = range(MOST + 1)  # the column that is left out: what is not shown may be anything
    cells = [[*(values(figure.text) for figure in row.figures), never] for row in rows]
    headcounts = [people for people in range(MOST + 1) if all(people in sums(row) for row in cells)]
    found = []
    for row, shown in zip(cells, rows, strict=True):
        for place, figure in enumerate(shown.figures):
            if figure.text == HIDDEN:
                others = sums(row[:place] + row[place + 1 :])
                found.append({value for value in SMALL for people in headcounts if people - value in others})
    return found


TWELVE: Staff = [[0, 0, 0, 0, 0, 0, 12], [8, 1, 1, 0, 0, 1, 1]]  # `...,10` beside `10,*,*,0,0,*,*` has one solution
HUNDRED: Staff = [[0, 0, 0, 0, 0, 0, 100], [100, 0, 0, 0, 0, 0, 0], [98, 2, 0, 0, 0, 0, 0]]


@settings(deadline=None)
@given(staffs())
@example(TWELVE)
@example(HUNDRED)
def test_all_subjects_of_an_organisation_together_narrow_no_star(staff: Staff) -> None:
    rows = compliance.by_subject(compliance.disclosed(PLACES, EVERYBODY, counts_of(staff)), TRUST).rows
    assert all(each == set(SMALL) for each in left(list(rows)))


@settings(deadline=None)
@given(staffs(), staffs(), st.data())
def test_no_table_of_others_depends_on_headcounts_or_on_how_large_small_counts_are(
    trust: Staff, practice: Staff, data: st.DataObject
) -> None:
    """So every headcount goes with every publication, and every value from 1 to 7 with every `*`."""
    counts = counts_of(trust) | counts_of(practice, PRACTICE)
    other = {key: data.draw(st.sampled_from(SMALL)) if people in SMALL else people for key, people in counts.items()}
    for place in (TRUST, PRACTICE):
        other |= {(place.id, (name, "never")): data.draw(st.integers(0, 300)) for name in SUBJECTS if place.id}
    # A subject is listed everywhere as soon as it is counted anywhere: the ICB's own row counts all of them.
    assert ICB.id
    own: Counts = {(ICB.id, (name, "current")): 3 for name in SUBJECTS}
    for view in (EVERYBODY, PLANNER):
        assert published(other | own, view) == published(counts | own, view)


@pytest.mark.parametrize("place", [TRUST, ICB, WHOLE_COUNTRY])
def test_who_never_held_is_not_shown_of_others_at_any_level(place: Place) -> None:
    table = compliance.by_subject(compliance.disclosed(PLACES, EVERYBODY, counts_of(TWELVE)), place)
    assert table.columns == tuple(STATES.values())[:-1]
    assert {len(row.figures) for row in table.rows} == {len(STATES) - 1}


def test_an_organisation_sees_all_its_states_exactly() -> None:
    seen = compliance.disclosed(PLACES, View(TRUST, TRUST.id, is_national=False), counts_of(TWELVE))
    rows = compliance.by_subject(seen, TRUST).rows
    assert [[figure.text for figure in row.figures] for row in rows] == [[str(each) for each in row] for row in TWELVE]


def test_an_icb_sees_its_own_row_exactly_beside_those_of_others() -> None:
    counts = counts_of(TWELVE) | counts_of([[1, 0, 0, 0, 0, 0, 2]], ICB)
    table = compliance.by_place(compliance.disclosed(PLACES, PLANNER, counts), ICB, SUBJECTS[0])
    figures = {row.label: row.figures[-1].text for row in table.rows}
    assert figures == {"Invented Vale NHS Trust": NOT_SHOWN, "Invented Vale ICB itself": "2"}
    assert table.total
    assert table.total.figures[-1].text == NOT_SHOWN
