"""The rules of checking passports for an organisation. Flushes, never commits; a refusal is an answer, never an error.

In the order of the code: check one or many texts and record each check with its verdict and evidence, whatever came
out; find a check again, which only the organisation that made it can. What the evidence holds is all that a decision
needs later: the awards with what the trust list said of their issuers, and which lists were used. A refused text
leaves nothing behind but the reason.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from credentials.claims import LEEWAY
from credentials.errors import ClaimTypeError, CredentialError
from credentials.records import Instant, Record, VerifiedAward
from credentials.verified import Verified, verdict
from passport.errors import Invalid, NotFound
from passport.verifying import registry
from passport.verifying.checking import Lists, carrier_of, check
from passport.verifying.lists import published
from passport.verifying.models import Verification

LONGEST_LOOK_BACK: Final = timedelta(days=366)
MOST_AT_ONCE: Final = 100

_NUL: Final = b"\\u0000"  # PostgreSQL can't hold it in JSON, and no record of ours holds it


class VerificationNotFound(NotFound):
    """There is no such check, or another organisation made it."""

    code = "verification_not_found"
    title = "There is no such verification"


class MomentOutOfRange(Invalid):
    """The moment for which to check lies too far back, or in the future."""

    code = "at_out_of_range"
    title = "The moment is out of range"


class Evidence(Record, frozen=True):
    """What a check rests on. `at` is the moment for which it was checked; the sequences name the lists."""

    at: Instant
    records: tuple[VerifiedAward, ...] = ()
    trust_list_sequence: int | None = None
    code_list_version: int | None = None


class Checked(Record, frozen=True):
    """A recorded check: its id and the verdict."""

    id: UUID
    verdict: dict[str, Any]

    @property
    def answer(self) -> dict[str, Any]:
        """The verdict with the id under which it was recorded."""
        return {"id": self.id, **self.verdict}


def commit_lazily(session: Session) -> None:
    """Let this transaction's commit return before it is on disk.

    For transactions that only record checks: such a commit would take as long as the check itself. What a power cut
    can take are checks of the last fraction of a second, and nothing that was decided on them, because a decision
    commits in full.
    """
    session.execute(text("SET LOCAL synchronous_commit = off"))


def verify(
    session: Session, *, presentation: str, organisation_id: UUID, actor: str, now: datetime, at: datetime | None = None
) -> Checked:
    """Check one text and record the check.

    Args:
        session: the transaction of the check.
        presentation: any text.
        organisation_id: for whom it is checked.
        actor: who checks.
        now: UTC.
        at: the moment for which to check, with the lists of today; default: now.

    Raises:
        MomentOutOfRange: `at` lies more than a year back, or in the future.
    """
    checked = verify_many(
        session, presentations=[presentation], organisation_id=organisation_id, actor=actor, now=now, at=at
    )
    return checked[0]


def verify_many(
    session: Session,
    *,
    presentations: Sequence[str],
    organisation_id: UUID,
    actor: str,
    now: datetime,
    at: datetime | None = None,
) -> list[Checked]:
    """Check each text by itself, and record each check; see `verify`.

    Returns:
        The checks, in the order of the texts.
    """
    at = _moment(at, now)
    lists = _lists(session, now)
    made: dict[str, Any] = {"organisation_id": organisation_id, "actor": actor, "checked_at": now}
    rows = [made | _check(session, presentation, lists, at) for presentation in presentations]
    statement = insert(Verification).returning(Verification.id, sort_by_parameter_order=True)
    ids = session.scalars(statement, rows).all()
    return [Checked(id=each, verdict=row["verdict"]) for each, row in zip(ids, rows, strict=True)]


def of_organisation(session: Session, verification_id: UUID, organisation_id: UUID) -> Verification:
    """Return a check that an organisation made.

    Raises:
        VerificationNotFound: there is none, or it is not this organisation's.
    """
    own = select(Verification).filter_by(id=verification_id, organisation_id=organisation_id)
    found = session.scalar(own)
    if found is None:
        raise VerificationNotFound
    return found


def evidence_of(verification: Verification) -> Evidence:
    """Return the evidence of a check as a value."""
    return msgspec.convert(verification.evidence, Evidence)


def _moment(at: datetime | None, now: datetime) -> datetime:
    if at is None:
        return now
    if not now - LONGEST_LOOK_BACK <= at <= now + LEEWAY:
        raise MomentOutOfRange("`at` must lie within the year before now.")
    return at


def _lists(session: Session, now: datetime) -> Lists | CredentialError:
    try:
        return published(session, now=now)
    except CredentialError as unusable:
        return unusable


def _check(session: Session, presentation: str, lists: Lists | CredentialError, at: datetime) -> dict[str, Any]:
    """Return the columns of one check."""
    carrier = carrier_of(presentation)
    result = lists if isinstance(lists, CredentialError) else check(presentation, lists, now=at)
    if isinstance(lists, Lists) and isinstance(result, Verified) and _NUL not in msgspec.json.encode(result):
        return {"carrier": carrier, **_found(session, result, lists, at)}
    refusal = result if isinstance(result, CredentialError) else ClaimTypeError("NUL")
    said = verdict(refusal, at=at)
    evidence = msgspec.to_builtins(Evidence(at=at))
    return {"carrier": carrier, **_columns(said), "person_id": None, "evidence": evidence}


def _found(session: Session, verified: Verified, lists: Lists, at: datetime) -> dict[str, Any]:
    """Return the columns that say what was found, with what the registry itself knows."""
    known = registry.look_up(session, verified, issuer=lists.trust.content.iss)
    said = verdict(verified, at=at)
    for shown, award in zip(verified.awards, said["awards"], strict=True):
        if reason := known.reason(shown, verified):
            award["withdrawn"] = {"reason": reason}
    evidence = Evidence(
        at=at,
        records=known.flagged(verified),
        trust_list_sequence=lists.trust.content.seq,
        code_list_version=lists.code_list.version if lists.code_list else None,
    )
    return _columns(said) | {"person_id": known.person_id, "evidence": msgspec.to_builtins(evidence)}


def _columns(said: dict[str, Any]) -> dict[str, Any]:
    return {"verdict": said, "outcome": said["outcome"], "reason": said["reason"]}
