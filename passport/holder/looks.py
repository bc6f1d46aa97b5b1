"""Who has looked: every check of a person's passport, every try to open one of the shares, and every inspection.

Refused ones too. In the order of the code: one look as the page shows it; the query over all sources, the newest first,
in pages; what a result says in words. A look names the organisation and the role, not the person: that is the
organisation's own record. A text that was refused as not genuine names nobody for certain, so it is nobody's look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CompoundSelect,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from passport.access.models import RoleGrant
from passport.audit.models import AuditEntry
from passport.holder.models import Share, ShareOpening
from passport.organisations.models import Organisation
from passport.staff import service as staff
from passport.verifying.models import Verification
from passport.web.rules import ROLES

PAGE: Final = 50
PROGRAM: Final = "A program of the organisation"
NOT_SIGNED_IN: Final = "Somebody who was not signed in"
CARRIERS: Final = {
    "qr": "Your QR code",
    "sd_jwt": "Your passport",
    "share": "Something you shared",
    "inspection": "Your record, by an auditor",
}
INSPECTED: Final = "person.inspected"  # an auditor's look in the log; `passport.inspection` writes it


class Result(NamedTuple):
    """How a look came out: in words, and the colour of its tag."""

    text: str
    colour: str


RESULTS: Final = {
    "opened": Result("Opened", "green"),
    "inspected": Result("Inspected", "blue"),
    "wrong_answer": Result("Refused: wrong date of birth", "red"),
    "over": Result("Refused: the share had ended", "red"),
    "genuine": Result("Genuine and not withdrawn", "green"),
    "expired": Result("Refused: the copy had expired", "red"),
    "withdrawn": Result("Refused: the copy was withdrawn", "red"),
    "could_not_check": Result("Could not be checked", "yellow"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a person's records."""

    at: datetime
    organisation: str
    role: str
    how: str
    records: int
    result: Result


@dataclass(frozen=True, slots=True)
class Looks:
    """A page of looks, and where the next one begins (None: there is none)."""

    items: list[Look]
    next_before: str | None


def who_has_looked(session: Session, person_id: UUID, *, before: str | None = None) -> Looks:
    """Return who has looked at a person's records, the newest first.

    Args:
        session: a reading session.
        person_id: whose.
        before: `next_before` of the page before; anything else begins at the newest.
    """
    every = _query(staff.same_person_ids(session, person_id)).subquery()
    query = select(every).order_by(every.c.at.desc(), every.c.id.desc()).limit(PAGE + 1)
    if place := _place(before):
        query = query.where(or_(every.c.at < place[0], and_(every.c.at == place[0], every.c.id < place[1])))
    rows = session.execute(query).all()
    roles = _roles(session, rows[:PAGE])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Looks(
        items=[_look(row, roles) for row in rows[:PAGE]],
        next_before=f"{last.at.isoformat()}~{last.id}" if last else None,
    )


def _query(everyone: Sequence[UUID]) -> CompoundSelect[Any]:
    result = Verification.verdict
    checks = (
        select(
            Verification.id.label("id"),
            Verification.checked_at.label("at"),
            Organisation.id.label("organisation_id"),
            Organisation.name.label("organisation"),
            Verification.actor.label("actor"),
            cast(null(), Text).label("role"),
            Verification.carrier.label("carrier"),
            Verification.outcome.label("outcome"),
            result["current"]["result"].astext.label("current"),
            result["not_withdrawn"]["result"].astext.label("not_withdrawn"),
            func.jsonb_array_length(result["awards"]).label("records"),
        )
        .join(Organisation, Organisation.id == Verification.organisation_id)
        .where(Verification.person_id.in_(everyone))
    )
    openings = (
        select(
            ShareOpening.id,
            ShareOpening.at,
            ShareOpening.organisation_id,
            func.coalesce(Organisation.name, ShareOpening.said_by),
            literal("visitor"),
            ShareOpening.role,
            literal("share"),
            ShareOpening.outcome,
            literal("true"),
            literal("true"),
            case((ShareOpening.outcome == "opened", func.cardinality(Share.award_ids)), else_=0),
        )
        .join(Share, Share.id == ShareOpening.share_id)
        .outerjoin(Organisation, Organisation.id == ShareOpening.organisation_id)
        .where(Share.person_id.in_(everyone))
    )
    inspections = (
        select(
            cast(AuditEntry.detail["inspection"].astext, Uuid),
            AuditEntry.at,
            AuditEntry.organisation_id,
            Organisation.name,
            AuditEntry.actor,
            cast(null(), Text),
            literal("inspection"),
            literal("inspected"),
            literal("true"),
            literal("true"),
            literal(0),
        )
        .join(Organisation, Organisation.id == AuditEntry.organisation_id)
        .where(AuditEntry.subject.in_([f"person:{each}" for each in everyone]), AuditEntry.action == INSPECTED)
    )
    return union_all(checks, openings, inspections)


def _roles(session: Session, rows: Sequence[Any]) -> dict[tuple[str, UUID], str]:
    """Return the roles of the accounts that looked, by account and organisation."""
    accounts = {UUID(row.actor.removeprefix("account:")) for row in rows if row.actor.startswith("account:")}
    if not accounts:
        return {}
    held = select(RoleGrant).where(RoleGrant.account_id.in_(accounts), RoleGrant.role != "staff")
    grants = session.scalars(held.order_by(RoleGrant.granted_at)).all()
    return {(f"account:{each.account_id}", each.organisation_id): ROLES[each.role] for each in grants}


def _look(row: Any, roles: dict[tuple[str, UUID], str]) -> Look:
    return Look(
        at=row.at,
        organisation=row.organisation,
        role=_role(row, roles),
        how=CARRIERS[row.carrier],
        records=row.records,
        result=_result(row),
    )


def _role(row: Any, roles: dict[tuple[str, UUID], str]) -> str:
    if row.actor.startswith("client:"):
        return PROGRAM
    if row.carrier == "share":
        return ROLES.get(row.role or "", NOT_SIGNED_IN)
    return roles.get((row.actor, row.organisation_id), "Somebody at the organisation")


def _result(row: Any) -> Result:
    if row.outcome == "genuine" and row.not_withdrawn == "false":
        return RESULTS["withdrawn"]
    if row.outcome == "genuine" and row.current == "false":
        return RESULTS["expired"]
    return RESULTS.get(row.outcome, Result("Refused: not genuine", "red"))


def _place(before: str | None) -> tuple[datetime, UUID] | None:
    at, _, look_id = (before or "").partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(look_id)) if moment.tzinfo else None
    except ValueError:
        return None
