"""Questions about many rows at once that the steps of a batch share. Reads only."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from passport.awards.models import Award
from passport.organisations.models import Organisation
from passport.standards.models import Standard


def among(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Return the condition that a column is one of many values: one parameter, however many there are."""
    return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))


def issuers(session: Session, organisation_id: UUID) -> frozenset[UUID]:
    """Return an organisation with all that became part of it: whose records it may change (facts, section 8)."""
    found = select(Organisation.id).where(Organisation.id == organisation_id).cte(recursive=True)
    found = found.union(select(Organisation.id).join(found, Organisation.successor_id == found.c.id))
    return frozenset(session.scalars(select(found.c.id)))


def any_professional(session: Session, award_ids: Iterable[UUID]) -> bool:
    """Say whether any of these awards takes two people to withdraw: all but statutory training."""
    query = (
        select(Award.id)
        .join(Standard, Standard.id == Award.standard_id)
        .where(among(Award.id, award_ids), Standard.kind != "statutory")
    )
    return session.scalar(query.limit(1)) is not None
