"""Registration numbers: their forms, and the data that says so."""

import csv
import re
from contextlib import suppress
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passport.errors import Invalid
from passport.staff import registrations
from passport.staff.registrations import RegistrationNumber

TEXT = files("passport.staff").joinpath("data/register_numbers.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(TEXT.splitlines()))
EXAMPLES = [
    (row["body"], example, row["register"]) for row in ROWS for example in row["example"].split("; ") if example
]


def cautions(number: RegistrationNumber) -> list[str]:
    return [caution.code for caution in number.cautions]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['body']} {row['register']}" for row in ROWS])
def test_every_row_of_the_data_says_its_source_and_confidence(row: dict[str, str]) -> None:
    assert row["source"]
    assert re.match(r"high|medium|low", row["confidence"])


def test_the_bodies_are_those_of_health_and_care() -> None:
    assert list(registrations.forms()) == [
        "GMC", "NMC", "HCPC", "GPhC", "GOC", "GDC", "GCC", "GOsC", "Social Work England", "PSNI",
    ]  # fmt: skip


@pytest.mark.parametrize(("body", "number", "register"), EXAMPLES)
def test_each_example_of_the_data_is_in_good_form(body: str, number: str, register: str) -> None:
    read = registrations.normalise(body, number)
    assert (read.register, cautions(read)) == (register, [])


@pytest.mark.parametrize(
    ("body", "written", "number"),
    [
        ("NMC", " 71a 2998e ", "71A2998E"),
        ("nmc", "71A2998E", "71A2998E"),
        ("GPHC", "203 3467", "2033467"),
        ("GMC", "c1234567", "1234567"),
        ("GMC", "1234567", "1234567"),
        ("GMC", "A1234567", "A1234567"),
        ("HCPC", "PH95159", "PH095159"),
        ("HCPC", "ph095159", "PH095159"),
        ("GOC", "01-09491", "01-09491"),
    ],
)
def test_a_number_is_brought_into_its_normal_form(body: str, written: str, number: str) -> None:
    assert registrations.normalise(body, written).number == number


def test_an_associate_is_never_the_doctor_with_the_same_digits() -> None:
    doctor, associate = (registrations.normalise("GMC", number) for number in ("C1234567", "A1234567"))
    assert doctor.number == "1234567"
    assert associate.number == "A1234567"
    assert doctor.register != associate.register


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("GMC", "L123456"),
        ("GMC", "A123456"),
        ("HCPC", "PH95159"),
        ("HCPC", "PYL12345"),
        ("GDC", "123456"),
        ("GOC", "D-1234"),
    ],
)  # fmt: skip
def test_a_number_in_an_unusual_form_is_taken_with_a_caution(body: str, number: str) -> None:
    assert cautions(registrations.normalise(body, number)) == ["registration_number_unusual"]


@pytest.mark.parametrize("body", ["GCC", "GOsC", "Social Work England", "PSNI"])
def test_a_number_of_a_body_whose_form_is_unknown_is_taken_with_a_caution(body: str) -> None:
    read = registrations.normalise(body.lower(), "sw 12345")
    assert (read.body, read.number, read.register) == (body, "SW12345", None)
    assert cautions(read) == ["registration_form_unknown"]


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("GMC", "123456"), ("GMC", "12345678"), ("GMC", "C123456"), ("GMC", "B1234567"), ("GMC", ""),
        ("GMC", "١٢٣٤٥٦٧"), ("GMC", "1234567\x00"), ("NMC", "71A2998"), ("NMC", "7IA2998E"),
        ("HCPC", "P123456"), ("HCPC", "PH1234567"),
        ("GPhC", "G1234567"), ("GCC", ""), ("GCC", "1" * 21), ("GCC", "<b>"),
    ],
)  # fmt: skip
def test_a_number_in_no_form_of_its_body_is_refused_and_named(body: str, number: str) -> None:
    with pytest.raises(Invalid) as refused:
        registrations.normalise(body, number, pointer="/registration")
    assert [fault.pointer for fault in refused.value.faults] == ["/registration/number"]


@pytest.mark.parametrize("body", ["", "ABC", "(NHS)", "(NHSBSA)", "GMC NMC"])
def test_an_unknown_body_is_refused_and_named(body: str) -> None:
    with pytest.raises(Invalid) as refused:
        registrations.normalise(body, "1234567")
    assert [fault.pointer for fault in refused.value.faults] == ["/body"]


@settings(deadline=None)
@given(
    st.sampled_from([(row["body"], row["accept_pattern"]) for row in ROWS if row["accept_pattern"]]).flatmap(
        lambda row: st.tuples(st.just(row[0]), st.from_regex(re.compile(row[1], re.ASCII), fullmatch=True))
    ),
    st.sampled_from([str.lower, str.upper, lambda text: f" {text} ", lambda text: " ".join(text)]),
)
def test_the_normal_form_is_its_own_normal_form_however_it_was_written(named: tuple[str, str], write: object) -> None:
    body, number = named
    assert callable(write)
    normal = registrations.normalise(body, number)
    assert registrations.normalise(body, write(number)).number == normal.number
    assert registrations.normalise(body, normal.number).number == normal.number


@settings(deadline=None)
@given(st.sampled_from(list(registrations.forms())), st.text(max_size=12))
def test_any_text_is_either_read_or_refused(body: str, text: str) -> None:
    with suppress(Invalid):
        assert registrations.normalise(body, text).number.isascii()
