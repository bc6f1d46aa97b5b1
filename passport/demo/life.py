"""The life of an award at the scale of one ICB: what the registry holds beside the first story, and what happens in it.

`fill` brings in a whole system and the work of the Academy, and closes the months that are over. `happen` lets things
happen once, with the server and its worker running: a provider is suspended, a course of 200 people is taken back, a
renewal rule changes, a program and staff are told. A later run tells them again and changes nothing.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.awards.models import Recognition
from passport.db import reading, transaction
from passport.demo import (
    accounts,
    applications,
    course,
    daily_work,
    establishment,
    movers,
    notifying,
    preparing,
    providers,
    rule_change,
    suspension,
    workforce,
)
from passport.demo.clients import program_of
from passport.demo.program import Program
from passport.demo.state import State
from passport.organisations.models import Organisation
from passport.publishing import refreshing
from passport.recognition.models import RecognitionApplication
from passport.reporting import jobs as reporting
from passport.reporting import months
from passport.reporting.service import SHOWN_MONTHS
from passport.settings import Settings
from passport.staff.models import Employment, Person

# Which organisation speaks through which program, and what for.
PROGRAMS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "receiver": ("X3M4C", ("verify", "induction:read", "induction:decide")),
    "employer": ("X1V2A", ("passports:issue", "awards:write", "batches", "webhooks:write")),
    "provider": ("X5U6E", ("awards:write",)),
}
EMPLOYER: Final = "X1V2A"
READER: Final = "91000002"
GRADUATE: Final = "91000003"
APPLICANT: Final = "91000004"


def fill(settings: Settings, *, now: datetime) -> bool:
    """Bring in the system and the Academy's work, unless they are there. The first story's registry must be.

    Args:
        settings: where the demonstration remembers its first day.
        now: UTC.

    Returns:
        Whether anything was missing.
    """
    today = State.of(settings).first_day(now)
    with transaction() as session:
        academy = f"account:{accounts.account_of(session, 'academy').id}"
        planner = f"account:{accounts.account_of(session, 'planner').id}"
        changed = preparing.organise(session, "system.csv", now=now)
        changed |= providers.fill(session, actor=academy, today=today, now=now)
        imported = workforce.fill(session, today=today, now=now)
        changed |= establishment.fill(session, actor=planner, today=today, now=now)
    with transaction() as session:
        changed |= applications.fill(session, today=today, now=now)
        changed |= daily_work.fill(session, today=today, now=now)
    if imported:
        _close_months(today, now=now)
    if changed or imported:
        refreshing.refresh_all(now=now)
    return changed or imported


def programs(settings: Settings, *, base_url: str, now: datetime) -> dict[str, Program]:
    """Return the programs through which organisations speak; see `PROGRAMS`."""
    with transaction() as session:
        return {
            who: program_of(session, ods_code, scopes=scopes, settings=settings, base_url=base_url, now=now)
            for who, (ods_code, scopes) in PROGRAMS.items()
        }


def happen(programs: Mapping[str, Program], settings: Settings, *, now: datetime) -> dict[str, Any]:
    """Let everything happen that has not happened yet.

    Args:
        programs: from `programs`.
        settings: where it is remembered.
        now: UTC.

    Returns:
        `changed`, and of each part what is told: `moved`, `suspension`, `course`, `rule_change`, `notices`,
        `system`.
    """
    state = State.of(settings)
    today = state.first_day(now)
    reader, graduate, applicant = _people(READER, GRADUATE, APPLICANT)
    parts = {
        "moved": lambda: movers.happen(programs["receiver"], today=today, now=now),
        "suspension": lambda: suspension.happen(
            programs, graduate=graduate, applicant=applicant, today=today, now=now
        ),
        "course": lambda: course.happen(programs["employer"], today=today, now=now),
        "rule_change": lambda: rule_change.happen(today=today, now=now),
        "notices": lambda: notifying.happen(programs["employer"], settings, reader=reader, today=today, now=now),
    }  # fmt: skip
    told = {name: state.once(name, part) for name, part in parts.items()}
    with reading() as session:
        system = _system(session, now.date())
    return {"changed": any(now_done for _, now_done in told.values()), "system": system} | {
        name: result for name, (result, _) in told.items()
    }


def _close_months(today: date, *, now: datetime) -> None:
    """Close the months that pages show, and have everything else counted as in every night."""
    with transaction() as session:
        for month in months.due(session, today=today)[-SHOWN_MONTHS:]:
            months.close(session, month, now=now)
    reporting.nightly()


def _people(*assignments: str) -> list[Person]:
    with reading() as session:
        found = (
            select(Person)
            .join(Employment, Employment.person_id == Person.id)
            .join(Organisation, Organisation.id == Employment.organisation_id)
            .where(Organisation.ods_code == EMPLOYER, Employment.assignment_number.in_(assignments))
            .order_by(Employment.assignment_number)
        )
        people = list(session.scalars(found))
        session.expunge_all()  # they are read after the transaction
        return people


def _system(session: Session, today: date) -> dict[str, int]:
    """Return how many organisations, people, recognised practitioners and trainees the registry holds."""
    working = Employment.ended_on.is_(None) | (Employment.ended_on >= today)
    counts = {
        "organisations": select(func.count()).select_from(Organisation),
        "people": select(func.count(Employment.person_id.distinct())).where(working),
        "recognised": select(func.count()).select_from(Recognition).where(Recognition.ended_at.is_(None)),
        "trainees": select(func.count())
        .select_from(RecognitionApplication)
        .where(RecognitionApplication.ended_at.is_(None)),
    }
    return {name: session.scalar(statement) or 0 for name, statement in counts.items()}
