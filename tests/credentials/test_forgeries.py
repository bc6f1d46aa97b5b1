"""Attacks on the verifier: every hostile text is refused for exactly the named reason, and by no other exception.

Each table is one kind of attack. A row is a name, the expected reason, and how the attack is made; it is made when its
test runs. Here: the header, keys and signatures, text and JSON, one kind of token for another, and every small change.
"""

import hmac
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from credentials import CredentialError, errors
from credentials.encoding import b64url_encode, canonical_json
from credentials.keys import ORDER, MemorySigner, Signer
from credentials.trust import TrustList
from tests.credentials.forging import GOOD, PAYLOAD, SHOWN, check, malleated, refuses, rows, with_claims, with_header
from tests.credentials.passport_samples import (
    ACCESS_KEY,
    COMING_KEY,
    DAY,
    HOLDER_KEY,
    ISSUER,
    NOW,
    OLD_PASSPORT_KEY,
    OTHER_ISSUER,
    OTHER_ISSUERS_KEY,
    PASSPORT_KEY,
    PLANNED_KEY,
    QR_KEY,
    RETIRED_KEY,
    ROOT_KEYS,
    STATUS_INDEX,
    STOLEN_KEY,
    STRANGERS_KEY,
    TRUST_LIST_KEY,
    choose,
    header_of,
    private_key,
    raw_token,
    signer,
    statuses,
    trust_content,
    trusted,
)


def test_the_untouched_passport_is_genuine() -> None:
    assert check(GOOD).outcome == "genuine"
    assert check(with_header()).outcome == "genuine"
    assert check(with_claims()).outcome == "genuine"
    assert check(choose(GOOD)).outcome == "genuine"


FORBIDDEN_MEMBERS: Mapping[str, Any] = {
    "jwk": STRANGERS_KEY.public.jwk, "jku": "https://evil.example/keys", "x5u": "file:///etc/passwd", "x5t": "AAAA",
    "x5t#S256": "AAAA", "zip": "DEF", "b64": False, "cty": "JWT", "enc": "A128GCM", "epk": {}, "apu": "", "apv": "",
    "iv": "AAAA", "tag": "AAAA", "p2s": "AAAA", "p2c": 2**31, "url": ISSUER, "nonce": "n", "trust_chain": [],
        "ppt": "shaken",
    "svt": "a",
}  # fmt: skip
OTHER_ALGORITHMS = (
    "none", "None", "NONE", "nOnE", "", "HS256", "hs256", "HS512", "RS256", "PS256", "ES384", "ES512", "ES256K",
        "EdDSA",
    "Ed25519", "es256", "ES256 ", " ES256", "ES256\0", "ECDH-ES", "dir", "RSA1_5", None, True, 0, ["ES256"],
        {"ES256": 1},
)  # fmt: skip
OTHER_TYPES = (
    "JWT", "jwt", "sd+jwt", "vc+sd-jwt", "DC+SD-JWT", "application/dc+sd-jwt", "kb+jwt", "statuslist+jwt",
        "trust-list+jwt",
    "code-list+jwt", "at+jwt", "client-authentication+jwt", "openid4vci-proof+jwt", "oauth-authz-req+jwt", "dpop+jwt",
        "", None,
    0, ["dc+sd-jwt"], "dc+sd-jwt ",
)  # fmt: skip
CRITICAL: tuple[Any, ...] = ([], ["alg"], ["exp"], ["b64"], "exp", None, 5, {}, ["invented"])
NO_NAMES: tuple[Any, ...] = (None, "", 5, [], ["a"], {}, True)


@rows(
    *((f"alg {a!r}", errors.AlgNotAllowedError, lambda a=a: check(with_header(alg=a))) for a in OTHER_ALGORITHMS),
    ("no alg", errors.AlgNotAllowedError, lambda: check(with_header(without=("alg",)))),
    *((f"typ {t!r}", errors.TypMismatchError, lambda t=t: check(with_header(typ=t))) for t in OTHER_TYPES),
    ("no typ", errors.TypMismatchError, lambda: check(with_header(without=("typ",)))),
    *((f"crit {c!r}", errors.CritUnsupportedError, lambda c=c: check(with_header(crit=c))) for c in CRITICAL),
    *(
        (f"header {name}", errors.HeaderForbiddenError, lambda n=name, v=value: check(with_header(**{n: v})))
        for name, value in FORBIDDEN_MEMBERS.items()
    ),
    *((f"kid {k!r}", errors.KidMissingError, lambda k=k: check(with_header(kid=k))) for k in NO_NAMES),
    ("no kid", errors.KidMissingError, lambda: check(with_header(without=("kid",)))),
)
def test_a_wrong_header_is_refused(reason: type[CredentialError], attack: Callable[[], Any]) -> None:
    refuses(reason, attack)


