"""Prepares the demonstration's registry: keys, catalogue, invented organisations, who may award what, and what the
receiving trust decides by.

Every step looks first and does only what is missing, so that a second run changes nothing.
"""

import json
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.demo.files import BANK_ASSIGNMENT, read
from passport.induction import rule_sets
from passport.induction.rule_sets import POLICIES, PROFILES, Kind
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.publishing import service as publishing
from passport.signing import example_keys
from passport.signing import service as signing
from passport.staff import employments
from passport.staff.models import Employment
from passport.standards import accreditation, alignment
from passport.standards.loading import load_catalogue
from passport.standards.models import Accreditation, Alignment, Standard

ACTOR: Final = "operator"
AGREEMENT_BEGAN_ON: Final = date(2025, 5, 1)
BEGAN_ON: Final = date(2017, 4, 1)
PROFILE: Final = "profile.json"
POLICY: Final = "policy.json"
FRAMEWORK: Final = "CSTF"
RULE_FILES: Final[tuple[tuple[Kind, str], ...]] = ((PROFILES, PROFILE), (POLICIES, POLICY))
AWARDS: Final = {"sends": ("statutory",), "academy": ("credential", "advanced_practice")}


def prepare(session: Session, *, now: datetime) -> bool:
    """Load keys, catalogue and organisations, and say who may award what.

    Returns:
        Whether anything was missing.
    """
    loaded = load_catalogue(session, now=now)
    keys = signing.load_example_keys(session, now=now)
    publishing.install_root(session, (example_keys.FOLDER / "trust-root.json").read_bytes(), actor=ACTOR, now=now)
    added = organise(session, "organisations.csv", now=now)
    return bool(keys or loaded.added or loaded.changed or added)


def organise(session: Session, file: str, *, now: datetime) -> bool:
    """Register the organisations of one of the demonstration's data files; return whether one was missing."""
    added = [_organisation(session, row, now=now) for row in read(file)]
    return any(added)


def employ_at_second_employer(session: Session, *, person_id: Any, ods_code: str, now: datetime) -> None:
    """Give the first person her bank work at a second employer, under that employer's own assignment number."""
    employer = organisations.by_ods(session, ods_code)
    known = select(Employment.id).where(
        Employment.organisation_id == employer.id, Employment.assignment_number == BANK_ASSIGNMENT
    )
    if session.scalar(known) is None:
        employments.employ(
            session, person_id=person_id, organisation_id=employer.id, assignment_number=BANK_ASSIGNMENT,
            started_on=BEGAN_ON.replace(year=2025), actor=ACTOR, now=now,
        )  # fmt: skip


def write_rules(session: Session, *, ods_code: str, now: datetime) -> bool:
    """Write the requirements of a role and the acceptance policy of the receiving trust; return whether one lacked."""
    receiver = organisations.by_ods(session, ods_code).id
    written = [_write_rules(session, kind, rules(name), receiver, now) for kind, name in RULE_FILES]
    return any(written)


def rules(name: str) -> dict[str, Any]:
    """Return the rules of `PROFILE` or `POLICY`."""
    read_rules: dict[str, Any] = json.loads(files("passport.demo").joinpath("data", name).read_text(encoding="utf-8"))
    return read_rules


def _organisation(session: Session, row: dict[str, str], *, now: datetime) -> bool:
    if session.scalar(select(Organisation.id).where(Organisation.ods_code == row["ods_code"])):
        return False
    organisation = organisations.register(
        session, ods_code=row["ods_code"], name=row["name"], kind=row["kind"],  # type: ignore[arg-type]  # the service checks it
        parent_ods=row["parent"] or None, opened_on=BEGAN_ON, source="invented for the demonstration",
        actor=ACTOR, now=now,
    )  # fmt: skip
    if row["vpd"]:
        organisations.map_vpd(session, vpd=row["vpd"], ods_code=row["ods_code"], actor=ACTOR, now=now)
        organisations.join_agreement(
            session, ods_code=row["ods_code"], from_on=AGREEMENT_BEGAN_ON, actor=ACTOR, now=now
        )
    if row["role"] == "sends":
        _align(session, organisation, now=now)
    _accredit(session, organisation, kinds=AWARDS.get(row["role"], ()), now=now)
    return True


def _write_rules(session: Session, kind: Kind, content: dict[str, Any], receiver: UUID, now: datetime) -> bool:
    code = content["id"]
    if any(each.code == code for each in session.scalars(rule_sets.all_of(kind, receiver))):
        return False
    rule_sets.create(
        session, kind, code=code, title=content.get("title", code), rules=content, organisation_id=receiver,
        actor=ACTOR, now=now,
    )  # fmt: skip
    return True


def _align(session: Session, organisation: Organisation, *, now: datetime) -> None:
    subjects = select(Standard.subject).where(Standard.kind == "statutory", Standard.code.not_like("OMT%")).distinct()
    for subject in session.scalars(subjects.order_by(Standard.subject)):
        if not session.scalar(select(Alignment.id).filter_by(organisation_id=organisation.id, subject=subject)):
            alignment.declare_alignment(
                session, organisation_id=organisation.id, framework_code=FRAMEWORK, subject=subject,
                from_on=BEGAN_ON, actor=ACTOR, now=now,
            )  # fmt: skip


def _accredit(session: Session, organisation: Organisation, *, kinds: tuple[str, ...], now: datetime) -> None:
    for standard in session.scalars(select(Standard).where(Standard.kind.in_(kinds)).order_by(Standard.code)):
        if not session.scalar(
            select(Accreditation.id).filter_by(organisation_id=organisation.id, standard_id=standard.id)
        ):
            accreditation.accredit(
                session, organisation_id=organisation.id, standard_code=standard.code, from_on=BEGAN_ON,
                actor=ACTOR, now=now,
            )  # fmt: skip


def utc_now() -> datetime:
    """Return the time; the demonstration is an edge."""
    return datetime.now(UTC)
