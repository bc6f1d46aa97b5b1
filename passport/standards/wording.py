"""How pages say the kinds, types and states of this room: words, and the colour of the tag."""

from typing import Final

from credentials.catalogue import CarryOver, Worth

Tag = tuple[str, str]

KINDS: Final = {
    "statutory": "Statutory training",
    "credential": "Credential",
    "advanced_practice": "Level of practice",
}
SCOPES: Final = {
    "multiprofessional_with_medicine": "Multiprofessional, including medicine",
    "multiprofessional_without_medicine": "Multiprofessional, excluding medicine",
    "medical": "Medical",
}
SPECIFICATION_STATES: Final[dict[str | None, Tag]] = {
    None: ("Not known", "white"),
    "proposed": ("Proposed", "white"),
    "in_development": ("In development", "blue"),
    "candidate": ("Candidate", "purple"),
    "endorsed": ("Endorsed", "green"),
    "under_review": ("Under review", "yellow"),
    "superseded": ("Superseded", "grey"),
    "withdrawn": ("Withdrawn", "red"),
}
# What a link to the next state says, and what the page about it says will happen.
SPECIFICATION_MOVES: Final = {
    "proposed": ("Mark as proposed", "Nobody can award by this version yet."),
    "in_development": ("Start development", "Nobody can award by this version yet."),
    "candidate": ("Make it a candidate", "Nobody can award by this version yet."),
    "endorsed": (
        "Endorse",
        "Approved providers can award by this version from that day. It takes the place of the version in force.",
    ),
    "under_review": ("Put under review", "Approved providers go on awarding by this version."),
    "superseded": (
        "Supersede",
        "Nobody can award by this version from that day. What was awarded before goes on counting.",
    ),
    "withdrawn": (
        "Withdraw",
        "Nobody can award by this version from that day. What was awarded before goes on counting.",
    ),
}
# What an award of an earlier version of the framework is worth today, by what the later versions say.
WORTHS: Final[dict[Worth | None, str]] = {
    None: "It counts as before",
    "as_before": "It counts as before",
    "in_part": "What version {version} added is left to do",
    "unclear": "A person decides if it counts under version {version}",
}
# What a version that is not in force yet says of the awards of those before it.
COMING: Final[dict[Worth | None, str]] = {
    None: "Not in force yet",
    "as_before": "Not in force yet. Then earlier awards count as before",
    "in_part": "Not in force yet. Then what is new is left to do for earlier awards",
    "unclear": "Not in force yet. Then a person decides about earlier awards",
}
PRESENT: Final = "This is the version in force"
ACCREDITATION_STATES: Final[dict[str, Tag]] = {
    "applied": ("Applied", "blue"),
    "approved": ("Approved", "green"),
    "conditions": ("Approved with conditions", "yellow"),
    "suspended": ("Suspended", "red"),
    "ended": ("Ended", "grey"),
}
ACCREDITATION_MOVES: Final = {
    "applied": ("Record an application", "The provider cannot award yet."),
    "approved": ("Approve", "The provider can award from that day. A review is due a year later."),
    "conditions": (
        "Approve with conditions",
        "The provider can award from that day. Everybody can read the conditions. A review is due a year later.",
    ),
    "suspended": (
        "Suspend",
        "The provider can record nothing new. What it awarded before goes on counting. Every verifier sees both facts.",
    ),
    "ended": (
        "End the approval",
        "The provider can award nothing from that day. What it awarded before goes on counting.",
    ),
}
LIFT: Final = "Lift the suspension"
TURN_DOWN: Final = ("Turn the application down", "The provider cannot award. It can apply again.")


def move_words(state: str, before: str) -> str:
    """Return what the link to an accreditation's next state says."""
    if state == "approved" and before == "suspended":
        return LIFT
    if state == "conditions" and before == "conditions":
        return "Change the conditions"
    return _move(state, before)[0]


def consequence(state: str, before: str) -> str:
    """Return what the page about an accreditation's next state says will happen."""
    return _move(state, before)[1]


def _move(state: str, before: str) -> Tag:
    return TURN_DOWN if (state, before) == ("ended", "applied") else ACCREDITATION_MOVES[state]


def worth_today(carried: CarryOver | None) -> str:
    """Return what an award of an earlier version is worth today."""
    return WORTHS[carried.worth].format(version=carried.version) if carried else WORTHS[None]


def in_full(title: str, level: str | None, variant: str | None = None) -> str:
    """Return a standard's title with its level and variant, each only where the title does not say it already."""
    said = title.casefold()
    level_words = f"level {level}" if level and level.casefold() not in said else None
    variant_words = variant if variant and variant.casefold() not in said else None
    return ", ".join(filter(None, (title, level_words, variant_words)))
