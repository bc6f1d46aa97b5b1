"""The rules of signing keys: plan, publish, activate, retire, compromise, and which key signs now.

Flushes, never commits. One key has one purpose and one is active for each; a key that was compromised is blocked for
ever, because its name is its thumbprint and no row is ever removed. Every move asks for the published documents to be
made again, in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.keys import PublicKey, Signer
from credentials.trust import TrustedKey
from passport import jobs
from passport.audit import service as audit
from passport.errors import Conflict, NotFound, Unavailable
from passport.signing import example_keys, keyring
from passport.signing.certificates import CertificateUnsuitable, Chain, check, read_chain
from passport.signing.models import SigningKey
from passport.signing.states import AFTERLIFE, KNOWN_TO_THE_WORLD, LEAD_TIME, MOVES, PURPOSES, Purpose, State

REFRESH = "publishing.refresh"
REPLACE = "issuing.replace_compromised"


class UnknownKey(NotFound):
    """No key has this name."""

    code = "key_unknown"
    title = "There is no such signing key"


class KeyAlreadyKnown(Conflict):
    """A key is used for one purpose, once."""

    code = "key_already_known"
    title = "This key is known already: one key, one purpose"
    constraint = "pk_signing_key"


class KeyBlocked(Conflict):
    """The key was compromised before."""

    code = "key_blocked"
    title = "This key was compromised and is blocked for ever"


class KeyMoveRefused(Conflict):
    """A key can't go from its state to that one, or not yet."""

    code = "key_move_refused"
    title = "The key can't go to this state"


class AnotherKeyIsActive(Conflict):
    """Two activations met."""

    code = "another_key_is_active"
    title = "Another key is active for this purpose"
    constraint = "uq_signing_key_active"


class NoActiveKey(Unavailable):
    """Nothing can be signed for this purpose now."""

    code = "no_active_key"
    title = "No key is active for this purpose"


def plan(
    session: Session, *, purpose: Purpose, uri: str, certificate_pem: str | None = None, actor: str, now: datetime
) -> SigningKey:
    """Make a private key known, in state `planned`, after opening and testing it.

    Args:
        session: the transaction of the edge.
        purpose: the one thing that the key may sign.
        uri: where the private key lies, see `back_ends`.
        certificate_pem: for a passport key, its certificate and that of the CA; it may follow later.
        actor: who acts, for the audit log.
        now: UTC.

    Raises:
        KeyUnusable: it can't be opened, or is an example key where none is allowed.
        KeyAlreadyKnown, KeyBlocked: it was used before.
        CertificateUnsuitable: the certificate is not for it.
    """
    ring = keyring.current()
    signer = ring.open_uri(uri)
    known = session.get(SigningKey, signer.public.kid)
    if known is not None:
        raise KeyBlocked if known.state == "compromised" else KeyAlreadyKnown
    key = SigningKey(
        kid=signer.public.kid,
        purpose=purpose,
        state="planned",
        uri=uri,
        public_jwk=signer.public.jwk,
        certificate_pem=certificate_pem,
        planned_at=now,
    )
    if purpose != "passport" or certificate_pem:
        ring.check(key, signer, now=now)
    session.add(key)
    session.flush()
    _audit(session, key, "planned", actor=actor, now=now)
    return key


def certify(session: Session, kid: str, *, certificate_pem: str, actor: str, now: datetime) -> SigningKey:
    """Give a key that has not signed yet its certificate, followed by that of the CA that issued it.

    Raises:
        UnknownKey: no such key.
        CertificateUnsuitable: it does not fit the key.
        KeyMoveRefused: the key is past the state in which its certificate may be set.
    """
    key = by_kid(session, kid, locked=True)
    if key.state not in {"planned", "published"}:
        raise KeyMoveRefused("The key signs already, and its credentials carry its certificate. Make a new key.")
    settings = keyring.current().settings
    check(read_chain(certificate_pem), key=PublicKey.from_jwk(key.public_jwk), issuer=settings.issuer, now=now)
    key.certificate_pem = certificate_pem
    session.flush()
    _audit(session, key, "certified", actor=actor, now=now)
    jobs.defer(session, REFRESH)
    return key


