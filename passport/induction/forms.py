"""The forms of a decision: what to decide by, and the exceptions that a person makes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup
from marshmallow import ValidationError

from passport.induction.plans import Departure
from passport.induction.service import LONGEST_REASON
from passport.induction.showing import Requirement
from passport.web.fields import clean_text
from passport.web.forms import Checkboxes, DateInput, FileUpload, Form, Radios, TextArea, component

PROPOSED: Final = "proposed"
CHOICES: Final = {"accept": "Accept it", "to_do": "Do it at induction"}
LONGEST_UPLOAD: Final = 1_000_000


class QuestionForm(Form):
    """Which profile and policy to decide by, and the day for which."""

    profile = Radios("Which role does the person start in?", required="Choose a role")
    policy = Radios("Which acceptance policy applies?", required="Choose a policy")
    starts_on = DateInput("When do they start?", example="coming", required="Enter the start date")

    def offer(self, profiles: Sequence[tuple[str, str]], policies: Sequence[tuple[str, str]]) -> None:
        """Set what can be chosen. With one policy there is no choice."""
        self.profile.offer(profiles)
        if len(policies) > 1:
            self.policy.offer(policies)
        else:
            del self.policy


class CohortForm(QuestionForm):
    """Many starters at once: those that were checked today, and the texts of further passports, one a line."""

    checked = Checkboxes("Starters whose passports you checked today")
    passports = TextArea("Passport codes", hint="Paste one on each line, up to 100.", longest=LONGEST_UPLOAD, rows=5)
    file = FileUpload("Or a text file with one code on each line", required=None, accept=".txt,.csv")


class DeparturesForm:
    """The exceptions of one plan: for each requirement what was chosen and why. Made anew for each request.

    Args:
        requirements: as they were proposed.
        sent: the fields that were sent.
    """

    def __init__(self, requirements: Sequence[Requirement], sent: Mapping[str, str]) -> None:
        self.rows: list[dict[str, Any]] = []
        self.departures: list[Departure] = []
        for place, requirement in enumerate(requirements):
            choice = sent.get(f"choice-{place}", PROPOSED)
            self.rows.append(self._row(place, requirement, choice, sent.get(f"reason-{place}", "")))

    @property
    def has_errors(self) -> bool:
        """Whether an exception lacks something."""
        return any(row["error"] for row in self.rows)

    def error_summary(self) -> Markup:
        """Return the list of what is wrong, each line a link to its field."""
        wrong = [
            {"text": f"{row['requirement'].title}: {row['error']}", "href": f"#reason-{row['place']}"}
            for row in self.rows
            if row["error"]
        ]
        return component("error-summary", "errorSummary", {"titleText": "There is a problem", "errorList": wrong})

    def _row(self, place: int, requirement: Requirement, choice: str, typed: str) -> dict[str, Any]:
        reason, error = _reason(typed)
        if choice in CHOICES and not error:
            error = None if reason else "Give a reason"
            if reason:
                self.departures.append(
                    Departure(requirement=requirement.id, decision=choice, reason=reason)  # type: ignore[arg-type]  # is in CHOICES
                )
        chosen = choice if choice in CHOICES else PROPOSED
        return {
            "place": place,
            "requirement": requirement,
            "choice": chosen,
            "reason": reason or typed,
            "error": error if chosen != PROPOSED else None,
        }


def _reason(typed: str) -> tuple[str, str | None]:
    try:
        reason = clean_text(typed.replace("\r\n", "\n"), multiline=True)
    except ValidationError:
        return "", "Remove the characters that cannot be seen"
    if len(reason) > LONGEST_REASON:
        return "", f"Enter {LONGEST_REASON} characters or fewer"
    return reason, None
