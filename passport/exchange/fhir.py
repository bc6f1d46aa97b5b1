"""A passport as FHIR R4: a `Practitioner` whose `qualification`s are what was awarded (facts, section 8).

In the order of the code: the resource; who it is about, with the passport number and each registration under the
system that its register is known by (`staff/data/register_numbers.csv`); what was awarded; recognition at a level of
practice, which confers no scope of practice and says so. A register for which no source names a system stands under
one of ours, so that no number is passed off as another register's. FHIR has no member for how an award was assessed;
whoever decides on it asks for the passport itself.
"""

import csv
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

from credentials.records import (
    NO_SCOPE_OF_PRACTICE,
    AdvancedPractice,
    Award,
    Issuer,
    PassportContent,
    Registration,
)

MEDIA_TYPE: Final = "application/fhir+json"
ODS_SYSTEM: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
NOT_A_SLUG: Final = re.compile(r"[^a-z0-9]+")


def practitioner(content: PassportContent, *, born_on: date, service: str) -> dict[str, Any]:
    """Return a passport as a FHIR R4 `Practitioner`.

    Args:
        content: what the passport says.
        born_on: the date of birth; only for an organisation that employs the person.
        service: the https identity of this service; systems of ours begin with it.
    """
    qualifications = [
        *(_qualification(award, service) for award in (*content.training, *content.credentials)),
        *_level_of_practice(content.advanced_practice, service),
    ]
    resource: dict[str, Any] = {
        "resourceType": "Practitioner",
        "identifier": list(_identifiers(content, service)),
        "name": [{"use": "official", "family": content.family_name, "given": [content.given_name]}],
        "birthDate": born_on.isoformat(),
    }
    return resource | ({"qualification": qualifications} if qualifications else {})


def system_of(registration: Registration, service: str) -> str:
    """Return the system under which a registration number is known."""
    for body, pattern, system in _systems():
        if body == registration.body and pattern.fullmatch(registration.number):
            return system
    return f"{service}/registers/{NOT_A_SLUG.sub('-', registration.body.lower()).strip('-')}"


def _identifiers(content: PassportContent, service: str) -> Iterator[dict[str, Any]]:
    yield {"use": "usual", "system": f"{service}/passport-number", "value": content.number}
    for registration in content.registrations:
        yield {"use": "official", "system": system_of(registration, service), "value": registration.number}


def _qualification(award: Award, service: str) -> dict[str, Any]:
    part = f", part {award.part}" if award.part else ""
    said = " ".join(word for word in (award.subject, award.level, award.variant) if word)
    code = {"system": f"{service}/standards", "code": award.standard, "display": f"{said}{part}"}
    return {
        "identifier": [{"system": f"{service}/awards", "value": award.id}],
        "code": {"coding": [code], "text": f"{said}{part}"},
        "period": _period(award.awarded_on, award.valid_until),
        "issuer": _issuer(award.issuer),
    }


def _level_of_practice(practice: AdvancedPractice | None, service: str) -> Iterator[dict[str, Any]]:
    if practice is None:
        return
    level = f"{practice.level.capitalize()} practice, {practice.base_profession}"
    code = {"system": f"{service}/levels-of-practice", "code": practice.level, "display": level}
    yield {
        "identifier": [{"system": f"{service}/awards", "value": practice.id}],
        "code": {"coding": [code], "text": f"{level}. {NO_SCOPE_OF_PRACTICE}"},
        "period": _period(practice.recognised_on, None),
        "issuer": _issuer(practice.issuer),
    }


def _period(start: date, end: date | None) -> dict[str, str]:
    return {"start": start.isoformat()} | ({"end": end.isoformat()} if end else {})


def _issuer(issuer: Issuer) -> dict[str, Any]:
    return {
        "type": "Organization",
        "identifier": {"system": ODS_SYSTEM, "value": issuer.ods},
        "display": issuer.name,
    }


@cache
def _systems() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Return the registers that have a system: body, form of the number, system."""
    text = files("passport.staff").joinpath("data/register_numbers.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(
        (row["body"], re.compile(row["accept_pattern"], re.ASCII), row["fhir_system"])
        for row in rows
        if row["fhir_system"]
    )
