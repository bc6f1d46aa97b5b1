"""What somebody may see of counts: the only way from exact counts to a page, a file or an answer of the API.

A picture holds the counts of every organisation and category and gives figures of places. Below national level each is
made from what is shown of organisations (`control`), so a filter, a level or another grouping never shows more. Only an
organisation's own row, and national figures that give nobody away, are exact. Then the tables that all outputs share:
a page, a CSV file and JSON are three forms of one `Table`.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from typing import Final, Generic, TypeVar
from uuid import UUID

from passport.reporting.control import MIDDLE, Figure, control, stands_for
from passport.reporting.places import LISTED_KINDS, Place, Places, View

Category = TypeVar("Category", bound=Hashable)
WITHHELD: Final = Figure(None, withheld=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its code for programs, its label for people, its figures; `place` where it is one."""

    code: str
    label: str
    figures: tuple[Figure, ...]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Figures with the names of their columns. The total is no sum of exact counts: it is a figure like all others."""

    head: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row | None = None

    @property
    def lines(self) -> tuple[Row, ...]:
        """All rows, the total last."""
        return (*self.rows, self.total) if self.total else self.rows

    @property
    def withholds(self) -> bool:
        """Whether it has a figure that is withheld."""
        return any(figure.withheld for row in self.lines for figure in row.figures)

    def without_withheld_columns(self) -> "Table":
        """Return the table without the columns in which nobody who looks at it sees any figure."""
        if not self.lines:
            return self
        by_column = zip(*(row.figures for row in self.lines), strict=True)
        seen = [not all(figure.withheld for figure in figures) for figures in by_column]
        rows = tuple(replace(row, figures=tuple(compress(row.figures, seen))) for row in self.lines)
        total = rows[-1] if self.total else None
        return Table(self.head, tuple(compress(self.columns, seen)), rows[: len(self.rows)], total)


@dataclass(frozen=True)
class Picture(Generic[Category]):
    """Counts by organisation and category, and who looks at them.

    `small` says what a `*` of a category stands for in sums, `national` which exact national counts may be shown, and
    `beyond` by how much the newest of those was beyond the sum of what was shown, for national sums that are not exact.
    `withheld` are the categories that nobody sees but the organisation itself, because with them the others add up to
    something that is known.
    """

    places: Places
    view: View
    counts: Mapping[tuple[UUID, Category], int]
    small: Mapping[Category, float] = field(default_factory=dict)
    national: Mapping[Category, int] = field(default_factory=dict)
    beyond: Mapping[Category, float] = field(default_factory=dict)
    withheld: Collection[Category] = ()

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """Every category that somebody is counted in."""
        return tuple({category: None for _, category in self.counts})

    def figure(self, place: Place, categories: Collection[Category]) -> Figure:
        """Return what is shown of a place with all below it, in some categories together."""
        if place.id is not None and place.id == self.view.own and not self.places.children(place):
            return self.itself(place, categories)
        if self._withholds(categories):
            return WITHHELD
        if place.id is None and all(category in self.national for category in categories):
            return Figure(sum(self.national[category] for category in categories), exact=True)
        organisations = list(self.places.organisations(place))
        return control(sum(self._estimate(category, organisations, place) for category in categories))

    def itself(self, place: Place, categories: Collection[Category]) -> Figure:
        """Return what is shown of a place without what is below it."""
        if place.id is None:
            return Figure(0)
        if place.id == self.view.own:
            return Figure(sum(self.counts.get((place.id, category), 0) for category in categories), exact=True)
        if self._withholds(categories):
            return WITHHELD
        return control(sum(self._shown.get((place.id, category), 0.0) for category in categories))

    def by_place(self, place: Place, columns: Mapping[str, Collection[Category]]) -> Table:
        """Return the table of the places below one; a column is a name with its categories."""
        rows = [
            self._row(child, columns)
            for child in self.places.children(place)
            if child.kind in LISTED_KINDS or self._holds(child, columns)
        ]
        if rows and any(self.itself(place, each).says_somebody for each in columns.values()):
            own = tuple(self.itself(place, each) for each in columns.values())
            rows.append(Row(place.code, f"{place.name} itself", own))
        return Table("Place", tuple(columns), tuple(rows), self._row(place, columns))

    def by_category(
        self, place: Place, lines: Iterable[tuple[str, str, Category]], *, head: str, column: str, total: bool = True
    ) -> Table:
        """Return the table of some categories of a place: (code, label, category) each."""
        asked = list(lines)
        rows = tuple(Row(code, label, (self.figure(place, (category,)),)) for code, label, category in asked)
        whole = self.figure(place, [category for _, _, category in asked])
        return Table(head, (column,), rows, Row("total", "All", (whole,)) if total else None)

    @cached_property
    def _shown(self) -> Mapping[tuple[UUID, Category], float]:
        return {
            (organisation, category): stands_for(count, self.small.get(category, MIDDLE))
            for (organisation, category), count in self.counts.items()
        }

    def _withholds(self, categories: Collection[Category]) -> bool:
        return any(category in self.withheld for category in categories)

    def _estimate(self, category: Category, organisations: Iterable[UUID], place: Place) -> float:
        if place.id is None and category in self.national:
            return self.national[category]
        shown = sum(self._shown.get((organisation, category), 0.0) for organisation in organisations)
        return max(shown + self.beyond.get(category, 0.0), 0.0) if place.id is None and shown else shown

    def _row(self, place: Place, columns: Mapping[str, Collection[Category]]) -> Row:
        return Row(place.code, place.name, tuple(self.figure(place, each) for each in columns.values()), place)

    def _holds(self, place: Place, columns: Mapping[str, Collection[Category]]) -> bool:
        return any(self.figure(place, categories).says_somebody for categories in columns.values())
