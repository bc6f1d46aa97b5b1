"""Attacks on the verifier: texts that are no strict token, and one kind of token taken for another."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from credentials import CredentialError, errors
from credentials.encoding import canonical_json
from credentials.sd_jwt import split_presentation
from credentials.trust import issue_trust_list, read_trust_list
from credentials.trust_root import draft_root, read_root, sign_root
from tests.credentials.forging import (
    BODY,
    GOOD,
    HEADER,
    JWT,
    PAYLOAD,
    PAYLOAD_JSON,
    SIGNATURE,
    asked,
    bound,
    check,
    raw,
    read,
    refuses,
    rows,
    status,
    with_header,
)
from tests.credentials.passport_samples import (
    DAY,
    NOW,
    ROOT_KEYS,
    TRUST_LIST_KEY,
    header_of,
    raw_token,
    status_token,
    trust_content,
)


@rows(
    ("nothing", errors.MalformedError, lambda: check("")),
    ("a tilde", errors.MalformedError, lambda: check("~")),
    ("a word", errors.MalformedError, lambda: check("hello")),
    ("a bare token", errors.MalformedError, lambda: check(JWT)),
    ("two parts", errors.MalformedError, lambda: check(f"{HEADER}.{BODY}~")),
    ("four parts", errors.MalformedError, lambda: check(f"{JWT}.AAAA~")),
    ("five parts, as if encrypted", errors.MalformedError, lambda: check(f"{HEADER}.AAAA.AAAA.AAAA.AAAA~")),
    ("only dots", errors.MalformedError, lambda: check("..~")),
    ("empty header", errors.MalformedError, lambda: check(f".{BODY}.{SIGNATURE}~")),
    ("empty payload", errors.JsonInvalidError, lambda: check(f"{HEADER}..{SIGNATURE}~")),
    ("no signature", errors.SignatureInvalidError, lambda: check(f"{HEADER}.{BODY}.~")),
    ("padding in the signature", errors.MalformedError, lambda: check(f"{JWT}==~")),
    ("padding in the header", errors.MalformedError, lambda: check(f"{HEADER}=.{BODY}.{SIGNATURE}~")),
    ("blank before", errors.MalformedError, lambda: check(" " + GOOD)),
    ("newline in the payload", errors.MalformedError, lambda: check(f"{HEADER}.{BODY[:9]}\n{BODY[9:]}.{SIGNATURE}~")),
    ("NUL in the payload", errors.MalformedError, lambda: check(f"{HEADER}.{BODY[:9]}\0{BODY[9:]}.{SIGNATURE}~")),
    ("standard base64", errors.MalformedError, lambda: check(f"{HEADER}.{BODY}.{'/' * 86}~")),
    ("other spelling of the last character", errors.MalformedError, lambda: check(
        f"{HEADER}.{BODY}.{SIGNATURE[:-1]}{chr(ord(SIGNATURE[-1]) + 1)}~")),
    ("letters beyond ASCII", errors.MalformedError, lambda: check("Ж" + GOOD)),
    ("fullwidth letters", errors.MalformedError, lambda: check(f"{HEADER}.{BODY}.Ａ{SIGNATURE[1:]}~")),
    ("half a surrogate pair", errors.MalformedError, lambda: check(f"{HEADER}.{BODY}.\ud800{SIGNATURE[1:]}~")),
    ("JSON serialisation", errors.MalformedError, lambda: check(json.dumps(
        {"protected": HEADER, "payload": BODY, "signature": SIGNATURE}) + "~")),
    ("JSON and compact at once", errors.MalformedError, lambda: check(f'{{"a":"{JWT}"}}~')),
    ("data address", errors.MalformedError, lambda: check("data:," + GOOD)),
    ("Bearer", errors.MalformedError, lambda: check("Bearer " + GOOD)),
    ("too long", errors.TooLargeError, lambda: check(GOOD + "A" * 200_000)),
    ("too many disclosures", errors.TooLargeError, lambda: check(JWT + "~" * 600)),
    ("header too long", errors.TooLargeError, lambda: check(with_header(pad="A" * 9000))),
    ("header is a list", errors.MalformedError, lambda: check(raw(header=b"[]"))),
    ("header is text", errors.MalformedError, lambda: check(raw(header=b'"ES256"'))),
    ("header is null", errors.MalformedError, lambda: check(raw(header=b"null"))),
    ("payload is a list", errors.ClaimTypeError, lambda: check(raw(payload=b"[]"))),
    ("payload is null", errors.ClaimTypeError, lambda: check(raw(payload=b"null"))),
    ("header is no JSON", errors.JsonInvalidError, lambda: check(raw(header=b"alg=ES256"))),
    ("payload is no JSON", errors.JsonInvalidError, lambda: check(raw(payload=b"iss=me"))),
    ("payload is a token", errors.JsonInvalidError, lambda: check(raw(payload=JWT.encode()))),
    ("payload in UTF-16", errors.JsonInvalidError, lambda: check(raw(payload=PAYLOAD_JSON.decode().encode("utf-16")))),
    ("byte order mark", errors.JsonInvalidError, lambda: check(raw(payload=b"\xef\xbb\xbf" + PAYLOAD_JSON))),
    ("NaN", errors.JsonInvalidError, lambda: check(raw(payload=PAYLOAD_JSON[:-1] + b',"a":NaN}'))),
    ("Infinity", errors.JsonInvalidError, lambda: check(raw(payload=PAYLOAD_JSON[:-1] + b',"a":-Infinity}'))),
    ("a huge integer", errors.JsonInvalidError,
        lambda: check(raw(payload=PAYLOAD_JSON[:-1] + b',"a":' + b"9" * 4000 + b"}"))),
    ("2^63", errors.JsonInvalidError, lambda: check(raw(payload=PAYLOAD_JSON[:-1] + b',"a":9223372036854775808}'))),
    ("deep nesting", errors.JsonInvalidError, lambda: check(raw(
        payload=PAYLOAD_JSON[:-1] + b',"a":' + b"[" * 17 + b"]" * 17 + b"}"))),
    ("very deep nesting", errors.JsonInvalidError, lambda: check(raw(payload=b"[" * 40_000))),
    ("deep header", errors.JsonInvalidError, lambda: check(raw(header=b'{"a":' * 900 + b"1" + b"}" * 900))),
    ("half a pair in a claim", errors.JsonInvalidError,
        lambda: check(raw(payload=PAYLOAD_JSON[:-1] + b',"a":"\\ud800"}'))),
    ("two objects", errors.JsonInvalidError, lambda: check(raw(payload=PAYLOAD_JSON + b"{}"))),
    ("a comma too many", errors.JsonInvalidError, lambda: check(raw(payload=PAYLOAD_JSON[:-1] + b",}"))),
    *(
        (f"header names {name} twice", errors.JsonDuplicateKeyError, lambda n=name: check(raw(
            header=json.dumps(header_of()).encode()[:-1] + f',"{n}":"{header_of()[n]}"}}'.encode())))
        for name in ("alg", "typ", "kid")
    ),
    *(
        (f"payload names {name} twice", errors.JsonDuplicateKeyError, lambda n=name: check(raw(
            payload=PAYLOAD_JSON[:-1] + f',"{n}":{json.dumps(PAYLOAD[n])}}}'.encode())))
        for name in ("iss", "exp", "iat", "vct", "status", "cnf", "_sd", "_sd_alg")
    ),
    ("an escaped name twice", errors.JsonDuplicateKeyError, lambda: check(raw(
        payload=PAYLOAD_JSON[:-1] + b',"\\u0065xp":1}'))),
    ("a name twice, inside", errors.JsonDuplicateKeyError, lambda: check(raw(
        payload=PAYLOAD_JSON[:-1] + b',"a":{"b":1,"b":1}}'))),
)  # fmt: skip
def test_a_text_that_is_no_strict_token_is_refused(reason: type[CredentialError], attack: Callable[[], Any]) -> None:
    refuses(reason, attack)


KINDS = (
    "dc+sd-jwt", "kb+jwt", "statuslist+jwt", "trust-list+jwt", "code-list+jwt", "at+jwt", "client-authentication+jwt",
    "openid4vci-proof+jwt", "oauth-authz-req+jwt",
)  # fmt: skip
ROOT = read_root(
    sign_root(
        draft_root(
            version=1,
            expires_at=NOW + 100 * DAY,
            threshold=1,
            root_keys=[key.public for key in ROOT_KEYS],
            trust_list_keys=[TRUST_LIST_KEY.public],
        ),
        ROOT_KEYS[0],
    ),
    now=NOW,
)
READERS: Mapping[str, tuple[Callable[[str], str], Callable[[str], Any]]] = {
    "dc+sd-jwt": (lambda typ: raw_token(header_of(typ=typ), PAYLOAD), lambda token: check(token + "~")),
    "statuslist+jwt": (lambda typ: status(typ=typ), read),
    "trust-list+jwt": (
        lambda typ: raw_token(
            header_of(TRUST_LIST_KEY, typ=typ), json.loads(canonical_json(trust_content())), TRUST_LIST_KEY
        ),
        lambda token: read_trust_list(token, ROOT, NOW),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reader", READERS)
def test_every_reader_takes_its_own_kind_only(reader: str, kind: str) -> None:
    make, take = READERS[reader]
    if kind == reader:
        take(make(kind))
    else:
        refuses(errors.TypMismatchError, lambda: take(make(kind)))


@rows(
    ("the passport as a status list", errors.TypMismatchError, lambda: read(JWT)),
    ("the passport as a trust list", errors.TypMismatchError, lambda: read_trust_list(JWT, ROOT, NOW)),
    ("the passport as a proof", errors.KbInvalidError, lambda: asked(GOOD + JWT)),
    ("the status list as a passport", errors.TypMismatchError, lambda: check(status_token() + "~")),
    ("the trust list as a passport", errors.TypMismatchError, lambda: check(
        issue_trust_list(trust_content(), signer=TRUST_LIST_KEY) + "~")),
    ("the proof as a passport", errors.TypMismatchError,
        lambda: check(str(split_presentation(bound()).key_binding) + "~")),
)  # fmt: skip
def test_no_kind_is_taken_for_another(reason: type[CredentialError], attack: Callable[[], Any]) -> None:
    refuses(reason, attack)
