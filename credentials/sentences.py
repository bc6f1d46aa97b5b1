"""A judgement in words: one plain sentence that an auditor understands, and the rule that it rests on.

In the order of the code: the sentence of each code, in which facts of the case stand in braces; the rule of each code
with its source; and the words for kinds of issuer and ways of delivery. The texts hold no personal data: they name
standards, days and kinds of organisation, never a person. They may change; the codes do not.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from credentials.acceptance_rules import Rule
from credentials.catalogue import Standard
from credentials.checks import Case, Code
from credentials.judgement import Judgement
from credentials.periods import in_words
from credentials.records import Delivery, OrganisationKind

GENERAL_RULES: Final = "rules of acceptance, version 1"
"""The source of what holds for every receiver (docs/acceptance.md). Its version rises when a rule changes."""

DOES_NOT_LAPSE: Final = "Accepted: {held} was awarded on {awarded_on}{covering}, and {because}."

SENTENCES: Final[Mapping[Code, str]] = {
    "current": "Accepted until {last_day}: {held} was awarded on {awarded_on}{covering}, and {because}.",
    "practical_outstanding": (
        "Partly accepted: the practical part is still to be done, because {held}, awarded on {awarded_on}, {delivery}."
    ),
    "new_content_outstanding": (
        "Partly accepted: {held}, awarded on {awarded_on}, follows an earlier version of {framework}, and what the "
        "version of {version_from} added is still to be done."
    ),
    "part_outstanding": "Partly accepted: of {standard}, {counting} counts and {missing} is still to be done.",
    "period_not_set": (
        "A person must decide: {held} was awarded on {awarded_on}, but nobody has set how long it counts."
    ),
    "version_unclear": (
        "A person must decide: {held}, awarded on {awarded_on}, follows an earlier version of {framework}, and nobody "
        "has said whether it counts under the version of {version_from}."
    ),
    "not_assessed": (
        "A person must decide: an assessment is required, and the record of {held}, awarded on {awarded_on}, "
        "shows none."
    ),
    "level_cover_unclear": (
        "A person must decide: no source says whether {held}, awarded on {awarded_on}, covers {required}."
    ),
    "disputed": "A person must decide: the award of {held} on {awarded_on} has been questioned and is not settled.",
    "lapses_before_start": (
        "Not accepted: {held}, awarded on {awarded_on}, counts until {last_day}, which is before the start on {on}: "
        "{because}."
    ),
    "lapsed": "Not accepted: {held}, awarded on {awarded_on}, lapsed after {last_day}: {because}.",
    "issuer_not_signatory": (
        "Not accepted: the issuer of {held} was not a signatory of the training agreement on {awarded_on}."
    ),
    "issuer_not_accredited": "Not accepted: the issuer of {held} was not accredited to award it on {awarded_on}.",
    "issuer_not_aligned": "Not accepted: the issuer of {held} was not aligned to {framework} on {awarded_on}.",
    "issuer_kind_not_accepted": (
        "Not accepted: {held}, awarded on {awarded_on}, was issued by {issuer_kind}, which the receiving "
        "organisation's policy does not accept."
    ),
    "other_variant": "Not accepted: {held}, awarded on {awarded_on}, is another variant than {required}.",
    "lower_level": "Not accepted: {held}, awarded on {awarded_on}, is a lower level than {required}.",
    "awarded_after_start": "Not counted: {held} was awarded on {awarded_on}, after the start on {on}.",
    "withdrawn": "Not accepted: the award of {held} on {awarded_on} has been withdrawn.",
    "not_held": "To do: the passport shows no award of {required}.",
    "local_only": "To do at induction: {required} is local content, which no passport can carry.",
}  # fmt: skip

RULES: Final[Mapping[Code, str]] = {
    "practical_outstanding": "the receiving organisation requires a practical part",
    "not_assessed": "the receiving organisation requires an assessment",
    "issuer_kind_not_accepted": "the issuer must be of a kind that the policy accepts",
    "issuer_not_aligned": "the issuer must have been aligned to {framework} on the award date",
    "issuer_not_accredited": "the issuer must have been accredited for the standard on the award date",
    "issuer_not_signatory": "the issuer must have been a signatory of the training agreement on the award date",
    "part_outstanding": "a standard of several parts is complete only with all of them",
    "new_content_outstanding": "what a new version of the framework added is still to do",
    "version_unclear": "an award made against an earlier version counts only where the new version says so",
    "period_not_set": "without a renewal period a person must decide",
    "level_cover_unclear": "another standard covers a required one only where the catalogue says so",
    "lower_level": "a lower level does not cover a higher one",
    "other_variant": "a variant covers itself alone",
    "disputed": "what is disputed must be settled by a person",
    "awarded_after_start": "an award counts from its award date",
    "withdrawn": "a withdrawn award does not count",
    "not_held": "what the passport does not show is still to do",
    "local_only": "local content is always done at induction",
}

ISSUER_KINDS: Final[Mapping[OrganisationKind, str]] = {
    "nhs_trust": "an NHS trust",
    "icb": "an integrated care board",
    "region": "an NHS region",
    "national_body": "a national body",
    "academy": "the academy",
    "education_provider": "an education provider",
    "gp_practice": "a GP practice",
    "council": "a council",
    "private_provider": "a private provider",
    "other": "an organisation of another kind",
}

DELIVERIES: Final[Mapping[Delivery, str]] = {
    "e_learning": "was taken by e-learning",
    "face_to_face": "was taken face to face",
    "blended": "was taken partly by e-learning and partly face to face",
    "unknown": "does not show how it was taken",
}


def sentence_of(judgement: Judgement) -> str:
    """Write the sentence of a judgement."""
    case, award = judgement.case, judgement.case.record.award
    template = DOES_NOT_LAPSE if judgement.outcome == "ACCEPT" else SENTENCES[judgement.code]
    return template.format(
        held=_name_of_held(case),
        covering="" if case.held.code == case.required.code else f" and covers {name_of(case.required)}",
        standard=name_of(case.held),
        required=name_of(case.required),
        framework=case.held.framework,
        awarded_on=in_words(award.awarded_on),
        on=in_words(case.on),
        last_day=in_words(case.limit.last_day) if case.limit else "",
        because=_rule_of_period(case).text,
        issuer_kind=ISSUER_KINDS[case.record.issuer.kind],
        delivery=DELIVERIES[award.assurance.delivery],
        version_from=in_words(case.carried_over.from_on) if case.carried_over else "",
        counting=_parts([counted.record.award.part for counted in judgement.cases]),
        missing=_parts(judgement.missing),
    )


def rule_of(judgement: Judgement) -> Rule:
    """Return the rule that decided, with its source."""
    case, code = judgement.case, judgement.code
    if code in {"current", "lapsed", "lapses_before_start"}:
        return _rule_of_period(case)
    if code in {"practical_outstanding", "not_assessed"}:
        return Rule(text=RULES[code], source=f"requirement {case.requirement.id}")
    if code in {"version_unclear", "new_content_outstanding"} and case.carried_over is not None:
        return Rule(text=RULES[code], source=case.carried_over.source)
    if code.startswith("issuer_"):
        return Rule(text=RULES[code].format(framework=case.held.framework), source=case.policy.name)
    return general_rule(code)


def sentence_without_award(code: Code, required: str) -> str:
    """Write the sentence of a requirement that no award speaks of."""
    return SENTENCES[code].format(required=required)


def general_rule(code: Code) -> Rule:
    """Return the rule of a code that holds for every receiver."""
    return Rule(text=RULES[code], source=GENERAL_RULES)


def name_of(standard: Standard) -> str:
    """Name a standard by title and code: two levels of one subject may have the same title."""
    return f"{standard.title} ({standard.code})"


def _rule_of_period(case: Case) -> Rule:
    if case.limit is not None:
        return case.limit.rule
    source = case.policy.source_of_no_lapse(case.required.code) or ""
    text = "the receiving organisation's policy says that it does not lapse"
    return Rule(text=text, source=f"{case.policy.name}: {source}")


def _name_of_held(case: Case) -> str:
    part = case.record.award.part
    return name_of(case.held) if part is None else f"part {part} of {name_of(case.held)}"


def _parts(numbers: Iterable[int | None]) -> str:
    return " and ".join(f"part {number}" for number in numbers)
