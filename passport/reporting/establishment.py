"""Required establishments and the gaps to them. Flushes, never commits.

An ICB or region says what the organisations below it should have, by a file (`establishment_file`). In the order of the
code: keep a new version, dated; find versions, the one in force on a day, and its lines; its gaps, from the counts of
this moment. A gap is made from what may be seen of a count (`Picture`): where that is a `*`, the gap is a range.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.errors import NotFound
from passport.organisations.models import Organisation
from passport.reporting.control import SMALLEST_SHOWN, Figure
from passport.reporting.counting import month_of
from passport.reporting.establishment_file import PRACTITIONERS, Line, NotForSystems
from passport.reporting.models import Establishment, EstablishmentLine, Measure
from passport.reporting.places import SYSTEM_KINDS, WHOLE_COUNTRY, Place
from passport.reporting.service import CREDENTIAL, Asked, categories, picture

VERSION_LOCK: Final = 0x6573_7462  # "estb": two new versions take turns


class EstablishmentNotFound(NotFound):
    """The organisation has no such version, or none yet."""

    code = "establishment_not_found"
    title = "There is no such establishment of your organisation"


@dataclass(frozen=True, slots=True)
class Gap:
    """What is required of an organisation, what it has as far as may be seen, and what lacks: at least, at most."""

    organisation: Place
    measure: Measure
    label: str
    required: int
    held: Figure
    least: int
    most: int

    @property
    def text(self) -> str:
        """The gap in a cell."""
        return f"{self.least:,}" if self.least == self.most else f"{self.least:,} to {self.most:,}"


def keep(
    session: Session, asked: Asked, lines: Sequence[Line], *, from_on: date, actor: str, now: datetime
) -> Establishment:
    """Keep a new version.

    Args:
        session: an open transaction.
        asked: who sets it.
        lines: from `establishment_file.read`.
        from_on: its first day; the version before counts until then.
        actor: who acts.
        now: UTC.

    Raises:
        NotForSystems: the organisation is no ICB or region.
    """
    own = asked.view.top
    if own.kind not in SYSTEM_KINDS or own.id is None:
        raise NotForSystems
    session.execute(select(func.pg_advisory_xact_lock(VERSION_LOCK)))
    last = select(func.max(Establishment.version)).where(Establishment.organisation_id == own.id)
    kept = Establishment(
        organisation_id=own.id, version=(session.scalar(last) or 0) + 1, from_on=from_on, recorded_at=now,
        recorded_by=actor,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    session.add_all(
        EstablishmentLine(
            establishment_id=kept.id, organisation_id=line.organisation.id, measure=line.measure,
            category=line.category, required=line.required,
        )
        for line in lines
    )  # fmt: skip
    session.flush()
    audit.record(
        session, actor=actor, organisation_id=own.id, action="establishment.set", subject=f"establishment:{kept.id}",
        now=now, detail={"version": kept.version, "from_on": from_on.isoformat(), "lines": len(lines)},
    )  # fmt: skip
    return kept


def in_force(session: Session, organisation_id: UUID, *, on: date) -> Establishment | None:
    """Return an ICB's version of a day: of those begun, the newest; None where there is none."""
    statement = (
        select(Establishment)
        .where(Establishment.organisation_id == organisation_id, Establishment.from_on <= on)
        .order_by(Establishment.from_on.desc(), Establishment.version.desc())
    )
    return session.scalar(statement.limit(1))


def versions(organisation_id: UUID) -> Select[Establishment]:
    """Return the statement that lists an ICB's versions."""
    return select(Establishment).where(Establishment.organisation_id == organisation_id)


def by_version(session: Session, organisation_id: UUID, version: int | None, *, today: date) -> Establishment:
    """Return one version of an ICB; None asks for the one in force today.

    Raises:
        EstablishmentNotFound: the ICB has no such version.
    """
    found = (
        in_force(session, organisation_id, on=today)
        if version is None
        else session.scalar(versions(organisation_id).where(Establishment.version == version))
    )
    if found is None:
        raise EstablishmentNotFound
    return found


def lines_of(establishment_id: UUID) -> Select[EstablishmentLine, str]:
    """Return the statement that lists the lines of a version, each with the ODS code of its organisation."""
    return (
        select(EstablishmentLine, Organisation.ods_code)
        .join(Organisation, Organisation.id == EstablishmentLine.organisation_id)
        .where(EstablishmentLine.establishment_id == establishment_id)
    )


def gaps(session: Session, asked: Asked, *, today: date) -> list[Gap]:
    """Return the gaps at and below a place, by organisation; of an organisation, what its ICB or region requires of it.

    Args:
        session: an open transaction.
        asked: who looks at which place.
        today: the day whose versions and counts are used.
    """
    below = set(asked.places.organisations(asked.place))
    month = month_of(today)
    measures = (PRACTITIONERS, CREDENTIAL)
    seen = {measure: picture(session, asked, measure, month=month, today=today) for measure in measures}
    titles = {code: title for code, title, _ in categories(session, CREDENTIAL, seen[CREDENTIAL])}
    versions = [kept.id for kept in _versions(session, asked, today)]
    lines = select(EstablishmentLine).where(EstablishmentLine.establishment_id.in_(versions))
    found = []
    for line in session.scalars(lines.where(EstablishmentLine.organisation_id.in_(below))):
        place, measure = asked.places.by_id[line.organisation_id], _measure(line)
        held = seen[measure].itself(place, [line.category])
        found.append(_gap(place, line, titles.get(line.category, line.category), held))
    return sorted(found, key=lambda gap: (gap.organisation.name, gap.organisation.code, gap.label))


def _gap(place: Place, line: EstablishmentLine, label: str, held: Figure) -> Gap:
    least, most = (SMALLEST_SHOWN - 1, 1) if held.count is None else (held.count, held.count)
    lacks = [max(line.required - count, 0) for count in (least, most)]
    return Gap(place, _measure(line), label, line.required, held, *lacks)


def _measure(line: EstablishmentLine) -> Measure:
    return CREDENTIAL if line.measure == CREDENTIAL else PRACTITIONERS


def _versions(session: Session, asked: Asked, today: date) -> Iterator[Establishment]:
    """Give the versions in force of the ICBs and regions above, at and below the place, one for each."""
    above = asked.places.way(asked.place, top=WHOLE_COUNTRY)
    ids = {place.id for place in above if place.id} | set(asked.places.organisations(asked.place))
    for organisation_id in sorted(ids):
        kept = in_force(session, organisation_id, on=today)
        if kept is not None:
            yield kept
