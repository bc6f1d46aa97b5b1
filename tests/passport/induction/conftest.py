"""A receiving trust with its rules, and a passport that a starter shows there."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from passport.organisations.models import Organisation
from passport.settings import Settings
from passport.standards import catalogue as standards
from passport.standards.models import RenewalRule, Standard
from tests.callers import sign_in
from tests.factories import OrganisationFactory
from tests.receiving import Shown, show_passport


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the example keys in use."""
    return furnished("keys")


@pytest.fixture
def shown(session: Session, settings: Settings, now: datetime) -> Shown:
    """A passport with one award of 2 March 2026, which counts for 24 months."""
    shown = show_passport(session, settings, now)
    standard_id = session.scalars(select(Standard.id).filter_by(code=shown.nurse.standard_code)).one()
    session.add(
        RenewalRule(
            recorded_at=now,
            standard_id=standard_id,
            months=24,
            from_on=date(2020, 1, 1),
            source="invented table",
            confidence="high",
        )
    )
    standards.publish(session, now=now)
    session.commit()
    return shown


@pytest.fixture
def receiver(session: Session) -> Organisation:
    """The receiving trust."""
    receiver: Organisation = OrganisationFactory.create(session)
    return receiver


@pytest.fixture
def trust(app: Flask, session: Session, receiver: Organisation, shown: Shown) -> FlaskClient:
    """The receiving trust's program."""
    return sign_in(app, session, receiver.id, "verify", "induction:read", "induction:write", "induction:decide")


@pytest.fixture
def requirements(shown: Shown) -> list[dict[str, Any]]:
    """What the trust requires: what the passport shows, and local content."""
    return [
        {"id": "held", "standard": shown.nurse.standard_code, "minutes": 60},
        {"id": "ward", "local": "Fire procedure of the ward", "minutes": 20},
    ]


@pytest.fixture
def policy() -> dict[str, Any]:
    """What the trust accepts."""
    return {
        "accepted_issuer_kinds": ["nhs_trust"],
        "alignment_needed_in": [],
        "accreditation_needed_in": [],
        "signatory_needed": False,
        "practical_deliveries": ["face_to_face", "blended"],
        "shorter_periods": [],
        "does_not_lapse": [],
    }


@pytest.fixture
def ruled(trust: FlaskClient, requirements: list[dict[str, Any]], policy: dict[str, Any]) -> FlaskClient:
    """The program of a trust that has written its rules."""
    profile = {"code": "ward-nurse", "title": "Ward nurse", "rules": {"requirements": requirements}}
    assert trust.post("/v1/requirement-profiles", json=profile).status_code == 201
    accepted = {"code": "movers", "title": "Staff who move", "rules": policy}
    assert trust.post("/v1/acceptance-policies", json=accepted).status_code == 201
    return trust


@pytest.fixture
def ask(shown: Shown) -> Callable[..., dict[str, Any]]:
    """Make the question for a plan; members may be replaced or, with None, left out."""

    def question(**changed: Any) -> dict[str, Any]:
        asked = {"presentation": shown.text, "profile": "ward-nurse", "starts_on": "2026-09-01"} | changed
        return {name: value for name, value in asked.items() if value is not None}

    return question
