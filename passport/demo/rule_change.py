"""A renewal period gets shorter: who is concerned is shown first, then it is confirmed, and nothing is issued again.

What the Academy's officer does on the pages of renewal rules, by the services behind them.
"""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.periods import add_months
from passport.db import transaction
from passport.demo import accounts
from passport.issuing.models import Credential
from passport.organisations import service as organisations
from passport.reporting import rule_changes
from passport.reporting import service as reporting
from passport.standards import service as standards
from passport.standards.models import RenewalRule

ACADEMY: Final = "X4A5D"
STANDARD: Final = "HSW"
MONTHS: Final = 24
MONTHS_AHEAD: Final = 3
SOURCE: Final = "Invented decision 7 of the demonstration"


def happen(*, today: date, now: datetime) -> dict[str, Any]:
    """Show what a shorter period would change, and confirm it; one that is confirmed already is only shown.

    Args:
        today: the day of the first run.
        now: UTC.

    Returns:
        The standard, both periods, the first day, how many people change in which way, and how many copies of passports
        there were before and after.
    """
    from_on = add_months(today.replace(day=1), MONTHS_AHEAD)
    with transaction() as session:
        standard, before = standards.standard_by_code(session, STANDARD), _copies(session)
        rules = session.scalars(select(RenewalRule).where(RenewalRule.standard_id == standard.id)).all()
        in_force = next(rule for rule in rules if rule.from_on is None or rule.from_on < from_on)
        effect = _effect(session, from_on, today=today)
        if not any(rule.from_on == from_on for rule in rules):
            standards.change_renewal(
                session, standard_code=STANDARD, months=MONTHS, from_on=from_on, source=SOURCE, confidence="invented",
                actor=f"account:{accounts.account_of(session, 'academy').id}", now=now,
            )  # fmt: skip
        told = {"standard": standard.title, "months_before": in_force.months, "months": MONTHS,
                "from_on": from_on.isoformat(), "people": effect, "copies_before": before}  # fmt: skip
    with transaction() as session:
        return told | {"copies_after": _copies(session)}


def _effect(session: Session, from_on: date, *, today: date) -> dict[str, str]:
    """Return what the Academy sees: the change in words, and the national figure."""
    view = reporting.ask(session, organisations.by_ods(session, ACADEMY).id).view
    seen = rule_changes.count(session, view, rule_changes.Proposal(STANDARD, MONTHS, from_on), today=today)
    return {rule_changes.CHANGES[change]: figure.text for change, figure in seen.figures().items()}


def _copies(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Credential)) or 0