def with_signature(signature: bytes) -> str:
    return raw_token(header_of(), PAYLOAD, signature=signature) + "~"


def hmac_with_public_key(secret: bytes) -> str:
    signing_input = f"{b64url_encode(canonical_json(header_of()))}.{b64url_encode(canonical_json(PAYLOAD))}"
    return f"{signing_input}.{b64url_encode(hmac.digest(secret, signing_input.encode(), 'sha256'))}~"


def swapped_payload() -> str:
    header, _, signature = SHOWN.issuer_jwt.split(".")
    return f"{header}.{b64url_encode(canonical_json(PAYLOAD | {'exp': PAYLOAD['exp'] + 9}))}.{signature}~"


def signed_by(key: Signer, **changes: Any) -> str:
    return raw_token(header_of(key), PAYLOAD | changes, key) + "~"


def der_signature() -> bytes:
    return private_key(101).sign(b"any", ec.ECDSA(hashes.SHA256()))


def seconds_ago(days: int) -> int:
    return int((NOW - days * DAY).timestamp())


@rows(
    ("r and s zero", errors.SignatureInvalidError, lambda: check(with_signature(bytes(64)))),
    ("r zero", errors.SignatureInvalidError, lambda: check(with_signature(bytes(32) + b"\1" * 32))),
    ("s zero", errors.SignatureInvalidError, lambda: check(with_signature(b"\1" * 32 + bytes(32)))),
    ("r and s n", errors.SignatureInvalidError, lambda: check(with_signature(ORDER.to_bytes(32) * 2))),
    ("r n", errors.SignatureInvalidError, lambda: check(with_signature(ORDER.to_bytes(32) + b"\1" * 32))),
    ("all ones", errors.SignatureInvalidError, lambda: check(with_signature(b"\xff" * 64))),
    ("r and s one", errors.SignatureInvalidError, lambda: check(with_signature((1).to_bytes(32) * 2))),
    ("empty signature", errors.SignatureInvalidError, lambda: check(with_signature(b""))),
    ("short signature", errors.SignatureInvalidError, lambda: check(with_signature(b"\1" * 63))),
    ("long signature", errors.SignatureInvalidError, lambda: check(with_signature(b"\1" * 65))),
    ("96 bytes", errors.SignatureInvalidError, lambda: check(with_signature(b"\1" * 96))),
    ("DER signature", errors.SignatureInvalidError, lambda: check(with_signature(der_signature()))),
    ("HMAC with the PEM", errors.SignatureInvalidError,
        lambda: check(hmac_with_public_key(PASSPORT_KEY.public.pem.encode()))),
    ("HMAC with x", errors.SignatureInvalidError, lambda: check(hmac_with_public_key(PASSPORT_KEY.public.x.encode()))),
    ("HMAC with nothing", errors.SignatureInvalidError, lambda: check(hmac_with_public_key(b""))),
    ("payload swapped", errors.SignatureInvalidError, lambda: check(swapped_payload())),
    ("kid of the service, key of a stranger", errors.SignatureInvalidError, lambda: check(
        raw_token(header_of(PASSPORT_KEY), PAYLOAD, STRANGERS_KEY) + "~")),
    ("kid of another key of the service", errors.SignatureInvalidError, lambda: check(
        raw_token(header_of(OLD_PASSPORT_KEY), PAYLOAD | {"iat": seconds_ago(40)}, PASSPORT_KEY) + "~")),
    ("key of a stranger", errors.KidUnknownError, lambda: check(signed_by(STRANGERS_KEY))),
    ("kid with a blank", errors.KidUnknownError, lambda: check(with_header(kid=PASSPORT_KEY.public.kid + " "))),
    ("kid with a path", errors.KidUnknownError, lambda: check(with_header(kid="../../keys/passport.pem"))),
    ("kid with SQL", errors.KidUnknownError, lambda: check(with_header(kid="' OR 1=1 --"))),
    ("kid as an address", errors.KidUnknownError, lambda: check(with_header(kid="https://evil.example/key"))),
    ("the holder as issuer", errors.KidUnknownError, lambda: check(signed_by(HOLDER_KEY))),
    ("root key", errors.KidUnknownError, lambda: check(signed_by(ROOT_KEYS[0]))),
    ("trust list key", errors.KidUnknownError, lambda: check(signed_by(TRUST_LIST_KEY))),
    ("key of another issuer", errors.KeyNotForIssuerError, lambda: check(signed_by(OTHER_ISSUERS_KEY))),
    ("our key for another issuer", errors.KeyNotForIssuerError, lambda: check(signed_by(PASSPORT_KEY,
        iss=OTHER_ISSUER))),
    ("QR key", errors.KeyNotForPurposeError, lambda: check(signed_by(QR_KEY))),
    ("access token key", errors.KeyNotForPurposeError, lambda: check(signed_by(ACCESS_KEY))),
    ("stolen key", errors.KeyRevokedError, lambda: check(signed_by(STOLEN_KEY))),
    ("stolen key, long ago", errors.KeyRevokedError, lambda: check(signed_by(STOLEN_KEY, iat=seconds_ago(250)))),
    ("retiring key", errors.KeyRetiredError, lambda: check(signed_by(OLD_PASSPORT_KEY))),
    ("retired key", errors.KeyRetiredError, lambda: check(signed_by(RETIRED_KEY))),
    ("key before its life", errors.KeyRetiredError, lambda: check(signed_by(PASSPORT_KEY, iat=seconds_ago(301)))),
    ("key that is to come", errors.KeyRetiredError, lambda: check(signed_by(COMING_KEY))),
    ("planned key", errors.KeyRetiredError, lambda: check(signed_by(PLANNED_KEY))),
    ("unknown issuer", errors.IssuerUntrustedError, lambda: check(signed_by(PASSPORT_KEY, iss="https://evil.example"))),
    ("issuer with a slash", errors.IssuerUntrustedError, lambda: check(signed_by(PASSPORT_KEY, iss=ISSUER + "/"))),
    ("issuer in capitals", errors.IssuerUntrustedError, lambda: check(signed_by(PASSPORT_KEY, iss=ISSUER.upper()))),
    ("issuer as a prefix", errors.IssuerUntrustedError, lambda: check(signed_by(PASSPORT_KEY, iss=ISSUER[:-1]))),
    ("issuer by http", errors.IssuerUntrustedError, lambda: check(
        signed_by(PASSPORT_KEY, iss="http://passport.example"))),
    ("issuer in other letters", errors.IssuerUntrustedError, lambda: check(
        signed_by(PASSPORT_KEY, iss="https://pаssport.example"))),
)  # fmt: skip
def test_a_wrong_key_or_signature_is_refused(reason: type[CredentialError], attack: Callable[[], Any]) -> None:
    refuses(reason, attack)


