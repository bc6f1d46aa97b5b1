"""Issues hundreds of copies at once, by the rules of `service`: the same plans, the same checks, few statements.

House rule 3 holds as for one: `plan` records what will be signed, the edge commits and signs, `store` keeps the
signatures. What is signed are the very drafts whose hashes were recorded, so they are not made a second time. In the
order of the code: the plans, which go into the table by COPY; the signatures, which one statement stores; and the
entry of the audit log, apart, because its lock is the one that all others wait for and is best taken last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Uuid, any_, bindparam, select, text
from sqlalchemy.orm import Session

from credentials.keys import PublicKey
from passport.issuing import planning, replacement, service, tokens
from passport.issuing.issuance import ToSign
from passport.issuing.models import Credential
from passport.signing import keyring
from passport.signing import service as signing

CARRIER: Final = "sd_jwt"
# What a plan fills, with the types of PostgreSQL: binary COPY takes values as they are.
COLUMNS: Final = {
    "id": "uuid", "person_id": "uuid", "organisation_id": "uuid", "carrier": "text", "state": "text", "kid": "text",
    "list_number": "int4", "status_index": "int4", "salts_seed": "bytea", "claims": "bytea", "claims_sha256": "bytea",
    "content_hash": "bytea", "requested_by": "text", "planned_at": "timestamptz", "expires_at": "timestamptz",
}  # fmt: skip
COPY_PLANS: Final = f"COPY credential ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
FRESH_IDS: Final = text("SELECT uuidv7() FROM generate_series(1, :count)")
IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
TO_STORE: Final = (
    select(Credential.id, Credential.person_id, Credential.kid, Credential.state, Credential.claims_sha256,
           Credential.planned_at)
    .where(Credential.id == any_(IDS)).order_by(Credential.id).with_for_update()
)  # fmt: skip
STORE: Final = text("""
UPDATE credential c SET signature = s.signature, state = 'issued', issued_at = :now
FROM unnest(:ids, :signatures) AS s (id, signature) WHERE c.id = s.id
""").bindparams(IDS, bindparam("signatures", type_=ARRAY(LargeBinary)))


@dataclass(frozen=True, slots=True)
class Stored:
    """The copies that have their signature now, and those among them that had none before."""

    all: frozenset[UUID]
    fresh: Sequence[UUID]


def plan(
    session: Session, person_ids: Sequence[UUID], *, organisation_id: UUID, requested_by: str, now: datetime
) -> list[ToSign]:
    """Record a passport for each of these people, and return what to sign.

    Args:
        session: the first of the two transactions.
        person_ids: whose passports; fewer than half a status list.
        organisation_id: for whom they are made.
        requested_by: who asked, for the audit log.
        now: UTC.

    Returns:
        One for each person, in their order.

    Raises:
        NotFound, Conflict, Invalid, Unavailable: as `service.plan`.
    """
    service.refuse_closed(session, person_ids)
    key = signing.active_key(session, tokens.PURPOSE_OF[CARRIER])
    signer = keyring.current().open(key, now=now)
    ids = session.scalars(FRESH_IDS, {"count": len(person_ids)}).all()
    drafts = planning.draft(session, person_ids, key=key, carrier=CARRIER, now=now)
    shared = {
        "organisation_id": organisation_id, "carrier": CARRIER, "state": "planned", "requested_by": requested_by,
        "planned_at": now,
    }  # fmt: skip
    _copy(session, [shared | {"id": each_id} | draft.columns for each_id, draft in zip(ids, drafts, strict=True)])
    return [ToSign(each_id, draft.unsigned, signer) for each_id, draft in zip(ids, drafts, strict=True)]


def _copy(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    cursor = session.connection().connection.cursor()
    with cursor.copy(COPY_PLANS) as copy:
        copy.set_types(list(COLUMNS.values()))
        for row in rows:
            copy.write_row([row[name] for name in COLUMNS])


def store(session: Session, signatures: Sequence[service.Signature], *, now: datetime) -> Stored:
    """Store the signatures of plans. A copy that has its signature keeps it. The caller notes it: `note`.

    Args:
        session: the second of the two transactions.
        signatures: those of the plans.
        now: UTC.

    Raises:
        CredentialVoid, ClaimsChanged, SignatureRefused: as `service.complete`.
    """
    by_id = {signature.id: signature for signature in signatures}
    rows = session.execute(TO_STORE, {"ids": list(by_id)}).all()
    if any(row.state == "void" for row in rows):
        raise service.CredentialVoid
    planned = [row for row in rows if row.state == "planned"]
    kids = {row.kid for row in planned}
    keys = {kid: PublicKey.from_jwk(signing.by_kid(session, kid).public_jwk) for kid in kids}
    for row in planned:
        service.check_signature(by_id[row.id], recorded=row.claims_sha256, key=keys[row.kid])
    fresh = [row.id for row in planned]
    session.execute(STORE, {"ids": fresh, "signatures": [by_id[each].value for each in fresh], "now": now})
    replacement.look_again(session, {row.person_id: row.planned_at for row in planned})
    return Stored(frozenset(row.id for row in rows), fresh)


def note(session: Session, stored: Stored, *, organisation_id: UUID, actor: str, now: datetime) -> None:
    """Write the entry of the audit log: the last that a transaction does.

    Args:
        session: the transaction that stored the signatures.
        stored: what `store` returned.
        organisation_id: for whom the copies were made.
        actor: who acts.
        now: UTC.
    """
    if stored.fresh:
        service.note(session, stored.fresh, "credential.issued", organisation_id=organisation_id, actor=actor, now=now)
