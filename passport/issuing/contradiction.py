"""When a copy that is out there says something that was never right.

What a copy says stays true when an award is superseded, a new one is added or one runs out: a renewal must not kill a
printed card. It was never right when an award in it was withdrawn, or was corrected so that a reader would see another
thing, or when the name or a registration number was corrected. Only then is a copy replaced (wire formats, section 2).
Nothing here reads or writes a table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from credentials.records import AdvancedPractice, Award, PassportContent

Ending = Literal["superseded", "corrected", "withdrawn"]
Said = Award | AdvancedPractice

# What a correction may change without anybody being misled: the record's own name, and when it was written down.
_BOOKKEEPING: Final = ("id", "recorded_at")


@dataclass(frozen=True, slots=True)
class End:
    """How a record ended. `replaced_by` names the record that took its place, if any."""

    ending: Ending
    replaced_by: str | None


def contradicted(copy: PassportContent, *, current: PassportContent, ends: Mapping[str, End]) -> bool:
    """Say whether a copy tells its reader something that was never right.

    Args:
        copy: what the copy says.
        current: what the passport says now.
        ends: how the records that have ended did so, by their ids.
    """
    if (copy.given_name, copy.family_name) != (current.given_name, current.family_name):
        return True
    numbers = {(registration.body, registration.number) for registration in current.registrations}
    if any((registration.body, registration.number) not in numbers for registration in copy.registrations):
        return True
    now_said = {record.id: record for record in _records(current)}
    return any(_was_wrong(record, now_said, ends) for record in _records(copy))


def record_ids(content: PassportContent) -> list[str]:
    """Return the ids of all records in a passport."""
    return [record.id for record in _records(content)]


def _was_wrong(record: Said, now_said: Mapping[str, Said], ends: Mapping[str, End]) -> bool:
    end = ends.get(record.id)
    if end is None or end.ending == "superseded":
        return False
    replacement = now_said.get(end.replaced_by or "") if end.ending == "corrected" else None
    return replacement is None or _visible(record) != _visible(replacement)


def _records(content: PassportContent) -> tuple[Said, ...]:
    practice = (content.advanced_practice,) if content.advanced_practice else ()
    return (*content.training, *content.credentials, *practice)


def _visible(record: Said) -> object:
    return _without_bookkeeping(msgspec.to_builtins(record))


def _without_bookkeeping(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_bookkeeping(member) for name, member in value.items() if name not in _BOOKKEEPING}
    return value
