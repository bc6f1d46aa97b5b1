"""Whether an organisation may record an award of a standard on a day, and what the award then asks of the person.

Reads only. In the order of the code: the refusals; `check_award`, which every way of recording goes through; the same
as yes or no, and for all standards at once. The rules, in this order:

1. The organisation existed on the day. Its accreditations end with it, and its successor does not inherit them.
2. It was approved, with or without conditions, on the day. Statutory training is different: every employer records
   that of its own staff and the receiver looks at alignment (facts, section 3), so no approval is asked for there;
   but a suspension on record counts.
3. It is not suspended on the day of recording. Suspending a provider stops new awards (facts, section 5), also those
   that claim an earlier day; what was recorded before stays, and can be corrected.
4. A version of the specification was in force on the day. Every credential needs one; another standard does where it
   has a specification at all.

What the version asks of the person is for the awards room to check, which knows registrations and awards.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.periods import in_words
from passport.errors import Conflict, Forbidden
from passport.organisations.models import Organisation
from passport.standards.accreditation import MAY_AWARD, accreditations, holds_on, state_on
from passport.standards.models import Accreditation, Specification, Standard
from passport.standards.specifications import Terms, in_force_on, terms_of


class NotAccredited(Forbidden):
    """The organisation may not award this standard on that day."""

    code = "not_accredited"
    title = "The organisation may not award this standard"


class ProviderSuspended(NotAccredited):
    """The organisation is suspended: it records no new awards of this standard."""

    code = "provider_suspended"
    title = "The organisation is suspended for this standard"


class SpecificationNotInForce(Conflict):
    """No version of the standard's specification was endorsed, or under review, on that day."""

    code = "specification_not_in_force"
    title = "No version of the specification was endorsed on that day"


def check_award(
    session: Session, *, organisation_id: UUID, standard: Standard, on: date, recorded_on: date | None
) -> Terms:
    """Check that an organisation may record an award.

    Args:
        session: an open transaction.
        organisation_id: the issuer.
        standard: what it awards.
        on: the day of the award.
        recorded_on: the day on which it is recorded; None for an award that is on record already and corrected.

    Returns:
        What the specification in force on the day asks of the person.

    Raises:
        NotAccredited, ProviderSuspended: the organisation may not award this on that day, or nothing new now.
        SpecificationNotInForce: there was no specification to award it by.
    """
    _check_open(session, organisation_id, on)
    _check_approved(session, organisation_id, standard, on)
    if recorded_on is not None:
        _check_not_suspended(session, organisation_id, standard, recorded_on)
    in_force = in_force_on(session, standard.id, on)
    if in_force is None and _needs_specification(session, standard):
        raise SpecificationNotInForce(f"No version of {standard.code} was endorsed on {in_words(on)}.")
    return terms_of(in_force)


def may_award(session: Session, organisation_id: UUID, standard_id: UUID, on: date) -> bool:
    """Say whether an organisation was accredited to award a standard on a day."""
    standard = session.get(Standard, standard_id)
    if standard is None:
        return False
    try:
        _check_open(session, organisation_id, on)
        _check_approved(session, organisation_id, standard, on)
    except NotAccredited:
        return False
    return True


def approved_codes(session: Session, organisation_id: UUID, *, on: date, recorded_on: date) -> frozenset[str]:
    """Return the codes of the standards for which rules 1 to 3 let an organisation record an award: what to offer.

    Args:
        session: an open transaction.
        organisation_id: the issuer.
        on: the day of the award.
        recorded_on: the day on which it is recorded.
    """
    try:
        _check_open(session, organisation_id, on)
    except NotAccredited:
        return frozenset()
    then, today = (_states_on(session, organisation_id, day) for day in (on, recorded_on))
    return frozenset(
        standard.code
        for standard in session.scalars(select(Standard))
        if then.get(standard.id, "approved" if standard.kind == "statutory" else "ended") in MAY_AWARD
        and today.get(standard.id) != "suspended"
    )


def _states_on(session: Session, organisation_id: UUID, on: date) -> dict[UUID, str]:
    """Return the state of each standard for an organisation on a day; of two that hold, the one that began later."""
    rows = accreditations(organisation_id).where(holds_on(on)).order_by(Accreditation.from_on)
    return {row.standard_id: row.state for row in session.scalars(rows)}


def _check_open(session: Session, organisation_id: UUID, on: date) -> None:
    closed_on = session.scalar(select(Organisation.closed_on).where(Organisation.id == organisation_id))
    if closed_on is not None and closed_on < on:
        raise NotAccredited(f"The organisation closed on {in_words(closed_on)}.")


def _check_approved(session: Session, organisation_id: UUID, standard: Standard, on: date) -> None:
    row = state_on(session, organisation_id, standard.id, on)
    if row is not None and row.state == "suspended":
        raise ProviderSuspended(f"The organisation was suspended for {standard.code} on {in_words(on)}.")
    if row.state not in MAY_AWARD if row is not None else standard.kind != "statutory":
        raise NotAccredited(f"The organisation was not approved to award {standard.code} on {in_words(on)}.")


def _check_not_suspended(session: Session, organisation_id: UUID, standard: Standard, today: date) -> None:
    row = state_on(session, organisation_id, standard.id, today)
    if row is not None and row.state == "suspended":
        raise ProviderSuspended(
            f"The organisation is suspended for {standard.code} since {in_words(row.from_on)}: it records nothing new."
        )


def _needs_specification(session: Session, standard: Standard) -> bool:
    if standard.kind == "credential":
        return True
    known = select(Specification.id).where(Specification.standard_id == standard.id)
    return session.scalar(known.limit(1)) is not None
