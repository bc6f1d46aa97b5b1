"""A verdict in words for pages: separate facts, each with a state, and never one "valid".

*Genuine* (signature and known issuer), *current* (dates), *not withdrawn* (status, with its time) and *accepted* (the
receiving organisation's own decision) are different things, so each is a line of its own. A state has words, an icon
and a colour, because colour alone tells nothing to many people. The browser's own verifier shows the same facts: it is
given `STATES` and the sentences of the reasons with the page, and a test compares the two.

In the order of the code: the states; the facts of a verdict; the one that stands on top; the holder's name; records;
the level of practice; where the issuer of either stands; registrations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from credentials.errors import every_reason
from credentials.records import NO_SCOPE_OF_PRACTICE
from passport.verifying.report import FACTS
from passport.web.words import day, moment

SOON: Final = timedelta(days=30)

# What each state says, its colour (of nhsuk-frontend's tags) and the icon beside it.
STATES: Final[dict[str, dict[str, str]]] = {
    "good": {"text": "Genuine and not withdrawn", "colour": "green", "icon": "✓"},
    "genuine": {"text": "Genuine", "colour": "green", "icon": "✓"},
    "not_genuine": {"text": "Changed or not genuine", "colour": "red", "icon": "✕"},
    "not_a_passport": {"text": "Not a staff passport code", "colour": "grey", "icon": "?"},
    "issuer_unknown": {"text": "Issuer not in the register", "colour": "orange", "icon": "!"},
    "could_not_check": {"text": "Could not check", "colour": "orange", "icon": "!"},
    "in_date": {"text": "In date", "colour": "green", "icon": "✓"},
    "expires_soon": {"text": "Expires soon", "colour": "yellow", "icon": "!"},
    "expired": {"text": "Expired", "colour": "red", "icon": "✕"},
    "not_withdrawn": {"text": "Not withdrawn", "colour": "green", "icon": "✓"},
    "withdrawn": {"text": "Withdrawn", "colour": "red", "icon": "✕"},
    "not_looked_up": {"text": "Could not check withdrawal", "colour": "orange", "icon": "!"},
    "not_looked_up_top": {
        "text": "Genuine, but we could not check withdrawal", "colour": "orange", "icon": "!",
    },
    "issuers_known": {"text": "Every issuer is in the register", "colour": "green", "icon": "✓"},
    "not_decided": {"text": "Not decided here", "colour": "blue", "icon": "i"},
    "no_end": {"text": "No end date", "colour": "grey", "icon": "–"},
}  # fmt: skip

# Reasons for which a text is simply something else, and nobody tried to deceive.
SOMETHING_ELSE: Final = frozenset(
    ("malformed", "too_large", "qr_malformed", "qr_version", "vct_unknown", "typ_mismatch")
)
ACCEPTED: Final = "Whether the records are accepted is for the receiving organisation to decide."


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known: what it is about, the state that it is in, and a sentence."""

    about: str
    state: str
    sentence: str

    @property
    def shown(self) -> dict[str, str]:
        """The words, colour and icon of the state."""
        return STATES[self.state]


def sentences() -> dict[str, str]:
    """Return what each reason says to people, for the browser's verifier."""
    return {code: reason.sentence for code, reason in every_reason().items()} | FACTS


def facts(verdict: Mapping[str, Any]) -> list[Fact]:
    """Return the facts of a verdict, in the order in which people read them."""
    if verdict["current"]["result"] is None:
        return [_refused(verdict)]
    found = [Fact("Signature", "genuine", "It was signed by the registry and not changed since.")]
    return [*found, _current(verdict), _withdrawal(verdict), _issuers(verdict), _accepted()]


def on_top(verdict: Mapping[str, Any]) -> Fact:
    """Return the fact that stands on top: the worst one, or that all is well."""
    found = facts(verdict)
    if len(found) == 1:
        return found[0]
    by_state = {fact.state: fact for fact in found}
    for state in ("withdrawn", "expired"):
        if state in by_state:
            return by_state[state]
    if "not_looked_up" in by_state:
        return Fact("Result", "not_looked_up_top", by_state["not_looked_up"].sentence)
    if "issuer_unknown" in by_state:
        return by_state["issuer_unknown"]
    return Fact("Result", "good", by_state["not_withdrawn"].sentence)


def name_of(verdict: Mapping[str, Any]) -> str:
    """Return the holder's name as far as it was shown."""
    holder = verdict["holder"]
    return " ".join(holder[part] for part in ("given_name", "family_name") if holder.get(part)) or "Name not shown"


def records(verdict: Mapping[str, Any], *, today: date) -> list[dict[str, Any]]:
    """Return the awards as the rows of a table."""
    return [_record(award, today) for award in verdict["awards"]]


