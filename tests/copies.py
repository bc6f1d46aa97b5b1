"""What tests of issuing do with the copies of a nurse's passport."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.issuing import issuance, service
from passport.issuing.models import Credential
from tests.factories import AwardFactory
from tests.passports import Nurse

OPERATOR = "operator"


def issue(session: Session, nurse: Nurse, now: datetime) -> issuance.Issued:
    """Issue a passport to the nurse."""
    session.commit()
    return issuance.issue_passport(
        nurse.person_id, organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now
    )


def revoke(session: Session, nurse: Nurse, issued: issuance.Issued, now: datetime) -> Credential:
    """Withdraw a copy, as its employer."""
    return service.revoke(
        session, issued.id, organisation_id=nurse.organisation_id, reason="lost", actor=OPERATOR, now=now
    )


def reissue(session: Session, nurse: Nurse, now: datetime) -> list[issuance.Issued]:
    """Do what the job does after a change."""
    session.commit()
    return issuance.reissue(nurse.person_id, actor="job:issuing", now=now)


def finish_plans(session: Session, now: datetime) -> tuple[int, int]:
    """Do what the job does for plans that were left; return how many it completed and gave up."""
    session.commit()
    return issuance.finish_plans(actor="job:issuing", now=now)


def correct(session: Session, nurse: Nurse, now: datetime, **changes: object) -> None:
    """End an award as corrected, replaced by a copy of it with these changes."""
    old = session.get_one(Award, nurse.award_id)
    kept = {
        column.name: getattr(old, column.name)
        for column in Award.__table__.columns
        if column.name not in {"id", "ended_at", "ending", "ending_reason", "replaced_by_id"}
    }
    old.ended_at, old.ending = now, "corrected"
    session.flush()
    new = AwardFactory.create(session, **{**kept, "recorded_at": now, **changes})
    session.execute(update(Award).where(Award.id == old.id).values(replaced_by_id=new.id))
    session.commit()


def end(session: Session, nurse: Nurse, now: datetime, ending: str) -> None:
    """End the nurse's award."""
    award = session.get_one(Award, nurse.award_id)
    award.ended_at, award.ending = now, ending
    session.commit()
