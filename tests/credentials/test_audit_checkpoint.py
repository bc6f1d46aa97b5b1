"""Checkpoints of the audit log: read under the root that names their key, and nothing that is not exactly one."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from credentials.audit_checkpoint import TYPE, AuditCheckpoint, issue_checkpoint, read_checkpoint
from credentials.claims import seconds
from credentials.encoding import canonical_json
from credentials.errors import (
    ClaimMissingError,
    ClaimTypeError,
    CredentialError,
    IatFutureError,
    IssuerUntrustedError,
    KidUnknownError,
    MalformedError,
    SignatureInvalidError,
    TypMismatchError,
)
from credentials.jws import sign_compact
from credentials.trust_root import draft_root, read_root, sign_root
from tests.credentials.qr_samples import LIST_KEY, NOW, PASSPORT_KEY, signer

ISSUER = "https://passport.example"
CHECKPOINT = AuditCheckpoint(iss=ISSUER, iat=seconds(NOW), sequence=7, hash="ab" * 32)
ROOT_KEY = signer(0x700)
ROOT = read_root(
    sign_root(
        draft_root(
            version=1,
            expires_at=NOW + timedelta(days=365),
            threshold=1,
            root_keys=[ROOT_KEY.public],
            trust_list_keys=[LIST_KEY.public],
        ),
        ROOT_KEY,
    ),
    now=NOW,
)


def signed(**changes: Any) -> str:
    members = msgspec.to_builtins(CHECKPOINT) | changes
    payload = canonical_json({name: value for name, value in members.items() if value is not ...})
    return sign_compact({"typ": TYPE}, payload, signer=LIST_KEY)


def refused(token: str) -> type[CredentialError]:
    with pytest.raises(CredentialError) as refusal:
        read_checkpoint(token, ROOT, issuer=ISSUER, now=NOW)
    return type(refusal.value)


def test_a_checkpoint_is_read_back_years_later() -> None:
    token = issue_checkpoint(CHECKPOINT, signer=LIST_KEY)
    assert read_checkpoint(token, ROOT, issuer=ISSUER, now=NOW + timedelta(days=3650)) == CHECKPOINT


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://other.example"}, IssuerUntrustedError),
        ({"iat": seconds(NOW) + 3600}, IatFutureError),
        ({"sequence": 0}, ClaimTypeError),
        ({"sequence": -7}, ClaimTypeError),
        ({"sequence": "007"}, ClaimTypeError),
        ({"sequence": True}, ClaimTypeError),
        ({"sequence": ...}, ClaimMissingError),
        ({"hash": "ab" * 31}, ClaimTypeError),
        ({"hash": "AB" * 32}, ClaimTypeError),
        ({"hash": "ab" * 32 + "\n"}, ClaimTypeError),
        ({"size": 7}, ClaimTypeError),
    ],
)
def test_what_is_not_exactly_a_checkpoint_is_refused(changes: dict[str, Any], reason: type[CredentialError]) -> None:
    assert refused(signed(**changes)) is reason


def test_only_the_key_that_the_root_names_signs_checkpoints() -> None:
    assert refused(issue_checkpoint(CHECKPOINT, signer=PASSPORT_KEY)) is KidUnknownError


def test_a_changed_checkpoint_is_refused() -> None:
    head, _, signature = signed().split(".")
    other = signed(sequence=8).split(".")[1]
    assert refused(f"{head}.{other}.{signature}") is SignatureInvalidError


def test_another_token_of_the_same_key_is_no_checkpoint() -> None:
    token = sign_compact({"typ": "code-list+jwt"}, canonical_json(CHECKPOINT), signer=LIST_KEY)
    assert refused(token) is TypMismatchError
    assert refused("no token") is MalformedError
