"""The data files that ship: sources, numbers that never change, and what is left blank on purpose."""

import csv
import re
from importlib.resources import files
from typing import Any

import pytest

from credentials.code_list import WORDS

FOLDER = files("passport.standards").joinpath("data")
FILES = (
    "frameworks", "framework_versions", "standards", "standard_parts", "renewal_rules", "specifications", "pillars",
    "routes",
)  # fmt: skip

# The number of each standard in the offline QR. A line may be added here, never changed or taken away.
NUMBERS = {
    "CR": 1, "EDHR": 2, "FS": 3, "HSW": 4, "IPC1": 5, "IPC2": 6, "IG": 7, "MH1": 8, "MH2": 9, "PRB": 10, "PRA": 11,
    "RES1": 12, "RES2A": 13, "RES2P": 14, "RES2N": 15, "RES3A": 16, "RES3P": 17, "RES3N": 18, "SA1": 19, "SA2": 20,
    "SA3": 21, "SC1": 22, "SC2": 23, "SC3": 24, "OMT1": 25, "OMT2": 26,
    "MPF-ENHANCED": 51, "MPF-ADVANCED": 52, "MPF-CONSULTANT": 53,
    "MPC-PAEDIATRICS": 101, "MPC-PRIMARY-CARE-CORE": 102, "MPC-PRIMARY-CARE-DIETETICS": 103,
    "MPC-PRIMARY-CARE-OCCUPATIONAL-THERAPY": 104, "MPC-COMMUNITY-REHABILITATION": 105, "MPC-PELVIC-HEALTH": 106,
    "MPC-COMMUNITY-EXERCISE": 107, "MPC-CARDIOVASCULAR-RESPIRATORY-LONG-TERM": 108, "MPC-ACUTE-MEDICINE": 109,
    "MPC-OLDER-PEOPLE": 110, "MPC-ACUTE-STROKE": 111, "MPC-END-OF-LIFE-CARE": 112, "MPC-RESPIRATORY": 113,
    "MPC-REPORTING-IMAGES-MSK": 114, "MPC-ECHOCARDIOGRAPHY": 115, "MPC-SONOGRAPHY": 116, "MPC-CARDIOLOGY": 117,
    "MPC-LEARNING-DISABILITY-AUTISM": 118, "MPC-MIDWIFERY": 119, "MPC-NON-SURGICAL-ONCOLOGY": 120,
    "MPC-MENTAL-HEALTH": 121,
}  # fmt: skip


def rows(file: str) -> list[dict[str, str]]:
    return list(csv.DictReader(FOLDER.joinpath(f"{file}.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("file", FILES)
def test_every_row_has_a_source_that_is_listed_and_a_confidence(file: str) -> None:
    sources = {row["code"] for row in rows("sources")}
    for row in rows(file):
        named = set(re.findall(r"S[0-9]+[a-z]?", row["source"]))
        assert named, row
        assert named <= sources
        assert re.match(r"high|medium|low|tier structure high", row["confidence"]), row


@pytest.mark.parametrize("file", FILES)
def test_every_row_has_a_cell_for_each_column(file: str) -> None:
    assert not [row for row in rows(file) if None in row or None in row.values()]


def test_every_source_that_is_listed_is_used() -> None:
    used = {code for file in FILES for row in rows(file) for code in re.findall(r"S[0-9]+[a-z]?", row["source"])}
    assert {row["code"] for row in rows("sources")} == used


def test_each_standard_keeps_its_number_for_ever() -> None:
    shipped = {row["code"]: int(row["number"]) for row in rows("standards")}
    assert shipped == NUMBERS
    assert len(set(shipped.values())) == len(shipped)


def test_no_standard_covers_another_because_no_source_says_so() -> None:
    assert {(row["satisfies"], row["satisfies_source"]) for row in rows("standards")} == {("", "")}


def test_a_period_that_is_not_known_well_is_left_to_the_employer() -> None:
    blank = {row["standard"] for row in rows("renewal_rules") if not row["months"]}
    assert blank == {"MH1", "RES1", "OMT1", "OMT2"}
    assert {row["standard"] for row in rows("renewal_rules") if row["confidence"].startswith("low")} == blank


def test_each_statutory_standard_has_one_renewal_rule_and_no_credential_has_any() -> None:
    ruled = [row["standard"] for row in rows("renewal_rules")]
    assert sorted(ruled) == sorted(row["code"] for row in rows("standards") if row["kind"] == "statutory")


@pytest.mark.parametrize(
    ("code", "months"),
    [("FS", "24"), ("MH2", "24"), ("IPC1", "36"), ("IPC2", "12"), ("IG", "12"), ("RES2A", "12"), ("SA3", "36")],
)
def test_a_period_is_the_one_that_was_read(code: str, months: str) -> None:
    assert [row["months"] for row in rows("renewal_rules") if row["standard"] == code] == [months]


def test_each_credential_has_one_specification_with_the_text_that_was_read() -> None:
    life = rows("specifications")
    assert sorted(row["standard"] for row in life) == sorted(
        row["code"] for row in rows("standards") if row["kind"] == "credential"
    )
    assert all(row["state_as_read"] for row in life)
    assert {row["state"] for row in life} == {"", "proposed", "in_development", "endorsed"}


def test_days_that_no_source_tells_are_blank() -> None:
    dated = [row for file in ("framework_versions", "specifications", "renewal_rules") for row in rows(file)]
    assert {(row["from_on"], row["until_on"]) for row in dated} == {("", "")}


@pytest.mark.parametrize(("file", "words"), [("pillars", WORDS.pillar), ("routes", WORDS.route)])
def test_pillars_and_routes_have_the_numbers_of_the_code_list(file: str, words: dict[str, Any]) -> None:
    assert {row["code"]: int(row["number"]) for row in rows(file)} == words


def test_the_supported_route_has_its_six_steps() -> None:
    steps = {row["code"]: row["steps"].split("|") for row in rows("routes")}
    assert len(steps["eportfolio"]) == 6
    assert steps["eportfolio"][-1] == steps["programme"][-1] == "Recognised"


def test_oliver_mcgowan_training_has_two_parts_in_each_tier() -> None:
    parts = [(row["standard"], int(row["number"]), row["title"]) for row in rows("standard_parts")]
    assert parts == [
        ("OMT1", 1, "E-learning"), ("OMT1", 2, "One-hour webinar"),
        ("OMT2", 1, "E-learning"), ("OMT2", 2, "One day face to face"),
    ]  # fmt: skip
