"""The same texts for both verifiers: what the tests of `credentials` attack it with, and what it says to each.

The attacks are not written again. Their tables are taken from the tests, each is run once against the Python verifier
with its entrance replaced by one that notes what came in and what came out, and the notes are what the browser's
verifier is asked. So whoever adds an attack there adds it here.
"""

import base64
import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

import cbor2
import msgspec

from credentials.code_list import CodeList
from credentials.errors import CredentialError
from credentials.qr import verify_qr
from credentials.status_list import StatusList, read_status_list
from credentials.trust import TrustList
from credentials.verified import verdict
from credentials.verify import ANYBODY, Expected, verify
from tests.credentials import (
    forging,
    qr_forge,
    qr_samples,
    test_forged_claims,
    test_forged_disclosures,
    test_forged_proofs,
    test_forged_status_lists,
    test_forged_texts,
    test_qr_content_refusals,
    test_qr_refusals,
)
from tests.credentials.passport_samples import NOW, STATUS_INDEX, statuses

Case = dict[str, Any]
TABLES = (
    test_forged_texts, test_forged_claims, test_forged_disclosures, test_forged_proofs, test_forged_status_lists,
)  # fmt: skip


def cases() -> list[Case]:
    """Return every check that the attacks make, with the verdict of the Python verifier."""
    noted: list[Case] = []
    patches = (
        mock.patch.object(forging, "verify", _noting_presentations(noted)),
        mock.patch.object(forging, "read_status_list", _noting_lists(noted)),
        mock.patch.object(qr_samples, "verify_qr", _noting_qrs(noted)),
    )
    with contextlib.ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        for attack in (*_attacks(), *_own()):
            sys.modules["credentials.verify"]._REMEMBERED.clear()
            with contextlib.suppress(CredentialError, AssertionError):
                attack()
    return noted


def _attacks() -> Iterator[Callable[[], Any]]:
    for module in TABLES:
        for test in vars(module).values():
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "parametrize" and mark.args[0] == ("reason", "attack"):
                    yield from (row.values[1] for row in mark.args[1])
    for module in (test_qr_refusals, test_qr_content_refusals):
        yield from _tests_of(module)


def _tests_of(module: Any) -> Iterator[Callable[[], Any]]:
    """Return the tests of a module as functions without arguments: one for each row of one table."""
    for name, test in vars(module).items():
        if not name.startswith("test_no_") and name.startswith("test_") and callable(test):
            tables = [mark.args for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
            if not tables and not test.__code__.co_argcount:
                yield test
            elif len(tables) == 1:
                yield from (_with(test, tables[0][0], row) for row in tables[0][1])


def _with(test: Callable[..., Any], names: Any, row: Any) -> Callable[[], Any]:
    split = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    values = getattr(row, "values", None)
    given = list(values) if isinstance(values, tuple) else [row] if len(split) == 1 else list(row)
    return lambda: test(**dict(zip(split, given, strict=True)))


def _own() -> Iterator[Callable[[], Any]]:
    """Return what is tried here beside the attacks: good texts, their lives, and every byte of a message altered."""
    for now in (NOW, NOW + timedelta(days=40), NOW + timedelta(days=400)):
        yield partial(forging.check, forging.GOOD, now=now)
        yield partial(forging.check, forging.GOOD, now=now, statuses={})
    yield partial(forging.check, forging.GOOD, statuses=statuses(STATUS_INDEX))
    yield partial(forging.check, forging.malleated(forging.GOOD))
    for printed in (False, True):
        text = qr_samples.qr_text(printed=printed)
        for minutes in (0, 9, 12, 200_000):
            yield partial(qr_samples.check, text, now=qr_samples.NOW + timedelta(minutes=minutes))
    yield partial(qr_samples.check, qr_samples.qr_text(), code_list=qr_samples.code_list(version=2))
    message = qr_forge.genuine_message()
    for altered in _altered(message, 0x41):
        yield partial(qr_samples.check, qr_forge.plain(altered))
    for altered in _altered(cbor2.loads(message)[2], 0x01):
        yield partial(qr_samples.check, qr_forge.signed(altered))


def _altered(message: bytes, mask: int) -> Iterator[bytes]:
    """Yield a message once for each of its bytes, with that one changed."""
    for place in range(len(message)):
        yield message[:place] + bytes([message[place] ^ mask]) + message[place + 1 :]


def _noting_presentations(noted: list[Case]) -> Callable[..., Any]:
    def note(presentation: str, **given: Any) -> Any:
        expected: Expected = given.get("expected", ANYBODY)
        call = partial(verify, presentation, **given)
        if expected != ANYBODY:  # the browser asks no question and sets no age of its own
            return call()
        return _noted(noted, call, presentation, given)

    return note


def _noting_qrs(noted: list[Case]) -> Callable[..., Any]:
    def note(text: str, **given: Any) -> Any:
        call = partial(verify_qr, text, **given)
        if "status_max_age" in given or not text.startswith(("https://", "http://")) or "/v#" not in text:
            return call()
        return _noted(noted, call, text, given)

    return note


def _noted(noted: list[Case], call: Callable[[], Any], text: str, given: dict[str, Any]) -> Any:
    case = {"kind": "check", "text": text, "now": millis(given["now"]), **_lists(given)}
    try:
        result = call()
    except CredentialError as refusal:
        noted.append({**case, "expected": verdict(refusal, at=given["now"])})
        raise
    noted.append({**case, "expected": verdict(result, at=given["now"])})
    return result


def _noting_lists(noted: list[Case]) -> Callable[..., StatusList]:
    def note(token: str, *, uri: str, trust: TrustList, now: Any, newest_iat: Any = None) -> StatusList:
        case = {"kind": "status", "text": token, "uri": uri, "now": millis(now), "trust": _json(trust.content)}
        try:
            read = read_status_list(token, uri=uri, trust=trust, now=now, newest_iat=newest_iat)
        except CredentialError as refusal:
            if newest_iat is None:
                noted.append({**case, "expected": refusal.code})
            raise
        noted.append({**case, "expected": read.data[:64].hex()})
        return read

    return note


def _lists(given: dict[str, Any]) -> Case:
    code_list: CodeList | None = given.get("code_list")
    return {
        "trust": _json(given["trust"].content),
        "code_list": _json(code_list) if code_list else None,
        "statuses": [[key, _status(held)] for key, held in given["statuses"].items()],
        "addresses": sorted(given.get("addresses", ())),
    }


def _status(held: StatusList) -> Case:
    said = asdict(held)
    return {
        "uri": said["uri"],
        "bits": said["bits"],
        "data": base64.b64encode(said["data"]).decode(),
        "issuedAt": millis(said["issued_at"]),
        "expiresAt": millis(said["expires_at"]) if said["expires_at"] else None,
        "kid": said["kid"],
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def millis(moment: Any) -> int:
    """Return an instant as the browser counts it."""
    return int(moment.timestamp() * 1000)
