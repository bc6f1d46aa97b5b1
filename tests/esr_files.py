"""Files from ESR for tests: an employer that may import, and rows of which a test says only what it is about."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final
from uuid import UUID

from sqlalchemy.orm import Session

from passport.esr import service
from passport.esr.models import EsrImport
from passport.esr.outcomes import OUTCOMES
from passport.esr.reading import BULK_HEADER, PERSONAL_HEADER
from passport.organisations import service as organisations
from passport.standards import service as standards

VPD: Final = "457"
ROW: Final = {
    "VPD": VPD,
    "Employee Number": "20000001",
    "Assignment Number": "30000001",
    "First Name": "Testa",
    "Last Name": "Inventedname",
    "Date of Birth": "03-Feb-1990",
    "Competency Name": "NHS|CSTF|Fire Safety - 2 Years|",
    "Competence Level": "1 - Assessed",
    "Date Awarded": "2026/03/02 00:00:00",
}
PERSONAL_ROW: Final = {
    "VPD": VPD,
    "Competency Name": "NHS|CSTF|Fire Safety - 2 Years|",
    "Competence Level": "1 - Attended",
    "Date Last Awarded": "2026/03/02 00:00:00",
    "Expiry Date": "02-Mar-2028",
    "Compliance Status": "GREEN",
    "Last Updated By": "Somebody Else",
}


@dataclass(frozen=True)
class Employer:
    """A trust that may import, with the catalogue loaded."""

    session: Session
    id: UUID
    now: datetime

    def take(self, content: bytes | BinaryIO, **options: Any) -> EsrImport:
        """Import a file as the operator."""
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        return service.import_file(
            self.session, file, organisation_id=self.id, actor="operator", now=self.now, **options
        )

    def outcomes(self, content: bytes | BinaryIO, **options: Any) -> list[str]:
        """Import a file and return each row's outcome, with its code where it has one."""
        return self.report(self.take(content, **options))

    def report(self, imported: EsrImport) -> list[str]:
        """Return each row's outcome, with its code where it has one."""
        statement, keys = service.rows(imported.id)
        found = self.session.execute(statement.order_by(*keys)).all()
        return [OUTCOMES[row.outcome] + (f" {row.code}" if row.code else "") for row in found]


def make_employer(session: Session, now: datetime, *, ods: str = "X1V2A", vpd: str = VPD) -> Employer:
    """Register a trust with its VPD, and load the catalogue."""
    organisation = organisations.register(
        session, ods_code=ods, name="Invented Vale NHS Trust", kind="nhs_trust", source="invented", actor="operator",
        now=now,
    )  # fmt: skip
    organisations.map_vpd(session, vpd=vpd, ods_code=ods, actor="operator", now=now)
    standards.load_catalogue(session, now=now)
    return Employer(session, organisation.id, now)


def bulk(*rows: dict[str, str], header: tuple[str, ...] = BULK_HEADER, encoding: str = "utf-8") -> bytes:
    """Return a bulk file; each row is `ROW` with what the test changes."""
    return _csv(header, [ROW | row for row in rows], encoding)


def personal(*rows: dict[str, str]) -> bytes:
    """Return the export of one person; each row is `PERSONAL_ROW` with what the test changes."""
    return _csv(PERSONAL_HEADER, [PERSONAL_ROW | row for row in rows], "utf-8")


def _csv(header: tuple[str, ...], rows: list[dict[str, str]], encoding: str) -> bytes:
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(header)
    out.writerows([row.get(name, "") for name in header] for row in rows)
    return text.getvalue().encode(encoding)
