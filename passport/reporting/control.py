"""Disclosure control: what may be shown of a count below national level. Pure values, no database.

In the order of the code: what is shown of one organisation's count (0 as 0, 1 to 7 as `*`, else to the nearest 5);
what a sum may be made of; when a sum that is exact gives nobody away. The rule that makes all attacks by subtraction
pointless: **nothing that is published below national level depends on how large a small count is.** An organisation's
figure depends on its own count alone; every sum is made from what is shown of organisations, each `*` standing for an
average. So no difference of totals, filters, levels or months says more about a `*` than "1 to 7". The one exact figure
is the national one. `gives_nobody_away` decides whether that of a month may be shown, and `leaves_parts_open` whether
that of a proposed change may (docs/statistics.md).
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

SMALLEST_SHOWN: Final = 8  # NHS Digital's rule for hospital statistics since September 2018: 1 to 7 are not shown
NEAREST: Final = 5
MIDDLE: Final = 4.0  # of 1 to 7: what a `*` stands for in a sum where nothing better is known
HIDDEN: Final = "*"
NOT_SHOWN: Final = "Not shown"
SPAN: Final = SMALLEST_SHOWN - 2  # from 1 to 7
TWO_SPANS: Final = 2 * SPAN  # what two small counts can make up for: the one attacked, and the one that is known
Part = TypeVar("Part", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as everybody sees it. `count` is None for 1 to 7; `exact`: neither hidden nor rounded.

    `withheld`: nothing is said at all, not even whether it is 0; its `count` is None too.
    """

    count: int | None
    exact: bool = False
    withheld: bool = False

    @property
    def text(self) -> str:
        """The figure in a cell, with commas."""
        if self.withheld:
            return NOT_SHOWN
        return HIDDEN if self.count is None else f"{self.count:,}"

    @property
    def says_somebody(self) -> bool:
        """Whether it says that there is somebody: a figure that is withheld doesn't."""
        return not self.withheld and self.count != 0


def control(count: float) -> Figure:
    """Return what is shown of a count, or of the estimate that a sum came to."""
    if count == 0:
        return Figure(0)
    if count < SMALLEST_SHOWN - 0.5:
        return Figure(None)
    return Figure(NEAREST * int(count / NEAREST + 0.5))


def stands_for(count: int, small: float = MIDDLE) -> float:
    """Return what an organisation's count contributes to a sum: what is shown of it, or the average of a `*`."""
    shown = control(count).count
    return small if shown is None else shown


def small_average(total: int, counts: Collection[int]) -> float:
    """Return what a `*` is on average, from what is published: an exact total, and what is shown of its parts.

    Args:
        total: the exact total that is shown.
        counts: its parts; only what is shown of them is used.
    """
    shown = [control(count).count for count in counts]
    hidden = shown.count(None)
    if not hidden:
        return MIDDLE
    average = (total - sum(count for count in shown if count is not None)) / hidden
    return min(max(average, 1.0), SMALLEST_SHOWN - 1.0)


def gives_nobody_away(before: Mapping[Part, int], after: Mapping[Part, int]) -> bool:
    """Say whether two exact totals may both be known: every `*` keeps all of its values from 1 to 7.

    The test is against somebody who knows which organisations did not change, and knows one organisation's counts
    exactly. Then the difference of the totals is the sum of the other changes; a small count among them stays hidden
    where the others could make up for its whole span, either way. An empty `before` tests a total by itself.

    Args:
        before: the counts of the parts of the earlier total; a part that is not there has none.
        after: those of the later one.
    """
    parts = [(before.get(name, 0), after.get(name, 0)) for name in before.keys() | after.keys()]
    changed = [(old, new) for old, new in parts if old != new]
    if not any(0 < count < SMALLEST_SHOWN for pair in changed for count in pair):
        return True
    more = [_slack(new)[0] + _slack(old)[1] for old, new in changed]
    less = [_slack(new)[1] + _slack(old)[0] for old, new in changed]
    # Without two: the one that is attacked, and the one that the attacker knows.
    return all(sum(sorted(slacks)[:-2]) >= SPAN for slacks in (more, less))


def leaves_parts_open(parts: Collection[int]) -> bool:
    """Say whether an exact total may be known beside what is shown of its parts, whoever knows one of them exactly.

    It may where the least and the most that the parts could come to are so far away that every `*` among them, and
    every part that nothing is shown of, keeps all of its values from 1 to 7. The answer follows from the total and from
    what is shown, so that of a total that is withheld nothing more is known.
    """
    slacks = [_slack(count) for count in parts]
    return all(sum(ways) > TWO_SPANS for ways in zip(*slacks, strict=True)) if slacks else False


def _slack(count: int) -> tuple[int, int]:
    """Return by how much a count could be higher and lower and still look the same."""
    shown = control(count).count
    if shown is None:
        return SMALLEST_SHOWN - 1 - count, count - 1
    if shown == 0:
        return 0, 0
    return shown + NEAREST // 2 - count, count - max(shown - NEAREST // 2, SMALLEST_SHOWN)
