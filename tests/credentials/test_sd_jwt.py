"""Selective disclosure: what is hidden comes back where it was, for those disclosures that are shown."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials import errors
from credentials.encoding import b64url_decode
from credentials.sd_jwt import (
    Disclosable,
    Presentation,
    conceal,
    digests_of,
    read_disclosures,
    reveal,
    salts,
    split_presentation,
)
from tests.credentials.passport_samples import PASSPORT, SEED, issued

NAMES = st.text(min_size=1, max_size=8).filter(lambda name: name not in ("_sd", "_sd_alg", "..."))
PLAIN = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8)


def some_hidden(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    maybe = inner | inner.map(Disclosable)
    return st.lists(maybe, max_size=4) | st.dictionaries(NAMES, maybe, max_size=4)


CLAIMS = st.dictionaries(NAMES, st.recursive(PLAIN, some_hidden, max_leaves=8).flatmap(
    lambda value: st.sampled_from([value, Disclosable(value)])), max_size=5)  # fmt: skip


def unmarked(value: Any) -> Any:
    if isinstance(value, Disclosable):
        return unmarked(value.value)
    if isinstance(value, dict):
        return {name: unmarked(member) for name, member in value.items()}
    return [unmarked(element) for element in value] if isinstance(value, list) else value


def shown_only(value: Any) -> Any:
    """What is left when no disclosure is shown."""
    if isinstance(value, dict):
        return {name: shown_only(member) for name, member in value.items() if not isinstance(member, Disclosable)}
    if isinstance(value, list):
        return [shown_only(element) for element in value if not isinstance(element, Disclosable)]
    return value


@settings(deadline=None)
@given(CLAIMS)
def test_all_that_is_hidden_is_revealed_again(claims: dict[str, Any]) -> None:
    payload, disclosures = conceal(claims, SEED)
    payload = json.loads(json.dumps(payload))
    assert reveal(payload, read_disclosures(disclosures)) == unmarked(claims)
    assert reveal(payload, []) == shown_only(claims)


@settings(deadline=None)
@given(CLAIMS)
def test_a_hidden_value_stands_nowhere_in_the_payload(claims: dict[str, Any]) -> None:
    payload, disclosures = conceal(claims | {"secret": Disclosable("very-secret-value")}, SEED)
    assert "very-secret-value" not in str(payload)
    assert "secret" not in payload
    assert len(set(disclosures)) == len(disclosures)


def test_digests_are_sorted() -> None:
    payload, disclosures = conceal({str(number): Disclosable(number) for number in range(50)}, SEED)
    assert payload["_sd"] == sorted(digests_of(disclosures))
    assert payload["_sd_alg"] == "sha-256"


def test_the_same_seed_makes_the_same_salts_and_another_seed_none_of_them() -> None:
    def first(seed: bytes, count: int) -> list[str]:
        return [salt for salt, _ in zip(salts(seed), range(count), strict=False)]

    made = first(SEED, 1000)
    assert made == first(SEED, 1000)
    assert len(set(made)) == 1000
    assert {len(b64url_decode(salt)) for salt in made} == {16}
    assert not set(made) & set(first(bytes(32), 1000))
    assert conceal({"a": Disclosable(1)}, SEED) == conceal({"a": Disclosable(1)}, SEED)


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_has_32_bytes(seed: bytes) -> None:
    with pytest.raises(ValueError, match="32"):
        conceal({"a": Disclosable(1)}, seed)


@pytest.mark.parametrize("name", ["_sd", "_sd_alg", "..."])
@pytest.mark.parametrize("hidden", [True, False])
def test_reserved_names_are_never_issued(name: str, hidden: bool) -> None:
    claims = {"a": {name: Disclosable(1) if hidden else 1}}
    with pytest.raises(errors.DisclosureReservedNameError):
        conceal(claims, SEED)


def test_decoys_are_passed_over() -> None:
    payload, disclosures = conceal({"a": Disclosable(1), "b": [Disclosable(2)]}, SEED)
    payload["_sd"] = [*payload["_sd"], "A" * 43]  # type: ignore[misc]  # a list, as the line above made it
    payload["b"] = [{"...": "B" * 43}, *payload["b"]]  # type: ignore[misc]
    assert reveal(payload, read_disclosures(disclosures)) == {"a": 1, "b": [2]}


def test_plain_and_hidden_elements_keep_their_order() -> None:
    claims = {"a": ["first", Disclosable("second"), "third", Disclosable({"b": [Disclosable(4)]})]}
    payload, disclosures = conceal(claims, SEED)
    assert reveal(payload, read_disclosures(disclosures)) == {"a": ["first", "second", "third", {"b": [4]}]}


def test_a_passport_has_one_disclosure_for_each_record() -> None:
    read = read_disclosures(split_presentation(issued()).disclosures)
    named = sorted(disclosure.name for disclosure in read if disclosure.name)
    assert named == ["advanced_practice", "employer", "family_name", "given_name", "sub"]
    records = len(PASSPORT.training) + len(PASSPORT.credentials) + len(PASSPORT.registrations)
    assert len(read) == len(named) + records


@pytest.mark.parametrize("parts", [("a", (), None), ("a", ("b", "c"), None), ("a", ("b",), "d"), ("a", (), "d")])
def test_a_presentation_is_split_as_it_was_joined(parts: Any) -> None:
    shown = Presentation(*parts)
    assert split_presentation(shown.text) == shown
    assert shown.hashed_part.endswith("~")
    assert shown.text.startswith(shown.hashed_part)
