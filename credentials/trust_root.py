"""The root document: the one thing that an offline verifier is given by hand (wire formats, section 4).

It names the root keys, how many of them must sign (`threshold`), the keys that may sign the trust list, a version and
an expiry. It follows The Update Framework (TUF 1.0, sections 4.3 and 5.3): the signed bytes are the canonical JSON of
all members but `signatures`, several signatures of one key count once, and a new root is accepted only as the next
version, signed by enough of the old keys and enough of its own. Signatures are added one at a time, so that keys may
stay offline in different hands. How the trust list itself is read is left to `trust`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from credentials.claims import record_of
from credentials.encoding import b64url_decode, b64url_encode, canonical_json, strict_json
from credentials.errors import (
    ClaimTypeError,
    MalformedError,
    SignatureInvalidError,
    TooLargeError,
    TrustListRolledBackError,
    TrustListStaleError,
)
from credentials.keys import PublicKey, Signer
from credentials.records import Instant

DOCUMENT_TYPE: Final = "staff-passport-trust-root"
MAX_ROOT_BYTES: Final = 65_536

Role = Literal["root", "trust_list"]
AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]


class RootKey(msgspec.Struct, frozen=True):
    """A key and the one thing that it may sign: root documents, or trust lists."""

    role: Role
    jwk: dict[str, str]

    @property
    def public(self) -> PublicKey:
        """The key itself."""
        return PublicKey.from_jwk(self.jwk)


class RootSignature(msgspec.Struct, frozen=True):
    """One key's signature of the document, in base64url."""

    kid: str
    signature: str


class TrustRoot(msgspec.Struct, frozen=True):
    """A root document whose signatures were checked."""

    type: Literal["staff-passport-trust-root"]
    version: AtLeastOne
    expires: Instant
    threshold: AtLeastOne
    keys: tuple[RootKey, ...]
    signatures: tuple[RootSignature, ...] = ()

    def keys_for(self, role: Role) -> dict[str, PublicKey]:
        """Return the keys of a role by their names."""
        return {key.public.kid: key.public for key in self.keys if key.role == role}

    def check_expiry(self, now: datetime) -> None:
        """Refuse a root that is out of date.

        Raises:
            TrustListStaleError: it expired.
        """
        if self.expires <= now:
            raise TrustListStaleError("the root expired")


def draft_root(
    *,
    version: int,
    expires_at: datetime,
    threshold: int,
    root_keys: Sequence[PublicKey],
    trust_list_keys: Sequence[PublicKey],
) -> bytes:
    """Return a root document that nobody has signed yet."""
    keys = [{"role": "root", "jwk": key.jwk} for key in root_keys]
    keys += [{"role": "trust_list", "jwk": key.jwk} for key in trust_list_keys]
    return canonical_json({
        "type": DOCUMENT_TYPE, "version": version, "expires": expires_at,
        "threshold": threshold, "keys": keys, "signatures": [],
    })  # fmt: skip


def sign_root(document: bytes, signer: Signer) -> bytes:
    """Return the document with one more signature.

    Raises:
        CredentialError: the document can't be read.
    """
    members = _members(document)
    signature = {"kid": signer.public.kid, "signature": b64url_encode(signer.sign(_signed_bytes(members)))}
    signatures = record_of(list[RootSignature], members.get("signatures", []))
    return canonical_json({**members, "signatures": [*signatures, signature]})


def read_root(document: bytes, *, now: datetime) -> TrustRoot:
    """Read the root that somebody handed over.

    Raises:
        SignatureInvalidError: too few of its own root keys signed it.
        TrustListStaleError: it expired.
        CredentialError: it can't be read.
    """
    members = _members(document)
    root = _record(members)
    _check_threshold(root, root, members)
    root.check_expiry(now)
    return root


def rotate_root(current: TrustRoot, document: bytes, *, now: datetime) -> TrustRoot:
    """Go from one root to the next version. `current` may have expired; the next may not.

    Raises:
        TrustListRolledBackError: the version is not newer.
        MalformedError: a version was left out.
        SignatureInvalidError: too few keys of the old root, or of the new one, signed it.
        TrustListStaleError: the new one expired.
    """
    members = _members(document)
    root = _record(members)
    if root.version <= current.version:
        raise TrustListRolledBackError("the root's version is not newer")
    if root.version != current.version + 1:
        raise MalformedError("a version of the root was left out")
    _check_threshold(current, root, members)
    _check_threshold(root, root, members)
    root.check_expiry(now)
    return root


def _members(document: bytes) -> dict[str, object]:
    if len(document) > MAX_ROOT_BYTES:
        raise TooLargeError("root")
    members = strict_json(document)
    if not isinstance(members, dict):
        raise MalformedError("the root is not an object")
    return members


def _record(members: Mapping[str, object]) -> TrustRoot:
    root = record_of(TrustRoot, members)
    kids = [key.public.kid for key in root.keys]
    if len(set(kids)) != len(kids):
        raise ClaimTypeError("keys: one key, one role")
    if root.threshold > len(root.keys_for("root")):
        raise ClaimTypeError("threshold: more than there are root keys")
    return root


def _signed_bytes(members: Mapping[str, object]) -> bytes:
    return canonical_json({name: value for name, value in members.items() if name != "signatures"})


def _check_threshold(judge: TrustRoot, root: TrustRoot, members: Mapping[str, object]) -> None:
    """Count the different root keys of `judge` that signed `root`."""
    keys, message = judge.keys_for("root"), _signed_bytes(members)
    if sum(_signed_by(key, root.signatures, message) for key in keys.values()) < judge.threshold:
        raise SignatureInvalidError("too few root keys signed")


def _signed_by(key: PublicKey, signatures: Sequence[RootSignature], message: bytes) -> bool:
    for signature in signatures:
        if signature.kid == key.kid:
            try:
                key.verify(b64url_decode(signature.signature), message)
            except (MalformedError, SignatureInvalidError):
                continue
            return True
    return False
