"""Open Badges 3.0: valid by their schema, accepted by another implementation, and refused when anything is touched."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # no type information is published with it
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3 import OB3Verifier

from credentials import open_badges
from credentials.encoding import b64url_decode, b64url_encode, canonical_json
from credentials.errors import CredentialError, MalformedError, NotYetValidError, SignatureInvalidError
from credentials.keys import MemorySigner
from credentials.open_badges import CONTEXTS, Terms, bake_png, bake_svg, of_award, of_practice, prepare, read, take_out
from credentials.records import NO_SCOPE_OF_PRACTICE, AdvancedPractice, Assurance, Award, Issuer
from credentials.sd_jwt_vc import StatusReference

FOLDER = Path(__file__).parent / "open_badges"
PICTURES = Path(__file__).resolve().parents[2] / "passport" / "exchange" / "data"
NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
ISSUER = "https://passport.example"
KID = f"{ISSUER}/badge-keys/invented"
PRIVATE = ec.generate_private_key(ec.SECP256R1())
SIGNER = MemorySigner(PRIVATE)
ACADEMY = Issuer(ods="X9A1B", name="Invented Academy", kind="academy")
TERMS = Terms(
    issuer=ISSUER, badge_id="urn:uuid:0198a1b2-0000-7000-8000-000000000001",
    subject_id="urn:uuid:0198a1b2-0000-7000-8000-000000000002", holder_name="Testa Inventedname", issued_at=NOW,
    expires_at=NOW + timedelta(days=365), status=StatusReference(f"{ISSUER}/status-lists/7", 4711),
)  # fmt: skip
AWARD = Award(
    id="0198", standard="AP-CRED-1", framework="AP", framework_version="1", subject="Invented care",
    awarded_on=date(2026, 3, 2), issuer=ACADEMY,
    assurance=Assurance(
        delivery="blended", assessed=True, verification_method="record", pedigree="authoritative", recorded_at=NOW
    ),
)  # fmt: skip
PRACTICE = AdvancedPractice(
    id="0199", level="advanced", edition="2025", route="programme",
    pillars=("clinical_practice", "leadership_and_management", "education", "research"), base_profession="nurse",
    recognised_on=date(2026, 1, 5), issuer=ACADEMY,
)  # fmt: skip
BADGES = {"award": of_award(AWARD, TERMS, title="Invented care"), "practice": of_practice(PRACTICE, TERMS)}


def signed(claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    if header is None:
        unsigned = prepare(claims, kid=KID)
        return unsigned.signed(SIGNER.sign(unsigned.to_be_signed))
    text = f"{b64url_encode(canonical_json(header))}.{b64url_encode(canonical_json(claims))}"
    return f"{text}.{b64url_encode(SIGNER.sign(text.encode()))}"


@pytest.fixture(params=list(BADGES))
def claims(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(BADGES[request.param])


def test_a_badge_is_valid_by_its_schema(claims: dict[str, Any]) -> None:
    schema = json.loads((FOLDER / "ob_v3p0_achievementcredential.schema.json").read_text())
    credential = {
        name: value for name, value in claims.items() if name not in ("iss", "jti", "sub", "nbf", "iat", "exp")
    }
    jsonschema.Draft201909Validator(schema).validate(credential)


def test_another_implementation_accepts_it_with_our_public_key(claims: dict[str, Any], monkeypatch: Any) -> None:
    claims |= {"nbf": 1, "validFrom": "1970-01-01T00:00:01Z"}
    claims |= {"exp": 4_102_444_800, "validUntil": "2100-01-01T00:00:00Z"}  # it reads the clock of the machine
    found = OB3Verifier(PRIVATE.public_key()).verify(signed(claims))
    assert found.issuer.id == ISSUER
    assert found.achievement.name == claims["name"]
    other = OB3Verifier(ec.generate_private_key(ec.SECP256R1()).public_key())
    with pytest.raises(LibOpenBadgesException, match="signature"):
        other.verify(signed(claims))


def test_the_header_names_algorithm_and_key_alone(claims: dict[str, Any]) -> None:
    assert jwt.get_unverified_header(signed(claims)) == {"alg": "ES256", "kid": KID}
    assert open_badges.kid_of(signed(claims)) == KID


def test_the_contexts_stand_in_order_and_the_claims_mirror_the_credential(claims: dict[str, Any]) -> None:
    assert claims["@context"] == list(CONTEXTS)
    assert (claims["iss"], claims["jti"], claims["sub"]) == (ISSUER, claims["id"], claims["credentialSubject"]["id"])


def test_recognition_says_that_it_confers_no_scope_and_aligns_to_its_pillars() -> None:
    achievement = BADGES["practice"]["credentialSubject"]["achievement"]
    assert NO_SCOPE_OF_PRACTICE in achievement["description"]
    assert NO_SCOPE_OF_PRACTICE in achievement["criteria"]["narrative"]
    assert [each["targetCode"] for each in achievement["alignment"]] == list(PRACTICE.pillars)


def test_what_was_signed_is_read(claims: dict[str, Any]) -> None:
    badge = read(signed(claims), key=SIGNER.public, now=NOW)
    assert badge.claims == claims
    assert (badge.expired, badge.status) == (False, TERMS.status)


def test_that_it_has_expired_is_a_fact(claims: dict[str, Any]) -> None:
    assert read(signed(claims), key=SIGNER.public, now=NOW + timedelta(days=365)).expired


def test_it_counts_from_its_day_on(claims: dict[str, Any]) -> None:
    with pytest.raises(NotYetValidError):
        read(signed(claims), key=SIGNER.public, now=datetime(2026, 1, 4, tzinfo=UTC))


def test_the_same_claims_make_the_same_bytes(claims: dict[str, Any]) -> None:
    assert prepare(claims, kid=KID) == prepare(json.loads(json.dumps(claims)), kid=KID)


def test_a_foreign_key_and_a_changed_byte_are_refused(claims: dict[str, Any]) -> None:
    token = signed(claims)
    other = MemorySigner(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(SignatureInvalidError):
        read(token, key=other.public, now=NOW)
    head, body, signature = token.split(".")
    changed = canonical_json({**json.loads(b64url_decode(body)), "name": "Consultant practice"})
    with pytest.raises(SignatureInvalidError):
        read(f"{head}.{b64url_encode(changed)}.{signature}", key=SIGNER.public, now=NOW)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": KID}, {"alg": "HS256", "kid": KID}, {"alg": "ES256"},
        {"alg": "ES256", "kid": KID, "typ": "dc+sd-jwt"}, {"alg": "ES256", "kid": KID, "typ": "JWT"},
        {"alg": "ES256", "kid": KID, "jwk": {}}, {"alg": "ES256", "kid": KID, "crit": ["b64"]},
    ],
)  # fmt: skip
def test_another_header_is_refused(claims: dict[str, Any], header: dict[str, Any]) -> None:
    with pytest.raises(CredentialError):
        read(signed(claims, header), key=SIGNER.public, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"}, {"jti": "urn:uuid:other"}, {"sub": "urn:uuid:other"}, {"nbf": 1},
        {"exp": 4_102_444_800}, {"nbf": True}, {"@context": list(reversed(CONTEXTS))}, {"@context": "x"},
        {"type": ["VerifiableCredential"]}, {"type": "OpenBadgeCredential"}, {"issuer": ISSUER},
        {"credentialSubject": []}, {"status": {"status_list": {"uri": 5, "idx": 1}}}, {"validFrom": 5},
    ],
)  # fmt: skip
def test_what_does_not_mirror_the_credential_is_refused(claims: dict[str, Any], changes: dict[str, Any]) -> None:
    with pytest.raises(CredentialError):
        read(signed(claims | changes), key=SIGNER.public, now=NOW)


@pytest.mark.parametrize("name", ["@context", "id", "type", "issuer", "validFrom", "credentialSubject", "iss", "nbf"])
def test_nothing_may_be_missing(claims: dict[str, Any], name: str) -> None:
    del claims[name]
    with pytest.raises(CredentialError):
        read(signed(claims), key=SIGNER.public, now=NOW)


@pytest.mark.parametrize(("name", "bake"), [("badge.png", bake_png), ("badge.svg", bake_svg)])
def test_a_picture_carries_one_badge_that_others_find(claims: dict[str, Any], name: str, bake: Any) -> None:
    first, token = signed(BADGES["award"]), signed(claims)
    picture = bake(bake((PICTURES / name).read_bytes(), first), token)
    theirs = OB3Verifier.extract_token_from_png if name.endswith("png") else OB3Verifier.extract_token_from_svg
    assert take_out(picture) == theirs(picture) == token
    assert picture.count(b"openbadgecredential" if name.endswith("png") else b"<openbadges:credential") == 1


@pytest.mark.parametrize("name", ["badge.png", "badge.svg"])
def test_a_picture_without_a_badge_carries_none(name: str) -> None:
    with pytest.raises(MalformedError):
        take_out((PICTURES / name).read_bytes())


@pytest.mark.parametrize("cut", [0, 7, 8, 12, 20, 200, -1, -9])
def test_a_broken_picture_is_refused(cut: int) -> None:
    whole = bake_png((PICTURES / "badge.png").read_bytes(), "a.b.c")
    with pytest.raises(MalformedError):
        bake_png(whole[:cut], "a.b.c")
    with pytest.raises(MalformedError):
        bake_svg(b"<svg>" + b"x" * cut if cut > 0 else b"", "a.b.c")


def test_our_pictures_hold_no_script_and_nothing_from_elsewhere() -> None:
    text = (PICTURES / "badge.svg").read_text()
    assert not any(words in text for words in ("<script", "href", "url(", "NHS", " on"))
