"""Attacks on the verifier: status lists that are wrong, hostile, or of somebody else."""

import zlib
from collections.abc import Callable
from typing import Any

from credentials import CredentialError, errors
from credentials.encoding import b64url_encode
from credentials.status_list import MAX_BYTES, StatusList, StatusLists, compress
from tests.credentials.forging import FUTURE, GOOD, LISTS, check, each, read, refuses, rows, status, with_status
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
    RETIRED_KEY,
    STATUS_INDEX,
    STATUS_URI,
    STOLEN_KEY,
    STRANGERS_KEY,
    TRUST,
    header_of,
    leaf,
    raw_token,
    status_token,
)


def lst(data: bytes) -> str:
    return status(status_list={"bits": 1, "lst": b64url_encode(data)})


def gzip(data: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    return compressor.compress(data) + compressor.flush()


ZLIB = zlib.compress(bytes(2**14))


@rows(
    ("nothing trailing allowed", errors.StatusMalformedError, lambda: read(lst(ZLIB + b"\0"))),
    ("a second list behind", errors.StatusMalformedError, lambda: read(lst(ZLIB + ZLIB))),
    ("cut off", errors.StatusMalformedError, lambda: read(lst(ZLIB[:-1]))),
    ("cut off before the check sum", errors.StatusMalformedError, lambda: read(lst(ZLIB[:-4]))),
    ("wrong check sum", errors.StatusMalformedError, lambda: read(lst(ZLIB[:-1] + b"\xaa"))),
    ("gzip", errors.StatusMalformedError, lambda: read(lst(gzip(bytes(2**14))))),
    ("raw deflate", errors.StatusMalformedError, lambda: read(lst(ZLIB[2:-4]))),
    ("no compression at all", errors.StatusMalformedError, lambda: read(lst(bytes(2**14)))),
    ("nothing in it", errors.StatusMalformedError, lambda: read(lst(zlib.compress(b"")))),
    ("no bytes", errors.StatusMalformedError, lambda: read(lst(b""))),
    ("an inflate bomb", errors.StatusMalformedError, lambda: read(lst(zlib.compress(bytes(200 * 2**20), 9)))),
    ("one byte too many", errors.StatusMalformedError, lambda: read(lst(zlib.compress(bytes(MAX_BYTES + 1))))),
    ("not base64url", errors.StatusMalformedError, lambda: read(status(status_list={"bits": 1, "lst": "%%%"}))),
    ("padded", errors.StatusMalformedError, lambda: read(status(status_list={"bits": 1, "lst": "eNoDAAAAAAE="}))),
    *((f"bits {value!r}", errors.StatusMalformedError, lambda v=value: read(status(
        status_list={"bits": v, "lst": compress(bytes(2**14))}))) for value in (0, 3, 16, -1, "1", 1.0, 1.5, True,
            None, [1])),
    *((f"lst {value!r}", errors.StatusMalformedError, lambda v=value: read(status(status_list={"bits": 1, "lst": v})))
      for value in each(None, 5, [], {})),
    *((f"status_list {value!r}", errors.StatusMalformedError, lambda v=value: read(status(status_list=v)))
      for value in each(None, 5, "x", [], {}, {"bits": 1}, {"lst": "eNoDAAAAAAE"})),
    *((f"no {name}", errors.StatusMalformedError, lambda n=name: read(status(without=(n,))))
      for name in ("sub", "iat", "status_list")),
    *((f"{name} {value!r}", errors.StatusMalformedError, lambda n=name, v=value: read(status(**{n: v})))
      for name, value in (("iat", "1"), ("iat", 1.5), ("iat", True), ("exp", None), ("exp", "1"), ("exp", -1), ("ttl",
          0),
                          ("ttl", -1), ("ttl", "300"), ("ttl", True), ("ttl", 1.5), ("sub", None), ("sub", 5), ("sub",
                              ""))),
    *((f"sub {value!r}", errors.StatusUriMismatchError, lambda v=value: read(status(sub=v)))
      for value in (STATUS_URI + "/", STATUS_URI + "?a", ISSUER + "/status-lists/8", STATUS_URI.upper(), "x")),
    ("an address of nobody", errors.IssuerUntrustedError, lambda: read(status(),
        uri="https://evil.example/status-lists/7")),
    ("signed in another name", errors.IssuerUntrustedError, lambda: read(status(iss=OTHER_ISSUER))),
    ("of the future", errors.IatFutureError, lambda: read(status(iat=FUTURE))),
    ("older than one seen", errors.StatusRolledBackError, lambda: read(status(), newest_iat=NOW)),
    ("signed by a stranger", errors.KidUnknownError, lambda: read(status(STRANGERS_KEY))),
    ("signed by another issuer", errors.KeyNotForIssuerError, lambda: read(status(OTHER_ISSUERS_KEY))),
    ("signed by the access token key", errors.KeyNotForPurposeError, lambda: read(status(ACCESS_KEY))),
    ("signed by a stolen key", errors.KeyRevokedError, lambda: read(status(STOLEN_KEY))),
    ("signed by a retired key", errors.KeyRetiredError, lambda: read(status(RETIRED_KEY))),
    ("signed by a key that is to come", errors.KeyRetiredError, lambda: read(status(COMING_KEY))),
    ("signed by the holder", errors.KidUnknownError, lambda: read(status(HOLDER_KEY))),
    ("no signature", errors.SignatureInvalidError, lambda: read(status().rpartition(".")[0] + ".")),
    ("changed", errors.SignatureInvalidError, lambda: read(
        ".".join((status().split(".")[0], status(ttl=5).split(".")[1], status().split(".")[2])))),
    ("too long", errors.TooLargeError, lambda: read("A" * 3_000_000)),
    ("with a certificate", errors.HeaderForbiddenError, lambda: read(
        raw_token(header_of(typ="statuslist+jwt", x5c=[leaf()]), {}))),
)  # fmt: skip
def test_a_wrong_status_list_is_refused(reason: type[CredentialError], attack: Callable[[], Any]) -> None:
    refuses(reason, attack)


def test_a_store_of_lists_never_goes_back() -> None:
    lists = StatusLists()
    lists.add(status_token(), uri=STATUS_URI, trust=TRUST, now=NOW)
    older = status_token(STATUS_INDEX, issued_at=NOW - 2 * DAY)
    refuses(errors.StatusRolledBackError, lambda: lists.add(older, uri=STATUS_URI, trust=TRUST, now=NOW))
    assert check(GOOD, statuses=lists).not_withdrawn.result is True


def with_list(**changes: Any) -> dict[str, StatusList]:
    held = LISTS[STATUS_URI]
    values = {name: getattr(held, name) for name in ("uri", "bits", "data", "issued_at", "expires_at", "ttl", "kid")}
    return {STATUS_URI: StatusList(**(values | changes))}


@rows(
    ("index past the end", errors.StatusIndexOutOfRangeError, lambda: check(with_status(idx=2**17))),
    ("index far past the end", errors.StatusIndexOutOfRangeError, lambda: check(with_status(idx=2**53 - 1))),
    ("a list too short", errors.StatusIndexOutOfRangeError, lambda: check(
        GOOD, statuses=with_list(data=bytes(STATUS_INDEX // 8)))),
    ("an empty list", errors.StatusIndexOutOfRangeError, lambda: check(GOOD, statuses=with_list(data=b""))),
    ("a list of another address", errors.StatusUriMismatchError, lambda: check(
        GOOD, statuses=with_list(uri=ISSUER + "/status-lists/8"))),
    ("a list of another key", errors.StatusUriMismatchError, lambda: check(
        GOOD, statuses=with_list(kid=OLD_PASSPORT_KEY.public.kid))),
)  # fmt: skip
def test_a_list_that_contradicts_the_credential_is_refused(
    reason: type[CredentialError], attack: Callable[[], Any]
) -> None:
    refuses(reason, attack)
