"""A service with an Academy whose nurse holds what badges are made of."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from passport.awards import service as awards
from passport.awards.models import Award, Recognition
from passport.issuing import issuance
from passport.issuing.models import Credential
from passport.settings import Settings
from passport.signing import keyring
from passport.standards import service as standards
from tests.passports import make_service
from tests.trusts import Trust, make_trust

CREDENTIAL = "MPC-PAEDIATRICS"
ADVANCED: dict[str, Any] = {
    "level": "advanced", "edition": "2025", "route": "programme",
    "pillars": ["clinical_practice", "leadership_and_management", "education", "research"], "base_profession": "Nurse",
    "recognised_on": date(2026, 5, 1),
}  # fmt: skip
REQUESTED_BY = "account:somebody"


def make_academy(session: Session, settings: Settings, now: datetime) -> Trust:
    """Make a service with its keys in use, and an Academy that is accredited for a credential and every level."""
    keyring.configure(settings)
    standards.load_catalogue(session, now=now)
    academy = make_trust(session, now)
    for code in ("MPF-ENHANCED", "MPF-ADVANCED", "MPF-CONSULTANT", CREDENTIAL):
        standards.accredit(session, standard_code=code, from_on=date(2020, 1, 1), **academy.acting)
    make_service(session, now)
    return academy


def recognise(academy: Trust) -> Recognition:
    """Recognise the nurse at the advanced level."""
    return awards.recognise(academy.session, person_id=academy.nurse.id, **ADVANCED | academy.acting)


def make_badge(academy: Trust, record: Award | Recognition, now: datetime) -> tuple[Credential, str]:
    """Issue a badge of a record of the nurse; return its row and its text."""
    academy.session.commit()
    issued = issuance.issue_badge(academy.nurse.id, record.id, requested_by=REQUESTED_BY, now=now)
    return academy.session.get_one(Credential, issued.id), issued.credential


def withdraw(academy: Trust, award: Award, now: datetime) -> None:
    """Withdraw a credential, as two people of its issuer do, and do what the job does then."""
    awards.withdraw(
        academy.session, award_id=award.id, organisation_id=academy.organisation.id, reason="issued_in_error",
        actor="account:second", asked_by="account:first", now=now,
    )  # fmt: skip
    academy.session.commit()
    issuance.reissue(academy.nurse.id, actor="job:issuing", now=now)
    academy.session.expire_all()
