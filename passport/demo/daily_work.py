"""What the other roles find on their desks: disputes, reminders, an inspection, two records of one person.

Each part looks first whether it is there. Everybody acts by their invented account.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards import disputes
from passport.awards import service as awards
from passport.awards.models import Award, AwardDispute
from passport.demo import accounts
from passport.inspection import service as inspection
from passport.inspection.models import Inspection
from passport.notices import reminders
from passport.notices.models import NoticeSettings
from passport.organisations import service as organisations
from passport.records import merging
from passport.records.models import IdentityCorrection
from passport.staff import service as staff
from passport.staff.models import Employment, Person
from passport.standards.models import Standard

EMPLOYER: Final = "X1V2A"
BORN_ON: Final = date(1986, 4, 9)
# Whose record was inspected, as of how many days ago, and why.
INSPECTED: Final = (
    ("91000001", 0, "Yearly sample of the training team (invented)"),
    ("91000006", 30, "Complaint 12 of this year (invented)"),
)
# Whose award of which standard, what is wrong with it, in whose words.
DISPUTED: Final = (
    ("91000003", "FS", "incorrect", "I took this course face to face, and a year later than it says here."),
    ("91000004", "EDHR", "not_mine", "I never took this course. Perhaps it is somebody else’s of the same name?"),
)
TWICE: Final = (("Siân", "Twice-Recorded", "91009001", "FS"), ("Sian", "Twicerecorded", "91009002", "SA2"))


def fill(session: Session, *, today: date, now: datetime) -> bool:
    """Make what is missing; return whether anything was."""
    employer = organisations.by_ods(session, EMPLOYER).id
    hr = _actor(session, "hr")
    parts = (
        _dispute(session, employer, now=now),
        _remind(session, employer, actor=hr, now=now),
        _record_twice(session, employer, today=today, actor=hr, now=now),
        _inspect(session, employer, today=today, now=now),
    )
    return any(parts)


def _dispute(session: Session, employer: UUID, *, now: datetime) -> bool:
    if session.scalar(select(AwardDispute.id).limit(1)):
        return False
    for assignment, code, reason, words in DISPUTED:
        person_id = _employed(session, employer, assignment)
        award = session.scalars(
            select(Award.id).join(Standard, Standard.id == Award.standard_id)
            .where(Award.person_id == person_id, Standard.code == code, Award.ended_at.is_(None))
        ).one()  # fmt: skip
        disputes.raise_dispute(
            session, award_id=award, person_id=person_id, reason=reason, words=words, actor=f"person:{person_id}",
            now=now,
        )  # fmt: skip
    return True


def _remind(session: Session, employer: UUID, *, actor: str, now: datetime) -> bool:
    if session.get(NoticeSettings, employer):
        return False
    reminders.change_settings(
        session, organisation_id=employer, reminders_on=True, days=(90, 30, 7), to_staff=True,
        mailbox="learning@invented-vale.example", to_mailbox=True, weekday=reminders.MONDAY, actor=actor, now=now,
    )  # fmt: skip
    return True


def _record_twice(session: Session, employer: UUID, *, today: date, actor: str, now: datetime) -> bool:
    """Record one person twice, as two managers might, each with a course, and have it proposed that both are one."""
    if session.scalar(select(IdentityCorrection.id).limit(1)):
        return False
    twins = []
    for given, family, assignment, course in TWICE:
        person = staff.register(
            session, given_name=given, family_name=family, date_of_birth=BORN_ON, organisation_id=employer, actor=actor,
            now=now,
        )  # fmt: skip
        staff.employ(
            session, person_id=person.id, organisation_id=employer, employee_number=TWICE[0][2],
            assignment_number=assignment, started_on=date(2021, 9, 6), actor=actor, now=now,
        )  # fmt: skip
        awards.record(
            session, person_id=person.id, organisation_id=employer, standard_code=course,
            awarded_on=today - timedelta(days=70), delivery="e_learning", assessed=True, verification_method="record",
            pedigree="authoritative", actor=actor, now=now,
        )  # fmt: skip
        twins.append(person.id)
    merging.propose(
        session, from_person_id=twins[1], to_person_id=twins[0], organisation_id=employer, actor=actor, now=now,
        because="Same day of birth and employee number. She says that she was recorded twice.",
    )  # fmt: skip
    return True


def _inspect(session: Session, employer: UUID, *, today: date, now: datetime) -> bool:
    """Inspect two people, as the auditor of their employer."""
    if session.scalar(select(Inspection.id).limit(1)):
        return False
    actor = _actor(session, "auditor")
    for assignment, days, reason in INSPECTED:
        number = session.get_one(Person, _employed(session, employer, assignment)).passport_number
        inspection.inspect(
            session, organisation_id=employer, number=number, as_of_on=today - timedelta(days=days), reason=reason,
            actor=actor, now=now,
        )  # fmt: skip
    return True


def _employed(session: Session, employer: UUID, assignment: str) -> UUID:
    employed = select(Employment.person_id).filter_by(organisation_id=employer, assignment_number=assignment)
    return session.scalars(employed).one()


def _actor(session: Session, key: str) -> str:
    return f"account:{accounts.account_of(session, key).id}"
