"""All that is kept about a person, as one JSON document (UK GDPR, articles 15 and 20).

The person takes it from the own pages; for a request on paper a registrar makes it (`passport records export`). It
holds what the passport says and everything beside it: ended facts and those of merged records, employments, the
address, invitations, shares, copies, who has looked, decisions of employers, applications for recognition with their
evidence, rows of files that wait, and what the audit log says was done to the record. Then how the record was handled:
inspections, reminders, requests to withdraw something, batches, corrections of identity, closures, holds, erasures.
Other people's names are not in it: who acted is an organisation, not a person, and words that staff wrote to each
other are left out, because they may name others. Hashes of codes and links are left out, because they open nothing and
tell nothing. `LEFT_OUT` says which tables are not read, and why.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from credentials.records import NO_SCOPE_OF_PRACTICE
from passport.access.models import Account
from passport.audit.models import AuditEntry
from passport.awards import service as awards
from passport.awards.models import Award, LocalTraining, Recognition, WithdrawalRequest
from passport.batches.models import Batch, BatchRow
from passport.db import Base
from passport.esr.models import EsrSetAside
from passport.holder import looks, service, sharing
from passport.induction.models import InductionPlan
from passport.inspection.models import Inspection
from passport.issuing.models import Credential
from passport.notices.models import Reminder, ReminderChoice, ReminderLetter
from passport.organisations.models import Organisation
from passport.recognition.models import ApplicationStep, PillarEvidence, RecognitionApplication, RegisterCheck
from passport.records.models import Erasure, IdentityCorrection, LegalHold, PersonClosure
from passport.staff import numbers
from passport.staff import service as staff
from passport.staff.models import Contact, Employment, Invitation, Person, Registration
from passport.standards.models import Standard
from passport.verifying.models import Verification

PERSON: Final = ("given_name", "family_name", "date_of_birth", "recorded_at", "closed_at")
EMPLOYMENT: Final = ("kind", "employee_number", "assignment_number", "started_on", "ended_on")
REGISTRATION: Final = ("body", "number", "checked_at", "method", "annotations")
AWARD: Final = ("id", "part", "awarded_on", "valid_until", "delivery", "assessed", "verification_method", "pedigree",
                "recorded_at", "ended_at", "ending", "ending_reason", "replaced_by_id")  # fmt: skip
RECOGNITION: Final = ("id", "level", "edition", "route", "pillars", "base_profession", "recognised_on", "recorded_at",
                      "ended_at", "ending", "ending_reason")  # fmt: skip
LOCAL: Final = ("name", "awarded_on", "valid_until", "recorded_at")
COPY: Final = ("id", "carrier", "state", "planned_at", "issued_at", "expires_at", "revoked_at", "revocation_reason")
INVITATION: Final = ("by_mail", "recorded_at", "expires_at", "claimed_at", "cancelled_at")
SHARE: Final = ("given_to", "award_ids", "with_registrations", "with_practice", "made_at", "expires_at", "stopped_at",
                "openings")  # fmt: skip
APPLICATION: Final = ("route", "level", "edition", "base_profession", "programme", "begun_on", "step",
                      "evidence_due_on", "submission_due_on", "ended_at", "ending")  # fmt: skip
STEP: Final = ("step", "reached_on")
EVIDENCE: Final = ("pillar", "title", "dated_on", "reference", "recorded_at")
REGISTER_CHECK: Final = ("checked_on", "method", "recorded_at")
PLAN: Final = ("decided_at", "starts_on", "plan")
WAITING_ROW: Final = ("reason", "row", "recorded_at", "settled_at", "settlement")
INSPECTION: Final = ("as_of_on", "reason", "inspected_at")
REMINDER: Final = ("award_id", "last_on", "days")
LETTER: Final = ("state", "made_at", "done_at")
REQUEST: Final = ("award_id", "recognition_id", "reason", "asked_at", "expires_at", "closed_at", "outcome")
BATCH_ROW: Final = ("line", "outcome", "column", "code", "sentence")
CORRECTION: Final = ("kind", "state", "proposed_at", "decided_at", "undone_at")
CLOSURE: Final = ("on", "closed_at", "reopened_at")
HOLD: Final = ("placed_at", "lifted_at")
ERASURE: Final = ("ground", "requested_at", "confirmed_at", "cancelled_at")
LEFT_OUT: Final = {
    "print_copy": "It says which of the copies is printed; the copies are in the record.",
    "sign_in_code": "It holds hashes of codes that have ended or end in minutes; they open nothing and tell nothing.",
    "workforce_stint": "It is derived from the employments and awards that are in the record, for counting alone.",
}


def whole_record(session: Session, person_id: UUID, *, now: datetime) -> bytes:
    """Return everything that is kept about a person, as indented JSON.

    Args:
        session: a reading session.
        person_id: whose; the record that stands.
        now: UTC.

    Raises:
        NotFound: there is no such person.
    """
    everyone = staff.same_person_ids(session, person_id)
    names = _Names(session)
    data: dict[str, Any] = {
        "made_at": now,
        "passport": _passport(session, person_id, now),
        "records": [_person(session.get_one(Person, each)) for each in everyone],
        "employments": [_row(row, EMPLOYMENT, employer=names.of(row.organisation_id))
                        for row in _of(session, Employment, everyone)],
        "registrations": [_row(row, REGISTRATION, checked_by=names.of(row.checked_by_id))
                          for row in _of(session, Registration, everyone)],
        "awards": [_row(row, AWARD, issuer=names.of(row.organisation_id), standard=names.standard(row.standard_id))
                   for row in _of(session, Award, everyone)],
        "recognitions": [_row(row, RECOGNITION, issuer=names.of(row.organisation_id), notice=NO_SCOPE_OF_PRACTICE)
                         for row in _of(session, Recognition, everyone)],
        "applications": [_application(session, row, names) for row in _of(session, RecognitionApplication, everyone)],
        "local_training": [_row(row, LOCAL, employer=names.of(row.organisation_id))
                           for row in _of(session, LocalTraining, everyone)],
        "questions": service.questions(session, person_id),
        "copies": [_row(row, COPY, made_for=names.of(row.organisation_id))
                   for row in _of(session, Credential, everyone)],
        "address": [row.email for row in session.scalars(select(Contact).where(Contact.person_id.in_(everyone)))],
        "accounts": [_row(row, ("name", "recorded_at", "disabled_at")) for row in _of(session, Account, everyone)],
        "invitations": [_row(row, INVITATION, employer=names.of(row.organisation_id))
                        for row in _of(session, Invitation, everyone)],
        "shares": [_row(row, SHARE) for row in sharing.all_of(session, person_id)],
        "looks": _looks(session, person_id),
        "employers_decisions": [_row(row, PLAN, employer=names.of(row.organisation_id))
                                for row in _plans(session, everyone)],
        "rows_that_wait": [_row(row, WAITING_ROW, employer=names.of(row.organisation_id))
                           for row in _rows_that_wait(session, everyone)],
        "what_was_done": [_row(row, ("at", "action", "detail"), by=names.of(row.organisation_id))
                          for row in _done(session, everyone)],
    }  # fmt: skip
    data |= _handling(session, everyone, names)
    return msgspec.json.format(msgspec.json.encode(data), indent=2)


def _handling(session: Session, everyone: Sequence[UUID], names: "_Names") -> dict[str, Any]:
    """Return how the record was handled: who acted is an organisation and a role; their words are not told."""
    off = select(ReminderChoice).where(ReminderChoice.person_id.in_(everyone)).order_by(ReminderChoice.off_at)
    return {
        "inspections": [_row(row, INSPECTION, by=names.of(row.organisation_id), role="auditor")
                        for row in _of(session, Inspection, everyone)],
        "reminders": [_row(row, REMINDER) for row in _reminders(session, everyone)],
        "reminder_letters": [_row(row, LETTER) for row in _of(session, ReminderLetter, everyone)],
        "reminders_turned_off": [row.off_at for row in session.scalars(off)],
        "withdrawal_requests": [_row(row, REQUEST, by=names.of(row.organisation_id))
                                for row in _requests(session, everyone)],
        "batches": [_row(row, BATCH_ROW, by=names.of(organisation_id))
                    for row, organisation_id in _batch_rows(session, everyone)],
        "corrections_of_identity": [_row(row, CORRECTION, by=names.of(row.organisation_id))
                                    for row in _corrections(session, everyone)],
        "closures": [_row(row, CLOSURE, role="registrar") for row in _of(session, PersonClosure, everyone)],
        "legal_holds": [_row(row, HOLD, role="registrar") for row in _of(session, LegalHold, everyone)],
        "erasures": [_row(row, ERASURE, role="registrar") for row in _of(session, Erasure, everyone)],
    }  # fmt: skip


def _reminders(session: Session, everyone: Sequence[UUID]) -> Sequence[Reminder]:
    mine = select(Reminder).where(Reminder.person_id.in_(everyone))
    return session.scalars(mine.order_by(Reminder.last_on, Reminder.award_id, Reminder.days.desc())).all()


def _requests(session: Session, everyone: Sequence[UUID]) -> Sequence[WithdrawalRequest]:
    mine = [select(table.id).where(table.person_id.in_(everyone)) for table in (Award, Recognition)]
    asked = select(WithdrawalRequest).where(
        or_(WithdrawalRequest.award_id.in_(mine[0]), WithdrawalRequest.recognition_id.in_(mine[1]))
    )
    return session.scalars(asked.order_by(WithdrawalRequest.asked_at, WithdrawalRequest.id)).all()


def _batch_rows(session: Session, everyone: Sequence[UUID]) -> Sequence[Row[BatchRow, UUID]]:
    mine = select(BatchRow, Batch.organisation_id).join(Batch, Batch.id == BatchRow.batch_id)
    return session.execute(
        mine.where(BatchRow.person_id.in_(everyone)).order_by(BatchRow.batch_id, BatchRow.line)
    ).all()


def _corrections(session: Session, everyone: Sequence[UUID]) -> Sequence[IdentityCorrection]:
    """Return the merges and partings of the records. Whose the other record is stays untold."""
    about = or_(IdentityCorrection.from_person_id.in_(everyone), IdentityCorrection.to_person_id.in_(everyone))
    return session.scalars(select(IdentityCorrection).where(about).order_by(IdentityCorrection.id)).all()


def _passport(session: Session, person_id: UUID, now: datetime) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.to_builtins(awards.passport_content(session, person_id, now=now))
    if practice := content.get("advanced_practice"):
        practice["notice"] = NO_SCOPE_OF_PRACTICE
    return content


class _Names:
    """Says what organisations and standards are called; each is asked for once."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, organisation_id: UUID | None) -> str | None:
        """Return an organisation's name and ODS code; None where nobody's organisation acted."""
        if organisation_id is None:
            return None
        organisation = self._session.get_one(Organisation, organisation_id)
        return f"{organisation.name} ({organisation.ods_code})"

    def standard(self, standard_id: UUID) -> str:
        """Return a standard's title and code."""
        standard = self._session.get_one(Standard, standard_id)
        return f"{standard.title} ({standard.code})"


