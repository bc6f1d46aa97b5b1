"""The database edge: engine, sessions, transactions, naming convention and the types of columns.

`transaction()` is opened at the edge only (endpoint, page, command, job), never inside a service; `reading()` is its
twin for GET: PostgreSQL itself refuses a write in it. A broken constraint becomes the `Conflict` that names it
(`Conflict.constraint`), so that a race and a check give the same answer. Times are UTC instants; a naive one fails.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg import errors as postgres
from sqlalchemy import (
    URL,
    CheckConstraint,
    Date,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    MetaData,
    Text,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

from passport.errors import Conflict, Unavailable

NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A UTC instant. A time without a zone is refused: nobody could say when it was."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Refuse a naive time, turn any other into UTC."""
        if value is not None and value.tzinfo is None:
            raise TypeError("a time without a zone can't be stored")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Give the time back in UTC."""
        return value.astimezone(UTC) if value else None


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar = {
        str: Text,
        datetime: UtcDateTime,
        date: Date,
        UUID: Uuid,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


Id = Annotated[UUID, mapped_column(primary_key=True, server_default=text("uuidv7()"))]


def one_of(column: str, *values: str, name: str | None = None) -> CheckConstraint:
    """Return the rule that a text column holds one of these words (or nothing, where it may be null)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or column)


MOST_PREPARED: Final = 500  # statements; the pages of all roles have about 400
PREPARE: Final = "prepare_threshold"  # of psycopg: how often a statement runs before it is prepared; None never
PLAN_IS_OLD: Final = "RevalidateCachedQuery"  # the function of PostgreSQL that says so, in whatever language
READ_ONLY: Final = text(
    "SELECT set_config('transaction_read_only', 'on', true), set_config('max_parallel_workers_per_gather', '0', true)"
)
sessions: sessionmaker[Session] = sessionmaker()
_open: ContextVar[bool] = ContextVar("transaction_open", default=False)
_enclosing: ContextVar[Session | None] = ContextVar("enclosing_transaction", default=None)


def connect(url: str, *, pool_size: int = 10) -> Engine:
    """Bind `sessions` to a database and return the engine.

    Args:
        url: `postgresql://...`; psycopg 3 is the driver. With `?prepare_threshold=None` no statement is prepared.
        pool_size: connections kept; as many again may be opened for a while.
    """
    address, connecting = _prepared_as_said(make_url(url))
    engine = create_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, **connecting},
        json_deserializer=msgspec.json.decode,  # plans and verdicts are long
    )
    event.listen(engine, "connect", _keep_plans)
    event.listen(engine, "handle_error", _forget_plans)
    sessions.configure(bind=engine)
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


def _keep_plans(connection: Connection[Any], _record: object) -> None:
    """Let a connection keep the plans of all that pages and programs read often."""
    connection.prepared_max = MOST_PREPARED


def _prepared_as_said(address: URL) -> tuple[URL, dict[str, int | None]]:
    """Take out of an address when to prepare statements, which the driver wants as a number or None."""
    said = address.query.get(PREPARE)
    if not isinstance(said, str):
        return address, {}
    return address.difference_update_query([PREPARE]), {PREPARE: int(said) if said.isdecimal() else None}


def _forget_plans(failed: ExceptionContext) -> Unavailable | None:
    """Let all connections go when a migration changed what a prepared statement returns; then each is prepared anew."""
    error = failed.original_exception
    if not isinstance(error, postgres.FeatureNotSupported) or error.diag.source_function != PLAN_IS_OLD:
        return None
    failed.is_disconnect = True
    return Unavailable("The database was changed just now. Try again.")


@contextmanager
def transaction(*, apart: bool = False) -> Iterator[Session]:
    """Open the one transaction of an endpoint, page, command or job: commit on success, roll back on any exception.

    Inside `enclosing_transaction` it is a part (a savepoint) of that one, and what it did lands with that one.

    Args:
        apart: commit by itself even there, as what will be signed must before it is signed.

    Raises:
        Conflict: a constraint of the database was broken; the subclass that names it where there is one.
        Unavailable: the database does not answer.
        RuntimeError: a transaction is open already; only the edge opens one.
    """
    if _open.get():
        raise RuntimeError("a transaction is open already: only the edge opens one")
    enclosing = None if apart else _enclosing.get()
    mark = _open.set(True)
    try:
        if enclosing is not None:
            with enclosing.begin_nested():
                yield enclosing
            return
        with sessions() as session:
            yield session
            session.commit()
    except IntegrityError as error:
        raise conflict(error) from error
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable("The database does not answer. Try again in a minute.") from error
    finally:
        _open.reset(mark)


@contextmanager
def enclosing_transaction() -> Iterator[Session]:
    """Open a transaction that `transaction()` takes part in: what the edge adds lands with the change, or neither does.

    Raises:
        Conflict, Unavailable, RuntimeError: as `transaction`.
    """
    with transaction(apart=True) as session:
        mark, inside = _open.set(False), _enclosing.set(session)
        try:
            yield session
        finally:
            _enclosing.reset(inside)
            _open.reset(mark)


@contextmanager
def beside() -> Iterator[Session]:
    """Open a small transaction beside one that is open, for a count that must land though the rest fails.

    Raises:
        Unavailable: the database does not answer.
    """
    try:
        with sessions() as session:
            yield session
            session.commit()
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable("The database does not answer. Try again in a minute.") from error


@contextmanager
def reading() -> Iterator[Session]:
    """Open a read-only transaction: PostgreSQL refuses every write in it. What was read may be shown after its end.

    No query of it gets a second core: many pages are read at once, and to start a worker takes longer than most.

    It is committed, though there is nothing to land: after a rollback the driver forgets its prepared statements, and
    every query of every page would be planned anew.

    Raises:
        Unavailable: the database does not answer.
    """
    try:
        with sessions(expire_on_commit=False) as session:
            session.execute(READ_ONLY)
            yield session
            session.commit()
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable("The database does not answer. Try again in a minute.") from error


def conflict(error: IntegrityError) -> Conflict:
    """Return the conflict that a broken constraint stands for, found by the constraint's name."""
    cause = error.orig
    name = cause.diag.constraint_name if isinstance(cause, postgres.IntegrityError) else None
    known = {kind.constraint: kind for kind in _every(Conflict) if kind.constraint}
    return known[name]() if name in known else Conflict()


def _every(kind: type[Conflict]) -> Iterator[type[Conflict]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _every(subclass)
