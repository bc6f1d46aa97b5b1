"""The invented people who can be signed in as, at least one a role, in `passport demo` and in tests of the pages.

Each has one role at one of the invented organisations, granted for the demonstration; the sign-in page lists exactly
these. The Academy has two officers, because two people withdraw a credential. The members of staff have passports of
their own and work addresses, so that reminders reach them and the way in by e-mail can be tried too.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.access import accounts
from passport.access.demonstration_pages import SOURCE
from passport.access.models import Account
from passport.organisations import service as organisations
from passport.staff import claiming
from passport.staff.models import Contact, Person

ACTOR: Final = "operator"
ISSUER: Final = "demonstration"
# The key that tests and `sign_in` use, the name, the role, the organisation.
PEOPLE: Final = (
    ("hr", "Hari Rolemodel", "hr", "X1V2A"),
    ("ward_manager", "Wanda Madeupward", "ward_manager", "X3M4C"),
    ("registrar", "Reg Fictive", "registrar", "X9Y"),
    ("academy", "Ada Notreal", "academy", "X4A5D"),
    ("academy_second", "Bea Unreal", "academy", "X4A5D"),
    ("planner", "Plato Pretend", "planner", "XQ1"),
    ("auditor", "Audrey Imagined", "auditor", "X1V2A"),
)
STAFF: Final = "nia"
PRACTITIONER: Final = "tomos"  # whom the Academy recognised


def prepare(session: Session, holders: Mapping[str, Person], *, employer: str, now: datetime) -> bool:
    """Make the accounts that are missing.

    Args:
        session: the transaction of the edge.
        holders: the people with a passport of their own, by the keys of their accounts.
        employer: ODS code of their employer.
        now: UTC.

    Returns:
        Whether any was missing.
    """
    made = [_holder(session, key, person, employer=employer, now=now) for key, person in holders.items()]
    made += [_account(session, key, name, role, ods_code, now=now) for key, name, role, ods_code in PEOPLE]
    return any(made)


def account_of(session: Session, key: str) -> Account:
    """Return the account of an invented person, as `nia` or `ward_manager`."""
    return session.scalars(select(Account).where(Account.issuer == ISSUER, Account.subject == key)).one()


def _holder(session: Session, key: str, person: Person, *, employer: str, now: datetime) -> bool:
    """Make the account of somebody who has a passport, with a work address as if its holder had confirmed it."""
    address = f"{person.given_name}.{person.family_name}@invented-vale.example"
    claiming.keep_address(session, person_id=person.id, email=address)
    contact = session.get_one(Contact, person.id)
    contact.confirmed_at = contact.confirmed_at or now
    return _account(
        session, key, f"{person.given_name} {person.family_name}", "staff", employer, person_id=person.id, now=now
    )


def _account(
    session: Session, key: str, name: str, role: str, ods_code: str, *, person_id: UUID | None = None, now: datetime
) -> bool:
    if accounts.of_provider(session, issuer=ISSUER, subject=key):
        return False
    account = accounts.register(
        session, name=name, issuer=ISSUER, subject=key, person_id=person_id, actor=ACTOR, now=now
    )
    accounts.grant(
        session, account_id=account.id, organisation_id=organisations.by_ods(session, ods_code).id, role=role,
        source=SOURCE, actor=ACTOR, now=now,
    )  # fmt: skip
    return True
