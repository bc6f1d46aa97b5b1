"""Bytes as text and text as values: one accepted spelling each."""

import json
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from credentials.encoding import b64url_decode, b64url_encode, canonical_json, strict_json, strict_json_each
from credentials.errors import JsonDuplicateKeyError, JsonInvalidError, MalformedError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_base64url_is_read_back(data: bytes) -> None:
    assert b64url_decode(b64url_encode(data)) == data


@pytest.mark.parametrize(
    "text",
    [
        "QQ==", "QQ=", "QR", "Q", "QQ\n", " QQ", "Q Q", "QQ+_", "Q/==", "a+b/", "QUJD=", "====", "Ä", "QQ\0", "QUI=QUI",
        "QQ==QQ",
    ],
)  # fmt: skip
def test_every_other_spelling_of_base64url_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        b64url_decode(text)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_no_bytes_have_two_texts(length: int) -> None:
    printable = [chr(code) for code in range(33, 127)]
    starts = ["".join(start) for start in product("Aa0-_=+", repeat=length - 1)]
    for text in [start + last for start in starts for last in printable]:
        try:
            data = b64url_decode(text)
        except MalformedError:
            continue
        assert b64url_encode(data) == text


@settings(deadline=None)
@given(VALUES)
def test_json_is_read_as_by_the_standard_library(value: object) -> None:
    try:
        text = json.dumps(value)
        text.encode()
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert strict_json(text) == value
    assert strict_json(json.dumps(value, indent=1).encode()) == value
    assert strict_json(canonical_json(value)) == value


@settings(deadline=None)
@given(
    st.lists(
        VALUES.map(canonical_json)
        | VALUES.map(lambda value: json.dumps(value).encode())
        | st.sampled_from([b"", b" 1", b"1\n2", b'["x"],["a",["b"]', b"[1]]", b'{"a":1,"a":2}', b"[" * 17 + b"]" * 17])
        | st.integers(2**52, 2**54).map(lambda number: str(number).encode()),
        max_size=4,
    )
)
@example([b"1\n2", b""])
@example([b'["a",1],["b"', b"2]"])
@example([b'["x"],["a",["b"]', b"[1]]"])
def test_many_texts_are_read_as_each_by_itself(texts: list[bytes]) -> None:
    try:
        values = [strict_json(text) for text in texts]
    except (JsonInvalidError, JsonDuplicateKeyError) as error:
        with pytest.raises(type(error)):
            strict_json_each(texts)
    else:
        assert strict_json_each(texts) == values


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"a" :1,"a":2}',
        b'[{"b":{"a":[],"a":[]}}]',
        b'{"a":":","a":1}',
    ],
)
def test_a_member_named_twice_is_refused(text: bytes) -> None:
    with pytest.raises(JsonDuplicateKeyError):
        strict_json(text)


@pytest.mark.parametrize(
    "text",
    [
        b"", b" ", b"nul", b"NaN", b"-Infinity", b"[Infinity]", b"1e999", b"[1,]", b"{'a':1}", b"01", b"+1", b".5",
        b"1.",
        b'"\x00"', b'"\\ud800"', b'"\\uDFFF"', b'{"\\ud800":1}', b"\xff", b'"\xed\xa0\x80"', b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"), "\ufeff{}".encode(), b"{}{}", b"{} x", b"9007199254740992", b"-9007199254740992",
        b"[99999999999999999999]", b"1" * 5000, b'{"exp":18446744073709551616}', b"[1e400]", b"\x0c1",
    ],
)  # fmt: skip
def test_what_readers_disagree_about_is_refused(text: bytes) -> None:
    with pytest.raises(JsonInvalidError):
        strict_json(text)


def test_half_a_surrogate_pair_in_a_string_is_refused() -> None:
    with pytest.raises(JsonInvalidError):
        strict_json('"\ud800"')


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"[":', '["\\"",'])
def test_nesting_is_bounded(opening: str) -> None:
    closing = {"[": "]", "{": "}"}
    levels = opening.count("[") + opening.count("{") - (opening.count('"["'))
    tail = "".join(closing[mark] for mark in reversed(opening.replace('"["', "")) if mark in closing)

    def nested(times: int) -> str:
        return opening * times + "1" + tail * times

    assert strict_json(nested(16 // levels)) is not None
    with pytest.raises(JsonInvalidError):
        strict_json(nested(16 // levels + 1))
    with pytest.raises(JsonInvalidError):
        strict_json(nested(100_000))


def test_brackets_within_strings_are_no_nesting() -> None:
    assert strict_json('["' + "[" * 50 + '\\"{{"]') == ["[" * 50 + '"{{']


def test_canonical_json_has_one_spelling() -> None:
    assert canonical_json({"b": [1, None, True], "a": "é\n"}) == '{"a":"é\\n","b":[1,null,true]}'.encode()