def publish(
    session: Session, kid: str, *, first_use_at: datetime | None = None, actor: str, now: datetime
) -> SigningKey:
    """Let the world know a key, and the hour from which it will sign.

    Args:
        session: the transaction of the edge.
        kid: the key's name.
        first_use_at: the earliest use; at least `LEAD_TIME` ahead, unless no key of this purpose was ever in use.
        actor: who acts.
        now: UTC.

    Raises:
        UnknownKey, KeyMoveRefused: no such key; not planned, or its first use would come too soon.
        KeyUnusable: a passport key without a certificate.
    """
    key = by_kid(session, kid, locked=True)
    keyring.current().open(key, now=now)
    earliest = now if _is_first(session, key) else now + LEAD_TIME
    key.active_at = first_use_at or now + LEAD_TIME
    if key.active_at < earliest:
        raise KeyMoveRefused("A key is published for an hour before it is used.")
    return _move(session, key, "published", actor=actor, now=now)


def activate(session: Session, kid: str, *, actor: str, now: datetime) -> SigningKey:
    """Sign with a key from now on. The key that was active until now becomes retiring.

    Raises:
        UnknownKey, KeyMoveRefused: no such key; not published, or not for long enough.
        KeyUnusable: the private key can't be opened here.
    """
    key = by_kid(session, kid, locked=True)
    if key.state == "published" and key.active_at and now < key.active_at:
        raise KeyMoveRefused("The hour of its first use, as published, has not come.")
    keyring.current().open(key, now=now)
    previous = session.scalar(
        select(SigningKey).where(SigningKey.purpose == key.purpose, SigningKey.state == "active").with_for_update()
    )
    if previous is not None and previous.kid != key.kid:
        _move(session, previous, "retiring", actor=actor, now=now)
    return _move(session, key, "active", actor=actor, now=now)


def retire(session: Session, kid: str, *, actor: str, now: datetime) -> SigningKey:
    """Put a key out of use when nothing that it signed can be alive. It stays published.

    Raises:
        UnknownKey, KeyMoveRefused: no such key; still active, or what it signed may still be alive.
    """
    key = by_kid(session, kid, locked=True)
    if key.retiring_at is not None and now < key.retiring_at + AFTERLIFE[key.purpose]:
        raise KeyMoveRefused("What it signed may still be alive, and its status lists are signed with it.")
    return _move(session, key, "retired", actor=actor, now=now)


def compromise(session: Session, kid: str, *, actor: str, now: datetime) -> SigningKey:
    """Block a key for ever: verifiers refuse everything that it signed. Holders get fresh copies from the next key.

    Raises:
        UnknownKey, KeyMoveRefused: no such key; blocked already.
    """
    key = _move(session, by_kid(session, kid, locked=True), "compromised", actor=actor, now=now)
    if key.purpose in {"passport", "qr", "badge"}:
        jobs.defer(session, REPLACE, kid=kid)
    return key


def load_example_keys(session: Session, *, now: datetime) -> list[SigningKey]:
    """Put the example keys to use, each for its purpose, where no key of that purpose is active.

    The key files are copied to the service's home in any case, because a database may be older than a home.

    Raises:
        KeyUnusable: the settings do not allow example keys.
    """
    home = keyring.current().settings.home
    chain_pem = (example_keys.FOLDER / "passport-chain.pem").read_text(encoding="ascii")
    loaded: list[SigningKey] = []
    for purpose in PURPOSES:
        uri = example_keys.copy(purpose, home)
        if session.scalar(select(SigningKey.kid).where(SigningKey.purpose == purpose, SigningKey.state == "active")):
            continue
        certificate_pem = chain_pem if purpose == "passport" else None
        key = plan(session, purpose=purpose, uri=uri, certificate_pem=certificate_pem, actor="operator", now=now)
        publish(session, key.kid, first_use_at=now, actor="operator", now=now)
        loaded.append(activate(session, key.kid, actor="operator", now=now))
    return loaded


def signer(session: Session, purpose: Purpose, *, now: datetime) -> Signer:
    """Return what signs for a purpose now.

    Raises:
        NoActiveKey: no key is active.
        KeyUnusable, CertificateUnsuitable: the active key does not open here.
    """
    return keyring.current().open(active_key(session, purpose), now=now)


