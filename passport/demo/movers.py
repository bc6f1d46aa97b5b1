"""Everybody of the first file moves to the receiving trust: the induction plans of one morning, over HTTP.

The planner's page of saved time is made from such plans; fewer than eight would be a star.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from passport.db import reading
from passport.demo import preparing
from passport.demo.files import read
from passport.demo.program import Program
from passport.issuing import service as issuing
from passport.organisations import service as organisations
from passport.staff.models import Employment

EMPLOYER: Final = "X1V2A"
NOTICE: Final = timedelta(days=28)


def happen(receiver: Program, *, today: date, now: datetime) -> dict[str, int]:
    """Verify each passport as the receiving trust and have a plan made.

    Args:
        receiver: the receiving trust's program.
        today: the day of the first run.
        now: UTC.

    Returns:
        How many `plans` were made, and the `minutes_saved` of all.
    """
    access = receiver.token(now=now)
    wanted = {"profile": preparing.rules(preparing.PROFILE)["id"], "policy": preparing.rules(preparing.POLICY)["id"],
              "starts_on": (today + NOTICE).isoformat()}  # fmt: skip
    plans = [_plan(receiver, access, passport, wanted, key=f"mover-{place}") for place, passport in _passports(now)]
    return {"plans": len(plans), "minutes_saved": sum(plan["minutes_saved"] for plan in plans)}


def _plan(receiver: Program, access: str, passport: str, wanted: dict[str, Any], *, key: str) -> dict[str, Any]:
    verdict = receiver.post("/v1/verifications", {"presentation": passport}, token=access, key=f"{key}-verified")
    return receiver.post(
        "/v1/induction-plans", {"verification_id": verdict["id"], **wanted}, token=access, key=f"{key}-decided"
    )


def _passports(now: datetime) -> list[tuple[int, str]]:
    """Return a number and a passport of everybody of the first file but the traveller, who has a story of their own."""
    numbers = [person["assignment_number"] for person in read("people.csv")[1:]]
    with reading() as session:
        employed = select(Employment.person_id).where(
            Employment.organisation_id == organisations.by_ods(session, EMPLOYER).id,
            Employment.assignment_number.in_(numbers),
        )
        people = session.scalars(employed.order_by(Employment.assignment_number)).all()
        return [
            (place, issuing.token_of(session, issuing.live(session, person, now=now)[0]))
            for place, person in enumerate(people, start=2)
        ]
