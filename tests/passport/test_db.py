"""What a reading promises: it writes nothing, is planned once, and what it read may be shown after its end."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import create_engine, insert, text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from passport import db
from passport.db import reading
from passport.errors import Unavailable
from passport.organisations.models import Organisation, VirtualPrivateDatabase
from tests.factories import OrganisationFactory

OFTEN = 6  # psycopg prepares what it was asked five times


def test_a_reading_refuses_to_write(session: Session) -> None:
    organisation_id = OrganisationFactory.create(session).id
    session.flush()
    with pytest.raises(InternalError) as refused, reading() as readers:
        readers.execute(insert(VirtualPrivateDatabase).values(vpd="901", organisation_id=organisation_id))
    assert isinstance(refused.value.orig, ReadOnlySqlTransaction)


def test_what_was_read_may_be_shown_after_the_reading(session: Session) -> None:
    code = OrganisationFactory.create(session).ods_code
    session.commit()
    with reading() as readers:
        found = readers.query(Organisation).filter_by(ods_code=code).one()
    assert found.ods_code == code


@pytest.mark.usefixtures("database_url")
def test_a_statement_that_is_read_often_is_planned_once() -> None:
    for _ in range(OFTEN):
        with reading() as session:
            session.execute(text("SELECT count(*) FROM organisation")).one()
    with reading() as session:
        prepared = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert "SELECT count(*) FROM organisation" in prepared


def test_a_migration_under_a_running_service_fails_one_request_at_most(
    database_url: str, private_database: Callable[[str], str]
) -> None:
    def look(*, at_once: int) -> None:
        with ExitStack() as open_ones:
            for session in [open_ones.enter_context(reading()) for _ in range(at_once)]:
                session.execute(text("SELECT name FROM organisation")).all()

    for _ in range(OFTEN):
        look(at_once=2)
    owner = create_engine(private_database("owner"))
    with owner.begin() as migrating:
        migrating.execute(text("ALTER TABLE organisation ALTER name TYPE varchar"))
    owner.dispose()
    with pytest.raises(Unavailable):
        look(at_once=1)
    look(at_once=2)


def test_behind_a_pooler_nothing_is_prepared(database_url: str) -> None:
    engine = db.connect(f"{database_url}&prepare_threshold=None")
    for _ in range(OFTEN + 1):
        with reading() as session:
            prepared = session.scalars(text("SELECT count(*) FROM pg_prepared_statements")).one()
    engine.dispose()
    assert prepared == 0
