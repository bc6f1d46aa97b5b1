"""Choose what goes into an offline QR when not all of a passport can, and say what was left out and why.

In the order of the code: what was left out; the awards that a QR can say at all; and the awards that must go when the
QR would be too large for a phone to read: the oldest superseded ones first, then the oldest. Everything else about a
person always stays. Nothing is ever left out silently: the page that shows the QR names what is missing.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from credentials.code_list import CodeList
from credentials.errors import TooLargeError
from credentials.qr_layout import short_award_id
from credentials.records import Award, PassportContent, Record

Reason = Literal["not_in_code_list", "said_twice", "superseded", "no_room"]


class LeftOut(Record, frozen=True):
    """An award that the QR does not carry, and why not."""

    award: Award
    reason: Reason


def choose_sayable(content: PassportContent, code_list: CodeList) -> tuple[PassportContent, tuple[LeftOut, ...]]:
    """Leave out the awards that have no number in the code list, and those that say again what another says.

    Two awards of one standard, on one day, by one organisation have the same id in a QR; the one recorded last stays.
    """
    left_out: list[LeftOut] = []
    said: dict[str, Award] = {}
    for award in sorted(_awards(content), key=lambda award: award.assurance.recorded_at, reverse=True):
        if code_list.number_of(award) is None:
            left_out.append(LeftOut(award=award, reason="not_in_code_list"))
        elif said.setdefault(short_award_id(content.number, award), award) is not award:
            left_out.append(LeftOut(award=award, reason="said_twice"))
    return _without(content, [each.award for each in left_out]), tuple(left_out)


def choose_fitting(
    content: PassportContent, fits: Callable[[PassportContent], bool]
) -> tuple[PassportContent, tuple[LeftOut, ...]]:
    """Leave out awards, one after the other, until the rest fits.

    Raises:
        TooLargeError: it does not fit even without any award.
    """
    superseded = [award for award in _awards(content) if is_superseded(award, content)]
    others = [award for award in _awards(content) if award not in superseded]
    queue = [LeftOut(award=award, reason="superseded") for award in sorted(superseded, key=_age)]
    queue += [LeftOut(award=award, reason="no_room") for award in sorted(others, key=_age)]
    for count in range(len(queue) + 1):
        chosen = _without(content, [each.award for each in queue[:count]])
        if fits(chosen):
            return chosen, tuple(queue[:count])
    raise TooLargeError("no room for any award")


def is_superseded(award: Award, content: PassportContent) -> bool:
    """Say whether the same organisation awarded the same again later."""
    return any(
        (other.standard, other.part, other.issuer.ods) == (award.standard, award.part, award.issuer.ods)
        and other.awarded_on > award.awarded_on
        for other in _awards(content)
    )


def _awards(content: PassportContent) -> tuple[Award, ...]:
    return (*content.training, *content.credentials)


def _age(award: Award) -> tuple[int, str]:
    return award.awarded_on.toordinal(), award.id


def _without(content: PassportContent, gone: list[Award]) -> PassportContent:
    return msgspec.structs.replace(
        content,
        training=tuple(award for award in content.training if award not in gone),
        credentials=tuple(award for award in content.credentials if award not in gone),
    )
