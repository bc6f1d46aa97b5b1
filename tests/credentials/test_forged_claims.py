"""Attacks on the verifier: wrong certificates and wrong claims, all rightly signed."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from credentials import CredentialError, errors
from credentials.trust import TrustList
from tests.credentials.forging import (
    FUTURE,
    GOOD,
    KID,
    PAYLOAD,
    check,
    each,
    refuses,
    rows,
    with_claims,
    with_header,
    with_status,
)
from tests.credentials.passport_samples import (
    CA_KEY,
    DAY,
    HOLDER_KEY,
    ISSUER,
    NOW,
    OTHER_ISSUER,
    STATUS_URI,
    STRANGERS_KEY,
    TRUST,
    CertificateWish,
    authority,
    header_of,
    leaf,
    private_key,
    raw_token,
    trust_content,
)

PEM_CHAIN = [base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()]


def with_leaf(**wish: Any) -> str:
    return with_header(x5c=[leaf(CertificateWish(**wish))])


def rooted() -> TrustList:
    return TrustList.of(trust_content(certificate_roots=(authority(),)))


@rows(
    ("no certificate in x5c", errors.HeaderForbiddenError, lambda: check(with_header(x5c=[]))),
    ("x5c is text", errors.HeaderForbiddenError, lambda: check(with_header(x5c=leaf()))),
    ("x5c is null in a list", errors.HeaderForbiddenError, lambda: check(with_header(x5c=[None]))),
    ("x5c is an object", errors.HeaderForbiddenError, lambda: check(with_header(x5c={"0": leaf()}))),
    ("x5c with the root", errors.HeaderForbiddenError, lambda: check(with_header(x5c=[leaf(), authority()]))),
    ("x5c in PEM", errors.HeaderForbiddenError, lambda: check(with_header(x5c=PEM_CHAIN))),
    ("x5c cut off", errors.HeaderForbiddenError, lambda: check(with_header(x5c=[leaf()[:-8]]))),
    ("x5c in base64url", errors.HeaderForbiddenError, lambda: check(with_header(x5c=["-_-_"]))),
    ("x5c with something trailing", errors.HeaderForbiddenError, lambda: check(with_header(
        x5c=[base64.b64encode(base64.b64decode(leaf()) + b"\0").decode()]))),
    ("x5c of P-384", errors.HeaderForbiddenError, lambda: check(
        with_leaf(other_kind="P-384"))),
    ("x5c of Ed25519", errors.HeaderForbiddenError, lambda: check(
        with_leaf(other_kind="Ed25519"))),
    ("x5c is a CA", errors.KeyNotForPurposeError, lambda: check(with_leaf(is_authority=True))),
    ("x5c not for signatures", errors.KeyNotForPurposeError, lambda: check(with_leaf(digital_signature=False))),
    ("x5c without key usage", errors.KeyNotForPurposeError, lambda: check(with_leaf(digital_signature=None))),
    ("x5c self-signed", errors.KeyNotForIssuerError, lambda: check(
        with_leaf(self_signed=True, signed_by=private_key(101)))),
    ("x5c of another key", errors.KeyNotForIssuerError, lambda: check(with_leaf(key=112))),
    ("x5c of another issuer", errors.KeyNotForIssuerError, lambda: check(
        with_leaf(addresses=(OTHER_ISSUER,), hosts=("other.example",)))),
    ("x5c with another host", errors.KeyNotForIssuerError, lambda: check(with_leaf(hosts=("evil.example",)))),
    ("x5c with a wildcard", errors.KeyNotForIssuerError, lambda: check(with_leaf(hosts=("*.example",)))),
    ("x5c without address", errors.KeyNotForIssuerError, lambda: check(with_leaf(addresses=()))),
    ("x5c without host", errors.KeyNotForIssuerError, lambda: check(with_leaf(hosts=()))),
    ("x5c without names", errors.KeyNotForIssuerError, lambda: check(with_leaf(addresses=(), hosts=()))),
    ("x5c with two addresses", errors.KeyNotForIssuerError, lambda: check(with_leaf(addresses=(ISSUER, OTHER_ISSUER)))),
    ("x5c expired when signed", errors.KeyRetiredError, lambda: check(with_leaf(until_at=NOW - 2 * DAY))),
    ("x5c dies before the passport", errors.KeyRetiredError, lambda: check(with_leaf(until_at=NOW + 2 * DAY))),
    ("x5c too young", errors.KeyRetiredError, lambda: check(with_leaf(from_at=NOW))),
    ("x5c of another authority", errors.IssuerUntrustedError, lambda: check(
        with_leaf(signed_by=private_key(112)), trust=rooted())),
    ("x5c by itself changes no key", errors.KidUnknownError, lambda: check(raw_token(
        header_of(STRANGERS_KEY, x5c=[leaf(CertificateWish(key=112))]), PAYLOAD, STRANGERS_KEY) + "~")),
)  # fmt: skip
def test_a_wrong_certificate_is_refused(reason: type[CredentialError], attack: Callable[[], Any]) -> None:
    refuses(reason, attack)


def refused(certificate: str, trust: TrustList) -> bool:
    try:
        check(with_header(x5c=[certificate]), trust=trust)
    except CredentialError:
        return True
    return False


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_a_damaged_certificate_is_refused_with_a_reason() -> None:
    whole = base64.b64decode(leaf())
    for place in range(len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :]
        text = base64.b64encode(damaged).decode()
        refused(text, TRUST)  # some damage leaves it fitting, where no root asks for its signature
        assert refused(text, rooted())


def test_a_right_certificate_is_accepted_with_and_without_a_published_root() -> None:
    assert CA_KEY
    assert check(with_leaf()).outcome == "genuine"
    assert check(with_leaf(), trust=rooted()).outcome == "genuine"


@rows(
    *((f"no {name}", errors.ClaimMissingError, lambda n=name: check(with_claims(without=(n,))))
      for name in ("iss", "vct", "iat", "exp", "status")),
    *((f"iss is {value!r}", errors.ClaimTypeError, lambda v=value: check(with_claims(iss=v)))
      for value in (None, 5, "", [ISSUER], {"id": ISSUER}, True)),
    *((f"iat is {value!r}", errors.ClaimTypeError, lambda v=value: check(with_claims(iat=v)))
      for value in each(None, "1754400000", 1.5, -1, True, [], {}, 10**13)),
    *((f"exp is {value!r}", errors.ClaimTypeError, lambda v=value: check(with_claims(exp=v)))
      for value in each(None, "1", 1786000000.5, 1e10, -1, True, False, [], {}, 10**13)),
    *((f"nbf is {value!r}", errors.ClaimTypeError, lambda v=value: check(with_claims(nbf=v)))
      for value in each(None, "1", 1.5, -1, True, [], 10**13)),
    *((f"vct is {value!r}", errors.ClaimTypeError, lambda v=value: check(with_claims(vct=v)))
      for value in each(None, 5, [PAYLOAD["vct"]], {})),
    *((f"vct is {value!r}", errors.VctUnknownError, lambda v=value: check(with_claims(vct=v)))
      for value in ("", PAYLOAD["vct"] + "/", PAYLOAD["vct"][:-1] + "2", "urn:eudi:pid:1", PAYLOAD["vct"].upper(),
                    OTHER_ISSUER + "/types/staff-passport/v1")),
    *((f"status is {value!r}", errors.ClaimTypeError, lambda v=value: check(with_claims(status=v)))
      for value in each(None, 5, "", [], {"status_list": None}, {"status_list": []}, {"status_list": "x"})),
    ("status without a list", errors.ClaimMissingError, lambda: check(with_claims(status={}))),
    ("status without an index", errors.ClaimMissingError, lambda: check(
        with_claims(status={"status_list": {"uri": STATUS_URI}}))),
    ("status without an address", errors.ClaimMissingError, lambda: check(
        with_claims(status={"status_list": {"idx": 1}}))),
    *((f"status index {value!r}", errors.ClaimTypeError, lambda v=value: check(with_status(idx=v)))
      for value in each(None, "1", 1.0, 1.5, -1, True, [], {})),
    *((f"status address {value!r}", errors.ClaimTypeError, lambda v=value: check(with_status(uri=v)))
      for value in (None, 5, [STATUS_URI])),
    *((f"status address {value!r}", errors.StatusUriMismatchError, lambda v=value: check(with_status(uri=v)))
      for value in ("", "https://evil.example/status-lists/7", ISSUER + ".evil.example/7", ISSUER, "file:///7",
                    "http://passport.example/status-lists/7", OTHER_ISSUER + "/status-lists/7")),
    *((f"cnf is {value!r}", errors.ClaimTypeError, lambda v=value: check(with_claims(cnf=v)))
      for value in each(None, 5, "key", [], {"jwk": None}, {"jwk": []}, {"jwk": {}},
                    {"jwk": {"kty": "oct", "k": "AAAA"}},
                    {"jwk": HOLDER_KEY.public.jwk | {"d": "AAAA"}}, {"jwk": HOLDER_KEY.public.jwk | {"crv": "P-384"}},
                    {"jwk": HOLDER_KEY.public.jwk | {"y": HOLDER_KEY.public.x}})),
    ("cnf names a key only", errors.ClaimMissingError, lambda: check(with_claims(cnf={"kid": KID}))),
    ("issued in the future", errors.IatFutureError, lambda: check(with_claims(iat=FUTURE, exp=FUTURE + 9))),
    ("issued tomorrow", errors.IatFutureError, lambda: check(GOOD, now=NOW - 1.5 * DAY)),
    ("valid in the future", errors.NotYetValidError, lambda: check(with_claims(nbf=FUTURE))),
    ("expires before it was issued", errors.ClaimTypeError, lambda: check(with_claims(exp=PAYLOAD["iat"] - 1))),
    ("expires as it is issued", errors.ClaimTypeError, lambda: check(with_claims(exp=PAYLOAD["iat"]))),
    ("expires before it is valid", errors.ClaimTypeError, lambda: check(with_claims(nbf=PAYLOAD["exp"]))),
    *((f"{name} is {value!r}", errors.ClaimTypeError, lambda n=name, v=value: check(with_claims(**{n: v})))
      for name, value in (("sub", 5), ("sub", None), ("given_name", ["Zoë"]), ("family_name", {}), ("employer",
          "X1V2A"),
                          ("training", {}), ("training", [None]), ("training", ["FS"]), ("credentials", 5),
                          ("registrations", "NMC"), ("advanced_practice", [])))
)  # fmt: skip
def test_a_wrong_claim_is_refused(reason: type[CredentialError], attack: Callable[[], Any]) -> None:
    refuses(reason, attack)