def test_a_malleated_signature_is_another_text_of_the_same_credential() -> None:
    first, second = check(GOOD), check(malleated(GOOD))
    assert malleated(GOOD) != GOOD
    assert first.status == second.status  # revocation and replay go by this, never by the text
    with_bit = statuses(STATUS_INDEX)
    assert check(malleated(GOOD), statuses=with_bit).not_withdrawn.result is False


def test_what_was_opened_before_is_refused_once_its_key_is_stolen() -> None:
    assert check(GOOD).outcome == "genuine"
    stolen = TrustList.of(trust_content(keys=(trusted(PASSPORT_KEY, state="compromised"),)))
    refuses(errors.KeyRevokedError, lambda: check(GOOD, trust=stolen))
    moved = TrustList.of(trust_content(keys=(trusted(PASSPORT_KEY, issuer=OTHER_ISSUER),)))
    refuses(errors.KeyNotForIssuerError, lambda: check(GOOD, trust=moved))
    refuses(errors.IatFutureError, lambda: check(GOOD, now=NOW - 2 * DAY))
    refuses(errors.SignatureInvalidError, lambda: check(swapped_payload()))


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~= "


def test_no_change_of_one_character_is_accepted() -> None:
    shown = choose(GOOD, 0, 5)
    for place, old in enumerate(shown):
        new = ALPHABET[(ALPHABET.find(old) + 1 + place * 7) % len(ALPHABET)]
        changed = shown[:place] + (new if new != old else "*") + shown[place + 1 :]
        with pytest.raises(CredentialError):
            check(changed)


def test_no_shortened_passport_is_accepted() -> None:
    shown = choose(GOOD, 0, 5)
    ends = {len("~".join(shown.split("~")[:count])) + 1 for count in range(1, 4)}
    for length in range(len(shown)):
        if length not in ends:  # the holder may leave disclosures out
            with pytest.raises(CredentialError):
                check(shown[:length])


def test_nobody_else_signs_a_passport() -> None:
    for number in range(200, 230):
        refuses(errors.KidUnknownError, lambda n=number: check(signed_by(MemorySigner(private_key(n)))))  # type: ignore[misc]
    assert replace(trust_content(), seq=13).seq == 13
    assert signer(101).public == PASSPORT_KEY.public
