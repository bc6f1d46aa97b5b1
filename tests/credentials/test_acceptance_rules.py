"""Profiles and policies as JSON: read strictly, refused with the path of the fault."""

import json
from typing import Any

import msgspec
import pytest

from credentials.acceptance_rules import (
    MAXIMUM_BYTES,
    InvalidRulesError,
    PartMinutes,
    RequirementProfile,
    check_standards,
    read_policy,
    read_profile,
)
from credentials.errors import CredentialError
from tests.credentials.acceptance_samples import CATALOGUE, POLICY, a_requirement

PROFILE: dict[str, Any] = {
    "id": "ward-nurse",
    "version": 2,
    "title": "Registered nurse on a ward",
    "requirements": [
        {"id": "fire", "standard": "FS", "minutes": 60, "maximum_age_months": 12, "practical_needed": True},
        {"id": "learning-disability", "standard": "LD2", "minutes": 490, "part_minutes": [{"part": 1, "minutes": 90}]},
        {"id": "site", "local": "Fire procedure of the site", "minutes": 30},
    ],
}
POLICY_JSON: dict[str, Any] = {
    "id": "induction",
    "version": 3,
    "accepted_issuer_kinds": ["nhs_trust", "national_body", "education_provider"],
    "alignment_needed_in": ["CSTF"],
    "accreditation_needed_in": ["Invented"],
    "signatory_needed": True,
    "practical_deliveries": ["face_to_face", "blended"],
    "shorter_periods": [],
    "does_not_lapse": [],
}
PERIOD = {"standard": "FS", "months": 12, "source": "HR-2"}


def as_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


def changed(requirement: dict[str, Any]) -> dict[str, Any]:
    return PROFILE | {"requirements": [PROFILE["requirements"][0] | requirement]}


def test_a_profile_is_read() -> None:
    profile = read_profile(as_bytes(PROFILE))
    assert [requirement.id for requirement in profile.requirements] == ["fire", "learning-disability", "site"]
    assert profile.requirements[1].part_minutes == (PartMinutes(part=1, minutes=90),)
    assert profile.requirements[2].local == "Fire procedure of the site"


def test_a_policy_is_read() -> None:
    assert read_policy(as_bytes(POLICY_JSON)) == POLICY


def test_rules_survive_json() -> None:
    profile = read_profile(as_bytes(PROFILE))
    assert read_profile(msgspec.json.encode(profile)) == profile
    assert msgspec.convert(msgspec.to_builtins(profile), RequirementProfile) == profile
    assert read_policy(msgspec.json.encode(POLICY)) == POLICY


@pytest.mark.parametrize(
    ("profile", "path", "message"),
    [
        ({}, "$", "missing required field `id`"),
        (PROFILE | {"version": "2"}, "$.version", "Expected `int`, got `str`"),
        (PROFILE | {"version": 0}, "$.version", ">= 1"),
        (PROFILE | {"id": "a b"}, "$.id", "regex"),
        (PROFILE | {"id": "fire\n"}, "$.id", "regex"),
        (PROFILE | {"requirements": []}, "$.requirements", "length >= 1"),
        (PROFILE | {"requirements": [PROFILE["requirements"][0]] * 2}, "$", "a requirement is named twice"),
        (PROFILE | {"colour": "red"}, "$", "unknown field `colour`"),
        (changed({"minutes": 1.5}), "$.requirements[0].minutes", "Expected `int`, got `float`"),
        (changed({"minutes": -1}), "$.requirements[0].minutes", ">= 0"),
        (changed({"minutes": True}), "$.requirements[0].minutes", "Expected `int`, got `bool`"),
        (changed({"maximum_age_months": 0}), "$.requirements[0].maximum_age_months", ">= 1"),
        (changed({"maximum_age_month": 12}), "$.requirements[0]", "unknown field `maximum_age_month`"),
        (changed({"practical_minutes": 61}), "$.requirements[0]", "can't take longer than the whole"),
        (changed({"part_minutes": [{"part": 1, "minutes": 61}]}), "$.requirements[0]", "can't take longer"),
        (changed({"part_minutes": [{"part": 1, "minutes": 1}] * 2}), "$.requirements[0]", "a part is named twice"),
        (changed({"local": "Site"}), "$.requirements[0]", "name either `standard` or `local`"),
        (PROFILE | {"requirements": [{"id": "fire", "minutes": 60}]}, "$.requirements[0]", "name either"),
    ],
)
def test_a_wrong_profile_is_refused_with_its_path(profile: object, path: str, message: str) -> None:
    with pytest.raises(InvalidRulesError) as refused:
        read_profile(as_bytes(profile))
    assert refused.value.path == path
    assert message in refused.value.message
    assert str(refused.value) == f"{path}: {refused.value.message}"


