"""The same lists for both verifiers: roots, trust lists and code lists, genuine and forged, and what is said of each.

As in `verifier_cases`, the attacks are those of `tests/credentials`: its tests run once with the entrances replaced by
ones that note what came in and what came out. Whether a list is older than one seen before is not asked here: in the
browser that is the loader's question, not the reader's.
"""

import contextlib
import inspect
import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from types import ModuleType
from typing import Any
from unittest import mock

from credentials.errors import CredentialError
from credentials.trust_root import TrustRoot
from tests.browser.verifier_cases import Case, millis
from tests.credentials import test_code_list, test_trust, test_trust_root
from tests.credentials.passport_samples import NOW

READ = "read"
ENTRANCES = (
    (test_trust_root, "read_root"), (test_trust, "read_root"), (test_code_list, "read_root"),
    (test_trust, "read_trust_list"), (test_code_list, "read_code_list"),
)  # fmt: skip


def list_cases() -> list[Case]:
    """Return every list that the tests of the Python verifier read, with what it said."""
    noted: list[Case] = []
    with contextlib.ExitStack() as stack:
        for module, name in ENTRANCES:
            note = _noting(noted, name, getattr(module, name))
            stack.enter_context(mock.patch.object(module, name, note))
        for module in (test_trust_root, test_trust, test_code_list):
            for attack in _tests_of(module):
                with contextlib.suppress(CredentialError, AssertionError):
                    attack()
        for altered in _altered(test_trust_root.ROOT):
            with contextlib.suppress(CredentialError):
                vars(test_trust_root)["read_root"](altered, now=NOW)
    return noted


def _tests_of(module: ModuleType) -> Iterator[Callable[[], Any]]:
    """Yield the tests of a module as functions without arguments: one for each row of its tables."""
    for name, test in vars(module).items():
        if name.startswith("test_") and inspect.isfunction(test):
            tables = [mark.args for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
            for rows in product(*(args[1] for args in tables)):
                given: dict[str, Any] = {}
                for args, row in zip(tables, rows, strict=True):
                    given |= _row(args[0], row)
                if given.keys() == inspect.signature(test).parameters.keys():
                    yield partial(test, **given)


def _row(names: Any, row: Any) -> dict[str, Any]:
    split = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    values = getattr(row, "values", None)
    given = list(values) if isinstance(values, tuple) else [row] if len(split) == 1 else list(row)
    return dict(zip(split, given, strict=True))


def _altered(document: bytes) -> Iterator[bytes]:
    """Yield a document once for each of its bytes, with that one changed."""
    for place in range(len(document)):
        yield document[:place] + bytes([document[place] ^ 0x01]) + document[place + 1 :]


def _noting(noted: list[Case], name: str, read: Callable[..., Any]) -> Callable[..., Any]:
    asked = inspect.signature(read)

    def note(*args: Any, **options: Any) -> Any:
        given = asked.bind(*args, **options).arguments
        document, now = args[0], given.pop("now")
        case: Case = {"kind": name, "now": millis(now), "text": _text(document)}
        if "root" in given:
            case["root"] = _root(given["root"])
        comparable = not given.keys() & {"newest_seq", "newest_version"}
        try:
            result = read(*args, **options)
        except CredentialError as refusal:
            if comparable:
                noted.append({**case, "expected": refusal.code})
            raise
        if comparable:
            noted.append({**case, "expected": READ})
        return result

    return note


def _text(document: bytes | str) -> str:
    """Return a token as it is, and a document with one character for each byte."""
    return document if isinstance(document, str) else document.decode("latin-1")


def _root(root: TrustRoot) -> Case:
    keys = [{"role": key.role, "jwk": json.dumps(key.jwk)} for key in root.keys]
    return {"version": root.version, "expiresAt": millis(root.expires), "keys": keys}
