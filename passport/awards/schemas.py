"""Awards, recognitions and what a passport says, as JSON: what comes in, and what goes out."""

from typing import Any, get_args

import msgspec
from marshmallow import Schema, fields

from credentials.records import (
    NO_SCOPE_OF_PRACTICE,
    Delivery,
    PassportContent,
    Pedigree,
    Pillar,
    PracticeLevel,
    RecognitionRoute,
    VerificationMethod,
)
from passport.awards import withdrawals
from passport.awards.models import (
    ENDINGS,
    REQUEST_OUTCOMES,
    WITHDRAWAL_REASONS,
    Award,
    Recognition,
    WithdrawalRequest,
)
from passport.awards.recognition import EDITIONS
from passport.staff import numbers
from passport.web.fields import Day, Flag, Instant, OneOf, Text, WholeNumber

LARGEST_PART = 99
NUMBER = "passport number, as 0123-4567-T"
BIRTH = "needed where your organisation does not employ the person"


class AwardIn(Schema):
    """That a person met a standard on a day."""

    number = Text(max_length=20, required=True, metadata={"description": NUMBER})
    date_of_birth = Day(load_default=None, allow_none=True, metadata={"description": BIRTH})
    standard = Text(max_length=60, required=True, metadata={"description": "the catalogue's code, as IPC2"})
    part = WholeNumber(maximum=LARGEST_PART, load_default=0, metadata={"description": "0: the whole standard"})
    awarded_on = Day(required=True)
    valid_until = Day(load_default=None, allow_none=True, metadata={"description": "the issuer's own last day"})
    delivery = OneOf(get_args(Delivery), required=True)
    assessed = Flag(required=True, allow_none=True, metadata={"description": "null where nobody recorded it"})
    verification_method = OneOf(get_args(VerificationMethod), required=True)
    pedigree = OneOf(get_args(Pedigree), required=True)


class CorrectionIn(Schema):
    """What was wrong in an award, with the right values. What is left out stays."""

    part = WholeNumber(maximum=LARGEST_PART)
    awarded_on = Day()
    valid_until = Day(allow_none=True)
    delivery = OneOf(get_args(Delivery))
    assessed = Flag(allow_none=True)
    verification_method = OneOf(get_args(VerificationMethod))
    pedigree = OneOf(get_args(Pedigree))


class WithdrawalIn(Schema):
    """Why an award or a recognition should not count."""

    reason = OneOf(WITHDRAWAL_REASONS, required=True)
    words = Text(
        max_length=withdrawals.MOST_CHARACTERS, min_length=0, load_default="", multiline=True,
        metadata={"description": "for the second person; needed for all but statutory training"},
    )  # fmt: skip


class WithdrawalRequestOut(Schema):
    """A withdrawal that a second person confirms. `award` or `recognition` says what it is about."""

    id = fields.UUID(required=True)
    award = fields.UUID(required=True, allow_none=True)
    recognition = fields.UUID(required=True, allow_none=True)
    reason = OneOf(WITHDRAWAL_REASONS, required=True)
    words = fields.String(required=True)
    asked_at = Instant(required=True)
    asked_by_you = fields.Boolean(required=True, metadata={"description": "then somebody else must confirm it"})
    expires_at = Instant(required=True, metadata={"description": "from then on it can't be confirmed"})
    closed_at = Instant(required=True, allow_none=True)
    outcome = OneOf(REQUEST_OUTCOMES, required=True, allow_none=True)


class AwardOut(Schema):
    """An award on record. `ending` says how it ended, where it has."""

    id = fields.UUID(required=True)
    standard = fields.String(required=True)
    part = fields.Integer(required=True)
    awarded_on = Day(required=True)
    valid_until = Day(required=True, allow_none=True)
    delivery = OneOf(get_args(Delivery), required=True)
    assessed = fields.Boolean(required=True, allow_none=True)
    verification_method = OneOf(get_args(VerificationMethod), required=True)
    pedigree = OneOf(get_args(Pedigree), required=True)
    issuer = fields.String(required=True, metadata={"description": "ODS code"})
    recorded_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)
    ending = OneOf(ENDINGS, required=True, allow_none=True)
    ending_reason = fields.String(required=True, allow_none=True)
    replaced_by = fields.UUID(required=True, allow_none=True)


