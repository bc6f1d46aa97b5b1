"""An auditor of a trust that employs a nurse whose passport it issued."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from passport.settings import Settings
from tests.receiving import Shown, show_passport
from tests.visitors import Browser, visit


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the example keys in use."""
    return furnished("keys")


@pytest.fixture
def shown(session: Session, settings: Settings, now: datetime) -> Shown:
    """A nurse with one award and an issued passport."""
    return show_passport(session, settings, now)


@pytest.fixture
def auditor(app: Flask, session: Session, shown: Shown) -> Browser:
    """An auditor of the nurse's employer."""
    return visit(app, session, shown.nurse.organisation_id, "auditor", name="Audrey Imagined")
