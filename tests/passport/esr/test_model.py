"""The set-based import against a plain model of the rules, row by row, over any sequence of files."""

from dataclasses import dataclass, field
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from passport.awards.models import Award
from tests.esr_files import Employer, bulk

Row = tuple[date, str]
days = st.sampled_from([date(2023, 1, 1), date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)])
files = st.lists(st.lists(st.tuples(days, st.sampled_from(["e_learning", "blended"])), max_size=5), max_size=4)


@dataclass
class Model:
    """One person's awards of one standard: the current one, and the days of those that were superseded."""

    current: Row | None = None
    past: set[date] = field(default_factory=set)

    def take(self, rows: list[Row]) -> list[str]:
        """Say what becomes of each row of a file, and remember what was taken."""
        outcomes: list[str] = []
        accepted: dict[date, str] = {}
        seen: set[date] = set()
        for day, said in rows:
            outcomes.append(self._hindrance((day, said), rows, seen))
            if not outcomes[-1]:
                accepted[day] = said
            if (day, said) != self.current:
                seen.add(day)
        newest = max(accepted, default=None)
        taken = [outcome or self._taken(day, newest) for outcome, (day, _) in zip(outcomes, rows, strict=True)]
        for day in sorted(accepted):
            self._remember(day, accepted[day])
        return taken

    def _hindrance(self, row: Row, rows: list[Row], seen: set[date]) -> str:
        current_day = self.current[0] if self.current else None
        if row == self.current:
            return "unchanged"
        if len({said for day, said in rows if day == row[0]}) > 1:
            return "set_aside award_contested"
        if row[0] in seen:
            return "unchanged duplicate_row"
        return "unchanged history_kept" if row[0] in self.past and row[0] != current_day else ""

    def _taken(self, day: date, newest: date | None) -> str:
        if self.current is None:
            return "new" if day == newest else "new older_than_current"
        if day == self.current[0]:
            return "updated"
        return "superseded_older" if day == newest and day > self.current[0] else "new older_than_current"

    def _remember(self, day: date, said: str) -> None:
        if self.current is not None and day < self.current[0]:
            self.past.add(day)
            return
        if self.current is not None and day > self.current[0]:
            self.past.add(self.current[0])
        self.current = (day, said)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files)
def test_any_sequence_of_files_does_what_the_rules_say(trust: Employer, sequence: list[list[Row]]) -> None:
    model, savepoint = Model(), trust.session.begin_nested()
    for rows in sequence:
        cells = [{"Date Awarded": day.isoformat(), "Delivery": said.replace("_", "-")} for day, said in rows]
        assert trust.outcomes(bulk(*cells)) == model.take(rows)
        current = trust.session.execute(select(Award.awarded_on, Award.delivery).where(Award.ended_at.is_(None))).all()
        assert [tuple(row) for row in current] == ([model.current] if model.current else [])
        superseded = trust.session.scalars(select(Award.awarded_on).where(Award.ending == "superseded")).all()
        assert sorted(superseded) == sorted(model.past)
    savepoint.rollback()
