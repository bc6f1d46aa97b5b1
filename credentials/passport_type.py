"""Our credential type, the staff passport: its claims, what is disclosable, its hash and its type metadata.

In the order of the code: the type's name; the content that a verifier sees, which may be any part of a passport
(wire formats, section 2); content to claims, with one disclosure each for the number, the names, the employer, every
registration and every award, and claims to content, read strictly; the hash by which a service sees whether anything
visible changed; and the type metadata that is served at the type's own address (SD-JWT VC draft 19, section 4).
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import msgspec

from credentials.claims import record_of
from credentials.encoding import canonical_json
from credentials.errors import ClaimTypeError
from credentials.records import (
    NO_SCOPE_OF_PRACTICE,
    AdvancedPractice,
    Award,
    Employer,
    PassportContent,
    Record,
    Registration,
)
from credentials.sd_jwt import Disclosable

TYPE_PATH: Final = "/types/staff-passport/v1"

# The content's members and the claims that carry them.
CLAIM_OF: Final = {
    "number": "sub",
    "given_name": "given_name",
    "family_name": "family_name",
    "employer": "employer",
    "registrations": "registrations",
    "training": "training",
    "credentials": "credentials",
    "advanced_practice": "advanced_practice",
}
NEVER_DISCLOSABLE: Final = frozenset({"iss", "iat", "nbf", "exp", "vct", "vct#integrity", "cnf", "status"})

_LABELS: Final = {
    "sub": "Passport number",
    "given_name": "Given name",
    "family_name": "Family name",
    "employer": "Employer",
    "registrations": "Professional registrations",
    "training": "Statutory and mandatory training",
    "credentials": "Credentials",
    "advanced_practice": "Advanced practice",
}
_LOCALE: Final = "en-GB"


class DisclosedContent(Record, frozen=True):
    """What a passport says as far as it was shown. A part that is None or empty was not shown, or is not there."""

    number: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    employer: Employer | None = None
    registrations: tuple[Registration, ...] = ()
    training: tuple[Award, ...] = ()
    credentials: tuple[Award, ...] = ()
    advanced_practice: AdvancedPractice | None = None


def type_of(issuer: str) -> str:
    """Return the name of our type under an issuer, which is also the address of its metadata."""
    return issuer + TYPE_PATH


def to_claims(content: PassportContent) -> dict[str, object]:
    """Return the claims of a passport, each marked as disclosable; what is empty is left out."""
    claims: dict[str, object] = {}
    for member, claim in CLAIM_OF.items():
        value = getattr(content, member)
        if isinstance(value, tuple):
            if value:
                claims[claim] = [Disclosable(element) for element in value]
        elif value is not None:
            claims[claim] = Disclosable(value)
    return claims


def to_content(claims: Mapping[str, object]) -> DisclosedContent:
    """Read the shown claims of a passport. Other claims are passed over (RFC 7519 section 4).

    Raises:
        ClaimMissingError, ClaimTypeError: with the path of the first fault.
    """
    members = {member: claims[claim] for member, claim in CLAIM_OF.items() if claim in claims}
    if None in members.values():
        raise ClaimTypeError("a claim is null")
    return record_of(DisclosedContent, members)


def content_shown(content: PassportContent) -> DisclosedContent:
    """Return a whole passport as if all of it had been shown."""
    return DisclosedContent(**{member: getattr(content, member) for member in CLAIM_OF})


def content_hash(content: PassportContent) -> str:
    """Return the SHA-256, in hexadecimal, of all that a passport says; the order of its records does not matter."""
    members = {member: getattr(content, member) for member in CLAIM_OF}
    said = {member: _sorted(value) for member, value in members.items() if value not in (None, ())}
    return sha256(canonical_json(said)).hexdigest()


def _sorted(value: object) -> object:
    """Return a value that is one whatever the order of its records; each of them is encoded once."""
    return [msgspec.Raw(record) for record in sorted(map(canonical_json, value))] if isinstance(value, tuple) else value


def type_metadata(issuer: str) -> dict[str, object]:
    """Return the type metadata document, as wallets fetch it from the address that `vct` names."""
    return {
        "vct": type_of(issuer),
        "name": "Staff passport",
        "description": "Training, credentials and registrations of a member of staff, as recorded by employers.",
        "display": [
            {
                "locale": _LOCALE,
                "name": "Staff passport",
                "description": "Records of training and credentials that another employer can check.",
            }
        ],
        "claims": [_claim_metadata(claim) for claim in CLAIM_OF.values()],
    }


def _claim_metadata(claim: str) -> dict[str, object]:
    """Describe a claim. Members of an array are disclosed one by one, so the path names its elements."""
    path = [claim, None] if claim in ("registrations", "training", "credentials") else [claim]
    label = _LABELS[claim]
    # Wallets of older drafts look for `label`, newer ones for `name`.
    shown = {"locale": _LOCALE, "name": label, "label": label}
    if claim == "advanced_practice":
        shown["description"] = NO_SCOPE_OF_PRACTICE
    return {"path": path, "sd": "always", "display": [shown]}
