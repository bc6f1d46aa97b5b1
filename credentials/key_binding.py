"""The holder's proof (KB-JWT, RFC 9901 sections 4.3 and 7.3): this choice of records, for this verifier, now.

Whether a proof is needed is the verifier's policy and never decided by whether one is there: a verifier that asked a
question gets the answer to it or refuses, and one that asked none refuses a proof that it could not judge. The proof
is checked in the order of section 7.3: kind and signature under the key in `cnf`, then `aud`, `nonce`, `iat`, and last
that it covers exactly the disclosures shown. Making the question, and using it only once, is left to the verifier.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from credentials.claims import LEEWAY, seconds, text_claim, time_claim
from credentials.encoding import canonical_json
from credentials.errors import (
    CredentialError,
    KbAudError,
    KbInvalidError,
    KbMissingError,
    KbNonceError,
    KbSdHashError,
    KbStaleError,
    KbUnexpectedError,
)
from credentials.jws import parse_compact, sign_compact
from credentials.keys import PublicKey, Signer
from credentials.sd_jwt import Presentation, digests_of

TYPE: Final = "kb+jwt"
MAX_CHARACTERS: Final = 8192
DEFAULT_MAX_AGE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Question:
    """What a verifier asked the holder's wallet to answer: who asks, and a number used once."""

    audience: str
    nonce: str
    max_age: timedelta = DEFAULT_MAX_AGE


def bind(presentation: Presentation, question: Question, *, signer: Signer, now: datetime) -> Presentation:
    """Return the presentation with the holder's proof, as a wallet makes it."""
    claims = {
        "iat": seconds(now),
        "aud": question.audience,
        "nonce": question.nonce,
        "sd_hash": digests_of([presentation.hashed_part])[0],
    }
    proof = sign_compact({"typ": TYPE}, canonical_json(claims), signer=signer, named=False)
    return presentation._replace(key_binding=proof)


def check_key_binding(
    presentation: Presentation, *, holder: PublicKey | None, question: Question | None, now: datetime
) -> None:
    """Check the holder's proof against the question; returning means that all is as the policy asks.

    Raises:
        KbUnexpectedError: a proof, and nobody asked.
        KbMissingError: no proof, and somebody asked.
        KbInvalidError: not a proof by the holder's key, or the credential is bound to no key.
        KbAudError, KbNonceError, KbStaleError, KbSdHashError: a proof of something else.
    """
    proof = presentation.key_binding
    if question is None:
        if proof is not None:
            raise KbUnexpectedError
        return
    if proof is None:
        raise KbMissingError
    if holder is None:
        raise KbInvalidError("the credential is bound to no key")
    try:
        jws = parse_compact(proof, typ=TYPE, max_characters=MAX_CHARACTERS, kid_needed=False)
        jws.verify(holder)
        audience, nonce = text_claim(jws.claims, "aud"), text_claim(jws.claims, "nonce")
        issued_at, sd_hash = time_claim(jws.claims, "iat"), text_claim(jws.claims, "sd_hash")
        expires_at = time_claim(jws.claims, "exp") if "exp" in jws.claims else None
    except CredentialError as error:
        raise KbInvalidError(error.code) from error
    if audience != question.audience:
        raise KbAudError
    if nonce != question.nonce:
        raise KbNonceError
    too_old = issued_at < now - question.max_age - LEEWAY or (expires_at is not None and expires_at <= now - LEEWAY)
    if too_old or issued_at > now + LEEWAY:
        raise KbStaleError
    if sd_hash != digests_of([presentation.hashed_part])[0]:
        raise KbSdHashError
