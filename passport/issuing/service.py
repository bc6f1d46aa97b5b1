"""The rules of issuing: plan, complete, void, revoke. Flushes, never commits; `replacement` has those of fresh copies.

House rule 3, record, then sign: `plan` records the status index, the exact claims and the hash of what will be signed;
the edge commits (`issuance`), signs, and `complete` stores the signature. Whatever stops in between leaves a plan that
a job completes or voids, so nothing signed is unknown and everything signed can be revoked. House rule 4: every plan
has passed our own verifier's rules.

A revocation marks the copy's place and signs the list again in the same transaction. There is no way back. Locks are
taken in one order everywhere: status list, credential, and the audit chain last.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, func, select
from sqlalchemy.orm import Session

from credentials.errors import SignatureInvalidError
from credentials.keys import PublicKey
from passport.audit import service as audit
from passport.errors import Conflict, NotFound, Unavailable
from passport.issuing import planning, status_lists, tokens
from passport.issuing.models import Credential
from passport.issuing.status_lists import Place
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.signing import keyring
from passport.signing import service as signing
from passport.staff.models import Person

REVOCATION_REASONS: Final = ("issued_in_error", "no_longer_valid", "replaced", "lost", "holder_asked")
KEY_COMPROMISED: Final = "key_compromised"
PLANS: Final = 0x706C_616E  # "plan": held shared by whoever plans a copy
IS_OPEN: Final = and_(Person.closed_at.is_(None), Person.merged_into_id.is_(None))
COMPLETED_WITHIN: Final = timedelta(days=1)  # an older plan is voided: nobody waits for it


class UnknownCredential(NotFound):
    """There is no such credential, or it is not the caller's."""

    code = "credential_unknown"
    title = "There is no such credential"


class CredentialVoid(Conflict):
    """The plan was given up before its signature arrived."""

    code = "credential_void"
    title = "This credential was given up before it was signed"


class RecordClosed(Conflict):
    """Nothing is issued for a record that was closed, or that another one stands for."""

    code = "record_closed"
    title = "This record is closed"


class ClaimsChanged(Unavailable):
    """What is stored does not make what was recorded before the signature."""

    code = "claims_changed"
    title = "The stored claims are not those that were recorded. Run: passport fsck"


class SignatureRefused(Unavailable):
    """The key's back end gave a signature that does not verify."""

    code = "signature_refused"
    title = "The signature does not verify"


def plan(
    session: Session,
    person_ids: Sequence[UUID],
    *,
    organisation_id: UUID,
    carrier: str = "sd_jwt",
    requested_by: str,
    now: datetime,
) -> list[Credential]:
    """Record the copies that are about to be signed, one for each person.

    Args:
        session: the first of the two transactions.
        person_ids: whose passports; fewer than half a status list.
        organisation_id: for whom they are made.
        carrier: `sd_jwt` or `print_qr`.
        requested_by: who asked, for the audit log.
        now: UTC.

    Returns:
        The plans, in the order of `person_ids`.

    Raises:
        NoActiveKey, KeyUnusable, CertificateUnsuitable: nothing can be signed now.
        ContentUnfit: a record does not pass our own verifier's rules.
        RecordClosed: a record is closed, or was merged into another.
    """
    refuse_closed(session, person_ids)
    key = signing.active_key(session, tokens.PURPOSE_OF[carrier])
    shared = {
        "organisation_id": organisation_id, "carrier": carrier, "state": "planned", "requested_by": requested_by,
        "planned_at": now,
    }  # fmt: skip
    drafts = planning.draft(session, person_ids, key=key, carrier=carrier, now=now)
    planned = [Credential(**shared | draft.columns) for draft in drafts]
    session.add_all(planned)
    session.flush()
    return planned


def hold_off_plans(session: Session) -> None:
    """Wait until nobody is planning a copy, and let nobody begin, until the transaction ends.

    For whoever closes a record: it must see every copy that was planned while the record was open.
    """
    session.execute(select(func.pg_advisory_xact_lock(PLANS)))


def refuse_closed(session: Session, person_ids: Sequence[UUID]) -> None:
    """Check that all of these people's records are open, and keep them so until the transaction ends.

    Raises:
        RecordClosed: one is closed, or was merged into another.
    """
    session.execute(select(func.pg_advisory_xact_lock_shared(PLANS)))
    among = Person.id == any_(bindparam(None, list(person_ids), type_=ARRAY(Uuid)))  # one parameter for all
    if session.scalar(select(Person.id).where(among, ~IS_OPEN).limit(1)) is not None:
        raise RecordClosed