class RecognitionIn(Schema):
    """That a person was recognised at a level of practice."""

    number = Text(max_length=20, required=True, metadata={"description": NUMBER})
    date_of_birth = Day(load_default=None, allow_none=True, metadata={"description": BIRTH})
    level = OneOf(get_args(PracticeLevel), required=True)
    edition = OneOf(EDITIONS, required=True)
    route = OneOf(get_args(RecognitionRoute), required=True)
    pillars = fields.List(OneOf(get_args(Pillar)), required=True)
    base_profession = Text(max_length=100, required=True)
    recognised_on = Day(required=True)


class RecognitionOut(Schema):
    """A recognition on record, with what it is not."""

    id = fields.UUID(required=True)
    level = OneOf(get_args(PracticeLevel), required=True)
    edition = OneOf(EDITIONS, required=True)
    route = OneOf(get_args(RecognitionRoute), required=True)
    pillars = fields.List(OneOf(get_args(Pillar)), required=True)
    base_profession = fields.String(required=True)
    recognised_on = Day(required=True)
    recorded_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)
    ending = OneOf(ENDINGS, required=True, allow_none=True)
    ending_reason = fields.String(required=True, allow_none=True)
    notice = fields.String(
        required=True, metadata={"description": "to be shown with it: it confers no scope of practice"}
    )


class PassportOut(Schema):
    """What a passport says now. Its records have the members of the signed passport (see the type metadata)."""

    number = fields.String(required=True, metadata={"description": NUMBER})
    given_name = fields.String(required=True)
    family_name = fields.String(required=True)
    employer = fields.Dict(allow_none=True)
    registrations = fields.List(fields.Dict(), required=True)
    training = fields.List(fields.Dict(), required=True)
    credentials = fields.List(fields.Dict(), required=True)
    advanced_practice = fields.Dict(allow_none=True)


def award_shown(award: Award, *, standard: str, issuer: str) -> dict[str, Any]:
    """Return an award as `AwardOut` shows it, with its standard's code and its issuer's ODS code."""
    names = AwardOut().fields.keys() - {"standard", "issuer", "replaced_by"}
    told = {name: getattr(award, name) for name in names}
    return told | {"standard": standard, "issuer": issuer, "replaced_by": award.replaced_by_id}


def recognition_shown(recognition: Recognition) -> dict[str, Any]:
    """Return a recognition as `RecognitionOut` shows it."""
    told = {name: getattr(recognition, name) for name in RecognitionOut().fields if name != "notice"}
    return told | {"notice": NO_SCOPE_OF_PRACTICE}


def request_shown(request: WithdrawalRequest, *, actor: str) -> dict[str, Any]:
    """Return a request to withdraw as `WithdrawalRequestOut` shows it to a caller."""
    same = ("id", "reason", "words", "asked_at", "expires_at", "closed_at", "outcome")
    about = {"award": request.award_id, "recognition": request.recognition_id}
    return {name: getattr(request, name) for name in same} | about | {"asked_by_you": request.asked_by == actor}


def passport_shown(content: PassportContent) -> dict[str, Any]:
    """Return what a passport says as `PassportOut` shows it."""
    empty: dict[str, Any] = {"registrations": [], "training": [], "credentials": []}
    said: dict[str, Any] = msgspec.to_builtins(content)
    if content.advanced_practice is not None:
        said["advanced_practice"]["notice"] = NO_SCOPE_OF_PRACTICE
    return empty | said | {"number": numbers.show(content.number)}
