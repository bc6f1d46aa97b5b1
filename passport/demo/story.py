"""What happens in the demonstration, step by step, and what is remembered between runs.

Two parts: `fill` brings the registry to where the story begins (files imported, passports issued, the receiving trust's
rules written), and `visit` is the receiving trust's morning over HTTP. The plan is made once; a later run reads the
same plan again, so that running twice changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards import service as awards
from passport.awards.models import Award, Recognition
from passport.db import reading, transaction
from passport.demo import accounts, preparing
from passport.demo import files as demo_files
from passport.demo.program import Program
from passport.demo.state import State
from passport.esr import service as esr
from passport.esr.schemas import row_shown
from passport.issuing import issuance
from passport.issuing import service as issuing
from passport.organisations import service as organisations
from passport.publishing import refreshing
from passport.settings import Settings
from passport.staff.models import Employment, Person

SENDER: Final = "X1V2A"
SECOND_EMPLOYER: Final = "X2C3B"
RECEIVER: Final = "X3M4C"
ACADEMY: Final = "X4A5D"
TRAVELLER: Final = "91000001"
ADVANCED_PRACTITIONER: Final = "91000002"
CREDENTIAL: Final = "MPC-PAEDIATRICS"
NOTICE: Final = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Filled:
    """The registry as the story begins."""

    changed: bool
    imports: list[dict[str, Any]]
    issued: int
    people: int
    traveller: dict[str, str]
    receiver: str
    credential: str


def fill(settings: Settings, *, now: datetime) -> Filled:
    """Bring the registry to where the story begins. The database must be connected and migrated."""
    folder, today = settings.home / "demo", State.of(settings).first_day(now)
    with transaction() as session:
        prepared = preparing.prepare(session, now=now)
    demo_files.write_bulk(folder / "invented-vale.csv", today=today)
    demo_files.write_personal(folder / "sample-coast-nia.csv", today=today)
    first = _import(folder / "invented-vale.csv", SENDER, "bulk", None, now=now)
    with transaction() as session:
        traveller = _person(session, TRAVELLER)
        preparing.employ_at_second_employer(session, person_id=traveller.id, ods_code=SECOND_EMPLOYER, now=now)
        holders = {accounts.STAFF: traveller, accounts.PRACTITIONER: _person(session, ADVANCED_PRACTITIONER)}
        prepared |= accounts.prepare(session, holders, employer=SENDER, now=now)
    second = _import(folder / "sample-coast-nia.csv", SECOND_EMPLOYER, "personal", demo_files.BANK_ASSIGNMENT, now=now)
    with transaction() as session:
        recognised = _recognise(session, today=today, now=now)
        prepared |= preparing.write_rules(session, ods_code=RECEIVER, now=now)
    refreshing.refresh_all(now=now)
    issued, people = _issue(now=now)
    with reading() as session:
        person = _person(session, TRAVELLER)
        token = issuing.token_of(session, issuing.live(session, person.id, now=now)[0])
        receiver = organisations.by_ods(session, RECEIVER).name
        named = {"name": f"{person.given_name} {person.family_name}", "passport_number": person.passport_number}
    changed = prepared or recognised or bool(issued) or any(report["changed"] for report in (first, second))
    return Filled(changed, [first, second], issued, people, named, receiver, token)


def visit(trust: Program, filled: Filled, settings: Settings, *, now: datetime) -> dict[str, Any]:
    """Verify the passport as the receiving trust, and have each requirement of the role decided.

    Returns:
        `changed`, the verdict as `verification`, and the stored plan as `plan`.
    """
    token, state = trust.token(now=now), State.of(settings)
    if known := state.get("plan_id"):
        plan = trust.get(f"/v1/induction-plans/{known}", token=token)
        verdict = trust.get(f"/v1/verifications/{state.get('verification_id')}", token=token)
        return {"changed": False, "verification": verdict, "plan": plan}
    verdict = trust.post("/v1/verifications", {"presentation": filled.credential}, token=token)
    starts_on = state.first_day(now) + NOTICE
    wanted = {"verification_id": verdict["id"], "profile": preparing.rules(preparing.PROFILE)["id"],
              "policy": preparing.rules(preparing.POLICY)["id"], "starts_on": starts_on.isoformat()}  # fmt: skip
    plan = trust.post("/v1/induction-plans", wanted, token=token)
    state.keep(plan_id=plan["id"], verification_id=verdict["id"])
    return {"changed": True, "verification": verdict, "plan": plan}


def as_told(filled: Filled, visited: Mapping[str, Any]) -> dict[str, Any]:
    """Return the story as one JSON object."""
    plan = visited["plan"]
    left = [decision["title"] for decision in plan["decisions"] if decision["minutes_left"]]
    return {
        "changed": filled.changed or visited["changed"],
        "imports": [{name: value for name, value in report.items() if name != "changed"} for report in filled.imports],
        "issued": filled.issued,
        "people": filled.people,
        "holder": filled.traveller,
        "receiver": filled.receiver,
        "verification": visited["verification"],
        "plan": plan,
        "starts_on": plan["starts_on"],
        "minutes_saved": plan["minutes_saved"],
        "minutes_left": plan["minutes_left"],
        "left": left,
    }


def _import(path: Path, ods_code: str, layout: str, assignment: str | None, *, now: datetime) -> dict[str, Any]:
    with path.open("rb") as content, transaction() as session:
        employer = organisations.by_ods(session, ods_code)
        done = esr.import_file(
            session, content, organisation_id=employer.id, layout=layout, assignment=assignment,
            actor=preparing.ACTOR, now=now,
        )  # fmt: skip
        statement, order = esr.rows(done.id)
        rows = [row_shown(row) for row in session.execute(statement.order_by(*order))]
        notes = [row for row in rows if row["outcome"] in {"refused", "set_aside"}]
        changed = any(done.counts.get(outcome) for outcome in ("new", "updated", "superseded_older"))
        return {"file": path.name, "employer": employer.name, "rows": done.row_count, "counts": done.counts,
                "notes": notes, "changed": changed}  # fmt: skip


def _recognise(session: Session, *, today: date, now: datetime) -> bool:
    """Give the second person what only the Academy can: a credential, and recognition as an advanced practitioner."""
    person, academy = _person(session, ADVANCED_PRACTITIONER), organisations.by_ods(session, ACADEMY)
    if session.scalar(select(Recognition.id).where(Recognition.person_id == person.id)):
        return False
    if not session.scalar(select(Award.id).filter_by(person_id=person.id, organisation_id=academy.id)):
        awards.record(
            session, person_id=person.id, organisation_id=academy.id, standard_code=CREDENTIAL,
            awarded_on=today - timedelta(days=200), delivery="blended", assessed=True,
            verification_method="document_and_record", pedigree="authoritative", actor=preparing.ACTOR, now=now,
        )  # fmt: skip
    awards.recognise(
        session, person_id=person.id, organisation_id=academy.id, level="advanced", edition="2025",
        route="eportfolio", base_profession="Nurse", recognised_on=today - timedelta(days=90),
        pillars=("clinical_practice", "leadership_and_management", "education", "research"),
        actor=preparing.ACTOR, now=now,
    )  # fmt: skip
    return True


def _issue(*, now: datetime) -> tuple[int, int]:
    """Issue a passport to everybody of the bulk file without a live copy; return how many got one, of how many."""
    with reading() as session:
        sender = organisations.by_ods(session, SENDER).id
        in_file = Employment.assignment_number.in_(
            [person["assignment_number"] for person in demo_files.read("people.csv")]
        )
        at_sender = select(Employment.person_id).where(Employment.organisation_id == sender, in_file)
        people = session.scalars(at_sender).all()
        without = [person for person in people if not issuing.live(session, person, now=now)]
    issuance.issue(without, organisation_id=sender, requested_by=preparing.ACTOR, now=now)
    return len(without), len(people)


def _person(session: Session, assignment_number: str) -> Person:
    sender: UUID = organisations.by_ods(session, SENDER).id
    employed = select(Employment.person_id).filter_by(organisation_id=sender, assignment_number=assignment_number)
    return session.scalars(select(Person).where(Person.id == employed.scalar_subquery())).one()
