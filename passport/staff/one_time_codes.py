"""Sign-in by a code that is sent to the work e-mail address, with the date of birth as a second fact.

Whoever asks is told the same in the same time, known or not (AUT-058): asking stores one row and one job, and the job
alone finds out whether there is a letter to write. A code lives for ten minutes and takes five tries; a person gets
five codes an hour. It opens the roles that need no second factor.
"""

import hmac
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from passport import jobs
from passport.access.models import Account, RoleGrant
from passport.staff import secret_codes
from passport.staff.claiming import normalise
from passport.staff.models import Contact, Person, SignInCode

LIFE: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
MOST_AN_HOUR: Final = 5
KEPT: Final = timedelta(days=1)
SEND_CODE: Final = "staff.send_code"


def ask(session: Session, *, email: str, date_of_birth: date, now: datetime) -> UUID:
    """Ask for a code.

    Args:
        session: the transaction of the edge.
        email: the work address, as typed.
        date_of_birth: the second fact.
        now: UTC.

    Returns:
        The id of the request; the same whether there is such a person or not.
    """
    fits = (
        select(Contact.person_id)
        .join(Person, Person.id == Contact.person_id)
        .join(Account, Account.person_id == Contact.person_id)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(
            Contact.email == normalise(email),
            Person.date_of_birth == date_of_birth,
            Account.disabled_at.is_(None),
            RoleGrant.ended_at.is_(None),
        )
        .limit(1)
    )
    person_id = session.scalar(fits)
    recent = select(func.count()).select_from(SignInCode).where(
        SignInCode.person_id == person_id, SignInCode.asked_at > now - timedelta(hours=1)
    )  # fmt: skip
    allowed = (session.scalar(recent) or 0) < MOST_AN_HOUR
    request = SignInCode(person_id=person_id if allowed else None, asked_at=now, expires_at=now + LIFE, tries=0)
    session.add(request)
    session.flush()
    jobs.defer(session, SEND_CODE, request_id=str(request.id))
    return request.id


def code_for_letter(session: Session, request_id: UUID, *, key: bytes, now: datetime) -> tuple[str, str] | None:
    """Make the code of a request for its letter.

    Args:
        session: the job's transaction.
        request_id: from `ask`.
        key: the service's secret.
        now: UTC.

    Returns:
        The address and the code; None where there is nobody to write to.
    """
    request = session.get(SignInCode, request_id, with_for_update=True)
    if request is None or request.person_id is None or now >= request.expires_at or request.used_at:
        return None
    contact = session.get_one(Contact, request.person_id)
    code = secret_codes.new_one_time_code()
    request.code_hash = secret_codes.one_time_hash(code, row=request.id, key=key)
    session.flush()
    return contact.email, code


def use(session: Session, request_id: UUID, code: str, *, key: bytes, now: datetime) -> UUID | None:
    """Use a code.

    Args:
        session: the transaction of the edge, which commits also when the code is refused: a try is counted.
        request_id: from `ask`.
        code: as typed.
        key: the service's secret.
        now: UTC.

    Returns:
        The account; None where the code does not fit, has run out or was used, or nobody had asked.
    """
    request = session.get(SignInCode, request_id, with_for_update=True)
    if request is None or request.tries >= MOST_TRIES:
        return None
    request.tries += 1
    session.flush()
    offered = secret_codes.one_time_hash(code, row=request.id, key=key)
    right = hmac.compare_digest(offered, request.code_hash or b"")
    if not right or request.used_at or now >= request.expires_at:
        return None
    request.used_at = now
    session.execute(update(Contact).where(Contact.person_id == request.person_id).values(confirmed_at=now))
    return session.scalar(select(Account.id).where(Account.person_id == request.person_id))


def forget_old(session: Session, *, at: datetime) -> None:
    """Forget requests that nobody can use any more."""
    session.execute(delete(SignInCode).where(SignInCode.asked_at <= at - KEPT))
