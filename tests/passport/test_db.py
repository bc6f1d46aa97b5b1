"""What a reading promises: it writes nothing, is planned once, and what it read may be shown after its end."""

import pytest
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import insert, text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from passport.db import reading
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
