"""The root document, by the scenarios of The Update Framework: threshold, rotation, rollback, freeze, endless data."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from credentials import errors
from credentials.keys import MemorySigner
from credentials.trust_root import MAX_ROOT_BYTES, draft_root, read_root, rotate_root, sign_root
from tests.credentials.passport_samples import DAY, NOW, ROOT_KEYS, STRANGERS_KEY, TRUST_LIST_KEY, signer

NEW_KEYS = (signer(131), signer(132), signer(133))


def signed(keys: Sequence[MemorySigner], by: Sequence[MemorySigner], **changes: Any) -> bytes:
    members: dict[str, Any] = {
        "version": 1,
        "expires_at": NOW + 100 * DAY,
        "threshold": 2,
        "root_keys": [key.public for key in keys],
        "trust_list_keys": [TRUST_LIST_KEY.public],
    }
    document = draft_root(**(members | changes))
    for key in by:
        document = sign_root(document, key)
    return document


ROOT = signed(ROOT_KEYS, ROOT_KEYS[:2])


def changed(document: bytes, **changes: Any) -> bytes:
    return json.dumps(json.loads(document) | changes).encode()


def test_two_of_three_signatures_are_enough() -> None:
    for by in (ROOT_KEYS[:2], ROOT_KEYS[1:], ROOT_KEYS[::2], ROOT_KEYS, (*ROOT_KEYS[:2], STRANGERS_KEY)):
        root = read_root(signed(ROOT_KEYS, by), now=NOW)
        assert set(root.keys_for("trust_list")) == {TRUST_LIST_KEY.public.kid}
        assert len(root.keys_for("root")) == 3


@pytest.mark.parametrize(
    "by",
    [
        (),
        ROOT_KEYS[:1],
        (ROOT_KEYS[0], ROOT_KEYS[0], ROOT_KEYS[0]),
        (ROOT_KEYS[0], TRUST_LIST_KEY),
        (ROOT_KEYS[0], STRANGERS_KEY),
        (STRANGERS_KEY, TRUST_LIST_KEY),
    ],
    ids=["none", "one", "one thrice", "the online key", "a stranger", "only others"],
)
def test_too_few_signatures_are_refused(by: Sequence[MemorySigner]) -> None:
    with pytest.raises(errors.SignatureInvalidError):
        read_root(signed(ROOT_KEYS, by), now=NOW)


def test_a_signature_under_anothers_name_does_not_count() -> None:
    document = json.loads(ROOT)
    document["signatures"][1]["signature"] = document["signatures"][0]["signature"]
    with pytest.raises(errors.SignatureInvalidError):
        read_root(json.dumps(document).encode(), now=NOW)
    document["signatures"][1]["signature"] = "%%%"
    with pytest.raises(errors.SignatureInvalidError):
        read_root(json.dumps(document).encode(), now=NOW)


@pytest.mark.parametrize("change", [{"version": 2}, {"threshold": 1}, {"expires": "2030-01-01T00:00:00Z"}, {"more": 1}])
def test_a_changed_root_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(errors.SignatureInvalidError):
        read_root(changed(ROOT, **change), now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "another"}, {"type": None}, {"version": 0}, {"version": "1"}, {"version": True}, {"threshold": 0},
        {"threshold": 4}, {"expires": "tomorrow"}, {"expires": "2030-01-01T00:00:00"}, {"keys": {}}, {"signatures": {}},
        {"keys": json.loads(ROOT)["keys"] * 2}, {"keys": [{"role": "king", "jwk": {}}]}, {"signatures": [None]},
    ],
)  # fmt: skip
def test_a_root_of_the_wrong_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(errors.ClaimTypeError):
        read_root(changed(ROOT, **change), now=NOW)


def test_one_key_has_one_role() -> None:
    with pytest.raises(errors.ClaimTypeError):
        read_root(signed(ROOT_KEYS, ROOT_KEYS, trust_list_keys=[ROOT_KEYS[0].public]), now=NOW)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", errors.JsonInvalidError),
        (b"[]", errors.MalformedError),
        (b"{}", errors.ClaimMissingError),
        (ROOT[:-1] + b',"version":9}', errors.JsonDuplicateKeyError),
        (b" " * (MAX_ROOT_BYTES + 1), errors.TooLargeError),
    ],
    ids=["nothing", "a list", "an empty object", "a name twice", "endless"],
)
def test_what_is_no_root_is_refused(document: bytes, reason: type[Exception]) -> None:
    with pytest.raises(reason):
        read_root(document, now=NOW)


def test_an_expired_root_is_stale() -> None:
    with pytest.raises(errors.TrustListStaleError):
        read_root(ROOT, now=NOW + 100 * DAY)


def test_a_root_is_followed_by_the_next_version_signed_by_old_and_new_keys() -> None:
    current = read_root(ROOT, now=NOW)
    following = signed(NEW_KEYS, (*ROOT_KEYS[:2], *NEW_KEYS[:2]), version=2)
    assert rotate_root(current, following, now=NOW).version == 2
    assert rotate_root(current, following, now=NOW + 99 * DAY).version == 2
    replaced = signed((*ROOT_KEYS[:2], NEW_KEYS[0]), ROOT_KEYS[:2], version=2)
    assert rotate_root(current, replaced, now=NOW).version == 2


def test_an_expired_root_still_leads_to_the_next() -> None:
    current = read_root(ROOT, now=NOW)
    following = signed(ROOT_KEYS, ROOT_KEYS[:2], version=2, expires_at=NOW + 300 * DAY)
    assert rotate_root(current, following, now=NOW + 200 * DAY).version == 2


@pytest.mark.parametrize(
    ("by", "changes", "reason"),
    [
        (ROOT_KEYS[:2], {}, errors.SignatureInvalidError),
        (NEW_KEYS[:2], {}, errors.SignatureInvalidError),
        ((*ROOT_KEYS[:1], *NEW_KEYS), {}, errors.SignatureInvalidError),
        ((*ROOT_KEYS, *NEW_KEYS[:1]), {}, errors.SignatureInvalidError),
        ((*ROOT_KEYS, *NEW_KEYS), {"version": 1}, errors.TrustListRolledBackError),
        ((*ROOT_KEYS, *NEW_KEYS), {"version": 3}, errors.MalformedError),
        ((*ROOT_KEYS, *NEW_KEYS), {"version": 2**31}, errors.MalformedError),
        ((*ROOT_KEYS, *NEW_KEYS), {"expires_at": NOW - DAY}, errors.TrustListStaleError),
    ],
    ids=["old only", "new only", "too few old", "too few new", "same version", "skipped", "fast forward", "expired"],
)
def test_a_wrong_next_root_is_refused(
    by: Sequence[MemorySigner], changes: dict[str, Any], reason: type[Exception]
) -> None:
    current = read_root(ROOT, now=NOW)
    with pytest.raises(reason):
        rotate_root(current, signed(NEW_KEYS, by, **({"version": 2} | changes)), now=NOW)


def test_a_root_goes_back_to_none() -> None:
    second = rotate_root(read_root(ROOT, now=NOW), signed(ROOT_KEYS, ROOT_KEYS, version=2), now=NOW)
    with pytest.raises(errors.TrustListRolledBackError):
        rotate_root(second, ROOT, now=NOW)