def unsigned(session: Session, credential: Credential) -> tokens.Unsigned:
    """Make a recorded copy again, but for its signature.

    Raises:
        ClaimsChanged: what is stored no longer makes what was recorded; nothing may be signed or given out from it.
    """
    key = signing.by_kid(session, credential.kid)
    made = tokens.made_again(credential, key, address=keyring.current().settings.public_url)
    if hashlib.sha256(made.to_be_signed).digest() != credential.claims_sha256:
        raise ClaimsChanged
    return made


@dataclass(frozen=True, slots=True)
class Signature:
    """The 64 bytes of a plan's signature, and the bytes that it covers.

    `own` says that this process made it with a key in its own memory. Such a key proved itself when it was opened, and
    between there and here is nothing that could give another signature; to verify it costs three times as much as to
    make it. One from a security module or a cloud comes from outside, and is verified before it is stored.
    """

    id: UUID
    value: bytes
    message: bytes
    own: bool = False


def complete(session: Session, signatures: Sequence[Signature], *, actor: str, now: datetime) -> list[Credential]:
    """Store the signatures of planned copies: from here on they are issued. A copy that has its signature keeps it.

    Args:
        session: the second of the two transactions.
        signatures: those of the plans, with what they cover: it must be what was recorded.
        actor: who acts, for the audit log.
        now: UTC.

    Raises:
        CredentialVoid: a plan was given up meanwhile; its place is invalid, so the signature is worth nothing.
        ClaimsChanged: what was signed is not what was recorded.
        SignatureRefused: a signature does not verify.
    """
    by_id = {signature.id: signature for signature in signatures}
    rows = session.scalars(
        select(Credential).where(Credential.id.in_(by_id)).order_by(Credential.id).with_for_update(),
        execution_options={"populate_existing": True},
    ).all()
    planned = [credential for credential in rows if credential.state == "planned"]
    if any(credential.state == "void" for credential in rows):
        raise CredentialVoid
    kids = {credential.kid for credential in planned}
    keys = {kid: PublicKey.from_jwk(signing.by_kid(session, kid).public_jwk) for kid in kids}
    for credential in planned:
        signature = by_id[credential.id]
        check_signature(signature, recorded=credential.claims_sha256, key=keys[credential.kid])
        credential.signature, credential.state, credential.issued_at = signature.value, "issued", now
    session.flush()
    _audit(session, planned, "credential.issued", actor=actor, now=now)
    return list(rows)


def revoke(
    session: Session, credential_id: UUID, *, organisation_id: UUID, reason: str, actor: str, now: datetime
) -> Credential:
    """Withdraw a copy for ever. The second time gives the same result and leaves no second trace.

    Args:
        session: the one transaction: the signed list in it says so too.
        credential_id: which copy.
        organisation_id: the caller's organisation. The copy was made for it, or for one that became part of it: nobody
            takes back what another organisation issued (facts, section 7).
        reason: one of `REVOCATION_REASONS`.
        actor: who acts.
        now: UTC.

    Raises:
        UnknownCredential: there is none, or it is nobody's of this organisation.
    """
    known = session.get(Credential, credential_id)
    if known is None or not _made_for(session, known, organisation_id):
        raise UnknownCredential
    withdraw(session, [known], reason=reason, actor=actor, now=now)
    return known


def withdraw(
    session: Session,
    copies: Sequence[Credential],
    *,
    reason: str,
    actor: str,
    now: datetime,
    only_plans: bool = False,
) -> None:
    """Withdraw copies, whoever they are for. A plan that is not signed yet becomes void.

    Args:
        session: the one transaction.
        copies: which ones; those that were withdrawn before stay as they are.
        reason: a word for why.
        actor: who acts.
        now: UTC.
        only_plans: pass over a copy that was signed meanwhile.
    """
    places = [Place(copy.list_number, copy.status_index) for copy in copies if copy.revoked_at is None]
    if not places:
        return
    for number in sorted({place.number for place in places}):
        status_lists.locked(session, number)
    fresh = []
    for copy in sorted(copies, key=lambda copy: copy.id):
        session.refresh(copy, with_for_update=True)
        if copy.revoked_at is None and (copy.state == "planned" or not only_plans):
            copy.revoked_at, copy.revocation_reason = now, reason
            copy.state = "void" if copy.state == "planned" else copy.state
            fresh.append(copy)
    session.flush()
    status_lists.withdraw(session, [Place(copy.list_number, copy.status_index) for copy in fresh], now=now)
    _audit(session, fresh, "credential.revoked", actor=actor, now=now, reason=reason)


