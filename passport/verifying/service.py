"""The rules of checking passports for an organisation. Flushes, never commits; a refusal is an answer, never an error.

In the order of the code: check one or many texts and record each check with its verdict and evidence, whatever came
out; find a check again, which only the organisation that made it can, and say whether its copy was withdrawn since.
What the evidence holds is all that a decision needs later: the awards with what the trust list said of their issuers,
and which lists were used. A refused text leaves nothing behind but the reason.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from sqlalchemy import Table, insert, select
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

_TABLE: Final = cast("Table", Verification.__table__)
_INSERT: Final = insert(_TABLE).returning(_TABLE.c.id, sort_by_parameter_order=True)
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
    """What a check rests on. `at` is the moment for which it was checked; the sequences name the lists.

    `place` is where the copy stands on our status lists: its list's number and its index.
    """

    at: Instant
    records: tuple[VerifiedAward, ...] = ()
    trust_list_sequence: int | None = None
    code_list_version: int | None = None
    place: registry.Place | None = None


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
    session.connection().exec_driver_sql("SET LOCAL synchronous_commit = off")


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
    results = [_result(presentation, lists, at) for presentation in presentations]
    genuine = [result for result in results if isinstance(result, Verified)]
    issuer = lists.trust.content.iss if isinstance(lists, Lists) else ""
    known = iter(registry.look_up(session, genuine, issuer=issuer))
    rows = [
        _found(result, next(known), lists, at) if isinstance(result, Verified) else _refused(result, at)
        for result in results
    ]
    made: dict[str, Any] = {"organisation_id": organisation_id, "actor": actor, "checked_at": now}
    carriers = [{"carrier": carrier_of(presentation)} for presentation in presentations]
    values = [made | carrier | row for carrier, row in zip(carriers, rows, strict=True)]
    ids = session.execute(_INSERT, values).scalars().all()
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


def withdrawn_since(session: Session, evidence: Evidence) -> bool:
    """Say whether the copy that was checked was withdrawn by now, where this service issued it."""
    return evidence.place is not None and registry.withdrawn(session, evidence.place)


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


def _result(presentation: str, lists: Lists | CredentialError, at: datetime) -> Verified | CredentialError:
    """Check one text. Without lists, each text gets the reason why there are none."""
    if isinstance(lists, CredentialError):
        return lists
    result = check(presentation, lists, now=at)
    if isinstance(result, Verified) and _NUL in msgspec.json.encode(result):
        return ClaimTypeError("NUL")
    return result


def _found(verified: Verified, known: registry.Known, lists: Lists | CredentialError, at: datetime) -> dict[str, Any]:
    """Return the columns that say what was found, with what the registry itself knows."""
    said = verdict(verified, at=at)
    for shown, award in zip(verified.awards, said["awards"], strict=True):
        if reason := known.reason(shown, verified):
            award["withdrawn"] = {"reason": reason}
        if known.is_disputed(shown, verified):
            award["disputed"] = True
    used = lists if isinstance(lists, Lists) else None
    evidence = Evidence(
        at=at,
        records=known.flagged(verified),
        trust_list_sequence=used.trust.content.seq if used else None,
        code_list_version=used.code_list.version if used and used.code_list else None,
        place=registry.place_of(verified) if used and verified.issuer == used.trust.content.iss else None,
    )
    return _columns(said, evidence, known.person_id)


def _refused(refusal: CredentialError, at: datetime) -> dict[str, Any]:
    """Return the columns that say why a text was refused, and nothing of it."""
    return _columns(verdict(refusal, at=at), Evidence(at=at), None)


def _columns(said: dict[str, Any], evidence: Evidence, person_id: UUID | None) -> dict[str, Any]:
    return {
        "verdict": said,
        "outcome": said["outcome"],
        "reason": said["reason"],
        "person_id": person_id,
        "evidence": msgspec.to_builtins(evidence),
    }
