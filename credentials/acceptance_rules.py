"""The receiving organisation's own rules: what it requires of a starter, and what it accepts as proof.

In the order of the code: why a file of rules is refused; the text of a rule with its source, as a decision quotes it;
requirements and the profile that lists them; the acceptance policy; the strict readers of both as JSON; and the check
that they name only standards of the catalogue. Everything is explicit and versioned, because a decision must be
explained years later: a policy leaves no member out. A receiver can shorten a period, never lengthen it, so there is
no member that would (facts, sections 3 and 6). How the rules are applied is in `judgement`.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from credentials.catalogue import Catalogue
from credentials.records import Delivery, OrganisationKind, Record

MAXIMUM_BYTES: Final = 262_144
"""More than a profile of 500 requirements needs; a larger file is a mistake."""

Identifier = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Version = Annotated[int, Meta(ge=1, le=1_000_000)]
Months = Annotated[int, Meta(ge=1, le=600)]
Minutes = Annotated[int, Meta(ge=0, le=100_000)]


class InvalidRulesError(ValueError):
    """A requirement profile or an acceptance policy can't be used.

    Args:
        path: where in the file, as `$.requirements[2].minutes`.
        message: what is wrong, for the person who wrote the file.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class Rule(Record, frozen=True):
    """A rule as a decision quotes it: what it says, and where it stands."""

    text: str
    source: str


class PartMinutes(Record, frozen=True):
    """How long one part of a standard takes."""

    part: Annotated[int, Meta(ge=1, le=100)]
    minutes: Minutes


class Requirement(Record, frozen=True):
    """One thing that a starter needs: a standard of the catalogue, or local content.

    The standard's code implies level and variant. `local` is the title of local content, which no passport carries.
    `minutes` is how long the whole takes; `practical_minutes` and `part_minutes` how long what may be left takes.
    Where they are not given, nothing counts as saved until the whole is done.
    """

    id: Identifier
    minutes: Minutes
    standard: Text | None = None
    local: Text | None = None
    maximum_age_months: Months | None = None
    practical_needed: bool = False
    assessed_needed: bool = False
    practical_minutes: Minutes | None = None
    part_minutes: tuple[PartMinutes, ...] = ()

    def __post_init__(self) -> None:
        if (self.standard is None) == (self.local is None):
            raise ValueError("name either `standard` or `local`")
        if any(minutes > self.minutes for minutes in (self.practical_minutes or 0, *self._minutes_of_parts.values())):
            raise ValueError("what is left can't take longer than the whole")
        _refuse_repeated("part", (part.part for part in self.part_minutes))

    @property
    def _minutes_of_parts(self) -> dict[int, int]:
        return {part.part: part.minutes for part in self.part_minutes}

    def minutes_of_practical(self) -> int:
        """Return how long the practical part takes; the whole where nobody said."""
        return self.minutes if self.practical_minutes is None else self.practical_minutes

    def minutes_of_parts(self, parts: Iterable[int]) -> int:
        """Return how long these parts take together; the whole where nobody said."""
        known = self._minutes_of_parts
        return min(self.minutes, sum(known.get(part, self.minutes) for part in parts))


class RequirementProfile(Record, frozen=True):
    """What a receiving organisation requires of a kind of starter, in the order of its induction."""

    id: Identifier
    version: Version
    title: Text
    requirements: Annotated[tuple[Requirement, ...], Meta(min_length=1, max_length=500)]

    def __post_init__(self) -> None:
        _refuse_repeated("requirement", (requirement.id for requirement in self.requirements))


class ShorterPeriod(Record, frozen=True):
    """That the receiver counts a standard for fewer months than its framework, and the document that says so."""

    standard: Text
    months: Months
    source: Text


class DoesNotLapse(Record, frozen=True):
    """That, for the receiver, a standard does not lapse where its framework sets no period; and where it says so."""

    standard: Text
    source: Text


