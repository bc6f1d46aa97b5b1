"""Fills the registry with a whole system at once, as the owner of its data would import it: by COPY.

In the order of the code: whether it is there; the people with their registrations and employments; their training.
Their levels of practice and credentials are in `practice`. The database's own triggers keep the summaries that the
workforce picture is made of, in the same transaction.
"""

import os
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.demo import practice
from passport.demo.filling import ACTOR, AWARDS, Filling, Staff
from passport.demo.invented_staff import staff
from passport.organisations.models import Organisation
from passport.staff import numbers
from passport.staff.models import Employment

NEVER: Final = 0.04  # who never had a course
OVERDUE: Final = 1.12  # the oldest training, in periods: one of nine courses has lapsed
COURSES: Final = {
    "CR": 36, "EDHR": 36, "FS": 24, "HSW": 36, "IPC2": 12, "IG": 12, "MH2": 24, "RES2A": 12, "SA2": 36, "SC2": 36,
    "PRB": 36, "OMT1": 36,
}  # fmt: skip
RECENT_COURSE: Final = 10  # days: nobody trained since, so that the course of `course` is the newest
DAYS_OF_MONTH: Final = 30.4
PEOPLE: Final = "person (id, passport_number, given_name, family_name, date_of_birth, recorded_at)"
REGISTRATIONS: Final = "registration (person_id, body, number, checked_at, checked_by_id, method, annotations)"
EMPLOYMENTS: Final = "employment (person_id, organisation_id, employee_number, assignment_number, started_on, ended_on)"


def fill(session: Session, *, today: date, now: datetime) -> bool:
    """Import everybody, unless they are there.

    Args:
        session: the transaction of the edge; the organisations are registered.
        today: the day of the first run.
        now: UTC.

    Returns:
        Whether they were missing.
    """
    people, chance = staff(today=today)
    if session.scalar(select(Employment.id).where(Employment.assignment_number == people[0].assignment)):
        return False
    known = dict(session.execute(select(Organisation.ods_code, Organisation.id)).tuples().all())
    filling = Filling(session, known, chance, today, now)
    everybody = list(zip(filling.ids(len(people)), people, strict=True))
    _employ(filling, everybody)
    _train(filling, everybody)
    practice.recognise(filling, [(id_, one) for id_, one in everybody if one.role not in ("", "trainee")])
    practice.award_credentials(filling, [(id_, one) for id_, one in everybody if one.holds_credential])
    practice.enrol(filling, [(id_, one) for id_, one in everybody if one.role == "trainee"])
    audit.record(
        session, actor=ACTOR, organisation_id=None, action="demonstration.filled", subject="demonstration:workforce",
        now=now, detail={"people": len(people)},
    )  # fmt: skip
    return True


def _employ(filling: Filling, people: Staff) -> None:
    new = (numbers.make(os.urandom) for _ in people)
    filling.copy(PEOPLE, (
        (id_, number, one.given_name, one.family_name, one.born_on, filling.now)
        for (id_, one), number in zip(people, new, strict=True)
    ))  # fmt: skip
    filling.copy(REGISTRATIONS, (
        (id_, one.body, one.registration, filling.now, filling.organisations[one.employer], "register_lookup", [])
        for id_, one in people
    ))  # fmt: skip
    filling.copy(EMPLOYMENTS, (
        (id_, filling.organisations[one.employer], one.assignment, one.assignment, one.started_on, one.ended_on)
        for id_, one in people
    ))  # fmt: skip


def _train(filling: Filling, people: Staff) -> None:
    """Give everybody most of the courses, each at some time of its period or a little before it."""
    places = {code: filling.standard(code) for code in COURSES}
    filling.copy(AWARDS, (
        (id_, filling.organisations[one.employer], *places[code], 0,
         filling.day(int(months * DAYS_OF_MONTH * OVERDUE), least=RECENT_COURSE), "e_learning", True, "record",
         "authoritative", filling.now, ACTOR)
        for id_, one in people for code, months in COURSES.items() if filling.chance.random() > NEVER
    ))  # fmt: skip
