"""What is shown of a proposed change of the rules before it is confirmed: to whom, of which place, how exactly.

An employer sees its own people exactly. To others nothing is counted below national level: whatever part of an
employer's staff would change, beside what the tables show of all of them it could say how many a `*` stands for. In the
order of the code: the national figures, which are exact where that leaves the parts of every employer open
(`control.leaves_parts_open`); what the tables of the workforce show of a standard; and where its holders are, which is
one of those tables, with the national figure shared out over its rows. `rule_changes` and `version_changes` count.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Generic, Literal, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.reporting import compliance, counting, tables
from passport.reporting.control import MIDDLE, NEAREST, Figure, leaves_parts_open
from passport.reporting.models import ComplianceCount
from passport.reporting.picture import WITHHELD, Row, Table
from passport.reporting.places import View
from passport.reporting.service import CREDENTIAL, Asked
from passport.standards.models import Standard

UNCHANGED: Final[Literal["same"]] = "same"  # the kind of change that is none
SHARED_OUT: Final = "Would change, at the national rate"
Change = TypeVar("Change", bound=str)


@dataclass(frozen=True, slots=True)
class Preview(Generic[Change]):
    """How many holders of one standard would change how.

    Args:
        view: who looks.
        changes: the kinds of change, with `UNCHANGED` among them.
        counts: the holders by employer and kind of change.
        beside: what the tables of the workforce are made of for this standard: of each column, its employers' counts.
    """

    view: View
    changes: Collection[Change]
    counts: Mapping[tuple[UUID, Change], int]
    beside: Sequence[Collection[int]] = ()

    def figures(self) -> Mapping[Change, Figure]:
        """Return what is shown of each kind of change: of one's own staff all, else the national figures.

        A change whose national figure could say something of an employer is withheld and counted with those for whom
        nothing changes. So those that are shown, and the rest, always add up to all who hold the standard.
        """
        if not self.view.is_national:
            own = self.view.own
            return {each: Figure(self.counts.get((own, each), 0) if own else 0, exact=True) for each in self.changes}
        parts = {each: self._parts([each]) for each in self.changes}
        small = [each for each, of in parts.items() if of and not leaves_parts_open(of)]
        rest = self._parts([UNCHANGED, *small])
        if not self._is_held_widely() or (rest and not leaves_parts_open(rest)):
            return dict.fromkeys(self.changes, WITHHELD)
        shown = {each: WITHHELD if each in small else Figure(sum(of), exact=True) for each, of in parts.items()}
        return {each: Figure(sum(rest), exact=True) if each == UNCHANGED else shown[each] for each in self.changes}

    def _is_held_widely(self) -> bool:
        """Whether the exact number of all holders in each column of the tables leaves open what they hide."""
        return all(leaves_parts_open(of) for of in self.beside if of)

    def _parts(self, changes: Collection[str]) -> list[int]:
        """Return the counts of the employers, of some kinds of change together."""
        found: dict[UUID, int] = {}
        for (employer, change), people in self.counts.items():
            if change in changes:
                found[employer] = found.get(employer, 0) + people
        return [people for people in found.values() if people]


def changing(figures: Mapping[Change, Figure]) -> int:
    """Return for how many people something changes, as far as it is shown."""
    return sum(figure.count or 0 for change, figure in figures.items() if change != UNCHANGED)


def beside(session: Session, standard: Standard, *, today: date) -> Sequence[Collection[int]]:
    """Return what the tables of the workforce are made of for a standard: of each column, its employers' counts.

    Args:
        session: an open transaction.
        standard: a standard of the catalogue.
        today: the day on which it is asked.
    """
    if standard.kind == CREDENTIAL:
        month = counting.month_of(today)
        return [list(counting.counts(session, CREDENTIAL, month=month, category=standard.code).values())]
    kept = select(ComplianceCount.state, ComplianceCount.people).where(ComplianceCount.subject == standard.subject)
    columns: dict[str, list[int]] = {}
    for state, people in session.execute(kept.where(ComplianceCount.state.not_in(compliance.ONLY_OWN))):
        columns.setdefault(state, []).append(people)
    return list(columns.values())


def where(session: Session, asked: Asked, standard: Standard, *, people: int, today: date) -> Table:
    """Return where the holders of a standard are: the table that the workforce pages show, and a national figure.

    Args:
        session: an open transaction.
        asked: who looks at which place.
        standard: a standard of the catalogue.
        people: a national figure that is shown; it is shared out as the people of the table are, to the nearest 5.
            Where it is 0 there is nothing to share out, and no column for it.
        today: the day on which it is asked.
    """
    table = _holders(session, asked, standard, today=today)
    if not people:
        return table
    country = _holders(session, Asked(asked.places, asked.view, asked.view.top), standard, today=today)
    whole = _stands_for(country.total) if country.total else 0.0
    rows = [_with_share(row, people / (whole or 1.0)) for row in table.lines]
    total = rows.pop() if table.total else None
    return Table(table.head, (*table.columns, SHARED_OUT), tuple(rows), total)


def _holders(session: Session, asked: Asked, standard: Standard, *, today: date) -> Table:
    if standard.kind == CREDENTIAL:
        return tables.counted(session, asked, CREDENTIAL, by="place", category=standard.code, today=today)[0]
    return tables.training(session, asked, subject=standard.subject, today=today)[0]


def _with_share(row: Row, rate: float) -> Row:
    share = Figure(NEAREST * int(rate * _stands_for(row) / NEAREST + 0.5))
    return Row(row.code, row.label, (*row.figures, share), row.place)


def _stands_for(row: Row) -> float:
    """Return what a row stands for together: of figures that are shown, a `*` for its middle."""
    return sum(MIDDLE if each.count is None else each.count for each in row.figures if not each.withheld)