def _row(row: Base, columns: Iterable[str], **named: str | None) -> dict[str, Any]:
    return {column: getattr(row, column) for column in columns} | named


def _of(session: Session, table: Any, everyone: Sequence[UUID]) -> Sequence[Any]:
    return session.scalars(select(table).where(table.person_id.in_(everyone)).order_by(table.id)).all()


def _person(person: Person) -> dict[str, Any]:
    return {"number": numbers.show(person.passport_number)} | _row(person, PERSON)


def _application(session: Session, row: RecognitionApplication, names: _Names) -> dict[str, Any]:
    """Return an application with all that was brought for it; who assessed or wrote it down is somebody else."""

    def parts(table: Any) -> Sequence[Any]:
        return session.scalars(select(table).where(table.application_id == row.id).order_by(table.id)).all()

    return _row(row, APPLICATION, to=names.of(row.organisation_id), employer=names.of(row.employer_id)) | {
        "steps": [_row(each, STEP) for each in parts(ApplicationStep)],
        "evidence": [_row(each, EVIDENCE) for each in parts(PillarEvidence)],
        "register_checks": [_row(each, REGISTER_CHECK, checked_by=names.of(each.checked_by_id))
                            for each in parts(RegisterCheck)],
    }  # fmt: skip


def _plans(session: Session, everyone: Sequence[UUID]) -> Sequence[InductionPlan]:
    decided = select(InductionPlan).join(Verification, Verification.id == InductionPlan.verification_id)
    mine = decided.where(Verification.person_id.in_(everyone))
    return session.scalars(mine.order_by(InductionPlan.decided_at, InductionPlan.id)).all()


