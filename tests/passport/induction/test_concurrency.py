"""Two who write at the same time: real transactions, in a database of their own."""

import threading
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest

from passport.db import transaction
from passport.errors import Conflict
from passport.induction import rule_sets
from passport.induction.rule_sets import POLICIES, PolicyExists, VersionMoved
from tests.factories import OrganisationFactory

RULES = {
    "accepted_issuer_kinds": ["nhs_trust"],
    "alignment_needed_in": [],
    "accreditation_needed_in": [],
    "signatory_needed": False,
    "practical_deliveries": [],
    "shorter_periods": [],
    "does_not_lapse": [],
}
WRITERS = 6


@pytest.fixture
def organisation_id(database_url: str) -> UUID:
    """A receiving trust."""
    with transaction() as session:
        organisation_id: UUID = OrganisationFactory.create(session).id
    return organisation_id


def all_at_once(write: Callable[[], object]) -> list[str]:
    """Let several threads do the same at once; return how each ended."""
    start, ended = threading.Barrier(WRITERS), list[str]()

    def work() -> None:
        start.wait()
        try:
            write()
        except Conflict as conflict:
            ended.append(conflict.code)
        else:
            ended.append("written")

    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def create(organisation_id: UUID, now: datetime) -> None:
    with transaction() as session:
        rule_sets.create(
            session, POLICIES, organisation_id=organisation_id, code="movers", title="Movers", rules=RULES,
            actor="client:invented", now=now,
        )  # fmt: skip


def test_of_those_who_write_from_one_version_at_once_one_succeeds(organisation_id: UUID, now: datetime) -> None:
    create(organisation_id, now)

    def add() -> None:
        with transaction() as session:
            rule_sets.add_version(
                session, POLICIES, organisation_id=organisation_id, code="movers", newest_seen=1, rules=RULES,
                actor="client:invented", now=now,
            )  # fmt: skip

    assert all_at_once(add) == [VersionMoved.code] * (WRITERS - 1) + ["written"]


def test_of_those_who_take_one_code_at_once_one_succeeds(organisation_id: UUID, now: datetime) -> None:
    ended = all_at_once(lambda: create(organisation_id, now))
    assert ended == [PolicyExists.code] * (WRITERS - 1) + ["written"]
