"""The steps of an application for recognition: their order, their deadlines, and what they are called.

In the order of the code: the steps of each route, which are those of the catalogue's data (`recognition_route`), with
the enrolment on a programme before them (facts, section 5); the endings of an application; which step may follow; until
which step evidence may be added; the deadlines, in calendar months. Pure: no tables, no clock.

The deadlines count from the learning needs analysis (source S70: half of the evidence in month 6 after it is agreed,
submission within 12 months of it); before it an application waits for its turn and nothing is due. Half of the evidence
is a milestone: it is shown as overdue and stops nothing. The submission is a limit: what comes later does not count,
and an application without one lapses (`GRACE`).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, Literal, get_args

from credentials.periods import add_months
from credentials.records import RecognitionRoute

Step = Literal[
    "expression_of_interest", "eligibility_confirmed", "learning_needs_analysis", "half_of_evidence", "submitted",
    "enrolled", "programme_completed", "recognised",
]  # fmt: skip
Ending = Literal["recognised", "withdrawn", "lapsed", "not_eligible"]
STEPS: Final = get_args(Step)
ENDINGS: Final = get_args(Ending)
STEPS_OF: Final[Mapping[RecognitionRoute, tuple[Step, ...]]] = {
    "eportfolio": (
        "expression_of_interest", "eligibility_confirmed", "learning_needs_analysis", "half_of_evidence", "submitted",
        "recognised",
    ),
    "programme": ("enrolled", "programme_completed", "recognised"),
}  # fmt: skip
TITLES: Final[Mapping[Step, str]] = {
    "expression_of_interest": "Expression of interest",
    "eligibility_confirmed": "Eligibility confirmed by the employer",
    "learning_needs_analysis": "Learning needs analysis",
    "half_of_evidence": "Half of the evidence at month 6",
    "submitted": "Submission within 12 months",
    "enrolled": "Enrolled on an accredited programme",
    "programme_completed": "Accredited MSc programme completed",
    "recognised": "Recognised",
}
# With these everything is in: no evidence is added any more, and a recognition can follow.
COMPLETE: Final[frozenset[Step]] = frozenset(("submitted", "programme_completed"))
HALF_MONTHS: Final = 6
SUBMISSION_MONTHS: Final = 12
# How long after the last day a submission that came in time can still be written down, before the application lapses.
GRACE: Final = timedelta(days=14)


def next_step(route: RecognitionRoute, step: Step) -> Step | None:
    """Return the one step that may follow; None: the last one is reached."""
    steps = STEPS_OF[route]
    place = steps.index(step) + 1
    return steps[place] if place < len(steps) else None


def deadlines(analysed_on: date) -> tuple[date, date]:
    """Return the last days for half of the evidence and for the submission.

    Args:
        analysed_on: the day on which the learning needs analysis was agreed.
    """
    return add_months(analysed_on, HALF_MONTHS), add_months(analysed_on, SUBMISSION_MONTHS)


def overdue(step: Step, *, evidence_due_on: date | None, submission_due_on: date | None, today: date) -> date | None:
    """Return the deadline that has passed without its step; None: nothing is overdue."""
    if step == "learning_needs_analysis" and evidence_due_on is not None and evidence_due_on < today:
        return evidence_due_on
    waits = step in ("learning_needs_analysis", "half_of_evidence")
    return submission_due_on if waits and submission_due_on is not None and submission_due_on < today else None
