"""Files of batches for tests: a trust with staff that sends them, and rows of which a test says what it is about."""

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.batches import progress, service, work
from passport.batches.models import Batch, BatchChunk, BatchRow
from passport.batches.progress import Progress
from passport.organisations.models import Organisation
from passport.staff import numbers
from passport.staff.models import Person
from passport.standards import service as standards
from tests.factories import EmploymentFactory, OrganisationFactory, PersonFactory

ACTOR: Final = "account:invented"
BORN: Final = date(1990, 2, 3)
AWARD: Final = {
    "Standard": "FS", "Awarded on": "2026-03-02", "Delivery": "face_to_face", "Assessed": "yes",
    "Verification method": "record", "Pedigree": "authoritative",
}  # fmt: skip


def as_csv(*rows: Mapping[str, str], header: Sequence[str] | None = None, encoding: str = "utf-8") -> bytes:
    """Return a CSV file of these rows, with the columns of all of them."""
    head = header or list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(head)
    out.writerows([row.get(name, "") for name in head] for row in rows)
    return text.getvalue().encode(encoding)


def as_json_lines(*rows: Mapping[str, object]) -> bytes:
    """Return JSON lines of these rows."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@dataclass(frozen=True)
class Sender:
    """An organisation with staff, and what it does with files."""

    session: Session
    organisation: Organisation
    staff: tuple[Person, ...]
    now: datetime

    @property
    def acting(self) -> dict[str, Any]:
        """Who acts, for the service."""
        return {"organisation_id": self.organisation.id, "actor": ACTOR, "now": self.now}

    def number(self, place: int) -> str:
        """Return the passport number of a member of staff, as people write it."""
        return numbers.show(self.staff[place].passport_number)

    def rows(self, *places: int, **cells: str) -> list[dict[str, str]]:
        """Return a row with the passport number of each of these members of staff."""
        return [{"Passport number": self.number(place)} | cells for place in places]

    def awards(self, *places: int, **cells: str) -> list[dict[str, str]]:
        """Return rows that record fire safety, but for what the test says; blanks in names are underscores."""
        said = {name.replace("_", " "): value for name, value in cells.items()}
        return [row | AWARD | said for row in self.rows(*places)]

    def request(self, kind: str, content: bytes, *, dry_run: bool = False, **acting: Any) -> Batch:
        """Ask for everything in a file."""
        return service.request(self.session, content, kind=kind, dry_run=dry_run, **self.acting | acting)

    def send(self, kind: str, content: bytes, **acting: Any) -> Batch:
        """Ask for everything in a file, and do it."""
        batch = self.request(kind, content, **acting)
        self.work(batch)
        return batch

    def undo(self, batch: Batch, *, dry_run: bool = False, **acting: Any) -> Batch:
        """Ask for the undo of a batch, and do it."""
        back = service.undo(self.session, batch.id, dry_run=dry_run, **self.acting | acting)
        self.work(back)
        return back

    def work(self, batch: Batch) -> None:
        """Do all chunks of a batch, as the worker would."""
        self.session.commit()
        query = select(BatchChunk.number).where(BatchChunk.batch_id == batch.id).order_by(BatchChunk.number)
        for number in self.session.scalars(query).all():
            work.work(batch.id, number, clock=lambda: self.now)
        self.session.expire_all()

    def progress(self, batch: Batch) -> Progress:
        """Return where a batch stands."""
        return progress.progress(self.session, [batch])[batch.id]

    def outcomes(self, batch: Batch) -> list[str]:
        """Return what became of each row: its line, its outcome, and the code where it has one."""
        rows = self.session.scalars(service.rows(batch.id).order_by(BatchRow.line)).all()
        return [f"{row.line} {row.outcome}" + (f" {row.code}" if row.code else "") for row in rows]

    def held(self, place: int, *, current: bool = True) -> list[Award]:
        """Return the awards of a member of staff, the newest record last."""
        query = select(Award).where(Award.person_id == self.staff[place].id).order_by(Award.recorded_at, Award.id)
        return list(self.session.scalars(query.where(Award.ended_at.is_(None)) if current else query))


def make_staff(session: Session, organisation_id: UUID, many: int) -> tuple[Person, ...]:
    """Make invented people whom an organisation employs."""
    people = tuple(
        PersonFactory.create(session, passport_number=numbers.make(os.urandom), date_of_birth=BORN) for _ in range(many)
    )
    for person in people:
        EmploymentFactory.create(session, person_id=person.id, organisation_id=organisation_id)
    return people


def make_sender(session: Session, now: datetime, *, staff: int = 4, **organisation: Any) -> Sender:
    """Make a trust with staff, and load the catalogue."""
    standards.load_catalogue(session, now=now)
    trust = OrganisationFactory.create(session, **organisation)
    return Sender(session, trust, make_staff(session, trust.id, staff), now)
