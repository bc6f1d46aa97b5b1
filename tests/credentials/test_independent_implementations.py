"""Other people's programs accept what we issue, and we accept what they issue where they follow the rules.

`sd-jwt` is the reference implementation of RFC 9901's authors, `openvc-core` and `vouchkit` are independent ones,
PyJWT is the most used JWT library. None of them is asked to be as strict as we are.
"""

import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import time_machine
from jwcrypto.jwk import JWK
from openvc.keys import P256SigningKey
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status.token_status_list import (
    decode_status_list,
    encode_status_list,
    get_status,
    new_status_list,
    set_status,
)
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier
from vouchkit import verify_sd_jwt_vc
from vouchkit.testkit import TestHolder, TestIssuer

from credentials import Expected, verify
from credentials.errors import KidMissingError
from credentials.key_binding import Question, bind
from credentials.passport_type import type_metadata, type_of
from credentials.sd_jwt import split_presentation
from credentials.status_list import bits_of, compress, decompress
from tests.credentials.passport_samples import (
    HOLDER_KEY,
    ISSUER,
    NOW,
    PASSPORT,
    PASSPORT_KEY,
    STATUS_INDEX,
    STATUS_URI,
    TRUST,
    choose,
    issued,
    leaf,
    private_key,
    status_token,
    statuses,
)

QUESTION = Question(audience="x509_hash:invented", nonce="nonce-1")
VISIBLE = {
    "iss": ISSUER,
    "vct": type_of(ISSUER),
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 600,
    "status": {"status_list": {"idx": 5, "uri": STATUS_URI}},
}
PERSONAL = {"sub": PASSPORT.number, "given_name": PASSPORT.given_name, "family_name": PASSPORT.family_name}


@pytest.fixture(autouse=True)
def _their_clocks_stand_still() -> Iterator[None]:
    """The others read the clock of the machine."""
    with time_machine.travel(NOW, tick=False):
        yield


def jwk_of(number: int) -> Any:
    return JWK.from_pyca(private_key(number))


def bound(presentation: str) -> str:
    return bind(split_presentation(presentation), QUESTION, signer=HOLDER_KEY, now=NOW).text


def ours(presentation: str, **changes: Any) -> Any:
    return verify(presentation, trust=TRUST, statuses=statuses(), now=NOW, **changes)


@pytest.mark.parametrize("certificate", [None, leaf()], ids=["plain", "with a certificate"])
def test_the_reference_implementation_accepts_ours(certificate: str | None) -> None:
    whole = issued(certificate=certificate)
    verifier = SDJWTVerifier(bound(whole), lambda *_: jwk_of(101), QUESTION.audience, QUESTION.nonce)
    claims = verifier.get_verified_payload()
    assert claims["sub"] == PASSPORT.number
    assert claims["given_name"] == "Zoë"
    assert len(claims["training"]) == 11
    assert claims["advanced_practice"]["pillars"][0] == "clinical_practice"


def test_a_holder_with_the_reference_implementation_chooses_what_to_show() -> None:
    holder = SDJWTHolder(issued())
    wish = {"given_name": True, "training": [True, False, True]}
    holder.create_presentation(wish, QUESTION.nonce, QUESTION.audience, jwk_of(111))
    verified = ours(holder.sd_jwt_presentation, expected=Expected(question=QUESTION))
    assert verified.holder.given_name == "Zoë"
    assert verified.holder.family_name is None
    assert [award.award.id for award in verified.awards] == ["award-1", "award-3"]


def test_we_accept_what_the_reference_implementation_issues() -> None:
    claims = VISIBLE | {SDObj(name): value for name, value in PERSONAL.items()}
    header = {"typ": "dc+sd-jwt", "kid": PASSPORT_KEY.public.kid}
    issuer = SDJWTIssuer(claims, jwk_of(101), extra_header_parameters=header)
    verified = ours(issuer.sd_jwt_issuance)
    assert verified.holder.family_name == PASSPORT.family_name
    assert verified.not_withdrawn.result is True


def test_openvc_accepts_ours() -> None:
    verified = SdJwtVcProofSuite().verify(
        bound(issued(certificate=leaf())),
        public_key_jwk=PASSPORT_KEY.public.jwk,
        audience=QUESTION.audience,
        nonce=QUESTION.nonce,
        require_key_binding=True,
        expected_vct=type_of(ISSUER),
    )
    assert verified.key_bound
    assert verified.claims["family_name"] == PASSPORT.family_name
    assert [award["id"] for award in verified.claims["credentials"]] == ["award-20", "award-21"]


def test_we_accept_what_openvc_issues() -> None:
    suite = SdJwtVcProofSuite()
    key = P256SigningKey(private_key(101), PASSPORT_KEY.public.kid)
    holder = P256SigningKey(private_key(111), "holder")
    token = suite.issue(
        VISIBLE | PERSONAL, signing_key=key, disclosable=tuple(PERSONAL), holder_jwk=HOLDER_KEY.public.jwk, decoys=3
    )
    shown = suite.create_presentation(token, holder_key=holder, audience=QUESTION.audience, nonce=QUESTION.nonce)
    verified = ours(shown, expected=Expected(question=QUESTION))
    assert verified.holder_bound
    assert verified.holder.number == PASSPORT.number


def test_vouchkit_accepts_ours() -> None:
    verified = verify_sd_jwt_vc(
        bound(choose(issued(), 0, 2, 3)),
        PASSPORT_KEY.public.jwk,
        expected_aud=QUESTION.audience,
        expected_nonce=QUESTION.nonce,
        now=int(NOW.timestamp()),
    )
    assert verified.key_binding_verified
    assert verified.issuer == ISSUER


def test_what_vouchkit_issues_names_no_key_and_is_refused() -> None:
    token, disclosures = TestIssuer(ISSUER, private_key(101)).issue(PERSONAL, vct=type_of(ISSUER), now=VISIBLE["iat"])
    shown = TestHolder(private_key(111)).present(token, disclosures, ["sub"])
    with pytest.raises(KidMissingError):
        ours(shown)


def test_pyjwt_reads_our_tokens() -> None:
    pem = PASSPORT_KEY.public.pem
    shown = split_presentation(issued())
    claims = jwt.decode(shown.issuer_jwt, pem, algorithms=["ES256"], issuer=ISSUER)
    assert claims["vct"] == type_of(ISSUER)
    assert jwt.get_unverified_header(shown.issuer_jwt)["typ"] == "dc+sd-jwt"
    listed = jwt.decode(status_token(STATUS_INDEX), pem, algorithms=["ES256"])
    assert get_status(decode_status_list(listed["status_list"]["lst"]), STATUS_INDEX) == 1


def test_we_and_openvc_read_each_others_status_lists() -> None:
    invalid = [0, 7, 8, 4_000, 2**17 - 1]
    data = decode_status_list(compress(bits_of(invalid)))
    assert [index for index in range(2**17) if get_status(data, index)] == invalid
    theirs = new_status_list(2**17)
    for index in invalid:
        set_status(theirs, index, 1)
    assert decompress(encode_status_list(bytes(theirs))) == bits_of(invalid)


def test_the_type_metadata_has_what_wallets_ask_for() -> None:
    document: Any = json.loads(json.dumps(type_metadata(ISSUER)))
    assert document["vct"] == type_of(ISSUER)
    assert all({"name", "locale"} <= set(entry) for entry in document["display"])
    assert {claim["sd"] for claim in document["claims"]} == {"always"}
    assert all({"name", "locale"} <= set(entry) for claim in document["claims"] for entry in claim["display"])
    assert ["training", None] in [claim["path"] for claim in document["claims"]]
