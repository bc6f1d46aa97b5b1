"""What the Academy looks after in the demonstration: invented credentials, and education providers in every state.

One provider's approval is due for review, one has conditions, one has applied; those that began with the first story
have had their yearly review. The suspended one has a story of its own (`suspension`).
"""

from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.demo.files import read
from passport.organisations import service as organisations
from passport.standards import accreditation, providers, reviews
from passport.standards import service as standards
from passport.standards.models import Accreditation, Standard

ACADEMY: Final = "X4A5D"
SOURCE: Final = "invented for the demonstration"
BEGAN_ON: Final = date(2017, 4, 1)
REVIEWED: Final = timedelta(days=60)  # before the first day
STANDINGS: Final[tuple[tuple[str, str, int, dict[str, Any]], ...]] = (
    ("X5V7F", "MPC-PAEDIATRICS", 380, {}),
    ("X5V7F", "MPC-INVENTED-FRAILTY", 350, {}),
    ("X5Y9H", "MPC-INVENTED-WOUND-CARE", 200, {
        "state": "conditions", "conditions": "Name an external examiner before the next intake.",
    }),
    ("X5W8G", "MPC-INVENTED-URGENT-CARE", 25, {"state": "applied", "note": "A first cohort of 12 is planned."}),
)  # fmt: skip


def fill(session: Session, *, actor: str, today: date, now: datetime) -> bool:
    """Add the credentials and the providers' standings, unless they are there; return whether any was missing."""
    credentials = [_add(session, row, actor=actor, now=now) for row in read("credentials.csv")]
    if any(credentials):
        _review(session, actor=actor, today=today, now=now)
    standings = [_accredit(session, *each, actor=actor, today=today, now=now) for each in STANDINGS]
    return any((*credentials, *standings))


def _add(session: Session, row: dict[str, str], *, actor: str, now: datetime) -> bool:
    if session.scalar(select(Standard.id).where(Standard.code == row["code"])):
        return False
    standards.add_standard(
        session, code=row["code"], kind="credential", framework_code="CENTRE", subject=row["title"],
        title=row["title"], level="7", source=SOURCE, confidence=SOURCE, actor=actor, now=now,
    )  # fmt: skip
    standards.add_specification(
        session, standard_code=row["code"], version="1.0", state="endorsed", on=BEGAN_ON, source=SOURCE,
        confidence=SOURCE, actor=actor, now=now,
    )  # fmt: skip
    academy = organisations.by_ods(session, ACADEMY)
    accreditation.accredit(
        session, organisation_id=academy.id, standard_code=row["code"], from_on=BEGAN_ON, actor=actor, now=now
    )
    return True


def _review(session: Session, *, actor: str, today: date, now: datetime) -> None:
    """Record a good review of every approval that is due for one."""
    for standing, _, _ in session.execute(providers.due_for_review(today)).all():
        reviews.record_review(
            session, accreditation_id=standing.id, reviewed_on=today - REVIEWED, outcome="approved",
            note="Yearly review (invented)", actor=actor, now=now,
        )  # fmt: skip


def _accredit(
    session: Session,
    ods_code: str,
    code: str,
    days: int,
    how: dict[str, Any],
    *,
    actor: str,
    today: date,
    now: datetime,
) -> bool:
    provider, standard = organisations.by_ods(session, ods_code), standards.standard_by_code(session, code)
    if session.scalar(select(Accreditation.id).filter_by(organisation_id=provider.id, standard_id=standard.id)):
        return False
    accreditation.accredit(
        session, organisation_id=provider.id, standard_code=code, from_on=today - timedelta(days=days), actor=actor,
        now=now, **how,
    )  # fmt: skip
    return True
