"""How an offline QR lays out a passport's content: short arrays of small integers.

In the order of the code: the arrays, field by field as in docs/qr.cddl (msgspec refuses a wrong type, a missing element
and one too many) and their plain form; the id of an award; days as numbers. `qr_writing` fills the arrays, `qr_reading`
follows them back.

Words and standards become numbers of the code list. Organisations are ODS codes, once each: their names come from the
trust list. What an award has in common with others (who awarded it under which framework version, how sure it is) is
said once, as a source. Days are counted back from the day of issue; awards stand newest first, each counted back from
the one before it. Three things are lost, on purpose: instants become their UTC day, names of organisations go, and an
award's id becomes one that follows from the award (`short_award_id`), at no cost in bytes.
"""

from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Annotated, Final

import msgspec

from credentials.encoding import canonical_json
from credentials.errors import ClaimTypeError
from credentials.periods import add_months
from credentials.records import AdvancedPractice, Award

ID_BYTES: Final = 8

Number = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
DaysBefore = Annotated[int, msgspec.Meta(gt=-50_000, lt=50_000)]  # 50,000 days are 137 years


class Row(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An array of the CDDL: the fields are its elements, in order."""


class SourceRow(Row, frozen=True):
    """Who awarded, under which version of the framework, and how sure it is."""

    organisation: Number
    framework_version: str
    delivery: Number
    assessed: bool | None
    verification_method: Number
    pedigree: Number


class AwardRow(Row, frozen=True):
    """One award. See `lasting` and `recorded` for the two numbers that may be negative."""

    standard: Number
    days_before: DaysBefore
    source: Number
    recorded: DaysBefore
    lasting: DaysBefore | None = None
    part: Number | None = None


class RegistrationRow(Row, frozen=True):
    """One professional registration. Who checked is an organisation of the list or a text; so is the method."""

    body: str
    number: str
    checked: DaysBefore
    checked_by: Number | str
    method: Number | str
    annotations: tuple[str, ...]


class PracticeRow(Row, frozen=True):
    """Recognition at a level of practice."""

    level: Number
    edition: Number
    route: Number
    pillars: tuple[Number, ...]
    base_profession: str
    recognised: DaysBefore
    organisation: Number


class ContentRow(Row, frozen=True):
    """The whole content, and the version of the code list that its numbers come from."""

    code_list: Number
    number: str
    given_name: str
    family_name: str
    organisations: tuple[str, ...]
    employer: Number | None
    registrations: tuple[RegistrationRow, ...]
    sources: tuple[SourceRow, ...]
    awards: tuple[AwardRow, ...]
    advanced_practice: PracticeRow | None = None


def to_array(value: object) -> object:
    """Return a row as a list of lists, without the empty elements at its end."""
    if isinstance(value, tuple):
        return [to_array(each) for each in value]
    if not isinstance(value, Row):
        return value
    elements = [to_array(getattr(value, name)) for name in value.__struct_fields__]
    while elements[-1] is None:
        elements.pop()
    return elements


def short_award_id(number: str, award: Award) -> str:
    """Return the id that an award has in every QR of the passport `number`.

    It follows from who was awarded what, when and by whom, so it is the same in each QR, two awards of one passport
    differ in it, and the service can compute it from its own records.
    """
    facts = [award.framework, award.framework_version, award.standard, award.part, award.awarded_on, award.issuer.ods]
    return _short_id([number, *facts])


def short_practice_id(number: str, practice: AdvancedPractice) -> str:
    """Return the id that a recognition has in every QR of the passport `number`."""
    return _short_id([number, practice.level, practice.edition, practice.recognised_on, practice.issuer.ods])


def _short_id(facts: list[object]) -> str:
    return "qr-" + sha256(canonical_json(facts)).digest()[:ID_BYTES].hex()


def days_between(earlier: date, later: date) -> int:
    """Return how many days lie between two days; negative when they stand the other way round."""
    return (later - earlier).days


def utc_day(moment: datetime) -> date:
    """Return the UTC day of an instant."""
    return moment.astimezone(UTC).date()


def start_of(day: date) -> datetime:
    """Return the first instant of a UTC day."""
    return datetime.combine(day, time(), UTC)


def lasting(award: Award) -> int | None:
    """Return how long the issuer lets an award last: whole months (0 or more), or else days as a negative number.

    Raises:
        ClaimTypeError: valid until a day before the award.
    """
    if award.valid_until is None:
        return None
    first, last = award.awarded_on, award.valid_until
    months = (last.year - first.year) * 12 + last.month - first.month
    if months >= 0 and add_months(first, months) == last:
        return months
    if last < first:
        raise ClaimTypeError("valid_until: before the award")
    return -days_between(first, last)


def last_day(awarded_on: date, lasting: int) -> date:
    """Return the day that `lasting` stands for."""
    return add_months(awarded_on, lasting) if lasting >= 0 else awarded_on + timedelta(days=-lasting)


def recorded(award: Award, issued_on: date) -> int:
    """Return when an award was recorded: days after the award (0 or more), or -1 less the days before the issue.

    An award is recorded soon after the training, or years later by an import that was not long ago; the nearer of the
    two days makes the smaller number.

    Raises:
        ClaimTypeError: recorded after the day of issue.
    """
    day = utc_day(award.assurance.recorded_at)
    after_award, before_issue = days_between(award.awarded_on, day), days_between(day, issued_on)
    if before_issue < 0:
        raise ClaimTypeError("recorded_at: after the issue")
    return after_award if 0 <= after_award <= before_issue else -1 - before_issue


def recorded_on(recorded: int, *, awarded_on: date, issued_on: date) -> date:
    """Return the day that `recorded` stands for."""
    return awarded_on + timedelta(days=recorded) if recorded >= 0 else issued_on - timedelta(days=-1 - recorded)
