"""What all changes of this room share: who was faster, the order of two days, and the audit entry."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from passport import jobs
from passport.audit import service as audit
from passport.errors import Conflict, Invalid

REFRESH: Final = "publishing.refresh"
PROVIDER_LOCK: Final = 0x6163_6372  # "accr": changes of accreditation and alignment take turns


class ChangedMeanwhile(Conflict):
    """Whoever acts looked at a state that is not the newest any more."""

    code = "changed_meanwhile"
    title = "Somebody else changed this meanwhile: look again"


def check_order(from_on: date, until_on: date | None) -> None:
    """Check that a period does not end before it begins.

    Raises:
        Invalid: it does.
    """
    if until_on is not None and until_on < from_on:
        raise Invalid.at("/until_on", "The last day can't be before the first.")


def record(
    session: Session,
    action: str,
    subject_id: UUID,
    organisation_id: UUID | None,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any],
) -> None:
    """Write the audit entry of a change, and have what we publish made again.

    The entry's subject is named after the action's first word.
    """
    words = {name: value.isoformat() if isinstance(value, date) else value for name, value in detail.items()}
    subject = f"{action.partition('.')[0]}:{subject_id}"
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action=action, subject=subject, now=now, detail=words
    )
    jobs.defer_once(session, REFRESH)
