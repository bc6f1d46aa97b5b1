"""Whom the Academy gave credentials or recognised: found by name or number, and where a withdrawal begins."""

from datetime import date
from uuid import UUID

import pytest
from flask import Flask

from passport.awards import service
from passport.awards.recognition import PILLARS, recognise
from passport.staff import numbers
from tests.trusts import Trust
from tests.visitors import Browser, visit


@pytest.fixture
def ada(app: Flask, academy: Trust) -> Browser:
    return visit(app, academy.session, academy.organisation.id, "academy")


@pytest.fixture
def bea(app: Flask, academy: Trust) -> Browser:
    return visit(app, academy.session, academy.organisation.id, "academy", name="Bea Inventedname")


def award_credential(academy: Trust) -> None:
    service.record(
        academy.session, person_id=academy.nurse.id, standard_code="MPC-PAEDIATRICS", awarded_on=date(2026, 3, 2),
        delivery="face_to_face", assessed=True, verification_method="record", pedigree="authoritative",
        **academy.acting,
    )  # fmt: skip
    academy.session.commit()


def recognise_nurse(academy: Trust) -> UUID:
    made = recognise(
        academy.session, person_id=academy.nurse.id, level="advanced", edition="2025", route="programme",
        pillars=PILLARS, base_profession="Nurse", recognised_on=date(2026, 5, 1), **academy.acting,
    )  # fmt: skip
    academy.session.commit()
    return made.id


@pytest.mark.parametrize(
    ("search", "is_found"),
    [
        ("inventedn", True), ("testa i", True), ("Inventedname, Te", True), ("TESTA", True), ("nobody", False),
        ("%", False), ("0000-0000-0", False), ("number", True),
    ],
)  # fmt: skip
def test_a_holder_is_found_by_name_or_number(academy: Trust, ada: Browser, search: str, is_found: bool) -> None:
    award_credential(academy)
    recognise_nurse(academy)
    asked = numbers.show(academy.nurse.passport_number) if search == "number" else search
    for path in ("/credentials", "/recognitions/people"):
        shown = ada.search(path, asked)
        assert ("Testa Inventedname</bdi>" in shown or "Inventedname, Testa</bdi>" in shown) is is_found
        assert ("Nobody fits" in shown) is not is_found


def test_a_recognition_is_found_withdrawn_by_two_and_gone(academy: Trust, ada: Browser, bea: Browser) -> None:
    recognised = recognise_nurse(academy)
    assert f"/withdrawals/recognitions/{recognised}" in ada.get("/recognitions/people")
    said = {"reason": "no_longer_valid", "words": "It was for somebody else."}
    asked = ada.post(f"/withdrawals/recognitions/{recognised}", **said)
    assert bea.post(f"{asked.headers['Location']}/confirm").status_code == 303
    assert "has recognised nobody yet" in ada.get("/recognitions/people")


def test_recognitions_of_others_are_not_listed(app: Flask, academy: Trust, neighbour_id: UUID) -> None:
    recognise_nurse(academy)
    assert "Inventedname, Testa" not in visit(app, academy.session, neighbour_id, "academy").get("/recognitions/people")
