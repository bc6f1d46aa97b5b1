"""The rules of publishing: make a document again when its source changed or it runs out, and give it to the world.

Flushes, never commits. A document is bytes, made once for each change and stored; a GET only reads them. The trust list
and the code list are signed with the trust-list key, which the trust root must name; the number of a document only
grows. Status lists are signed in the issuing room, together with the change that they tell of; here they are read.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, case, func, literal, null, select
from sqlalchemy.orm import Session

from credentials.claims import record_of, seconds
from credentials.code_list import TYPE as CODE_LIST_TYPE
from credentials.code_list import WORDS, CodeList, issue_code_list
from credentials.encoding import b64url_decode, canonical_json, strict_json
from credentials.errors import CredentialError
from credentials.keys import Signer
from credentials.passport_type import type_metadata
from credentials.status_list import TYPE as STATUS_LIST_TYPE
from credentials.trust import TYPE as TRUST_LIST_TYPE
from credentials.trust import TrustListContent, issue_trust_list
from credentials.trust_root import TrustRoot, read_root, rotate_root
from passport.audit import service as audit
from passport.errors import Invalid, NotFound, Unavailable
from passport.issuing.models import StatusList
from passport.publishing import sources
from passport.publishing.models import PublishedDocument
from passport.signing import keyring
from passport.signing import service as signing
from passport.standards import service as standards

LIST_LIFE: Final = timedelta(days=7)  # how long a receiving trust can check without reaching us
SIGN_AGAIN_BEFORE: Final = timedelta(days=6)
ROOT: Final = "trust-root"
JSON: Final = "application/json"
PUBLISHING_LOCK: Final = 0x7075_626C  # "publ"


class NotPublished(NotFound):
    """There is no such document, or not yet."""

    code = "not_published"
    title = "There is no such document"


class SignerNotInRoot(Unavailable):
    """The trust root does not name the key that would sign."""

    code = "signer_not_in_root"
    title = "The trust root does not name the active trust-list key: install a root that does"


class RootRefused(Invalid):
    """A new trust root does not follow from the one before, or is not signed by enough keys."""

    code = "root_refused"
    title = "The trust root is refused"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as the world reads it."""

    media_type: str
    etag: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a document will say, and how its bytes are made from that once they must be."""

    source: object
    media_type: str
    body: Callable[[int], bytes]
    life: timedelta | None = None


def refresh(session: Session, name: str, *, now: datetime) -> bool:
    """Make a document again if its source changed or it runs out soon.

    Args:
        session: the transaction of the edge.
        name: one of `NAMES`.
        now: UTC.

    Returns:
        Whether it was made again.

    Raises:
        NoActiveKey, KeyUnusable, SignerNotInRoot, NotPublished: a list can't be signed now.
        ClaimTypeError: the code list gives a number a second meaning; nothing new is published.
    """
    session.execute(select(func.pg_advisory_xact_lock(PUBLISHING_LOCK)))
    draft = DRAFTS[name](session, now)
    source_hash = hashlib.sha256(canonical_json(draft.source)).digest()
    row = session.get(PublishedDocument, name, populate_existing=True)
    fresh = row is not None and (row.expires_at is None or row.expires_at >= now + SIGN_AGAIN_BEFORE)
    if row is not None and fresh and row.source_hash == source_hash:
        return False
    sequence = row.sequence + 1 if row else 1
    _store(
        session,
        name,
        sequence=sequence,
        body=draft.body(sequence),
        media_type=draft.media_type,
        source_hash=source_hash,
        made_at=now,
        expires_at=now + draft.life if draft.life else None,
    )
    return True


def install_root(session: Session, document: bytes, *, actor: str, now: datetime) -> TrustRoot:
    """Publish a trust root: the first one, or the next version, signed by enough keys of the one before.

    Raises:
        RootRefused: it is not signed by enough keys, does not follow, or ran out.
    """
    row = session.get(PublishedDocument, ROOT, with_for_update=True)
    if row is not None and row.body == document:
        return root(session)
    try:
        installed = read_root(document, now=now) if row is None else rotate_root(root(session), document, now=now)
    except CredentialError as error:
        raise RootRefused(f"The trust root is refused: {error}.") from error
    _store(
        session,
        ROOT,
        sequence=installed.version,
        body=document,
        media_type=JSON,
        source_hash=hashlib.sha256(document).digest(),
        made_at=now,
        expires_at=installed.expires,
    )
    audit.record(
        session,
        actor=actor,
        organisation_id=None,
        action="trust_root.installed",
        subject=f"trust_root:{installed.version}",
        now=now,
    )
    return installed


def root(session: Session) -> TrustRoot:
    """Return the trust root that was installed; it was checked then.

    Raises:
        NotPublished: there is none.
    """
    body = session.scalar(select(PublishedDocument.body).where(PublishedDocument.name == ROOT))
    if body is None:
        raise NotPublished("There is no trust root yet: passport trust-root FILE")
    return _known_root(body)


def document(session: Session, name: str, *, known: Document | None = None) -> Document:
    """Return a document as it is published now.

    Args:
        session: a reading transaction.
        name: `trust-root` or one of `NAMES`.
        known: the document as the caller has it; its bytes are not fetched again while they hold.

    Raises:
        NotPublished: there is none.
    """
    table = PublishedDocument
    query = select(table.media_type, table.etag, _unless_known(table.etag, known, table.body))
    return _read(session, query.where(table.name == name), known)


def status_list(session: Session, number: int, *, known: Document | None = None) -> Document:
    """Return a status list as it is signed now; `known` as for `document`.

    Raises:
        NotPublished: there is none.
    """
    table = StatusList
    media_type = literal(f"application/{STATUS_LIST_TYPE}")
    query = select(media_type, table.etag, _unless_known(table.etag, known, table.token))
    return _read(session, query.where(table.number == number, table.token.is_not(None)), known)


def badge_key(session: Session, kid: str) -> Document:
    """Return a key of Open Badges as one JWK.

    Raises:
        UnknownKey: there is none, or nobody may rely on it.
    """
    body = canonical_json(sources.badge_key(session, kid, issuer=keyring.current().settings.issuer))
    return Document(JSON, _etag(body), body)


def status_lists(session: Session) -> Document:
    """Return the addresses of all status lists."""
    body = canonical_json(sources.status_list_addresses(session, issuer=keyring.current().settings.issuer))
    return Document(JSON, _etag(body), body)


def _unless_known(etag: Any, known: Document | None, body: Any) -> Any:
    """Return the column of the bytes, empty where the caller has them already."""
    return case((etag == known.etag, null()), else_=body) if known else body


def _read(session: Session, query: Select[Any], known: Document | None) -> Document:
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotPublished
    media_type, etag, body = found
    return known if known is not None and body is None else Document(media_type, etag, body)


def _store(session: Session, name: str, *, body: bytes, **values: Any) -> None:
    session.merge(PublishedDocument(name=name, body=body, etag=_etag(body), **values))
    session.flush()


def _etag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


@lru_cache(maxsize=8)
def _known_root(body: bytes) -> TrustRoot:
    return record_of(TrustRoot, strict_json(body))


def _list_signer(session: Session, now: datetime) -> Signer:
    signer = signing.signer(session, "trust_list", now=now)
    if signer.public.kid not in root(session).keys_for("trust_list"):
        raise SignerNotInRoot
    return signer


def _trust_list(session: Session, now: datetime) -> _Draft:
    source = sources.trust_list(session, issuer=keyring.current().settings.issuer)

    def body(sequence: int) -> bytes:
        content = TrustListContent(
            iss=source.issuer,
            iat=seconds(now),
            exp=seconds(now + LIST_LIFE),
            seq=sequence,
            keys=source.keys,
            organisations=source.organisations,
            agreement=source.agreement,
            certificate_roots=source.certificate_roots,
        )
        return issue_trust_list(content, signer=_list_signer(session, now)).encode("ascii")

    return _Draft(source, f"application/{TRUST_LIST_TYPE}", body, LIST_LIFE)


def _code_list(session: Session, now: datetime) -> _Draft:
    catalogue = standards.catalogue(session)
    signed_by = signing.active_key(session, "trust_list").kid
    content = CodeList(
        iss=keyring.current().settings.issuer,
        iat=seconds(now),
        exp=seconds(now + LIST_LIFE),
        version=catalogue.version,
        standards=catalogue.standards,
        words=WORDS,
    )

    def body(_sequence: int) -> bytes:
        previous = _previous_code_list(session)
        unchanged = previous is not None and _said(previous) == _said(content)
        return issue_code_list(
            content, signer=_list_signer(session, now), previous=None if unchanged else previous
        ).encode("ascii")

    return _Draft((_said(content), signed_by), f"application/{CODE_LIST_TYPE}", body, LIST_LIFE)


def _said(code_list: CodeList) -> tuple[object, ...]:
    return code_list.version, code_list.standards, code_list.words


def _previous_code_list(session: Session) -> CodeList | None:
    """Return the code list that we signed last."""
    body = session.scalar(select(PublishedDocument.body).where(PublishedDocument.name == "code-list"))
    if body is None:
        return None
    return record_of(CodeList, strict_json(b64url_decode(body.decode("ascii").split(".")[1])))


def _plain(source: object) -> _Draft:
    return _Draft(source, JSON, lambda _sequence: canonical_json(source))


DRAFTS: Final[dict[str, Callable[[Session, datetime], _Draft]]] = {
    "trust-list": _trust_list,
    "code-list": _code_list,
    "jwks": lambda session, _now: _plain(sources.jwks(session)),
    "jwt-vc-issuer": lambda session, _now: _plain(
        sources.issuer_metadata(session, issuer=keyring.current().settings.issuer)
    ),
    "type": lambda _session, _now: _plain(type_metadata(keyring.current().settings.issuer)),
}
NAMES: Final = tuple(DRAFTS)