def live(
    session: Session, person_id: UUID, *, now: datetime, states: Sequence[str] = ("issued",)
) -> Sequence[Credential]:
    """Return the copies of a person's passport that a verifier would accept now, the oldest first.

    With `planned` among the states, also those that may be signed at any moment.
    """
    return session.scalars(
        select(Credential)
        .where(
            Credential.person_id == person_id,
            Credential.state.in_(states),
            Credential.revoked_at.is_(None),
            Credential.expires_at > now,
        )
        .order_by(Credential.planned_at, Credential.id)
    ).all()


def withdrawn(session: Session, person_id: UUID, *, because: str, now: datetime) -> Sequence[Credential]:
    """Return the copies of a person that were withdrawn for a reason before their time, and not replaced yet."""
    return session.scalars(
        select(Credential)
        .where(
            Credential.person_id == person_id,
            Credential.state == "issued",
            Credential.revocation_reason == because,
            Credential.replaced_by_id.is_(None),
            Credential.expires_at > now,
        )
        .order_by(Credential.planned_at, Credential.id)
        .with_for_update()
    ).all()


def unfinished(session: Session, *, planned_before: datetime, limit: int) -> Sequence[Credential]:
    """Return plans that should have been signed by now, the oldest first."""
    return session.scalars(
        select(Credential)
        .where(Credential.state == "planned", Credential.planned_at < planned_before)
        .order_by(Credential.planned_at, Credential.id)
        .limit(limit)
    ).all()


def may_complete(session: Session, credential: Credential, *, now: datetime) -> bool:
    """Say whether a plan may still be signed: its key still signs, and it is not too old for anybody to wait for it."""
    key = signing.by_kid(session, credential.kid)
    return key.state == "active" and now < credential.planned_at + COMPLETED_WITHIN


def token_of(session: Session, credential: Credential) -> str:
    """Make the exact text of an issued copy again.

    Raises:
        UnknownCredential: the copy was never issued.
        ClaimsChanged: what is stored no longer makes what was signed.
    """
    if credential.signature is None:
        raise UnknownCredential
    return unsigned(session, credential).signed(credential.signature)


def of_key(
    session: Session, kid: str, *, alive_at: datetime | None = None, limit: int | None = None
) -> Sequence[Credential]:
    """Return the copies that a key signed, or was to sign, and that were not replaced yet: whom its compromise touches.

    Args:
        session: an open transaction.
        kid: the key's name.
        alive_at: only copies whose life goes beyond this, and whose record is open.
        limit: at most so many.
    """
    query = select(Credential).where(
        Credential.kid == kid, Credential.state != "void", Credential.replaced_by_id.is_(None)
    )
    if alive_at is not None:
        open_ones = select(Person.id).where(IS_OPEN)
        query = query.where(Credential.expires_at > alive_at, Credential.person_id.in_(open_ones))
    return session.scalars(query.order_by(Credential.id).limit(limit)).all()


def check_signature(signature: Signature, *, recorded: bytes, key: PublicKey) -> None:
    """Check that a signature covers what was recorded, and that it is right.

    Args:
        signature: what is about to be stored.
        recorded: the SHA-256 that the plan holds.
        key: the plan's key.

    Raises:
        ClaimsChanged, SignatureRefused: it is not so.
    """
    if hashlib.sha256(signature.message).digest() != recorded:
        raise ClaimsChanged
    if signature.own:
        return
    try:
        key.verify(signature.value, signature.message)
    except SignatureInvalidError as error:
        raise SignatureRefused from error


def _made_for(session: Session, credential: Credential, organisation_id: UUID) -> bool:
    made_for = session.get_one(Organisation, credential.organisation_id)
    return organisation_id in {made_for.id, organisations.successor(made_for).id}


def note(
    session: Session,
    ids: Sequence[UUID],
    action: str,
    *,
    organisation_id: UUID,
    actor: str,
    now: datetime,
    **detail: str,
) -> None:
    """Write one entry of the audit log: for one copy by its id, for many by their number and the hash of their ids."""
    named = sorted(str(each) for each in ids)
    subject = f"credential:{named[0]}"
    if len(named) > 1:
        subject = f"credentials:{hashlib.sha256(','.join(named).encode()).hexdigest()}"
    audit.record(
        session,
        actor=actor,
        organisation_id=organisation_id,
        action=action,
        subject=subject,
        detail={"count": len(named), **detail},
        now=now,
    )


def _audit(
    session: Session, copies: Sequence[Credential], action: str, *, actor: str, now: datetime, **detail: str
) -> None:
    if copies:
        for_whom, ids = copies[0].organisation_id, [copy.id for copy in copies]
        note(session, ids, action, organisation_id=for_whom, actor=actor, now=now, **detail)
