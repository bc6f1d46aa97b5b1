"""A member of staff in tests: a passport, and the browser in which its holder is signed in."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy.orm import Session

from tests.passports import Nurse
from tests.visitors import Browser, visit

NAME = "Testa Inventedname"  # as `PersonFactory` names everybody
SHARE_ANSWERS: dict[str, Any] = {"given_to": "Invented Coast NHS Trust", "days": "21", "uses": "many"}


@dataclass(frozen=True)
class Holder:
    """A nurse and the browser in which the nurse is signed in."""

    nurse: Nurse
    browser: Browser


def hold(app: Flask, session: Session, nurse: Nurse) -> Holder:
    """Sign a nurse in to the own passport."""
    return Holder(nurse, visit(app, session, nurse.organisation_id, "staff", NAME, person_id=nurse.person_id))


def share_answers(award_id: UUID, **changes: Any) -> dict[str, Any]:
    """Return a filled-in form of a share."""
    return {"what": [str(award_id)], **SHARE_ANSWERS, **changes}
