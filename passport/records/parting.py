"""The rules of a wrong match: what an import gave to the wrong person goes to whom it belongs. Never commits.

A registrar chooses the employments, registrations, local training and current awards that are somebody else's, and
says whose: another record, or a new one. An award ends where it stood as withdrawn, issued in error, and is recorded
again at the right person, by the same issuer and with the same facts; what it had superseded there stands again. Copies
that said it are replaced. A parting is taken back by parting the same things the other way.

An award that takes two people to withdraw (a professional credential) can't be parted, or one person would end it: two
people of its issuer withdraw it, and the issuer awards it to the right person.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport import jobs
from passport.awards import service as awards
from passport.awards.models import Award
from passport.errors import Invalid
from passport.records import moves, service
from passport.records.models import IdentityCorrection
from passport.staff import service as staff
from passport.staff.models import Person
from passport.standards.models import Standard

TWO_PEOPLE: Final = "two people of the issuer must withdraw this first. Then it awards it to the right person."


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who has no record yet."""

    given_name: str
    family_name: str
    date_of_birth: date


def part(
    session: Session,
    from_person_id: UUID,
    *,
    to: UUID | NewPerson,
    chosen: Collection[UUID],
    because: str,
    organisation_id: UUID,
    actor: str,
    now: datetime,
) -> IdentityCorrection:
    """Give what stands at the wrong person to the right one.

    Args:
        session: an open transaction.
        from_person_id: the wrong person.
        to: the right one's id, or who it is where there is no record yet.
        chosen: ids of employments, registrations, local training and current awards of the wrong person.
        because: what was matched wrongly.
        organisation_id: the registrar's organisation.
        actor: the registrar.
        now: UTC.

    Returns:
        The correction; `to_person_id` names the right person.

    Raises:
        Invalid: both are the same record, nothing is chosen, something chosen is not there, an award takes two
            people to withdraw, or no reason is given.
        RecordNotFound, RecordNotOpen: a record is not there, closed or merged.
    """
    given = service.words(because, pointer="/because")
    if not chosen:
        raise Invalid.at("/chosen", "Choose what belongs to somebody else.")
    to_id = to if isinstance(to, UUID) else _registered(session, to, organisation_id, actor, now).id
    if to_id == from_person_id:
        raise Invalid.at("/to", "This is the same record.")
    moves.take_turns(session, from_person_id, to_id)
    service.locked(session, from_person_id, to_id)
    _refuse_what_takes_two(session, from_person_id, chosen)
    done = IdentityCorrection(
        kind="parting", state="done", from_person_id=from_person_id, to_person_id=to_id, because=given,
        organisation_id=organisation_id, proposed_by=actor, proposed_at=now, decided_by=actor, decided_at=now,
    )  # fmt: skip
    session.add(done)
    session.flush()
    moved = moves.move_chosen(session, from_person_id, to_id, chosen, actor=actor, now=now)
    if not set(chosen) <= {move.row_id for move in moved}:
        raise Invalid.at("/chosen", "Something that you chose is not there any more. Look again.")
    for move in moved:
        move.correction_id = done.id
    session.add_all(moved)
    session.flush()
    service.trace(
        session, "record.parted", from_person_id, actor=actor, organisation_id=organisation_id, now=now,
        correction=str(done.id), other=str(to_id), rows=len(moved),
    )  # fmt: skip
    jobs.defer(session, "issuing.reissue", person_id=str(from_person_id))
    jobs.defer(session, "issuing.reissue", person_id=str(to_id))
    return done


def takes_two(session: Session, awards_held: Iterable[Award]) -> set[UUID]:
    """Return the ids of those awards that can't be parted, because two people must agree to withdraw them."""
    return {award.id for award in awards_held if award.ended_at is None and awards.needs_second_person(session, award)}


def _refuse_what_takes_two(session: Session, from_person_id: UUID, chosen: Collection[UUID]) -> None:
    """Refuse to end, by one registrar's choice, an award that two people must agree to withdraw."""
    theirs = select(Award).where(Award.person_id == from_person_id, Award.id.in_(chosen), Award.ended_at.is_(None))
    found = session.scalars(theirs.order_by(Award.id)).all()
    refused = takes_two(session, found)
    for award in found:
        if award.id in refused:
            title = session.get_one(Standard, award.standard_id).title
            raise Invalid.at("/chosen", f"{title}: {TWO_PEOPLE}")


def _registered(session: Session, who: NewPerson, organisation_id: UUID, actor: str, now: datetime) -> Person:
    return staff.register(
        session, given_name=who.given_name, family_name=who.family_name, date_of_birth=who.date_of_birth, actor=actor,
        organisation_id=organisation_id, now=now,
    )  # fmt: skip
