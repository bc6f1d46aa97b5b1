"""What all parts of the bulk import share: one transaction, the ids behind codes, a source of chance, COPY."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from passport.demo.invented_staff import Invented
from passport.standards import service as standards

ACTOR: Final = "operator"
ACADEMY: Final = "X4A5D"
AWARDS: Final = (
    "award (person_id, organisation_id, standard_id, framework_version_id, part, awarded_on, delivery, assessed, "
    "verification_method, pedigree, recorded_at, recorded_by)"
)
Staff = Sequence[tuple[UUID, Invented]]


@dataclass(frozen=True, slots=True)
class Filling:
    """What all parts of the import need: the transaction, the ids behind codes, chance, and the time."""

    session: Session
    organisations: dict[str, UUID]
    chance: Random
    today: date
    now: datetime

    def copy(self, into: str, rows: Iterable[Sequence[Any]]) -> None:
        """Copy rows into a table; `into` names it with its columns."""
        cursor = self.session.connection().connection.cursor()
        with cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def ids(self, count: int) -> list[UUID]:
        """Return new ids, in the order of time."""
        cursor = self.session.connection().connection.cursor()
        cursor.execute("SELECT uuidv7() FROM generate_series(1, %s)", (count,))
        return [new for (new,) in cursor.fetchall()]

    def day(self, most: int, *, least: int = 1) -> date:
        """Return a day of the past."""
        return self.today - timedelta(days=self.chance.randrange(least, most))

    def standard(self, code: str) -> tuple[UUID, UUID]:
        """Return the ids of a standard and of the version of its framework."""
        standard = standards.standard_by_code(self.session, code)
        return standard.id, standards.framework_version(self.session, standard.framework_id, self.today).id