class AcceptancePolicy(Record, frozen=True):
    """What a receiving organisation accepts as proof. No member has a default: silence decides nothing.

    `alignment_needed_in` and `accreditation_needed_in` name frameworks (as `CSTF`): for awards of these, the issuer
    must have been aligned or accredited on the award date. `signatory_needed`: the issuer must have been a signatory
    of the training agreement on the award date. `practical_deliveries` are the ways of delivery that show that a
    practical part was done.
    """

    id: Identifier
    version: Version
    accepted_issuer_kinds: tuple[OrganisationKind, ...]
    alignment_needed_in: tuple[Text, ...]
    accreditation_needed_in: tuple[Text, ...]
    signatory_needed: bool
    practical_deliveries: tuple[Delivery, ...]
    shorter_periods: tuple[ShorterPeriod, ...]
    does_not_lapse: tuple[DoesNotLapse, ...]

    def __post_init__(self) -> None:
        _refuse_repeated("standard in `shorter_periods`", (period.standard for period in self.shorter_periods))
        _refuse_repeated("standard in `does_not_lapse`", (statement.standard for statement in self.does_not_lapse))

    @property
    def name(self) -> str:
        """The policy and its version, as a decision quotes them."""
        return f"acceptance policy {self.id}, version {self.version}"

    def source_of_no_lapse(self, standard: str) -> str | None:
        """Return where the receiver says that a standard does not lapse; None where it does not say so."""
        return next((statement.source for statement in self.does_not_lapse if statement.standard == standard), None)


Rules = TypeVar("Rules", RequirementProfile, AcceptancePolicy)


def read_profile(text: bytes) -> RequirementProfile:
    """Read a requirement profile from strict JSON.

    Raises:
        InvalidRulesError: the file is too large, is not JSON, or says what a profile can't say.
    """
    return _read(text, RequirementProfile)


def read_policy(text: bytes) -> AcceptancePolicy:
    """Read an acceptance policy from strict JSON.

    Raises:
        InvalidRulesError: the file is too large, is not JSON, or says what a policy can't say.
    """
    return _read(text, AcceptancePolicy)


def check_standards(requirements: Sequence[Requirement], policy: AcceptancePolicy, catalogue: Catalogue) -> None:
    """Make sure that the rules name only what the catalogue has: a slip would lengthen or accept silently.

    Raises:
        InvalidRulesError: a standard, part or framework is unknown; the path is that in the profile or the policy.
    """
    for index, requirement in enumerate(requirements):
        if requirement.standard is not None:
            _check_requirement(f"$.requirements[{index}]", requirement, requirement.standard, catalogue)
    for member in ("shorter_periods", "does_not_lapse"):
        for index, statement in enumerate(getattr(policy, member)):
            _check_known(f"$.{member}[{index}].standard", statement.standard, catalogue)
    frameworks = {standard.framework for standard in catalogue.standards}
    for member in ("alignment_needed_in", "accreditation_needed_in"):
        for index, framework in enumerate(getattr(policy, member)):
            if framework not in frameworks:
                message = f"version {catalogue.version} of the catalogue has no framework {framework!r}"
                raise InvalidRulesError(f"$.{member}[{index}]", message)


def _check_requirement(path: str, requirement: Requirement, code: str, catalogue: Catalogue) -> None:
    _check_known(f"{path}.standard", code, catalogue)
    parts = {part.number for part in catalogue.by_code[code].parts}
    for index, part in enumerate(requirement.part_minutes):
        if part.part not in parts:
            raise InvalidRulesError(f"{path}.part_minutes[{index}].part", f"the standard has no part {part.part}")


def _check_known(path: str, code: str, catalogue: Catalogue) -> None:
    if code not in catalogue.by_code:
        raise InvalidRulesError(path, f"version {catalogue.version} of the catalogue has no standard {code!r}")


def _read(text: bytes, kind: type[Rules]) -> Rules:
    if len(text) > MAXIMUM_BYTES:
        raise InvalidRulesError("$", f"the file has more than {MAXIMUM_BYTES} bytes")
    try:
        rules = msgspec.json.decode(text, type=kind)
        # msgspec lets the last of two members win, so that a reader might see one rule and the program another.
        json.loads(text, object_pairs_hook=_refuse_repeated_members)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        raise InvalidRulesError(path.rstrip("`") or "$", message) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRulesError("$", "the file is not JSON in UTF-8") from error
    return rules


def _refuse_repeated_members(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise InvalidRulesError("$", "an object names a member twice")


def _refuse_repeated(what: str, names: Iterable[object]) -> None:
    seen = list(names)
    if len(set(seen)) < len(seen):
        raise ValueError(f"a {what} is named twice")
