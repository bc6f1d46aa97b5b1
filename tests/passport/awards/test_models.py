"""What the database itself holds about awards, whatever the program does."""

from uuid import UUID, uuid4

import pytest
from psycopg import errors as postgres
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from tests.factories import (
    AwardFactory,
    FrameworkFactory,
    FrameworkVersionFactory,
    OrganisationFactory,
    PersonFactory,
    StandardFactory,
)


@pytest.fixture
def named(session: Session) -> dict[str, UUID]:
    """Everything that an award names."""
    framework = FrameworkFactory.create(session)
    return {
        "person_id": PersonFactory.create(session).id,
        "organisation_id": OrganisationFactory.create(session).id,
        "standard_id": StandardFactory.create(session, framework_id=framework.id).id,
        "framework_version_id": FrameworkVersionFactory.create(session, framework_id=framework.id).id,
    }


@pytest.mark.parametrize("column", ["person_id", "organisation_id", "standard_id", "framework_version_id"])
def test_an_award_can_not_name_what_does_not_exist(session: Session, named: dict[str, UUID], column: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        AwardFactory.create(session, **{**named, column: uuid4()})
    cause = refused.value.orig
    assert isinstance(cause, postgres.ForeignKeyViolation)
    assert cause.diag.constraint_name == f"fk_award_{column}"


@pytest.mark.parametrize("table", ["organisation", "standard", "framework_version"])
def test_what_awards_name_is_never_deleted(session: Session, named: dict[str, UUID], table: str) -> None:
    AwardFactory.create(session, **named)
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(f"DELETE FROM {table}"))


@pytest.mark.parametrize("change", ["awarded_on = '2020-01-01'", "assessed = false", "valid_until = '2040-01-01'"])
def test_a_fact_is_never_changed(session: Session, named: dict[str, UUID], change: str) -> None:
    AwardFactory.create(session, **named)
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(f"UPDATE award SET {change}"))
