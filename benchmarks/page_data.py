"""A registry of the size of a region, for measuring pages: the demonstration, and as many people more as are asked for.

The demonstration's own way of filling comes first (keys, catalogue, lists, one real passport, its check and plan).
Then set-based SQL (`page_data.sql`), as the database's owner, adds what a list, a search or a count could stumble over:
people with a dozen awards, a live passport and an account each; one large employer and many small ones; professional
credentials, imports, rows set aside, disputes, checks, plans, shares and finished jobs. Then the counts of each night
are made. All people and organisations are invented.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, create_engine, text

from benchmarks.b10_import import execute
from passport import db, embedded, migration
from passport.access import accounts as access
from passport.db import transaction
from passport.demo import accounts, preparing, story
from passport.induction import service as induction
from passport.notices import ending_counts
from passport.organisations import service as organisations
from passport.records import retention
from passport.reporting import compliance
from passport.settings import Settings
from passport.signing import keyring
from passport.verifying import service as verifying

HOME: Final = Path(__file__).resolve().parent.parent / "var" / "benchmarks"
DATABASE: Final = "benchmark_pages"
LARGE: Final = story.SENDER
SMALL: Final = story.SECOND_EMPLOYER
PEOPLE_OF_A_TRUST: Final = 1_000  # of all but the large one, which has three of ten people
NOTICE: Final = timedelta(days=28)
STATEMENTS: Final = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class Registry:
    """What there is to look at."""

    settings: Settings
    verification_id: UUID
    plan_id: UUID
    starts_on: str


@contextmanager
def registry(settings: Settings, *, people: int, now: datetime) -> Iterator[Registry]:
    """Make the registry in a database of its own, connected as the web role; it is gone when the context ends."""
    with embedded.running(HOME) as server, ExitStack() as undo:
        execute(server, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        embedded.prepare_database(server, DATABASE)
        undo.callback(execute, server, f"DROP DATABASE {DATABASE} WITH (FORCE)")
        owner = create_engine(server.url("passport_owner", DATABASE))
        undo.callback(owner.dispose)
        migration.upgrade(owner)
        undo.callback(db.sessions.configure, bind=None)
        undo.callback(db.connect(server.url("passport_web", DATABASE)).dispose)
        keyring.configure(settings)
        filled = story.fill(settings, now=now)
        found = _decide(settings, filled.credential, now=now)
        with owner.begin() as connection:
            _multiply(connection, people, now)
        with owner.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM (ANALYZE)"))
        _count_as_in_the_night(now)
        yield found


def _decide(settings: Settings, presentation: str, *, now: datetime) -> Registry:
    """Check the traveller's passport and decide as the receiving trust; give the small employer a workforce team."""
    with transaction() as session:
        receiver, small = (organisations.by_ods(session, code).id for code in (story.RECEIVER, SMALL))
        actor = f"account:{accounts.account_of(session, 'ward_manager').id}"
        checked = verifying.verify(session, presentation=presentation, organisation_id=receiver, actor=actor, now=now)
        plan = induction.decide(
            session, organisation_id=receiver, verification_id=checked.id, starts_on=now.date() + NOTICE, actor=actor,
            profile=preparing.rules(preparing.PROFILE)["id"], policy=None, now=now,
        )  # fmt: skip
        account = access.register(
            session, name="Hale Unreal", issuer=accounts.ISSUER, subject=SMALL, actor="operator", now=now
        )
        access.grant(
            session,
            account_id=account.id,
            organisation_id=small,
            role="hr",
            source="registrar",
            actor="operator",
            now=now,
        )
        return Registry(settings, checked.id, plan.id, plan.starts_on.isoformat())


def _count_as_in_the_night(now: datetime) -> None:
    """Count what the service counts each night, so that pages show it."""
    with transaction() as session:
        compliance.count_all(session, today=now.date())
        retention.count(session, now=now)
        ending_counts.count(session, organisations.by_ods(session, LARGE).id, today=now.date())


def _multiply(connection: Connection, people: int, now: datetime) -> None:
    large_id = connection.scalar(text("SELECT id FROM organisation WHERE ods_code = :large"), {"large": LARGE})
    values = {
        "people": people, "trusts": max(10, people // PEOPLE_OF_A_TRUST), "large": LARGE, "small": SMALL, "now": now,
        "large_id": large_id,
    }  # fmt: skip
    for statement in filter(str.strip, STATEMENTS.read_text(encoding="utf-8").split(";\n")):
        connection.execute(text(statement), values)
