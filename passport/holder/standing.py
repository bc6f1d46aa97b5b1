"""How each award of a passport stands today, in words for its holder.

In the order of the code: until when an award counts (the framework's rule of today and the issuer's own last day,
whichever ends first), what that means in a sentence, also where a newer version of the framework leaves a part open,
and the three groups of a page: what needs action, what counts, and what a longer-lasting award has made needless, of
the same standard or of one that covers it. `passport.awards.lasting` says the same in SQL, for lists and reminders. How
long an award counts for a new employer is that employer's decision (`credentials.acceptance`); this page says what the
catalogue's rules say, and no more.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from credentials.catalogue import CarryOver, Catalogue, Standard, Worth
from credentials.cover import cover
from credentials.periods import add_months, in_words
from credentials.records import Award, PassportContent
from passport.awards.lasting import SOON

State = Literal["ended", "ending", "current", "disputed", "in_part", "unclear"]
COLOURS: Final[dict[State, str]] = {
    "ended": "red", "ending": "yellow", "current": "green", "disputed": "grey", "in_part": "yellow", "unclear": "grey",
}  # fmt: skip
TAGS: Final[dict[State, str]] = {
    "ended": "Ended", "ending": "Ends soon", "current": "Current", "disputed": "Questioned",
    "in_part": "Partly counts", "unclear": "To be decided",
}  # fmt: skip
# Of a newer version of the framework: what it means for its holder.
LEFT_OPEN: Final[dict[Worth, str]] = {
    "in_part": "Since {day} the framework has new content. Do what was added.",
    "unclear": "Since {day} the framework has a new version. Your employer decides whether this still counts.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One award as its holder reads it.

    `last_day` None: nobody has set one. `left_open`: a newer version of the framework leaves a part or all of it open.
    """

    award: Award
    title: str
    covers: tuple[str, ...]
    last_day: date | None
    state: State
    sentence: str
    left_open: bool = False

    @property
    def tag(self) -> str:
        """The state in a word or two."""
        return TAGS[self.state]

    @property
    def colour(self) -> str:
        """The colour of the tag."""
        return COLOURS[self.state]

    @property
    def needs_action(self) -> bool:
        """Whether its holder should do something, or wait for somebody."""
        return self.state != "current"


@dataclass(frozen=True, slots=True)
class Groups:
    """The awards of a passport in the order of the page."""

    needs_action: tuple[Standing, ...]
    current: tuple[Standing, ...]
    outlasted: tuple[Standing, ...]

    @property
    def in_force(self) -> tuple[Standing, ...]:
        """Those that have not ended, as paper shows them."""
        ending = (each for each in self.needs_action if each.state != "ended")
        return tuple(sorted((*ending, *self.current), key=lambda each: each.title))

    @property
    def all(self) -> tuple[Standing, ...]:
        """Every award."""
        return (*self.needs_action, *self.current, *self.outlasted)


def groups(content: PassportContent, catalogue: Catalogue, *, disputed: Collection[str], on: date) -> Groups:
    """Sort the awards of a passport for its holder.

    Args:
        content: what the passport says.
        catalogue: the standards with their renewal rules.
        disputed: the ids of awards that the holder questioned and nobody has answered for.
        on: today.
    """
    found = [
        standing(award, catalogue, disputed=award.id in disputed, on=on)
        for award in (*content.training, *content.credentials)
    ]
    outlasted = [each for each in found if each.state != "disputed" and _is_outlasted(each, found, catalogue)]
    others = [each for each in found if each not in outlasted]
    return Groups(
        needs_action=tuple(sorted((each for each in others if each.needs_action), key=_urgency)),
        current=tuple(sorted((each for each in others if not each.needs_action), key=lambda each: each.title)),
        outlasted=tuple(sorted(outlasted, key=lambda each: each.title)),
    )


def standing(award: Award, catalogue: Catalogue, *, disputed: bool = False, on: date) -> Standing:
    """Say how one award stands on a day."""
    standard = catalogue.by_code.get(award.standard)
    last_day = _last_day(award, standard, on)
    carried = standard.carried_over(award.framework_version, on) if standard else None
    state = "disputed" if disputed else _state(last_day, carried, on)
    return Standing(
        award=award,
        title=_title(award, standard),
        covers=tuple(_titles(standard.satisfies, catalogue)) if standard else (),
        last_day=last_day,
        state=state,
        sentence=_sentence(last_day, standard, on) + _left_open(last_day, carried, on),
        left_open=carried is not None,
    )


def _last_day(award: Award, standard: Standard | None, on: date) -> date | None:
    rule = standard.renewal_on(on) if standard else None
    by_framework = add_months(award.awarded_on, rule.months) if rule and rule.months else None
    return min((day for day in (by_framework, award.valid_until) if day is not None), default=None)


def _state(last_day: date | None, carried: CarryOver | None, on: date) -> State:
    if last_day is not None and last_day < on:
        return "ended"
    if carried is not None and carried.worth != "as_before":
        return carried.worth
    return "current" if last_day is None or last_day > on + SOON else "ending"


def _left_open(last_day: date | None, carried: CarryOver | None, on: date) -> str:
    if carried is None or (last_day is not None and last_day < on):
        return ""
    return " " + LEFT_OPEN[carried.worth].format(day=in_words(carried.from_on))


def _sentence(last_day: date | None, standard: Standard | None, on: date) -> str:
    if last_day is None:
        rule = standard.renewal_on(on) if standard else None
        return "Your employer decides how long it counts." if rule else "No end date is set."
    if last_day < on:
        return f"It stopped counting after {in_words(last_day)}. Book this training again."
    if last_day == on:
        return "Today is the last day that it counts. Book this training again."
    if last_day <= on + SOON:
        return f"It counts until {in_words(last_day)}. That is in {_days(last_day - on)}. Book your renewal."
    return f"It counts until {in_words(last_day)}."


def _days(length: timedelta) -> str:
    return "1 day" if length.days == 1 else f"{length.days} days"


def _title(award: Award, standard: Standard | None) -> str:
    title = standard.title if standard else award.subject
    if award.part is None:
        return title
    names = {part.number: part.title for part in standard.parts} if standard else {}
    named = f": {names[award.part]}" if award.part in names else ""
    return f"{title}, part {award.part}{named}"


def _titles(codes: Iterable[str], catalogue: Catalogue) -> Iterable[str]:
    return (catalogue.by_code[code].title for code in codes if code in catalogue.by_code)


def _is_outlasted(one: Standing, found: Iterable[Standing], catalogue: Catalogue) -> bool:
    return any(
        other.state != "disputed"
        and not other.left_open
        and _lasting(other) > _lasting(one)
        and _covers(other.award, one.award, catalogue)
        for other in found
    )


def _covers(held: Award, needed: Award, catalogue: Catalogue) -> bool:
    """Say whether an award makes another one needless: of the same standard and part, or of one that covers it."""
    if held.standard == needed.standard:
        return held.part == needed.part
    one, other = catalogue.by_code.get(held.standard), catalogue.by_code.get(needed.standard)
    return held.part is None and one is not None and other is not None and cover(one, other) == "covers"


def _lasting(one: Standing) -> tuple[date, date, str]:
    return (one.last_day or date.max, one.award.awarded_on, one.award.id)


def _urgency(one: Standing) -> tuple[date, str]:
    return (one.last_day or date.max, one.title)
