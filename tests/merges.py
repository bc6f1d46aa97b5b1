"""Two records of one person in tests: proposed, merged, undone, and what stands at each."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards.models import Award, LocalTraining, Recognition
from passport.records import merging
from passport.records.models import IdentityCorrection
from passport.staff.models import Employment, Registration
from tests.passport.records.conftest import ANNA, BELA, ROUTE, Twice

WHY = "The same date of birth, and HR has seen one passport."


def propose(session: Session, twice: Twice, now: datetime, **changes: Any) -> IdentityCorrection:
    asked: dict[str, Any] = {
        "from_person_id": twice.gone.person_id, "to_person_id": twice.kept.person_id, "because": WHY,
        "organisation_id": twice.registry_id, "actor": ANNA, "now": now,
    }  # fmt: skip
    return merging.propose(session, **asked | changes)


def merge(session: Session, twice: Twice, now: datetime) -> IdentityCorrection:
    proposed = propose(session, twice, now)
    return decide(session, proposed.id, twice, now)


def decide(session: Session, correction_id: UUID, twice: Twice, now: datetime, actor: str = BELA) -> IdentityCorrection:
    return merging.merge(
        session, correction_id, because="Compared.", organisation_id=twice.registry_id, actor=actor, now=now
    )


def undo(session: Session, correction_id: UUID, twice: Twice, now: datetime) -> IdentityCorrection:
    return merging.take_back(
        session, correction_id, because="They are sisters.", organisation_id=twice.registry_id, actor=ANNA, now=now
    )


def current(session: Session, person_id: UUID) -> list[Award]:
    held = select(Award).where(Award.person_id == person_id, Award.ended_at.is_(None))
    return list(session.scalars(held.order_by(Award.awarded_on)))


def _state(session: Session, person_id: UUID) -> tuple[set[Any], set[UUID], set[UUID], set[UUID]]:
    """Return what stands at a record: awards by their facts, the rest by ids."""
    facts = {(each.organisation_id, each.standard_id, each.awarded_on) for each in current(session, person_id)}
    rest = (
        set(session.scalars(select(table.id).where(table.person_id == person_id)))
        for table in (Employment, Registration, LocalTraining)
    )
    return (facts, *rest)  # type: ignore[return-value]  # three sets follow


def _recognition(session: Session, twice: Twice, now: datetime) -> Recognition:
    session.execute(ROUTE)
    return Recognition(
        person_id=twice.gone.person_id, organisation_id=twice.gone.organisation_id, level="advanced", edition="2017",
        route="programme", pillars=["clinical_practice"], base_profession="nurse", recognised_on=date(2026, 1, 5),
        recorded_at=now, recorded_by="x",
    )  # fmt: skip


def join(session: Session, from_id: UUID, to_id: UUID, *, organisation_id: UUID, now: datetime) -> IdentityCorrection:
    """Propose and decide that two records are one person's."""
    acting: dict[str, Any] = {"because": WHY, "organisation_id": organisation_id, "now": now}
    proposed = merging.propose(session, from_person_id=from_id, to_person_id=to_id, actor=ANNA, **acting)
    return merging.merge(session, proposed.id, actor=BELA, **acting)
