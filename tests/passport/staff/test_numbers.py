"""The passport number: made, read, shown."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36

from passport.errors import Invalid
from passport.staff import numbers

BODIES = st.text(alphabet=numbers.ALPHABET, min_size=8, max_size=8)
FIVE_BYTES = st.binary(min_size=5, max_size=5)
FALLBACK = bytes(5)  # gives a number that needs no second draw


def drawn_from(*draws: bytes) -> str:
    """Make a number from these random bytes, in turn."""
    remaining: Iterator[bytes] = iter(draws)
    return numbers.make(lambda _: next(remaining))


@settings(deadline=None)
@given(FIVE_BYTES)
def test_a_new_number_has_eight_characters_of_crockford_and_the_check_character_of_the_standard(draw: bytes) -> None:
    number = drawn_from(draw, FALLBACK)
    assert len(number) == 9
    assert set(number) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert mod_37_36.is_valid(number)


def made_well(draw: bytes) -> bool:
    """Say whether these bytes give a number whose check character is one of Crockford's."""
    try:
        drawn_from(draw)
    except StopIteration:
        return False
    return True


def test_a_number_whose_check_character_looks_like_a_digit_is_drawn_again() -> None:
    misread = next(draw for n in range(1000) if not made_well(draw := n.to_bytes(5, "big")))
    well = next(draw for n in range(1000) if made_well(draw := n.to_bytes(5, "big")))
    assert drawn_from(misread, well) == drawn_from(well)


@settings(deadline=None)
@given(FIVE_BYTES.filter(lambda draw: made_well(draw)), FIVE_BYTES.filter(lambda draw: made_well(draw)))
def test_all_forty_random_bits_are_in_the_number(one: bytes, other: bytes) -> None:
    assert (drawn_from(one) == drawn_from(other)) is (one == other)


@settings(deadline=None)
@given(BODIES, st.data())
def test_a_number_is_read_without_regard_to_case_blanks_and_hyphens(body: str, data: st.DataObject) -> None:
    number = numbers.with_check(body)
    blanks = data.draw(st.lists(st.sampled_from(["", " ", "-", "\u00a0", "\u2011", " - "]), min_size=10, max_size=10))
    written = "".join(blank + character for blank, character in zip(blanks, number, strict=False)) + blanks[9]
    assert numbers.normalise(data.draw(st.sampled_from([written, written.lower()]))) == number
    assert numbers.normalise(numbers.show(number)) == number


@settings(deadline=None)
@given(BODIES, st.integers(0, 7), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_character_is_always_found(body: str, place: int, wrong: str) -> None:
    number = numbers.with_check(body)
    mistyped = number[:place] + wrong + number[place + 1 :]
    if mistyped != number:
        with pytest.raises(Invalid):
            numbers.normalise(mistyped)


@settings(deadline=None)
@given(BODIES, st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_a_wrong_check_character_is_found(body: str, check: str) -> None:
    number = numbers.with_check(body)
    if check.translate(str.maketrans("ILO", "110")) != number[-1] and check != number[-1]:
        with pytest.raises(Invalid):
            numbers.normalise(body + check)


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    number = numbers.with_check("10110010")
    assert numbers.normalise("IOLiooLo" + number[-1]) == number


def test_a_check_character_that_we_would_not_make_is_still_read() -> None:
    number = next(made for n in range(1000) if (made := numbers.with_check(f"{n:08d}"))[-1] in "ILOU")
    assert numbers.normalise(numbers.show(number).lower()) == number


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "0123-4567", "0123-4567-TT", "0123-4567-U", "U123-4567-T", "0123_4567_T", "٠١٢٣-٤٥٦٧-T",
        "0123-4567-T\x00", "0123-4567-ｔ", "0123\n4567T", "0" * 10_000, "ß1234567T",
    ],
)  # fmt: skip
def test_what_can_not_be_a_number_is_refused_and_named(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        numbers.normalise(text, pointer="/passport_number")
    assert [fault.pointer for fault in refused.value.faults] == ["/passport_number"]


def test_a_number_is_shown_in_groups() -> None:
    assert numbers.show("01234567T") == "0123-4567-T"
    assert numbers.normalise("0123-4567-T") == "01234567T"
