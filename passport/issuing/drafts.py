"""What is about to be signed: made from what a passport says now, and passed through our own verifier's rules first.

In the order of the code: a passport and a printed QR, each with its place on a status list, for `service.plan`; and the
QR for a screen, which is signed at once and not recorded: it dies after ten minutes, so nothing needs to withdraw it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from credentials.claims import seconds
from credentials.errors import CredentialError
from credentials.lint import lint, lint_content
from credentials.qr import UnsignedQr
from credentials.records import PassportContent
from credentials.sd_jwt_vc import StatusReference
from credentials.trust import TrustList, TrustListContent
from passport.awards import service as awards
from passport.errors import Invalid
from passport.issuing import tokens
from passport.issuing.status_lists import Place, reference
from passport.signing import keyring
from passport.signing import service as signing
from passport.signing.models import SigningKey
from passport.standards import service as standards

Drafted = tuple[tokens.StoredClaims, tokens.Unsigned]
Drafter = Callable[[PassportContent, Place, bytes], Drafted]


class ContentUnfit(Invalid):
    """The passport's content did not pass our own verifier's rules."""

    code = "content_unfit"
    title = "The record can't be signed as it stands"


def drafter(session: Session, key: SigningKey, *, carrier: str, now: datetime) -> Drafter:
    """Return what drafts copies of one carrier, for a key: content, place and seed in, claims and unsigned copy out.

    The drafter raises `ContentUnfit` for a record that breaks a rule, and `CertificateUnsuitable` where the key's
    certificate would end before the copy.
    """
    issued_at = now.replace(microsecond=0)
    return _passports(key, issued_at) if carrier == "sd_jwt" else _prints(session, key, issued_at)


def _passports(key: SigningKey, issued_at: datetime) -> Drafter:
    settings = keyring.current().settings
    expires_at = issued_at + timedelta(days=settings.passport_life_days)
    signing.check_outlives(key, expires_at)
    trust = _as_verifiers_see(key, settings.issuer, issued_at)

    def draft(content: PassportContent, place: Place, seed: bytes) -> Drafted:
        claims = tokens.StoredClaims(
            issuer=settings.issuer, issued_at=issued_at, expires_at=expires_at, content=content
        )
        unsigned = tokens.passport_from(claims, seed=seed, place=place, key=key)
        try:
            lint(unsigned.credential, trust=trust, now=issued_at)
        except CredentialError as error:
            raise ContentUnfit(f"The record can't be signed as it stands: {error}.") from error
        return claims, unsigned

    return draft


def _prints(session: Session, key: SigningKey, issued_at: datetime) -> Drafter:
    def draft(content: PassportContent, place: Place, _seed: bytes) -> Drafted:
        status = reference(keyring.current().settings.issuer, place)
        qr = _qr(session, content, key=key, now=issued_at, status=status)
        return tokens.qr_claims(content, qr), tokens.UnsignedPrint(qr)

    return draft


def screen_qr(session: Session, person_id: UUID, *, now: datetime) -> tuple[str, UnsignedQr]:
    """Sign a QR for a screen. It lives ten minutes and is recorded nowhere.

    Returns:
        The text of the QR, and the QR itself, which names the awards that it left out.

    Raises:
        NoActiveKey, KeyUnusable: nothing can be signed now.
        ContentUnfit: a record does not pass our own verifier's rules.
    """
    key = signing.active_key(session, "qr")
    qr = _qr(session, awards.passport_content(session, person_id, now=now), key=key, now=now)
    return qr.sign(signing.signer(session, "qr", now=now)), qr


def _qr(
    session: Session,
    content: PassportContent,
    *,
    key: SigningKey,
    now: datetime,
    status: StatusReference | None = None,
) -> UnsignedQr:
    settings = keyring.current().settings
    try:
        lint_content(content, now=now)
        return tokens.new_qr(
            content,
            issuer=settings.issuer,
            address=settings.public_url,
            code_list=tokens.code_list_of(standards.catalogue(session), issuer=settings.issuer),
            kid=key.kid,
            now=now,
            status=status,
        )
    except CredentialError as error:
        raise ContentUnfit(f"The record can't be signed as it stands: {error}.") from error


def _as_verifiers_see(key: SigningKey, issuer: str, at: datetime) -> TrustList:
    """Return the part of the trust list that matters to a verifier of what a key signs."""
    roots = (signing.chain(key.certificate_pem).authority_text,) if key.certificate_pem else ()
    return TrustList.of(
        TrustListContent(
            iss=issuer,
            iat=seconds(at),
            exp=seconds(at) + 1,
            seq=1,
            keys=(signing.trusted_key(key),),
            certificate_roots=roots,
        )
    )
