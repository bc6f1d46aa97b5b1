"""Attacks on the verifier: wrong proofs of the holder."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from credentials import CredentialError, errors
from credentials.encoding import b64url_encode
from credentials.key_binding import Question
from credentials.keys import Signer
from credentials.sd_jwt import Presentation, digests_of, split_presentation
from tests.credentials.forging import GOOD, JWT, PAYLOAD, QUESTION, SHOWN, asked, bound, check, malleated, refuses, rows
from tests.credentials.passport_samples import (
    DAY,
    HOLDER_KEY,
    NOW,
    PASSPORT_KEY,
    STRANGERS_KEY,
    header_of,
    leaf,
    raw_token,
)


def proof(key: Signer = HOLDER_KEY, typ: str = "kb+jwt", without: tuple[str, ...] = (), **changes: Any) -> str:
    """Make a proof with changed claims; `header` changes the header."""
    header = {"alg": "ES256", "typ": typ} | changes.pop("header", {})
    claims: dict[str, Any] = {
        "iat": int(NOW.timestamp()),
        "aud": QUESTION.audience,
        "nonce": QUESTION.nonce,
        "sd_hash": digests_of([SHOWN.hashed_part])[0],
    }
    claims = {name: value for name, value in claims.items() if name not in without} | changes
    return SHOWN.hashed_part + raw_token(header, claims, key)


def unbound() -> str:
    return raw_token(header_of(), {name: value for name, value in PAYLOAD.items() if name != "cnf"}) + "~"


@rows(
    ("no proof", errors.KbMissingError, lambda: asked(GOOD)),
    ("a proof nobody asked for", errors.KbUnexpectedError, lambda: check(bound())),
    ("a broken proof nobody asked for", errors.KbUnexpectedError, lambda: check(GOOD + "x")),
    ("a proof for an unbound passport", errors.KbInvalidError, lambda: asked(bound(shown=unbound()))),
    ("a proof of a stranger", errors.KbInvalidError, lambda: asked(bound(key=STRANGERS_KEY))),
    ("a proof of the issuer", errors.KbInvalidError, lambda: asked(bound(key=PASSPORT_KEY))),
    ("a word for a proof", errors.KbInvalidError, lambda: asked(GOOD + "proof")),
    ("the issuer's token for a proof", errors.KbInvalidError, lambda: asked(GOOD + JWT)),
    ("a long proof", errors.KbInvalidError, lambda: asked(GOOD + "A" * 9000)),
    ("a proof cut off", errors.KbInvalidError, lambda: asked(bound()[:-1])),
    ("a proof for another verifier", errors.KbAudError, lambda: asked(bound(Question("https://evil.example",
        "nonce-1")))),
    ("a proof for nobody", errors.KbInvalidError, lambda: asked(proof(aud=""))),
    ("an old answer", errors.KbNonceError, lambda: asked(bound(Question(QUESTION.audience, "nonce-0")))),
    ("a nonce in other letters", errors.KbNonceError, lambda: asked(proof(nonce="NONCE-1"))),
    ("an old proof", errors.KbStaleError, lambda: asked(bound(at=NOW - timedelta(minutes=6, seconds=1)))),
    ("a proof of last year", errors.KbStaleError, lambda: asked(bound(at=NOW - 365 * DAY))),
    ("a proof of the future", errors.KbStaleError, lambda: asked(bound(at=NOW + timedelta(seconds=61)))),
    ("a proof of next year", errors.KbStaleError, lambda: asked(bound(at=NOW + 365 * DAY))),
    ("an expired proof", errors.KbStaleError, lambda: asked(proof(exp=int(NOW.timestamp()) - 61))),
    ("fewer disclosures than proved", errors.KbSdHashError, lambda: asked(
        Presentation(JWT, SHOWN.disclosures[1:], split_presentation(bound()).key_binding).text)),
    ("disclosures in another order", errors.KbSdHashError, lambda: asked(
        Presentation(JWT, SHOWN.disclosures[::-1], split_presentation(bound()).key_binding).text)),
    ("a proof with another passport's token", errors.KbSdHashError, lambda: asked(
        Presentation(malleated(GOOD).split("~")[0], SHOWN.disclosures, split_presentation(bound()).key_binding).text)),
    ("a proof of the token alone", errors.KbSdHashError, lambda: asked(proof(
        sd_hash=b64url_encode(hashlib.sha256(JWT.encode()).digest())))),
    ("sd_hash padded", errors.KbSdHashError, lambda: asked(proof(sd_hash=digests_of([SHOWN.hashed_part])[0] + "="))),
    *((f"a proof of kind {typ!r}", errors.KbInvalidError, lambda t=typ: asked(proof(typ=t)))
      for typ in ("JWT", "dc+sd-jwt", "statuslist+jwt", "trust-list+jwt", "at+jwt", "openid4vci-proof+jwt", "KB+JWT",
          "dpop+jwt")),
    *((f"a proof without {name}", errors.KbInvalidError, lambda n=name: asked(proof(without=(n,))))
      for name in ("iat", "aud", "nonce", "sd_hash")),
    *((f"a proof with {name} {value!r}", errors.KbInvalidError, lambda n=name, v=value: asked(proof(**{n: v})))
      for name, value in (("iat", "1"), ("iat", True), ("iat", 1.5), ("aud", [QUESTION.audience]), ("aud", None),
          ("nonce", 1),
                          ("nonce", ["nonce-1"]), ("sd_hash", None), ("sd_hash", []), ("exp", "1"), ("exp", None))),
    *((f"a proof with header {name}", errors.KbInvalidError, lambda n=name, v=value: asked(proof(header={n: v})))
      for name, value in (("alg", "none"), ("alg", "HS256"), ("crit", []), ("jwk", HOLDER_KEY.public.jwk), ("x5c",
          [leaf()]),
                          ("b64", False), ("zip", "DEF"), ("kid", 5))),
)  # fmt: skip
def test_a_wrong_proof_of_the_holder_is_refused(reason: type[CredentialError], attack: Callable[[], Any]) -> None:
    refuses(reason, attack)


def test_a_right_proof_of_the_holder_is_accepted() -> None:
    assert asked(bound()).holder_bound
    assert asked(proof()).holder_bound
    assert asked(proof(header={"kid": "holder-1"})).holder_bound
    for minutes in (-5, -1, 1):
        assert asked(bound(at=NOW + timedelta(minutes=minutes))).holder_bound
