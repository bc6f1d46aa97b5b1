"""Attacks on the verifier: disclosures that break a rule of RFC 9901, and content of the wrong form."""

import json
from collections.abc import Callable
from typing import Any

from credentials import CredentialError, errors
from credentials.encoding import b64url_decode, b64url_encode
from credentials.sd_jwt import Presentation, digests_of
from tests.credentials.forging import (
    GOOD,
    JWT,
    PAYLOAD,
    SHOWN,
    check,
    disclosure,
    each,
    hiding,
    refuses,
    rows,
    with_claims,
)
from tests.credentials.passport_samples import (
    HOLDER_KEY,
)


def hiding_award(**changes: Any) -> str:
    award = json.loads(b64url_decode(SHOWN.disclosures[2]))[1] | changes
    return hiding(disclosure("salt", {name: value for name, value in award.items() if value != "-"}), at="training")


NAME = disclosure("salt", "given_name", "Zoë")
INNER = disclosure("salt-2", "ods", "X1V2A")
RAW = {
    "is no base64url": "%%%", "is padded": NAME + "=", "is empty": "", "is not canonical": NAME[:-1] + "/",
    "is no JSON": b64url_encode(b"salt,name"), "is an object": b64url_encode(b'{"a":1}'),
        "is text": b64url_encode(b'"a"'),
    "is null": b64url_encode(b"null"), "is empty inside": b64url_encode(b"[]"), "has one element": disclosure("salt"),
    "has four elements": disclosure("salt", "given_name", "Zoë", 1), "has a number for a salt": disclosure(1,
        "given_name", "Zoë"),
    "has null for a salt": disclosure(None, "given_name", "Zoë"), "has a number for a name": disclosure("salt", 5,
        "Zoë"),
    "has null for a name": disclosure("salt", None, "Zoë"), "has a list for a name": disclosure("salt", ["a"], "Zoë"),
    "holds NaN": b64url_encode(b'["salt","a",NaN]'), "is UTF-16": b64url_encode('["salt","a",1]'.encode("utf-16")),
    "is not UTF-8": b64url_encode(b'["salt","a","\xff"]'),
        "is two values": b64url_encode(b'["salt","a",1]["salt","b",2]'),
    "is deep": b64url_encode(b'["salt","a",' + b"[" * 20 + b"]" * 20 + b"]"),
    "holds half a pair": b64url_encode(b'["salt","a","\\udfff"]'),
}  # fmt: skip


