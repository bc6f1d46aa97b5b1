"""A passport as FHIR, read by an independent implementation."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from fhir.resources.R4B.practitioner import Practitioner
from flask import Flask
from sqlalchemy.orm import Session

from credentials.records import (
    NO_SCOPE_OF_PRACTICE,
    AdvancedPractice,
    Assurance,
    Award,
    Issuer,
    PassportContent,
    Registration,
)
from passport.exchange import fhir
from tests.callers import sign_in
from tests.passports import Nurse

SERVICE = "https://passport.example"
ISSUER = Issuer(ods="X1V2A", name="Invented Vale NHS Trust", kind="nhs_trust")
AT = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
BORN = date(1990, 2, 3)


def registered(body: str, number: str) -> Registration:
    return Registration(
        body=body, number=number, checked_by="X1V2A", method="register_lookup", checked_at=AT, annotations=()
    )


def content(**changes: Any) -> PassportContent:
    award = Award(
        id="0198", standard="FIRE", framework="CSTF", framework_version="1.1", subject="Fire Safety", level=None,
        variant=None, part=None, awarded_on=date(2026, 3, 2), valid_until=date(2028, 3, 1), issuer=ISSUER,
        assurance=Assurance(
            delivery="face_to_face", assessed=True, verification_method="record", pedigree="authoritative",
            recorded_at=AT,
        ),
    )  # fmt: skip
    said: dict[str, Any] = {
        "number": "01234567T", "given_name": "Testa", "family_name": "Inventedname", "employer": None,
        "registrations": (registered("NMC", "71A2998E"),), "training": (award,), "credentials": (),
        "advanced_practice": None,
    }  # fmt: skip
    return PassportContent(**said | changes)


def shown(**changes: Any) -> dict[str, Any]:
    resource = fhir.practitioner(content(**changes), born_on=BORN, service=SERVICE)
    read = Practitioner.model_validate(resource)
    assert read.model_dump(mode="json", exclude_none=True) == resource
    return resource


def test_an_award_is_a_qualification_with_its_issuer_by_ods_code() -> None:
    [qualification] = shown()["qualification"]
    assert qualification["code"]["coding"] == [
        {"system": f"{SERVICE}/standards", "code": "FIRE", "display": "Fire Safety"}
    ]
    assert qualification["period"] == {"start": "2026-03-02", "end": "2028-03-01"}
    assert qualification["issuer"]["identifier"] == {
        "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "X1V2A",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "number", "system"),
    [
        ("NMC", "71A2998E", "https://fhir.hl7.org.uk/Id/nmc-number"),
        ("GMC", "1234567", "https://fhir.hl7.org.uk/Id/gmc-number"),
        ("HCPC", "PH095159", "https://fhir.hl7.org.uk/Id/hcpc-number"),
        ("GPhC", "2033467", "https://fhir.hl7.org.uk/Id/gphc-number"),
        ("GMC", "A1234567", f"{SERVICE}/registers/gmc"),  # another register: never passed off as a doctor's
        ("GOC", "01-09491", f"{SERVICE}/registers/goc"),
        ("Social Work England", "SW1", f"{SERVICE}/registers/social-work-england"),
    ],
)
def test_a_registration_stands_under_its_registers_system(body: str, number: str, system: str) -> None:
    identifiers = shown(registrations=(registered(body, number),))["identifier"]
    assert identifiers[1] == {"use": "official", "system": system, "value": number}


def test_recognition_says_that_it_confers_no_scope_of_practice() -> None:
    practice = AdvancedPractice(
        id="0199", level="advanced", edition="2025", route="programme", pillars=("clinical_practice",),
        base_profession="nurse", recognised_on=date(2026, 1, 5), issuer=ISSUER,
    )  # fmt: skip
    qualification = shown(advanced_practice=practice)["qualification"][-1]
    assert qualification["code"]["text"] == f"Advanced practice, nurse. {NO_SCOPE_OF_PRACTICE}"


def test_who_holds_nothing_has_no_empty_list() -> None:
    assert "qualification" not in shown(training=())


def test_an_employer_reads_its_own_staff(app: Flask, session: Session, nurse: Nurse) -> None:
    http = sign_in(app, session, nurse.organisation_id)
    answer = http.get(f"/v1/staff/{nurse.number}/fhir")
    assert answer.headers["Content-Type"] == "application/fhir+json"
    read = Practitioner.model_validate_json(answer.data)
    assert read.qualification is not None
    assert read.birthDate == BORN


def test_a_foreign_and_an_unknown_person_are_the_same_to_it(
    app: Flask, session: Session, nurse: Nurse, other: Nurse
) -> None:
    http = sign_in(app, session, nurse.organisation_id)
    answers = [http.get(f"/v1/staff/{number}/fhir") for number in (other.number, "0000-0000-0", "x")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.get_json()["code"] for answer in answers}) == 1
