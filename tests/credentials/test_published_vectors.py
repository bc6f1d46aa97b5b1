"""Published examples of the specifications, read from the folder that SPEC_VECTORS names."""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from credentials.encoding import b64url_decode, b64url_encode, strict_json
from credentials.errors import CredentialError, JsonDuplicateKeyError
from credentials.jws import Jws, parse_compact
from credentials.key_binding import Question, check_key_binding
from credentials.keys import PublicKey
from credentials.sd_jwt import Presentation, digests_of, read_disclosures, reveal, split_presentation
from credentials.status_list import StatusList, compress, decompress
from tests.credentials.passport_samples import NOW

Vectors = Callable[[str], Any]
SD_JWT_FILES = ("sd-jwt/vectors.json", "sd-jwt-vc/vectors.json")
LARGE = 1_000_000


def read_token(vector: dict[str, Any], key: PublicKey) -> tuple[Presentation, Jws]:
    shown = split_presentation(vector["compact"])
    jws = parse_compact(
        shown.issuer_jwt, typ=vector["header"]["typ"], max_characters=LARGE, x5c_allowed=True, kid_needed=False
    )
    jws.verify(key)
    return shown, jws


def sd_jwts(vectors: Vectors, name: str) -> Iterator[tuple[dict[str, Any], PublicKey]]:
    content = vectors(name)
    keys = {jwk["x"][:8]: PublicKey.from_jwk(jwk) for jwk in content["keys"]}
    for vector in content["tokens"]:
        if vector["kind"] != "jwt":  # the bare issuer's token of section 5.1 has no tilde
            yield vector, keys[vector["issuer_signature_valid_with"]]


@pytest.mark.parametrize("name", SD_JWT_FILES)
def test_published_sd_jwts_verify_and_reveal_their_claims(name: str, vectors: Vectors) -> None:
    for vector, key in sd_jwts(vectors, name):
        shown, jws = read_token(vector, key)
        disclosures = read_disclosures(shown.disclosures)
        claims = reveal(jws.claims, disclosures)
        assert len(disclosures) == vector["disclosures"]
        assert "_sd" not in str(claims)
        assert "'...'" not in str(claims)
        assert not [d.name for d in disclosures if d.name and d.plain and d.name not in str(claims)]


@pytest.mark.parametrize("name", SD_JWT_FILES)
def test_a_published_sd_jwt_with_one_disclosure_left_out_or_changed(name: str, vectors: Vectors) -> None:
    for vector, key in sd_jwts(vectors, name):
        shown, jws = read_token(vector, key)
        changed = [*shown.disclosures[:-1], b64url_encode(b64url_decode(shown.disclosures[-1]) + b" ")]
        with pytest.raises(CredentialError):
            reveal(jws.claims, read_disclosures(changed))


@pytest.mark.parametrize("name", SD_JWT_FILES)
def test_published_disclosures_have_the_published_digests(name: str, vectors: Vectors) -> None:
    pairs = vectors(name)["disclosures"]
    texts = [pair["disclosure"] for pair in pairs]
    assert digests_of(texts) == [pair["digest"] for pair in pairs]
    for pair, read in zip(pairs, read_disclosures(texts), strict=True):
        assert read.value == pair["contents"][-1]
        assert read.name == (pair["contents"][1] if len(pair["contents"]) == 3 else None)


@pytest.mark.parametrize("name", SD_JWT_FILES)
def test_published_proofs_of_the_holder_verify(name: str, vectors: Vectors) -> None:
    checked = 0
    for vector, key in sd_jwts(vectors, name):
        if vector["kind"] != "sd-jwt+kb":
            continue
        shown, jws = read_token(vector, key)
        confirmation: Any = jws.claims["cnf"]
        payload = vector["kb"]["payload"]
        check_key_binding(
            shown,
            holder=PublicKey.from_jwk(confirmation["jwk"]),
            question=Question(payload["aud"], payload["nonce"]),
            now=datetime.fromtimestamp(payload["iat"], UTC),
        )
        checked += 1
    assert checked >= 2


def test_published_status_lists_are_read_and_made_again(vectors: Vectors) -> None:
    for vector in vectors("token-status-list/vectors.json"):
        data = decompress(vector["lst"])
        listed = StatusList(uri="", bits=vector["bits"], data=data, issued_at=NOW, expires_at=None, ttl=None, kid="")
        statuses = {int(index): status for index, status in vector.get("statuses", {}).items()}
        assert {index: listed.status(index) for index in statuses} == statuses
        assert decompress(compress(data)) == data == decompress(compress(data, smallest=True))
        if "byte_array_hex" in vector:
            assert data.hex() == bytes.fromhex("".join(vector["byte_array_hex"])).hex()
        else:
            assert len(data) * 8 // vector["bits"] == vector["entries"]
            assert sum(map(listed.status, range(0, vector["entries"], 97))) == sum(
                status for index, status in statuses.items() if index % 97 == 0
            )


def test_the_json_parsing_suite(vectors: Vectors) -> None:
    cases = vectors("json/JSONTestSuite.json")["cases"]
    assert len(cases) == 318
    for case in cases:
        data = base64.b64decode(case["b64"])
        try:
            strict_json(data)
            accepted = True
        except JsonDuplicateKeyError:
            assert case["name"].startswith("y_object_duplicated_key")  # valid JSON, but not of one meaning
            continue
        except CredentialError:
            accepted = False
        assert case["expect"] == "either" or accepted == (case["expect"] == "accept"), case["name"]
