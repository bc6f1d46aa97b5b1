"""Our credential type: content to claims and back, its hash, and making the very same token again."""

import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from credentials import errors
from credentials.passport_type import (
    CLAIM_OF,
    NEVER_DISCLOSABLE,
    content_hash,
    content_shown,
    to_claims,
    to_content,
    type_metadata,
    type_of,
)
from credentials.records import PassportContent
from credentials.sd_jwt import Disclosable, split_presentation
from tests.credentials.passport_samples import ISSUER, PASSPORT, PASSPORT_KEY, an_award, payload_of, prepared

LEAST = PassportContent(number="01234567T", given_name="Ann", family_name="Invented")


def as_json(claims: Any) -> Any:
    def plain(value: Any) -> Any:
        inner = value.value if isinstance(value, Disclosable) else value
        return [plain(element) for element in inner] if isinstance(inner, list) else msgspec.to_builtins(inner)

    return json.loads(json.dumps({name: plain(value) for name, value in claims.items()}))


@pytest.mark.parametrize("content", [PASSPORT, LEAST], ids=["full", "least"])
def test_content_is_read_back(content: PassportContent) -> None:
    assert to_content(as_json(to_claims(content))) == content_shown(content)


def test_what_is_empty_is_left_out() -> None:
    assert list(to_claims(LEAST)) == ["sub", "given_name", "family_name"]


def test_nothing_personal_is_visible() -> None:
    payload = payload_of(prepared().signing_input + ".")
    assert set(payload) <= NEVER_DISCLOSABLE | {"_sd", "_sd_alg", "training", "credentials", "registrations"}
    assert all(set(element) == {"..."} for element in payload["training"])
    for secret in (PASSPORT.number, PASSPORT.family_name, "FS", "NMC", "X1V2A"):
        assert secret not in json.dumps(payload)


@pytest.mark.parametrize("claim", CLAIM_OF.values())
def test_a_null_claim_is_refused(claim: str) -> None:
    with pytest.raises(errors.ClaimTypeError):
        to_content({claim: None})


def test_an_instant_without_a_zone_is_refused() -> None:
    claims = as_json(to_claims(PASSPORT))
    claims["registrations"][0]["checked_at"] = "2026-08-05T09:00:00"
    with pytest.raises(errors.ClaimTypeError, match="checked_at"):
        to_content(claims)


def test_a_fault_names_its_path_and_not_its_value() -> None:
    claims = as_json(to_claims(PASSPORT))
    claims["training"][3]["assurance"]["delivery"] = "Secretvalue"
    with pytest.raises(errors.ClaimTypeError) as caught:
        to_content(claims)
    assert caught.value.detail == "$.training[3].assurance.delivery"
    assert "Secretvalue" not in repr(caught.value)


def test_the_hash_changes_with_anything_visible_and_with_nothing_else() -> None:
    first = content_hash(PASSPORT)
    assert len(bytes.fromhex(first)) == 32
    assert content_hash(replace(PASSPORT, training=PASSPORT.training[::-1])) == first
    for changes in (
        {"given_name": "Zoe"},
        {"training": PASSPORT.training[1:]},
        {"training": (an_award(1, level="2"), *PASSPORT.training[1:])},
        {"employer": None},
        {"advanced_practice": None},
        {"registrations": PASSPORT.registrations[:1]},
    ):
        assert content_hash(replace(PASSPORT, **changes)) != first


def test_the_very_same_token_is_made_again_from_what_is_kept() -> None:
    signature = PASSPORT_KEY.sign(prepared().signing_input.encode())
    first = prepared().signed(signature)
    assert prepared().signed(signature) == first
    PASSPORT_KEY.public.verify(signature, split_presentation(first).issuer_jwt.rpartition(".")[0].encode())


def test_the_type_metadata_describes_every_claim_by_its_path() -> None:
    document: Any = type_metadata(ISSUER)
    assert document["vct"] == type_of(ISSUER) == "https://passport.example/types/staff-passport/v1"
    assert [claim["path"][0] for claim in document["claims"]] == list(CLAIM_OF.values())
    for claim in document["claims"]:
        assert (len(claim["path"]) == 2) == (claim["path"][0] in ("registrations", "training", "credentials"))
