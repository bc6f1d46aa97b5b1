"""A provider is suspended: what it awarded before stays and says so, and it awards nothing new.

The provider, the employer and the receiving trust speak through their programs over HTTP; the Academy approves and
suspends as its officer would on a page. Every step may be taken again: nothing is recorded twice.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from passport.db import transaction
from passport.demo import accounts
from passport.demo.program import Program, RefusedError
from passport.organisations import service as organisations
from passport.publishing import refreshing
from passport.staff.models import Person
from passport.standards import accreditation
from passport.standards import service as standards

PROVIDER: Final = "X5U6E"
STANDARD: Final = "MPC-PAEDIATRICS"
APPROVED: Final = timedelta(days=300)  # before the first day
AWARDED: Final = timedelta(days=120)
FACTS_SHOWN: Final = ("accredited_then", "accredited_now", "suspended_now")
NOTE: Final = "Two complaints about assessment (invented)"
FACTS: Final[dict[str, Any]] = {
    "standard": STANDARD, "delivery": "blended", "assessed": True, "verification_method": "document_and_record",
    "pedigree": "authoritative",
}  # fmt: skip


def happen(
    programs: Mapping[str, Program], *, graduate: Person, applicant: Person, today: date, now: datetime
) -> dict[str, Any]:
    """Let the provider award, suspend it, and let it try again.

    Args:
        programs: of the `provider`, the `employer` and the `receiver`.
        graduate: who gets the award before.
        applicant: who does not get one after.
        today: the day of the first run.
        now: UTC.

    Returns:
        What a verifier read before and after, and why the new award was refused.
    """
    provider, employer, receiver = (
        (programs[who], programs[who].token(now=now)) for who in ("provider", "employer", "receiver")
    )
    name = _enter("approved", today - APPROVED, today=today, now=now)
    provider[0].post("/v1/awards", _award(graduate, today - AWARDED), token=provider[1], key="award-before")
    passport = employer[0].post(
        f"/v1/staff/{graduate.passport_number}/credentials", {}, token=employer[1], key="passport-with-award"
    )
    before = _verify(*receiver, passport["credential"], key="verify-before")
    _enter("suspended", today, today=today, now=now)
    after = _verify(*receiver, passport["credential"], key="verify-after")
    return {
        "provider": name, "standard": before["subject"], "holder": f"{graduate.given_name} {graduate.family_name}",
        "before": _facts(before), "after": _facts(after), "suspended_on": today.isoformat(),
        "refusal": _refused(*provider, _award(applicant, today)),
    }  # fmt: skip


def _enter(state: accreditation.State, on: date, *, today: date, now: datetime) -> str:
    """Put the provider in a state as the Academy, unless it is in that one or beyond; return its name."""
    with transaction() as session:
        provider = organisations.by_ods(session, PROVIDER)
        standard = standards.standard_by_code(session, STANDARD)
        latest = accreditation.latest_of(session, provider.id, standard.id)
        if latest is None or latest.from_on < on <= today:
            accreditation.accredit(
                session, organisation_id=provider.id, standard_code=STANDARD, from_on=on, state=state,
                note=NOTE if state == "suspended" else None,
                actor=f"account:{accounts.account_of(session, 'academy').id}", now=now,
            )  # fmt: skip
        name = provider.name
    refreshing.refresh_all(now=now)
    return name


def _verify(receiver: Program, token: str, passport: str, *, key: str) -> dict[str, Any]:
    """Verify as the receiving trust, and return what was read of the award."""
    verdict = receiver.post("/v1/verifications", {"presentation": passport}, token=token, key=key)
    award: dict[str, Any] = next(each for each in verdict["awards"] if each["standard"] == STANDARD)
    return award


def _facts(award: Mapping[str, Any]) -> dict[str, bool]:
    return {fact: award[fact] for fact in FACTS_SHOWN}


def _refused(provider: Program, token: str, award: Mapping[str, Any]) -> dict[str, str]:
    try:
        provider.post("/v1/awards", dict(award), token=token)
    except RefusedError as refused:
        return {"code": refused.problem["code"], "detail": refused.problem["detail"]}
    raise RuntimeError("a suspended provider recorded a new award")


def _award(person: Person, on: date) -> dict[str, Any]:
    return FACTS | {
        "number": person.passport_number, "date_of_birth": person.date_of_birth.isoformat(),
        "awarded_on": on.isoformat(),
    }  # fmt: skip