def practice(verdict: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the recognised level of practice, and what it is not; None: the passport shows none."""
    found = verdict.get("advanced_practice")
    if found is None:
        return None
    return {
        "level": f"{found['level'].capitalize()} practice",
        "profession": found["base_profession"],
        "issuer": found["issuer"]["name"],
        "on": day(date.fromisoformat(found["recognised_on"])),
        "edition": found["edition"],
        "standing": standing(found) if "accredited_then" in found else "",
        "notice": NO_SCOPE_OF_PRACTICE,
    }


def standing(found: Mapping[str, Any]) -> str:
    """Return what the trust list says of whoever awarded or recognised: then, on the day, and now.

    Statutory training asks for no accreditation; there the declared alignment with its framework counts.
    """
    accredited = (found["accredited_then"], found["accredited_now"])
    aligned = (bool(found.get("aligned_then")), bool(found.get("aligned_now")))
    framework = f"aligned to {found.get('framework')}"
    if accredited == aligned == (True, True):
        return f"Accredited and {framework} then and now"
    suspended = bool(found.get("suspended_now"))
    said = []
    if any(accredited):
        said.append(_then_and_now("accredited", *accredited, ended="suspended" if suspended else "no longer"))
    elif suspended:
        said.append("suspended now")
    if any(aligned):
        said.append(_then_and_now(framework, *aligned, ended="no longer"))
    sentence = "; ".join(said) or "no accreditation or alignment listed"
    return sentence[0].upper() + sentence[1:]


def registrations(verdict: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the professional registrations that were shown, each with the day on which somebody last looked it up."""
    return [
        {"body": each["body"], "number": each["number"], "checked_on": day(instant(each["checked_at"]))}
        for each in verdict["holder"].get("registrations", ())
    ]


def instant(text: str | None) -> datetime | None:
    """Read a time of a verdict."""
    return None if text is None else datetime.fromisoformat(text)


def _then_and_now(what: str, then: bool, now: bool, *, ended: str) -> str:
    if not then:
        return f"not {what} then, {what} now"
    return f"{what} then and now" if now else f"{what} then, {ended} now"


def _refused(verdict: Mapping[str, Any]) -> Fact:
    reason = verdict["reason"]
    sentence = sentences().get(reason, reason)
    if verdict["outcome"] == "could_not_check":
        return Fact("Result", "could_not_check", sentence)
    if reason == "issuer_untrusted":
        return Fact("Result", "issuer_unknown", sentence)
    return Fact("Result", "not_a_passport" if reason in SOMETHING_ELSE else "not_genuine", sentence)


def _current(verdict: Mapping[str, Any]) -> Fact:
    until = moment(instant(verdict["current"]["expires_at"]))
    if verdict["current"]["result"]:
        return Fact("Dates", "in_date", f"This copy can be used until {until}.")
    return Fact("Dates", "expired", f"This copy ended on {until}. Ask for a fresh one.")


def _withdrawal(verdict: Mapping[str, Any]) -> Fact:
    found = verdict["not_withdrawn"]
    as_of = moment(instant(found["as_of"]))
    if found["result"] is None:
        since = f" The last list is of {as_of}." if found["as_of"] else ""
        return Fact("Withdrawal", "not_looked_up", f"{sentences()[verdict['reason']]}{since}")
    if found["result"]:
        return Fact("Withdrawal", "not_withdrawn", f"Nobody had withdrawn this copy on {as_of}.")
    return Fact("Withdrawal", "withdrawn", f"{FACTS['withdrawn']} The list is of {as_of}.")


def _issuers(verdict: Mapping[str, Any]) -> Fact:
    failed = any(check["check"] == "award_issuers" and check["result"] == "failed" for check in verdict["checks"])
    if failed:
        return Fact("Issuers", "issuer_unknown", "At least one organisation that is named in it is not listed.")
    return Fact("Issuers", "issuers_known", "Their names below come from the register.")


def _accepted() -> Fact:
    return Fact("Acceptance", "not_decided", ACCEPTED)


def _record(award: Mapping[str, Any], today: date) -> dict[str, Any]:
    until = date.fromisoformat(award["valid_until"]) if award.get("valid_until") else None
    return {
        "title": _title(award),
        "awarded_on": day(date.fromisoformat(award["awarded_on"])),
        "until": day(until) if until else "None set",
        "issuer": award["issuer"]["name"],
        "standing": standing(award),
        "state": STATES[_state(award, until, today)],
    }


def _title(award: Mapping[str, Any]) -> str:
    level = f", level {award['level']}" if award.get("level") else ""
    variant = f", {award['variant']}" if award.get("variant") else ""
    part = f", part {award['part']}" if award.get("part") else ""
    return f"{award['subject']}{level}{variant}{part} ({award['standard']})"


def _state(award: Mapping[str, Any], until: date | None, today: date) -> str:
    if "withdrawn" in award:
        return "withdrawn"
    if until is None:
        return "no_end"
    if until < today:
        return "expired"
    return "expires_soon" if until <= today + SOON else "in_date"
