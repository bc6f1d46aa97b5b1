"""The signed code list: which small integer in an offline QR stands for which standard and which word.

It is a JWT of type `code-list+jwt`, signed by the trust-list key (wire formats, section 5), which verifiers keep beside
the trust list. It carries the whole catalogue of standards, so that a receiving trust can also decide offline.

A number is never used again for something else, and the facts that it stands for never change (only titles, parts,
`satisfies` and renewal rules may). So one list reads every QR made with it or with an older one; a QR names the
version it was made with, and a reader whose list is older says that it could not check. `check_follows` guards this
before a new version is signed.

In the order of the code: the words and their numbers, the list, issue, read, the rule for the next version.
"""

from datetime import datetime
from functools import cached_property
from typing import Final

import msgspec

from credentials.catalogue import Catalogue, Standard
from credentials.claims import LEEWAY, record_of, time_claim
from credentials.encoding import canonical_json
from credentials.errors import (
    ClaimTypeError,
    IatFutureError,
    KidUnknownError,
    TrustListRolledBackError,
    TrustListStaleError,
)
from credentials.jws import parse_compact, sign_compact
from credentials.keys import Signer
from credentials.records import Award
from credentials.trust_root import TrustRoot

TYPE: Final = "code-list+jwt"
MAX_CHARACTERS: Final = 4 * 2**20


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of the words that a record may use, one table for each kind of word."""

    delivery: dict[str, int]
    verification_method: dict[str, int]
    pedigree: dict[str, int]
    practice_level: dict[str, int]
    edition: dict[str, int]
    route: dict[str, int]
    pillar: dict[str, int]
    registration_method: dict[str, int]


# The words of `records`, numbered once and for all: add at the end, never change, never remove.
WORDS: Final = Words(
    delivery={"unknown": 0, "e_learning": 1, "face_to_face": 2, "blended": 3},
    verification_method={"not_verified": 0, "document": 1, "record": 2, "document_and_record": 3},
    pedigree={"authoritative": 1, "sourced": 2},
    practice_level={"enhanced": 1, "advanced": 2, "consultant": 3},
    edition={"2017": 1, "2025": 2},
    route={"programme": 1, "eportfolio": 2},
    pillar={"clinical_practice": 1, "leadership_and_management": 2, "education": 3, "research": 4},
    registration_method={"not_checked": 0, "register_lookup": 1, "document": 2, "employer_record": 3},
)


class CodeList(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One version of the code list: the claims of its token, times in seconds since 1970.

    Members that this version does not know are passed over, so that old verifiers go on reading new lists.
    """

    iss: str
    iat: int
    exp: int
    version: int
    standards: tuple[Standard, ...]
    words: Words

    @cached_property
    def catalogue(self) -> Catalogue:
        """The standards, as a decision asks for them."""
        return Catalogue(version=self.version, standards=self.standards)

    def number_of(self, award: Award) -> int | None:
        """Return the number of the standard that an award names, or None if the list does not have exactly that."""
        standard = self.catalogue.by_code.get(award.standard)
        if standard is None or _facts(standard) != _facts(award):
            return None
        return standard.number


def issue_code_list(code_list: CodeList, *, signer: Signer, previous: CodeList | None = None) -> str:
    """Sign a code list. `signer` is the trust-list key; `previous` the version that was signed before, if any.

    Raises:
        ClaimTypeError: a number or code stands for two things, or for something else than in `previous`.
    """
    _check_numbers(code_list)
    if previous is not None:
        check_follows(code_list, previous)
    return sign_compact({"typ": TYPE}, canonical_json(code_list), signer=signer)


def read_code_list(token: str, root: TrustRoot, now: datetime, *, newest_version: int | None = None) -> CodeList:
    """Read a code list under a root.

    Args:
        token: the signed list.
        root: the root document that the trust list is read under too.
        now: UTC.
        newest_version: the highest `version` that this verifier has seen, if any.

    Raises:
        KidUnknownError, SignatureInvalidError: its signer.
        TrustListRolledBackError: older than `newest_version`.
        TrustListStaleError: the list or the root expired.
        CredentialError: it can't be read.
    """
    root.check_expiry(now)
    jws = parse_compact(token, typ=TYPE, max_characters=MAX_CHARACTERS)
    key = root.keys_for("trust_list").get(jws.kid)
    if key is None:
        raise KidUnknownError
    jws.verify(key)
    code_list = record_of(CodeList, jws.claims)
    _check_numbers(code_list)
    if time_claim(jws.claims, "iat") > now + LEEWAY:
        raise IatFutureError
    if newest_version is not None and code_list.version < newest_version:
        raise TrustListRolledBackError("code list")
    if time_claim(jws.claims, "exp") <= now:
        raise TrustListStaleError("code list")
    return code_list


def check_follows(new: CodeList, previous: CodeList) -> None:
    """Check that a new version may follow another: every number still stands for what it stood for.

    Raises:
        ClaimTypeError: the version does not grow, or a number is gone or stands for something else.
    """
    if new.version <= previous.version:
        raise ClaimTypeError("version: does not grow")
    for standard in previous.standards:
        successor = new.catalogue.by_number.get(standard.number)
        if successor is None or (successor.code, _facts(successor)) != (standard.code, _facts(standard)):
            raise ClaimTypeError(f"standards: number {standard.number} has changed")
    for name in Words.__struct_fields__:
        table: dict[str, int] = getattr(new.words, name)
        if not getattr(previous.words, name).items() <= table.items():
            raise ClaimTypeError(f"words: {name} has changed")


def _facts(standard: Standard | Award) -> tuple[str | None, ...]:
    """What a number stands for, beside the code. Titles, parts and rules may change; these may not."""
    return (standard.framework, standard.subject, standard.level, standard.variant)


def _check_numbers(code_list: CodeList) -> None:
    """Refuse a list in which a number or a code stands for two things, or a number is not one."""
    tables = [getattr(code_list.words, name).values() for name in Words.__struct_fields__]
    numbers = [standard.number for standard in code_list.standards]
    if any(len(set(table)) != len(table) or min(table, default=0) < 0 for table in (*tables, numbers)):
        raise ClaimTypeError("a number is negative or stands for two things")
    if len(code_list.catalogue.by_code) != len(numbers):
        raise ClaimTypeError("a code is there twice")
