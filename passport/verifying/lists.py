"""The lists that the service itself publishes, read and checked once for each change.

The service verifies as any verifier does: with the signed trust list, code list and status lists as the world gets
them, under the trust root. One query asks for the tags of all of them; a text is fetched, checked and read only when
its tag is new to this process. A withdrawal changes the tag of its list in the same transaction, so the next check
sees it. Tags are hashes of the texts, and a text that was read once stays read; whether a list or the root ran out is
asked each time.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CompoundSelect, String, cast, select, union_all
from sqlalchemy.orm import Session

from credentials.code_list import CodeList, read_code_list
from credentials.errors import CredentialError, TrustListStaleError
from credentials.status_list import StatusList, read_status_list
from credentials.trust import TrustList, read_trust_list
from credentials.trust_root import TrustRoot, read_root
from passport.issuing.models import StatusList as StatusListRow
from passport.publishing.models import PublishedDocument
from passport.signing import keyring
from passport.verifying.checking import Lists

ROOT: Final = "trust-root"
TRUST_LIST: Final = "trust-list"
CODE_LIST: Final = "code-list"
TEXTS_REMEMBERED: Final = 512  # a status list takes 16 KiB in memory, the others a few hundred

_STATUS_PATH: Final = re.compile(r"/status-lists/([1-9][0-9]{0,8})")
_TAGS: Final[CompoundSelect[str, str]] = union_all(
    select(PublishedDocument.name, PublishedDocument.etag).where(
        PublishedDocument.name.in_((ROOT, TRUST_LIST, CODE_LIST))
    ),
    select(cast(StatusListRow.number, String), StatusListRow.etag).where(StatusListRow.token.is_not(None)),
)
_read: dict[Hashable, Any] = {}


def published(session: Session, *, now: datetime) -> Lists:
    """Return the lists as they are published now.

    Args:
        session: an open transaction; status lists are fetched through it while passports are checked.
        now: UTC.

    Raises:
        TrustListStaleError: no root or trust list is published, or it ran out.
        CredentialError: what is published can't be read.
    """
    tags = {row.name: row.etag for row in session.execute(_TAGS)}
    root = _root(session, tags, now)
    trust = _trust_list(session, tags, root, now)
    return Lists(
        trust=trust,
        statuses=PublishedStatusLists(session, tags=tags, trust=trust, now=now),
        code_list=_code_list(session, tags, root, now),
        addresses=(keyring.current().settings.public_url,),
    )


class PublishedStatusLists(Mapping[str, StatusList]):
    """The status lists of this service by their addresses, each fetched when a passport first asks for it.

    It lives as long as the transaction that it was made in.
    """

    def __init__(self, session: Session, *, tags: Mapping[str, str], trust: TrustList, now: datetime) -> None:
        self._session, self._tags, self._trust, self._now = session, tags, trust, now

    def __getitem__(self, uri: str) -> StatusList:
        """Return the list of an address.

        Raises:
            KeyError: it is no list of this service.
            CredentialError: the list can't be read.
        """
        number = list_number(uri, self._trust.content.iss)
        tag = self._tags.get(str(number))
        if number is None or tag is None:
            raise KeyError(uri)
        found: StatusList = _once((uri, tag), lambda: self._fetch(uri, number))
        return found

    def __iter__(self) -> Iterator[str]:
        """Go through the addresses."""
        return (f"{self._trust.content.iss}/status-lists/{name}" for name in self._tags if name.isdigit())

    def __len__(self) -> int:
        """Count the lists."""
        return sum(name.isdigit() for name in self._tags)

    def _fetch(self, uri: str, number: int) -> StatusList:
        token = self._session.scalar(select(StatusListRow.token).where(StatusListRow.number == number)) or b""
        return read_status_list(token.decode("ascii"), uri=uri, trust=self._trust, now=self._now)


def list_number(uri: str, issuer: str) -> int | None:
    """Return the number of the status list at an address, None where it is no list of this issuer."""
    path = _STATUS_PATH.fullmatch(uri.removeprefix(issuer))
    return int(path[1]) if path else None


def _root(session: Session, tags: Mapping[str, str], now: datetime) -> TrustRoot:
    root: TrustRoot = _once((ROOT, _tag(tags, ROOT)), lambda: read_root(_body(session, ROOT), now=now))
    root.check_expiry(now)
    return root


def _trust_list(session: Session, tags: Mapping[str, str], root: TrustRoot, now: datetime) -> TrustList:
    trust: TrustList = _once(
        (TRUST_LIST, tags[ROOT], _tag(tags, TRUST_LIST)),
        lambda: read_trust_list(_body(session, TRUST_LIST).decode("ascii"), root, now),
    )
    trust.check_fresh(now)
    return trust


def _code_list(session: Session, tags: Mapping[str, str], root: TrustRoot, now: datetime) -> CodeList | None:
    """Return the code list; None where none is usable, so that a QR could not be checked and all else can."""
    try:
        code_list: CodeList = _once(
            (CODE_LIST, tags[ROOT], _tag(tags, CODE_LIST)),
            lambda: read_code_list(_body(session, CODE_LIST).decode("ascii"), root, now),
        )
    except CredentialError:
        return None
    return code_list if now.timestamp() < code_list.exp else None


def _tag(tags: Mapping[str, str], name: str) -> str:
    if name not in tags:
        raise TrustListStaleError(f"no {name} is published")
    return tags[name]


def _body(session: Session, name: str) -> bytes:
    return session.scalar(select(PublishedDocument.body).where(PublishedDocument.name == name)) or b""


def _once(key: Hashable, read: Callable[[], Any]) -> Any:
    """Return what a text says, reading it at the first time. What fails is tried again the next time."""
    known = _read.get(key)
    if known is None:
        known = read()
        while len(_read) >= TEXTS_REMEMBERED:
            _read.pop(next(iter(_read)), None)
        _read[key] = known
    return known
