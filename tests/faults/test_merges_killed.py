"""A merge of two records, and its undoing, whose process is killed: all of it is there afterwards, or nothing."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from passport import db
from passport.issuing import issuance
from passport.issuing.fsck import findings
from passport.issuing.models import Credential
from passport.settings import Settings
from passport.staff import claiming
from passport.staff.models import Person
from tests.batch_processes import wait_until_gone
from tests.merge_processes import registrars
from tests.merges import current, decide, propose, undo
from tests.passport.records.conftest import Twice, make_twice, same_award

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
MERGE = (
    "half the rows have gone", "half of an award has gone", "no copy is withdrawn yet", "no trace is written yet",
    "no job is asked for yet", "nothing is committed yet",
)  # fmt: skip
UNDO = ("half of it is back", "half of an award has gone", "no trace is written yet", "nothing is committed yet")
CONTENT = """SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM "{}" t"""


@pytest.fixture
def twice(database_url: str, settings: Settings) -> Twice:
    """A nurse with two records, each with a copy; both have an award of the same issuer and standard."""
    with db.transaction() as session:
        twice = make_twice(session, settings, NOW)
        same_award(session, twice)
        claiming.keep_address(session, person_id=twice.gone.person_id, email="testa@x1v2a.example")
    for each in (twice.kept, twice.gone):
        issuance.issue_passport(each.person_id, organisation_id=each.organisation_id, requested_by="x", now=NOW)
    return twice


@pytest.fixture
def tables(private_database: Callable[[str], str]) -> Iterator[Callable[[], dict[str, str]]]:
    """What is in each table, as a hash over all rows and columns, once everybody else is gone."""
    owner = create_engine(private_database("owner"))

    def look() -> dict[str, str]:
        with Session(owner) as session:
            wait_until_gone(session)
            names = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
            return {name: session.scalar(text(CONTENT.format(name))) or "" for name in names}

    yield look
    owner.dispose()


def test_a_killed_merge_and_a_killed_undoing_leave_nothing_and_the_next_do_all(
    twice: Twice, database_url: str, tables: Callable[[], dict[str, str]], settings: Settings
) -> None:
    with db.transaction() as session:
        correction_id = propose(session, twice, NOW).id
    before = tables()
    with registrars(database_url, settings.home, correction_id, twice.registry_id) as processes:
        for place in MERGE:
            processes.kill("merge", place)
            assert tables() == before, place
        with db.transaction() as session:
            decide(session, correction_id, twice, NOW)
        assert copies() == {twice.kept.number: "issued", twice.gone.number: "record_merged"}
        merged = tables()
        for place in UNDO:
            processes.kill("take_back", place)
            assert tables() == merged, place
    with db.transaction() as session:
        undo(session, correction_id, twice, NOW + timedelta(hours=1))
        assert [len(current(session, each.person_id)) for each in (twice.kept, twice.gone)] == [2, 1]
        assert list(findings(session, now=NOW)) == []


def copies() -> dict[str, str]:
    """Return why each copy was withdrawn, or its state, by passport number."""
    with db.reading() as session:
        rows = session.execute(
            select(Person.passport_number, Credential.state, Credential.revocation_reason).join(
                Person, Person.id == Credential.person_id
            )
        )
        return {row.passport_number: row.revocation_reason or row.state for row in rows}