@rows(
    *((f"a disclosure {what}", errors.DisclosureMalformedError, lambda t=text: check(Presentation(JWT, (t,)).text))
      for what, text in RAW.items()),
    ("a disclosure beyond ASCII", errors.DisclosureMalformedError, lambda: check(f"{JWT}~Ж~")),
    ("two names in a disclosed object", errors.JsonDuplicateKeyError, lambda: check(
        hiding(b64url_encode(b'["salt","employer",{"ods":"A","ods":"B","name":"C"}]')))),
    ("a disclosure of another passport", errors.DisclosureUnreferencedError, lambda: check(GOOD + NAME + "~")),
    ("an invented disclosure", errors.DisclosureUnreferencedError, lambda: check(f"{JWT}~{NAME}~")),
    ("a changed disclosure", errors.DisclosureUnreferencedError, lambda: check(Presentation(
        JWT, (disclosure(*(json.loads(b64url_decode(SHOWN.disclosures[-1]))[:2]), "Changed"),)).text)),
    ("the same disclosure in other JSON", errors.DisclosureUnreferencedError, lambda: check(Presentation(
        JWT, (b64url_encode(b64url_decode(SHOWN.disclosures[-1]) + b" "),)).text)),
    ("a disclosure twice", errors.DisclosureDuplicateError, lambda: check(Presentation(
        JWT, (*SHOWN.disclosures, SHOWN.disclosures[0])).text)),
    ("a disclosure of a visible claim's name", errors.DisclosureDuplicateError, lambda: check(
        hiding(NAME, given_name="Visible"))),
    ("two disclosures of one name", errors.DisclosureDuplicateError, lambda: check(
        hiding(NAME, disclosure("salt-2", "given_name", "Other")))),
    *((f"a disclosure named {name}", errors.DisclosureReservedNameError, lambda n=name: check(
        hiding(disclosure("salt", n, ["a"])))) for name in ("_sd", "...", "_sd_alg")),
    ("an escaped reserved name", errors.DisclosureReservedNameError, lambda: check(
        hiding(b64url_encode(b'["salt","\\u005fsd",[]]')))),
    *((f"{name} disclosed", errors.ClaimNotDisclosableError, lambda n=name: check(hiding(disclosure("salt", n, "x"))))
      for name in ("nbf", "cnf", "vct#integrity")),
    *((f"{name} hidden and disclosed", errors.ClaimNotDisclosableError, lambda n=name: check(
        hiding(disclosure("salt", n, PAYLOAD[n])))) for name in ("iss", "iat", "exp", "vct", "status")),
    ("a part of status hidden", errors.ClaimNotDisclosableError, lambda: check(
        hiding(status={"status_list": PAYLOAD["status"]["status_list"], "_sd": ["A" * 43]}))),
    ("a part of cnf hidden", errors.ClaimNotDisclosableError, lambda: check(
        hiding(cnf={"jwk": HOLDER_KEY.public.jwk, "_sd": []}))),
    ("a digest twice at the top", errors.DigestDuplicateError, lambda: check(hiding(NAME, _sd=digests_of([NAME]) * 2))),
    ("a digest at the top and in an array", errors.DigestDuplicateError, lambda: check(
        hiding(_sd=["A" * 43], training=[{"...": "A" * 43}]))),
    ("a decoy twice", errors.DigestDuplicateError, lambda: check(hiding(_sd=["A" * 43, "A" * 43]))),
    ("a digest twice in an array", errors.DigestDuplicateError, lambda: check(
        hiding(training=[{"...": "A" * 43}, {"...": "A" * 43}]))),
    ("a digest in a disclosure and at the top", errors.DigestDuplicateError, lambda: check(hiding(
        disclosure("salt", "employer", {"_sd": digests_of([INNER]), "name": "A"}),
        _sd=digests_of([disclosure("salt", "employer", {"_sd": digests_of([INNER]), "name": "A"}), INNER])))),
    ("a claim as an array element", errors.DisclosureMalformedError, lambda: check(hiding(NAME, at="training"))),
    ("an array element as a claim", errors.DisclosureMalformedError, lambda: check(hiding(disclosure("salt", "FS")))),
    *((f"_sd is {value!r}", errors.DisclosureMalformedError, lambda v=value: check(hiding(_sd=v)))
      for value in each(None, "A" * 43, {}, 5, [5], [None], [["A"]], [{}], [{"...": "A" * 43}])),
    *((f"... is {value!r}", errors.DisclosureMalformedError, lambda v=value: check(hiding(training=[{"...": v}])))
      for value in each(None, 5, ["A"], {})),
    ("... beside another member", errors.DisclosureMalformedError, lambda: check(
        hiding(training=[{"...": "A" * 43, "standard": "FS"}]))),
    ("... outside of an array", errors.DisclosureMalformedError, lambda: check(hiding(employer={"...": "A" * 43}))),
    *((f"_sd_alg is {value!r}", errors.SdAlgUnsupportedError, lambda v=value: check(with_claims(_sd_alg=v)))
      for value in ("sha-512", "SHA-256", "sha256", "md5", "", None, 5, ["sha-256"])),
    ("_sd_alg inside", errors.SdAlgUnsupportedError, lambda: check(hiding(employer={"_sd_alg": "sha-256"}))),
    *((f"award with {name} {value!r}", errors.ClaimTypeError, lambda n=name, v=value: check(hiding_award(**{n: v})))
      for name, value in (("awarded_on", "02/03/2026"), ("awarded_on", "2026-02-30"), ("awarded_on", 5),
          ("awarded_on", None),
                          ("id", 5), ("level", 1), ("part", "1"), ("part", True), ("issuer", "X1V2A"), ("issuer", None),
                          ("assurance", {"delivery": "by post"}), ("invented", 1), ("valid_until", "never"))),
    *((f"award without {name}", errors.ClaimMissingError, lambda n=name: check(hiding_award(**{n: "-"})))
      for name in ("id", "standard", "framework", "subject", "awarded_on", "issuer", "assurance")),
)  # fmt: skip
def test_a_wrong_disclosure_is_refused(reason: type[CredentialError], attack: Callable[[], Any]) -> None:
    refuses(reason, attack)


def test_nested_disclosures_are_read_and_bounded() -> None:
    outer = disclosure("salt", "employer", {"_sd": digests_of([INNER]), "name": "Invented Vale"})
    shown = hiding(outer, INNER, _sd=digests_of([outer]))
    employer = check(shown).holder.employer
    assert employer is not None
    assert employer.ods == "X1V2A"
    texts = [disclosure("salt", "a", 1)]
    for _ in range(40):
        texts.append(disclosure("salt", "a", {"_sd": digests_of([texts[-1]])}))
    refuses(errors.DisclosureMalformedError, lambda: check(hiding(*texts, _sd=digests_of([texts[-1]]))))


def test_a_digest_under_an_escaped_name_is_met_all_the_same() -> None:
    hidden = digests_of([INNER])[0]
    escaped = b64url_encode(b'["salt","employer",{"\\u005fsd":["' + hidden.encode() + b'"],"name":"A"}]')
    employer = check(hiding(escaped, INNER, _sd=digests_of([escaped]))).holder.employer
    assert employer is not None
    assert employer.ods == "X1V2A"
