"""Times several ways of doing the same work side by side, and says how one compares with another.

On a machine that others use too, rates drift from minute to minute; what is compared must run in the same minute. So
the contestants take turns in short rounds, in changing order, each round gives one ratio, and the median of the
rounds is told with the smallest and largest. In the order of the code: how much effort a run makes; a figure with its
target; the rounds.
"""

import gc
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from typing import Final, Literal, TypeVar

import msgspec

SHARE_OF_TARGET: Final = 0.7  # what `--check` asks of a ratio: room for the noise of a shared machine

Kind = Literal["ratio", "fixed", "absolute"]
Operation = Callable[[], object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much work a run does. More than 4,096 people outnumber every cache: each is met as if for the first time."""

    rounds: int = 9
    seconds: float = 0.2  # of one contestant in one round
    people: int = 4_300
    photographs: int = 60
    rows: int = 200_000
    residents: int = 100_000  # people in the database behind the pages


FULL: Final = Effort()


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure. `median` is None where a peer is not installed.

    A `ratio` compares two rates or sizes of the same run. A `fixed` figure does not depend on how fast the
    machine is. An `absolute` one does: it is recorded and never asserted.
    """

    benchmark: str
    what: str
    kind: Kind
    unit: str
    median: float | None
    lowest: float | None = None
    highest: float | None = None
    target: float | None = None
    at_most: bool = False

    @property
    def reaches_target(self) -> bool | None:
        """Say whether the target is met; None where there is none, or nothing was measured."""
        return self._within(self.target)

    @property
    def fails_check(self) -> bool:
        """Say whether this is worse than what the check tolerates."""
        if self.target is None or self.kind == "absolute":
            return False
        share = SHARE_OF_TARGET if self.kind == "ratio" else 1.0
        return self._within(self.target / share if self.at_most else self.target * share) is False

    def _within(self, bound: float | None) -> bool | None:
        if bound is None or self.median is None:
            return None
        return self.median <= bound if self.at_most else self.median >= bound


def figure(
    benchmark: str,
    what: str,
    values: Iterable[float],
    *,
    kind: Kind,
    unit: str,
    target: float | None = None,
    at_most: bool = False,
) -> Figure:
    """Sum the values of all rounds up as one figure. No values mean that there was nothing to measure."""
    found = sorted(values)
    return Figure(
        benchmark=benchmark,
        what=what,
        kind=kind,
        unit=unit,
        median=median(found) if found else None,
        lowest=found[0] if found else None,
        highest=found[-1] if found else None,
        target=target,
        at_most=at_most,
    )


class Timings(dict[str, list[float]]):
    """The seconds that one operation took, by contestant, one for each round."""

    def speed(self, name: str, against: str) -> list[float]:
        """Return how many times as fast as another a contestant was in each round; nothing if one did not run."""
        if name not in self or against not in self:
            return []
        return [other / own for own, other in zip(self[name], self[against], strict=True)]

    def speed_against_best(self, name: str, peers: Iterable[str]) -> list[float]:
        """Return how many times as fast as the fastest peer a contestant was in each round."""
        ran = [self[peer] for peer in peers if peer in self]
        return [min(others) / own for own, *others in zip(self[name], *ran, strict=True)] if ran else []

    def rate(self, name: str) -> list[float]:
        """Return the operations a second."""
        return [1 / own for own in self.get(name, [])]

    def milliseconds(self, name: str) -> list[float]:
        """Return the milliseconds of one operation."""
        return [own * 1000 for own in self.get(name, [])]


def interleave(contestants: Mapping[str, Operation], effort: Effort) -> Timings:
    """Let the contestants take turns, and return what each took.

    The clock counts the processor's time of this process alone, so that what others do in between is left out.

    Args:
        contestants: what to do once, by name.
        effort: how many rounds, and how long a contestant runs in each.
    """
    repeats = {name: _repeats(operation, effort.seconds) for name, operation in contestants.items()}
    gc.collect()
    gc.freeze()  # the samples lie in memory only for the measurement: the collector need not walk them each time
    timings = Timings({name: [] for name in contestants})
    order = list(contestants)
    for _ in range(effort.rounds):
        for name in order:
            timings[name].append(_time(contestants[name], repeats[name]))
        order.reverse()
    gc.unfreeze()
    return timings


def over(items: Sequence[T], operation: Callable[[T], object]) -> Operation:
    """Return an operation that takes the next item each time, and begins again after the last."""
    turn = cycle(items)
    return lambda: operation(next(turn))


def _repeats(operation: Operation, seconds: float) -> int:
    """Return how often an operation runs in the time given. This also warms it up."""
    repeats = 1
    while (once := _time(operation, repeats)) * repeats < seconds / 4:
        repeats *= 2
    return max(1, round(seconds / once))


def _time(operation: Operation, repeats: int) -> float:
    """Return the seconds of processor time of one operation, taken over many."""
    turns = range(repeats)
    start = time.process_time()
    for _ in turns:
        operation()
    return (time.process_time() - start) / repeats
