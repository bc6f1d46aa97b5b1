"""Decisions and plans as pages and files show them: words, order and rows, from what is stored.

In the order of the code: the words of an outcome; a plan's requirements, each with where it stands after a person's
exceptions; the rows for ESR; the matrix of a cohort, which is everybody whose newest plan has the same profile and
start date.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from passport.induction.models import InductionPlan

STANDINGS: Final[dict[str, dict[str, str]]] = {
    "accepted": {"text": "Accept", "colour": "green", "icon": "✓"},
    "partial": {"text": "Partial", "colour": "yellow", "icon": "!"},
    "to_check": {"text": "A person must decide", "colour": "orange", "icon": "?"},
    "to_do": {"text": "To do", "colour": "blue", "icon": "–"},
}
# The columns of an ESR file of training records; the receiver's own numbers are for the receiver to fill in.
ESR_COLUMNS: Final = (
    "VPD", "Employee Number", "Assignment Number", "First Name", "Last Name", "Date of Birth", "Registration Body",
    "Registration Number", "Competency Name", "Competence Level", "Date Awarded", "Expiry Date", "Delivery", "Assessed",
)  # fmt: skip
DELIVERIES: Final = {"e_learning": "e-learning", "face_to_face": "face to face", "blended": "blended"}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a plan, as it was proposed and as it stands."""

    id: str
    title: str
    standing: str
    sentence: str
    rule: Mapping[str, str]
    minutes: int
    departure: Mapping[str, str] | None

    @property
    def shown(self) -> dict[str, str]:
        """The words, colour and icon of where it stands."""
        return STANDINGS[self.standing]


def requirements(plan: Mapping[str, Any]) -> list[Requirement]:
    """Return the requirements of a stored or proposed plan, in their order."""
    departures = {each["requirement"]: each for each in plan.get("departures", ())}
    return [_requirement(decision, departures.get(decision["requirement"])) for decision in plan["decisions"]]


def holder_of(plan: Mapping[str, Any]) -> str:
    """Return the name of a plan's starter."""
    return named(plan["holder"])


def named(holder: Mapping[str, Any]) -> str:
    """Return a starter's name as the passport showed it."""
    return " ".join(holder[part] for part in ("given_name", "family_name") if holder.get(part)) or "Name not shown"


def duration(minutes: int) -> str:
    """Write minutes in words, as `2 hours 30 minutes`."""
    hours, rest = divmod(minutes, 60)
    parts = [_counted(hours, "hour")] if hours else []
    return " ".join([*parts, *([_counted(rest, "minute")] if rest or not hours else [])])


def esr_rows(plan: Mapping[str, Any]) -> Iterable[list[object]]:
    """Return a row for each award that an accepted requirement rests on, in the columns of ESR."""
    awards = {award["id"]: award for award in plan["awards"]}
    accepted = set(plan["accepted"])
    counted = [award for each in plan["decisions"] if each["requirement"] in accepted for award in each["awards"]]
    until = {
        award: each["accepted_until"]
        for each in plan["decisions"]
        for award in each["awards"]
        if each["requirement"] in accepted
    }
    for award_id in dict.fromkeys(counted):
        yield _esr_row(plan["holder"], awards[award_id], until[award_id])


@dataclass(frozen=True, slots=True)
class Matrix:
    """People by requirement. A cell is where the requirement stands, None where the person's plan does not have it."""

    titles: dict[str, str]
    rows: list[tuple[InductionPlan, dict[str, str | None]]]

    def standing(self, requirement: str | None, state: str | None) -> "Matrix":
        """Return the people of whom a requirement (None: any) stands so (None: anyhow)."""
        if state is None:
            return self
        wanted = [requirement] if requirement else list(self.titles)
        kept = [row for row in self.rows if any(row[1].get(each) == state for each in wanted)]
        return Matrix(self.titles, kept)


def matrix(plans: Sequence[InductionPlan]) -> Matrix:
    """Put the newest plan of each person beside the others.

    Args:
        plans: plans of one profile and start date, the newest first.
    """
    newest: dict[object, InductionPlan] = {}
    for stored in plans:
        newest.setdefault(stored.plan["holder"].get("number") or stored.verification_id, stored)
    found = sorted(newest.values(), key=lambda stored: holder_of(stored.plan).casefold())
    rows = [(stored, requirements(stored.plan)) for stored in found]
    titles = {each.id: each.title for _, row in rows for each in row}
    nowhere: dict[str, str | None] = dict.fromkeys(titles)
    return Matrix(titles, [(stored, nowhere | {each.id: each.standing for each in row}) for stored, row in rows])


def _requirement(decision: Mapping[str, Any], departure: Mapping[str, str] | None) -> Requirement:
    return Requirement(
        id=decision["requirement"],
        title=decision["title"],
        standing=_standing(decision["outcome"], departure),
        sentence=decision["sentence"],
        rule=decision["rule"],
        minutes=_minutes(decision, departure),
        departure=departure,
    )


def _standing(outcome: str, departure: Mapping[str, str] | None) -> str:
    if departure:
        return "accepted" if departure["decision"] == "accept" else "to_do"
    return {"ACCEPT": "accepted", "ACCEPT_UNTIL": "accepted", "PARTIAL": "partial", "REFER": "to_check"}.get(
        outcome, "to_do"
    )


def _minutes(decision: Mapping[str, Any], departure: Mapping[str, str] | None) -> int:
    if departure is None:
        return int(decision["minutes_left"])
    return 0 if departure["decision"] == "accept" else int(decision["minutes_left"] + decision["minutes_saved"])


def _esr_row(holder: Mapping[str, Any], award: Mapping[str, Any], accepted_until: str | None) -> list[object]:
    registration: Mapping[str, Any] = next(iter(holder.get("registrations", ())), {})
    assurance = award["assurance"]
    return [
        None, None, None, holder.get("given_name"), holder.get("family_name"), None,
        registration.get("body"), registration.get("number"), _competence(award),
        "1 - Assessed" if assurance["assessed"] else "1 - Attended",
        award["awarded_on"], accepted_until or award.get("valid_until"),
        DELIVERIES.get(assurance["delivery"], "unknown"),
        {True: "Yes", False: "No", None: None}[assurance["assessed"]],
    ]  # fmt: skip


def _competence(award: Mapping[str, Any]) -> str:
    """Return ESR's name of what was awarded, in the grammar that the import reads (`passport.esr.competence`)."""
    level, part = award.get("level"), award.get("part")
    said = [
        f"Level {level}" if level and level.isdecimal() else level,
        award.get("variant"),
        f"Part {part}" if part else None,
    ]
    title = " - ".join([award["subject"], *filter(None, said)])
    return f"NHS|{award['framework']}|{title}|"


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def file_name(kind: str, on: date) -> str:
    """Return the name of a file to download: nothing in it that somebody typed."""
    return f"{kind}-{on.isoformat()}.csv"
