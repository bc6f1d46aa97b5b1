"""What each published document says, read from the tables; not yet signed, and without times.

In the order of the code: the trust list (wire formats, section 4), with every key that the world may know and every
organisation with what it may award, what it is aligned to and whether it signed the training agreement; the keys of
passports as a JWK set; the issuer's metadata for SD-JWT VC; one key of badges; and the addresses of all status lists.
Accreditations that were applied for only, and are nothing yet, stay inside; those of an organisation that closed end
with it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from credentials import trust
from credentials.records import Record
from credentials.trust import TrustedKey
from passport.issuing import status_lists, tokens
from passport.issuing.models import StatusList
from passport.organisations.models import Organisation
from passport.signing import service as signing
from passport.standards.models import Accreditation, Alignment, Standard

AGREEMENT: Final = trust.Agreement(name="Agreement of NHS organisations on training that moves with staff, 1 May 2025")
NOT_PUBLISHED: Final = "applied"
USABLE: Final = ("published", "active", "retiring", "retired")  # not compromised: nobody shall rely on that one
E = TypeVar("E", bound=msgspec.Struct)


class TrustListSource(Record, frozen=True):
    """A trust list but for its times, its number and its signature."""

    issuer: str
    signed_by: str
    keys: tuple[TrustedKey, ...]
    organisations: tuple[trust.Organisation, ...]
    agreement: trust.Agreement
    certificate_roots: tuple[str, ...]


def trust_list(session: Session, *, issuer: str) -> TrustListSource:
    """Read the trust list.

    Raises:
        NoActiveKey: no key may sign trust lists now.
    """
    keys = signing.published_keys(session)
    chains = [signing.chain(key.certificate_pem) for key in keys if key.certificate_pem and key.state != "compromised"]
    return TrustListSource(
        issuer=issuer,
        signed_by=signing.active_key(session, "trust_list").kid,
        keys=tuple(signing.trusted_key(key) for key in keys),
        organisations=_organisations(session),
        agreement=AGREEMENT,
        certificate_roots=tuple(sorted({chain.authority_text for chain in chains})),
    )


def jwks(session: Session) -> dict[str, Any]:
    """Read the keys that passports and their status lists are verified with, public members only."""
    usable = [key for key in signing.published_keys(session) if key.purpose == "passport" and key.state in USABLE]
    return {"keys": [{**key.public_jwk, "kid": key.kid, "use": "sig", "alg": "ES256"} for key in usable]}


def issuer_metadata(session: Session, *, issuer: str) -> dict[str, Any]:
    """Read the JWT VC issuer metadata (SD-JWT VC draft 19, section 5)."""
    return {"issuer": issuer, "jwks": jwks(session)}


def badge_key(session: Session, kid: str, *, issuer: str) -> dict[str, Any]:
    """Read the one key that the `kid` of an Open Badge leads to, public members only (Open Badges 3.0, "JWT" proofs).

    Raises:
        UnknownKey: there is none, it is for another purpose, or it was compromised.
    """
    key = signing.by_kid(session, kid)
    if key.purpose != "badge" or key.state not in USABLE:
        raise signing.UnknownKey
    return {**key.public_jwk, "kid": tokens.badge_key_address(issuer, kid), "use": "sig", "alg": "ES256"}


def status_list_addresses(session: Session, *, issuer: str) -> dict[str, Any]:
    """Read the addresses of all status lists (Token Status List draft 20, section 9.3)."""
    numbers = session.scalars(
        select(StatusList.number).where(StatusList.token.is_not(None)).order_by(StatusList.number)
    )
    return {"status_lists": [status_lists.uri(issuer, number) for number in numbers]}


def _organisations(session: Session) -> tuple[trust.Organisation, ...]:
    rows = session.scalars(select(Organisation).order_by(Organisation.ods_code)).all()
    ods = {row.id: row.ods_code for row in rows}
    may_award, aligned = _may_award(session), _aligned(session)
    return tuple(
        trust.Organisation(
            ods=row.ods_code,
            name=row.name,
            kind=row.kind,
            parent=ods.get(row.parent_id) if row.parent_id else None,
            successor=ods.get(row.successor_id) if row.successor_id else None,
            may_award=tuple(may_award[row.id]),
            aligned=tuple(aligned[row.id]),
            signatory=trust.Period(from_on=row.signatory_from, until_on=row.signatory_until)
            if row.signatory_from
            else None,
        )
        for row in rows
    )


def _may_award(session: Session) -> Mapping[UUID, list[trust.Accreditation]]:
    ended = Organisation.closed_on
    query = (
        select(Accreditation, Standard.code, ended)
        .join(Standard, Standard.id == Accreditation.standard_id)
        .join(Organisation, Organisation.id == Accreditation.organisation_id)
        .where(Accreditation.state != NOT_PUBLISHED, or_(ended.is_(None), Accreditation.from_on <= ended))
        .order_by(Standard.code, Accreditation.from_on)
    )
    return _grouped(
        (
            row.organisation_id,
            trust.Accreditation(
                standard=code,
                state=cast("trust.AccreditationState", row.state),
                from_on=row.from_on,
                until_on=_first_of(row.until_on, closed_on),
            ),
        )
        for row, code, closed_on in session.execute(query)
    )


def _first_of(*days: date | None) -> date | None:
    """Return the earliest day that is known."""
    return min((day for day in days if day is not None), default=None)


def _aligned(session: Session) -> Mapping[UUID, list[trust.Alignment]]:
    rows = session.scalars(select(Alignment).order_by(Alignment.subject, Alignment.from_on))
    return _grouped(
        (row.organisation_id, trust.Alignment(subject=row.subject, from_on=row.from_on, until_on=row.until_on))
        for row in rows
    )


def _grouped(entries: Iterable[tuple[UUID, E]]) -> Mapping[UUID, list[E]]:
    groups: defaultdict[UUID, list[E]] = defaultdict(list)
    for organisation_id, entry in entries:
        groups[organisation_id].append(entry)
    return groups
