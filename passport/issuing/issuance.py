"""The edge of issuing: both transactions and, between them, the signature (house rule 3).

Called by endpoints, commands and jobs in place of `transaction()`. The plan is committed apart from whatever encloses
it; when the signature fails or the process dies, it stays, and `issuing.complete` takes care of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from credentials.keys import MemorySigner, Signer
from credentials.sd_jwt_vc import StatusReference
from passport.db import transaction
from passport.issuing import badges, replacement, service, status_lists, tokens
from passport.issuing.models import Credential
from passport.issuing.service import Signature
from passport.issuing.status_lists import Place
from passport.signing import keyring
from passport.signing import service as signing

CHUNK: Final = 500  # people in one pair of transactions
GRACE: Final = timedelta(minutes=1)  # how long a plan is left to those who made it
GIVEN_UP: Final = "never_signed"


@dataclass(frozen=True, slots=True)
class Issued:
    """An issued copy, as its holder gets it."""

    id: UUID
    credential: str
    expires_at: datetime
    status: StatusReference


@dataclass(frozen=True, slots=True)
class ToSign:
    """What the signature needs once the first transaction is over."""

    id: UUID
    copy: tokens.Unsigned
    signer: Signer


def issue(
    person_ids: Sequence[UUID],
    *,
    organisation_id: UUID,
    carrier: str = "sd_jwt",
    requested_by: str,
    now: datetime,
) -> list[Issued]:
    """Issue a copy to each of these people: record, commit, sign, store.

    Args:
        person_ids: at most `CHUNK` people.
        organisation_id: for whom the copies are made.
        carrier: `sd_jwt` or `print_qr`.
        requested_by: who asked, as the audit log names them.
        now: UTC.

    Raises:
        NotFound, Unavailable, Invalid: see `service.plan` and `service.complete`.
    """
    with transaction(apart=True) as session:
        planned = service.plan(
            session,
            person_ids,
            organisation_id=organisation_id,
            carrier=carrier,
            requested_by=requested_by,
            now=now,
        )
        to_sign = ready(session, planned, now=now)
    return _sign(to_sign, actor=requested_by, now=now)


def issue_passport(person_id: UUID, *, organisation_id: UUID, requested_by: str, now: datetime) -> Issued:
    """Issue a passport to one person; see `issue`."""
    [issued] = issue([person_id], organisation_id=organisation_id, requested_by=requested_by, now=now)
    return issued


def issue_print_qr(person_id: UUID, *, organisation_id: UUID, requested_by: str, now: datetime) -> Issued:
    """Issue a QR for print to one person; see `issue`."""
    [issued] = issue(
        [person_id], organisation_id=organisation_id, carrier="print_qr", requested_by=requested_by, now=now
    )
    return issued


def issue_badge(person_id: UUID, record_id: UUID, *, requested_by: str, now: datetime) -> Issued:
    """Issue an Open Badge of one credential or recognition of a person; see `badges.plan`."""
    with transaction(apart=True) as session:
        planned = badges.plan(session, person_id, record_id, requested_by=requested_by, now=now)
        to_sign = ready(session, [planned], now=now)
    [issued] = _sign(to_sign, actor=requested_by, now=now)
    return issued


def reissue(person_id: UUID, *, actor: str, now: datetime) -> list[Issued]:
    """Replace the copies of a person that say what was never right; see `replacement.replace_contradicted`."""
    with transaction(apart=True) as session:
        planned = replacement.replace_contradicted(session, person_id, actor=actor, now=now)
        to_sign = ready(session, planned, now=now)
    return _sign(to_sign, actor=actor, now=now)


def replace_under(person_id: UUID, *, under: UUID, withdrawn_because: str, actor: str, now: datetime) -> list[Issued]:
    """Replace copies that were withdrawn under one passport number by copies under another.

    May be run again after a failure: what was replaced already is passed over.

    Args:
        person_id: whose copies were withdrawn.
        under: the person whose passport takes their place.
        withdrawn_because: the reason that their withdrawal carries.
        actor: who acts.
        now: UTC.
    """
    with transaction(apart=True) as session:
        old = service.withdrawn(session, person_id, because=withdrawn_because, now=now)
        planned = replacement.replace(session, old, under=under, actor=actor, now=now)
        to_sign = ready(session, planned, now=now)
    return _sign(to_sign, actor=actor, now=now)


def replace_compromised(kid: str, *, actor: str, now: datetime) -> int:
    """Withdraw what a compromised key signed, and give the holders of what is still alive fresh copies.

    May be run again after a failure: what was replaced already is passed over.

    Returns:
        How many fresh copies were issued.

    Raises:
        NoActiveKey: there is no key yet to sign the fresh copies with; the old ones are withdrawn all the same.
    """
    with transaction() as session:
        service.withdraw(session, service.of_key(session, kid), reason=service.KEY_COMPROMISED, actor=actor, now=now)
    issued = 0
    while True:
        with transaction() as session:
            old = service.of_key(session, kid, alive_at=now, limit=CHUNK)
            to_sign = ready(session, replacement.replace(session, old, actor=actor, now=now), now=now)
        if not to_sign:
            return issued
        issued += len(_sign(to_sign, actor=actor, now=now))


def finish_plans(*, actor: str, now: datetime) -> tuple[int, int]:
    """Complete the plans that a crash left behind, and give up those that can't be completed any more.

    Returns:
        How many were completed, and how many became void.
    """
    with transaction() as session:
        left = service.unfinished(session, planned_before=now - GRACE, limit=CHUNK)
        hopeful = [plan for plan in left if service.may_complete(session, plan, now=now)]
        service.withdraw(session, [plan for plan in left if plan not in hopeful], reason=GIVEN_UP, actor=actor, now=now)
        to_sign = ready(session, hopeful, now=now)
        given_up = len(left) - len(hopeful)
    return len(_sign(to_sign, actor=actor, now=now)), given_up


def ready(session: Session, planned: Sequence[Credential], *, now: datetime) -> list[ToSign]:
    """Return what the signatures of plans need, in the transaction that records the plans.

    Raises:
        ClaimsChanged: what is stored no longer makes what was recorded.
    """
    keys = {kid: signing.by_kid(session, kid) for kid in {copy.kid for copy in planned}}
    signers = {kid: keyring.current().open(key, now=now) for kid, key in keys.items()}
    return [ToSign(copy.id, service.unsigned(session, copy), signers[copy.kid]) for copy in planned]


def sign(to_sign: Sequence[ToSign]) -> list[Signature]:
    """Sign, outside of any transaction."""
    return [_signature(each) for each in to_sign]


def _signature(each: ToSign) -> Signature:
    message = each.copy.to_be_signed
    return Signature(each.id, each.signer.sign(message), message, own=type(each.signer) is MemorySigner)


def store(session: Session, signatures: Sequence[Signature], *, actor: str, now: datetime) -> list[Credential]:
    """Store signatures in the second transaction; see `service.complete`."""
    done = service.complete(session, signatures, actor=actor, now=now)
    replacement.look_again(session, {copy.person_id: copy.planned_at for copy in done})
    return done


def _sign(to_sign: Sequence[ToSign], *, actor: str, now: datetime) -> list[Issued]:
    """Sign outside of any transaction, then store. The order of the answer is that of the plans."""
    if not to_sign:
        return []
    signatures = sign(to_sign)
    with transaction() as session:
        done = {copy.id: copy for copy in store(session, signatures, actor=actor, now=now)}
        return [_issued(done[each.id], each.copy) for each in to_sign]


def _issued(copy: Credential, unsigned: tokens.Unsigned) -> Issued:
    """Return the copy with the signature that is stored, which is another's where two completed it at once."""
    if copy.signature is None:
        raise service.CredentialVoid
    place = Place(copy.list_number, copy.status_index)
    return Issued(
        id=copy.id,
        credential=unsigned.signed(copy.signature),
        expires_at=copy.expires_at,
        status=status_lists.reference(keyring.current().settings.issuer, place),
    )
