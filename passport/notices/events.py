"""The events that an organisation can be told of, and what a message says.

Every event is an entry of the audit log: `ACTIONS` names the entry behind each kind, so nothing can happen without its
event, and a replay reads the log again. A message is thin: what happened, when, and to which record. Who it is about is
asked for with the receiver's own token, and nothing personal leaves by this way.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from credentials.encoding import canonical_json

TEST: Final = "webhook.test"
# The kind, what it means, and the entries of the audit log that it stands for.
KINDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "passport.issued": ("A copy of a passport was issued", ("credential.issued",)),
    "passport.revoked": ("Copies of a passport were revoked", ("credential.revoked",)),
    "award.recorded": ("An award was recorded", ("award.recorded",)),
    "award.corrected": ("An award was corrected", ("award.corrected",)),
    "award.withdrawn": ("An award was withdrawn", ("award.withdrawn",)),
    "import.finished": ("A file from ESR was imported", ("esr.imported",)),
    "batch.finished": ("A batch came to its end", ("batch.finished",)),
    "dispute.raised": ("Somebody questioned an award of yours", ("dispute.raised",)),
    "dispute.answered": ("A question about an award was answered", ("dispute.answered",)),
    "accreditation.changed": ("What you may award changed", ("accreditation.changed",)),
}
ACTIONS: Final = {action: kind for kind, (_, actions) in KINDS.items() for action in actions}


def actions_of(kinds: list[str]) -> list[str]:
    """Return the names of the audit log's entries behind some kinds."""
    return [action for action, kind in ACTIONS.items() if kind in kinds]


def message(*, kind: str, happened_at: datetime, subject: str | None, count: int) -> bytes:
    """Return the body of a message.

    Args:
        kind: one of `KINDS`, or `TEST`.
        happened_at: the time of the event, UTC.
        subject: `award:<id>`, as the audit log names the record; None for a test.
        count: records that the event is about; where there are several, the message has their number and no id.

    Returns:
        Canonical JSON, `{"type", "timestamp", "data": {"object", "id" or "count"}}` (Standard Webhooks).
    """
    data: dict[str, Any] = {}
    if subject is not None:
        name, _, identity = subject.partition(":")
        data["object"] = "credential" if name == "credentials" else name
        data |= {"id": identity} if _is_id(identity) else {"count": count}
    at = happened_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return canonical_json({"type": kind, "timestamp": at, "data": data})


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
