"""Which text is a name."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passport.errors import Invalid
from passport.staff import names

TAKEN = [
    "O’Neill-Łukasz", "O'Neill", "Anne-Marie", "Mary Ann", "St. John", "'t Hooft", "van der Berg", "Ng", "X",
    "Þorbjörg", "Nguyễn Thị Minh Khai", "İbrahim", "Παπαδόπουλος", "Владимир", "محمد", "עמית", "山田", "さくら", "김",
    "ஶ்ரீதரன்", "क्षत्रिय", "Hawaiʻi", "Kahananui-ʻŌlelo", "A" * 200,
]  # fmt: skip
REFUSED = [
    "", " ", "-", "...", "A" * 201, "Ann1", "Ann@Bea", "<b>Ann</b>", "Ann\u202eaeB", "\u2066Ann\u2069", "Ann\u200b",
    "Ann\u200d", "\u200dAnn", "A\u200dnn", "Ann\x00", "Ann\nBea", "Ann\t", "Ann 🙂", "Ann\ufe0f", "\ufeffAnn",
    "Ann\U000e0041", "\u3164", "\u0301nn", "A" + "\u0316" * 5, "Ann\u20e3", "Ann\ud800", "Ann\ue000", "=Ann", "Ann;",
    "Ann_Bea", "Ⅻ", "Ann\u2028",
]  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_names_of_the_world_are_taken_as_they_are(name: str) -> None:
    assert names.normalise(name, pointer="/given_name") == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_name_is_refused_and_named(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        names.normalise(name, pointer="/family_name")
    assert [fault.pointer for fault in refused.value.faults] == ["/family_name"]
    assert len(name.strip()) < 3 or name.strip() not in refused.value.detail


def test_a_name_is_trimmed_and_composed() -> None:
    assert names.normalise("\u00a0 Zoe\u0308  van \u00a0Berg ", pointer="/given_name") == "Zo\u00eb van Berg"


def test_joiners_stand_where_a_script_needs_them() -> None:
    assert names.normalise("علی‌رضا", pointer="/given_name") == "علی‌رضا"
    assert names.normalise("क्‍षत्रिय", pointer="/given_name") == "क्‍षत्रिय"


@settings(deadline=None)
@given(st.text(max_size=30))
def test_a_name_that_was_taken_is_taken_again_unchanged_and_shows_no_hidden_character(text: str) -> None:
    try:
        name = names.normalise(text, pointer="/given_name")
    except Invalid:
        return
    assert names.normalise(name, pointer="/given_name") == name
    seen = [character for character in name if character not in names.JOINERS]
    assert not {unicodedata.category(character) for character in seen} & {
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
        "So",
        "Zl",
        "Zp",
    }


@pytest.mark.parametrize("name", ["Ѕmith", "Αnna", "Аnnа", "Иvan", "ＳmithSmith"])
def test_letters_of_other_scripts_that_look_alike_are_flagged(name: str) -> None:
    assert names.mixes_scripts(names.normalise(name, pointer="/given_name"))


@pytest.mark.parametrize("name", [*TAKEN, "山田さくら", "カトー", "金さん"])
def test_a_name_of_one_script_is_not_flagged(name: str) -> None:
    assert not names.mixes_scripts(name)


@pytest.mark.parametrize(
    ("one", "other"), [("Zoë", "ZOE"), ("O’Neill", "oneill"), ("Anne-Marie", "Anne Marie"), ("Straße", "STRASSE")]
)
def test_case_accents_and_punctuation_do_not_tell_names_apart(one: str, other: str) -> None:
    assert names.fold(one) == names.fold(other)


@pytest.mark.parametrize(("one", "other"), [("Ann", "Anna"), ("कमल", "कमला"), ("Ѕmith", "Smith")])
def test_other_letters_and_vowel_signs_do(one: str, other: str) -> None:
    assert names.fold(one) != names.fold(other)