@pytest.mark.parametrize("member", sorted(POLICY_JSON))
def test_a_policy_leaves_nothing_out(member: str) -> None:
    silent = {name: value for name, value in POLICY_JSON.items() if name != member}
    with pytest.raises(InvalidRulesError, match=f"missing required field `{member}`"):
        read_policy(as_bytes(silent))


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"accepted_issuer_kinds": ["trust"]}, "$.accepted_issuer_kinds[0]", "Invalid enum value 'trust'"),
        ({"practical_deliveries": ["online"]}, "$.practical_deliveries[0]", "Invalid enum value 'online'"),
        ({"signatory_needed": 1}, "$.signatory_needed", "Expected `bool`, got `int`"),
        ({"shorter_periods": [PERIOD | {"months": 0}]}, "$.shorter_periods[0].months", ">= 1"),
        ({"shorter_periods": [PERIOD, PERIOD]}, "$", "a standard in `shorter_periods` is named twice"),
        ({"does_not_lapse": [{"standard": "FS"}]}, "$.does_not_lapse[0]", "missing required field `source`"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_path(change: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(InvalidRulesError) as refused:
        read_policy(as_bytes(POLICY_JSON | change))
    assert refused.value.path == path
    assert message in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"\xff", b'{"id": "\xff"}', b"\xef\xbb\xbf{}", b'{"id": NaN}', b"[" * 100_000, b'{"a":' * 100_000,
        b'{"id": ' + b"[" * 100_000, b'{"requirements": ' + b"[" * 100_000,
        b'{"shorter_periods": [' + b'{"a":' * 100_000,
        as_bytes(POLICY_JSON) + b"x", json.dumps(POLICY_JSON).encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused(text: bytes) -> None:
    for read in (read_profile, read_policy):
        with pytest.raises(InvalidRulesError):
            read(text)


def test_a_member_that_stands_twice_is_refused() -> None:
    twice = as_bytes(POLICY_JSON).replace(
        b'"signatory_needed": true', b'"signatory_needed": true, "signatory_needed": false'
    )
    with pytest.raises(InvalidRulesError, match="names a member twice"):
        read_policy(twice)
    with pytest.raises(InvalidRulesError, match="names a member twice"):
        read_profile(as_bytes(PROFILE).replace(b'"minutes": 60', b'"minutes": 60, "minutes": 6'))


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(InvalidRulesError, match="more than 262144 bytes"):
        read_policy(b" " * MAXIMUM_BYTES + as_bytes(POLICY_JSON))


def test_rules_that_can_not_be_used_say_nothing_about_a_credential() -> None:
    assert issubclass(InvalidRulesError, ValueError)
    assert not issubclass(InvalidRulesError, CredentialError)


def test_a_part_that_the_standard_does_not_have_is_refused() -> None:
    required = a_requirement("LD2", minutes=490, part_minutes=(PartMinutes(part=3, minutes=10),))
    with pytest.raises(InvalidRulesError, match="the standard has no part 3") as refused:
        check_standards([a_requirement("FS"), required], POLICY, CATALOGUE)
    assert refused.value.path == "$.requirements[1].part_minutes[0].part"


@pytest.mark.parametrize("member", ["alignment_needed_in", "accreditation_needed_in"])
def test_a_framework_that_the_catalogue_does_not_have_is_refused(member: str) -> None:
    misspelt = msgspec.structs.replace(POLICY, **{member: ("CSTF", "CTSF")})
    with pytest.raises(InvalidRulesError, match="has no framework 'CTSF'") as refused:
        check_standards([], misspelt, CATALOGUE)
    assert refused.value.path == f"$.{member}[1]"