def _rows_that_wait(session: Session, everyone: Sequence[UUID]) -> Sequence[EsrSetAside]:
    """Return the rows whose assignment number is the person's. A row that could be somebody else's is not theirs."""
    theirs = select(EsrSetAside).join(
        Employment,
        (Employment.organisation_id == EsrSetAside.organisation_id)
        & (Employment.assignment_number == EsrSetAside.row["Assignment Number"].astext),
    )
    mine = theirs.where(Employment.person_id.in_(everyone))
    return session.scalars(mine.order_by(EsrSetAside.recorded_at, EsrSetAside.id)).all()


def _done(session: Session, everyone: Sequence[UUID]) -> Sequence[AuditEntry]:
    about = [f"person:{person_id}" for person_id in everyone]
    named = AuditEntry.detail["person"].astext.in_([str(person_id) for person_id in everyone])
    entries = select(AuditEntry).where(or_(AuditEntry.subject.in_(about), named))
    return session.scalars(entries.order_by(AuditEntry.sequence)).all()


def _looks(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    """Return every look, page after page."""
    found: list[dict[str, Any]] = []
    before: str | None = None
    while True:
        page = looks.who_has_looked(session, person_id, before=before)
        found += [
            {"at": look.at, "organisation": look.organisation, "role": look.role, "how": look.how,
             "records": look.records, "result": look.result.text}
            for look in page.items
        ]  # fmt: skip
        before = page.next_before
        if before is None:
            return found