def active_key(session: Session, purpose: Purpose) -> SigningKey:
    """Return the key that signs for a purpose now.

    Raises:
        NoActiveKey: there is none.
    """
    key = session.scalar(select(SigningKey).where(SigningKey.purpose == purpose, SigningKey.state == "active"))
    if key is None:
        raise NoActiveKey(f"Make and activate a key for {purpose}: passport keys create --purpose {purpose}")
    return key


def check_keys(session: Session, *, now: datetime) -> None:
    """Open and test every key that signs now. A service does this before it serves.

    Raises:
        KeyUnusable, CertificateUnsuitable: one can't be used; the text says which file or rule.
    """
    for key in all_keys(session):
        if key.state in {"active", "retiring"}:
            keyring.current().open(key, now=now)


def status_signer(session: Session, kid: str, *, now: datetime) -> Signer | None:
    """Return what signs the status lists of a key: the key itself, as long as it is active or retiring; else None."""
    key = by_kid(session, kid)
    return keyring.current().open(key, now=now) if key.state in {"active", "retiring"} else None


def by_kid(session: Session, kid: str, *, locked: bool = False) -> SigningKey:
    """Return a key by its name; `locked` keeps others from moving it until the transaction ends.

    Raises:
        UnknownKey: there is none.
    """
    key = session.get(SigningKey, kid, with_for_update=locked or None, populate_existing=locked)
    if key is None:
        raise UnknownKey
    return key


def all_keys(session: Session) -> Sequence[SigningKey]:
    """Return every key, the oldest first."""
    return session.scalars(select(SigningKey).order_by(SigningKey.planned_at, SigningKey.kid)).all()


def published_keys(session: Session) -> list[SigningKey]:
    """Return the keys that the world may know: all but the planned ones."""
    return [key for key in all_keys(session) if key.published_at is not None and key.state in KNOWN_TO_THE_WORLD]


@lru_cache(maxsize=64)
def chain(certificate_pem: str) -> Chain:
    """Return a stored certificate and that of its CA."""
    return read_chain(certificate_pem)


@lru_cache(maxsize=64)
def leaf_text(certificate_pem: str) -> str:
    """Return a stored certificate as it goes into `x5c`, without that of its CA."""
    return chain(certificate_pem).leaf_text


def trusted_key(key: SigningKey) -> TrustedKey:
    """Return a key as an entry of the trust list."""
    return TrustedKey(
        kid=key.kid,
        jwk=key.public_jwk,
        purpose=cast("Purpose", key.purpose),
        state=cast("State", key.state),
        active_at=key.active_at,
        retiring_at=key.retiring_at,
        retired_at=key.retired_at,
    )


def check_outlives(key: SigningKey, until: datetime) -> None:
    """Check that the certificate of a passport key outlives what the key is about to sign.

    Raises:
        CertificateUnsuitable: it ends before, or is missing.
    """
    if key.certificate_pem is None or chain(key.certificate_pem).leaf.not_valid_after_utc <= until:
        raise CertificateUnsuitable("The certificate of the passport key ends before the credential would. Renew it.")


def _move(session: Session, key: SigningKey, state: State, *, actor: str, now: datetime) -> SigningKey:
    if state not in MOVES[key.state]:
        raise KeyMoveRefused(f"A key that is {key.state} can't become {state}.")
    key.state = state
    if state != "active":  # that hour was announced when the key was published, and stays as it was said
        setattr(key, f"{state}_at", now)
    session.flush()
    _audit(session, key, state, actor=actor, now=now)
    jobs.defer(session, REFRESH)
    return key


def _is_first(session: Session, key: SigningKey) -> bool:
    used = select(func.count()).where(
        SigningKey.purpose == key.purpose, SigningKey.kid != key.kid, SigningKey.active_at.is_not(None)
    )
    return session.scalar(used) == 0


def _audit(session: Session, key: SigningKey, verb: str, *, actor: str, now: datetime) -> None:
    audit.record(
        session,
        actor=actor,
        organisation_id=None,
        action=f"key.{verb}",
        subject=f"key:{key.kid}",
        detail={"purpose": key.purpose},
        now=now,
    )
