"""Every sentence is plain English, says what decided, and is the one that the documentation shows."""

import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from credentials.acceptance import Decision
from credentials.acceptance_rules import DoesNotLapse, Requirement
from credentials.checks import OUTCOME_OF_CODE, Code, Outcome
from credentials.records import Delivery, OrganisationKind, VerifiedAward
from credentials.sentences import DELIVERIES, GENERAL_RULES, ISSUER_KINDS, SENTENCES
from tests.credentials.acceptance_samples import START, a_policy, a_requirement, an_award, decide_one

PAGE = Path(__file__).parents[2] / "docs" / "acceptance.md"
TODAY = date(2026, 6, 1)

# One case for each code, in the order of the checks: what is held, and what is required.
SHOWN: dict[Code, tuple[list[VerifiedAward], Requirement]] = {
    "local_only": ([], Requirement(id="site", local="Fire procedure of the site", minutes=30)),
    "not_held": ([], a_requirement("FS")),
    "withdrawn": ([an_award("FS", withdrawn=True)], a_requirement("FS")),
    "awarded_after_start": ([an_award("FS", date(2026, 8, 7))], a_requirement("FS")),
    "lower_level": ([an_award("IPC1")], a_requirement("IPC2")),
    "other_variant": ([an_award("RES2P")], a_requirement("RES2A")),
    "issuer_kind_not_accepted": ([an_award("FS", kind="gp_practice")], a_requirement("FS")),
    "issuer_not_aligned": ([an_award("FS", aligned_then=False)], a_requirement("FS")),
    "issuer_not_accredited": ([an_award("PAED", accredited_then=False)], a_requirement("PAED")),
    "issuer_not_signatory": ([an_award("FS", signatory=False)], a_requirement("FS")),
    "lapsed": ([an_award("FS", date(2024, 5, 1))], a_requirement("FS")),
    "lapses_before_start": ([an_award("FS", date(2024, 7, 1))], a_requirement("FS")),
    "disputed": ([an_award("FS", disputed=True)], a_requirement("FS")),
    "level_cover_unclear": ([an_award("IPC2", date(2025, 9, 1))], a_requirement("IPC1")),
    "not_assessed": ([an_award("FS", assessed=None)], a_requirement("FS", assessed_needed=True)),
    "version_unclear": ([an_award("LW", date(2026, 1, 1))], a_requirement("LW")),
    "period_not_set": ([an_award("MH1")], a_requirement("MH1")),
    "new_content_outstanding": ([an_award("HW", date(2026, 1, 1))], a_requirement("HW")),
    "practical_outstanding": ([an_award("FS", delivery="e_learning")], a_requirement("FS", practical_needed=True)),
    "part_outstanding": ([an_award("LD2", part=1)], a_requirement("LD2", maximum_age_months=24)),
    "current": ([an_award("FS")], a_requirement("FS")),
}
NEVER_LAPSES = a_policy(does_not_lapse=(DoesNotLapse(standard="MH1", source="policy HR-7"),))


DECISIONS = [
    *(decide_one(*records, requirement=requirement, today=TODAY) for records, requirement in SHOWN.values()),
    decide_one(an_award("MH1"), requirement=a_requirement("MH1"), policy=NEVER_LAPSES),
]
BEGINNINGS: dict[Outcome, tuple[str, ...]] = {
    "ACCEPT": ("Accepted: ",),
    "ACCEPT_UNTIL": ("Accepted until ",),
    "PARTIAL": ("Partly accepted: ",),
    "REFER": ("A person must decide: ",),
    "REFUSE": ("Not accepted: ", "Not counted: ", "To do: ", "To do at induction: "),
}


def table_of_codes() -> str:
    rows = [f"| `{shown.code}` | `{shown.outcome}` | {shown.sentence} |" for shown in DECISIONS]
    return "\n".join(["| Code | Outcome | Sentence |", "|---|---|---|", *rows])


def test_every_code_is_shown_by_its_own_case_in_the_order_of_the_checks() -> None:
    assert list(SHOWN) == list(OUTCOME_OF_CODE)
    assert [shown.code for shown in DECISIONS] == [*SHOWN, "current"]
    assert set(SENTENCES) == set(OUTCOME_OF_CODE)


def test_the_documentation_shows_what_the_code_says() -> None:
    shown = PAGE.read_text(encoding="utf-8").partition("<!-- codes -->\n")[2].partition("\n<!-- end of codes -->")[0]
    assert shown == table_of_codes()


@pytest.mark.parametrize("shown", DECISIONS, ids=lambda shown: f"{shown.code}-{shown.outcome}")
def test_a_sentence_is_whole_and_plain(shown: Decision) -> None:
    assert re.fullmatch(r"[A-Z][^{}_\n]*\.", shown.sentence)
    assert ",," not in shown.sentence
    assert "  " not in shown.sentence
    assert shown.sentence.count(".") == 1
    assert not re.search(r"\d{4}-\d{2}-\d{2}", shown.sentence)


@pytest.mark.parametrize("shown", DECISIONS, ids=lambda shown: f"{shown.code}-{shown.outcome}")
def test_a_sentence_names_no_organisation_and_no_award_id(shown: Decision) -> None:
    assert "Invented Vale" not in shown.sentence
    assert all(award not in shown.sentence for award in shown.awards)


@pytest.mark.parametrize("shown", DECISIONS, ids=lambda shown: f"{shown.code}-{shown.outcome}")
def test_the_first_words_say_the_outcome(shown: Decision) -> None:
    assert shown.sentence.startswith(BEGINNINGS[shown.outcome])


def test_an_accepted_award_names_its_last_day_its_award_date_and_its_rule() -> None:
    assert decide_one(an_award("FS")).sentence == (
        "Accepted until 1 June 2027: Fire safety (FS) was awarded on 1 June 2025, and the framework lets it count for "
        "24 months."
    )


def test_an_award_of_another_standard_says_what_it_covers() -> None:
    sentence = decide_one(an_award("SA2"), requirement=a_requirement("SA1")).sentence
    assert "(SA2) was awarded on 1 June 2025 and covers Safeguarding adults (SA1), and the framework" in sentence


def test_what_lapsed_and_what_will_lapse_read_differently() -> None:
    award = an_award("FS", date(2024, 7, 1))
    assert "counts until 1 July 2026, which is before the start on 6 August 2026" in decide_one(award).sentence
    assert "lapsed after 1 July 2026" in decide_one(award, today=START).sentence


def test_each_rule_names_where_it_stands() -> None:
    sources = {shown.code: shown.rule.source for shown in DECISIONS if shown.outcome != "ACCEPT"}
    assert sources["current"] == sources["lapsed"] == sources["lapses_before_start"] == "framework table, FS"
    assert {sources[code] for code in sources if code.startswith("issuer_")} == {
        "acceptance policy induction, version 3"
    }
    assert sources["not_assessed"] == sources["practical_outstanding"] == "requirement item"
    general = {code for code, source in sources.items() if source == GENERAL_RULES}
    assert general == {
        "local_only", "not_held", "withdrawn", "awarded_after_start", "lower_level", "other_variant", "disputed",
        "level_cover_unclear", "period_not_set", "part_outstanding",
    }  # fmt: skip


def test_the_receivers_own_statement_is_quoted_with_its_source() -> None:
    decision = decide_one(an_award("MH1"), requirement=a_requirement("MH1"), policy=NEVER_LAPSES)
    assert decision.rule.text == "the receiving organisation's policy says that it does not lapse"
    assert decision.rule.source == "acceptance policy induction, version 3: policy HR-7"


def test_every_kind_of_issuer_and_every_delivery_has_words() -> None:
    assert set(ISSUER_KINDS) == set(get_args(OrganisationKind))
    assert set(DELIVERIES) == set(get_args(Delivery))


def test_text_in_braces_from_a_file_stays_text() -> None:
    site = Requirement(id="site", local="Fire {held.record} {0} of the site", minutes=30)
    assert "Fire {held.record} {0} of the site is local content" in decide_one(requirement=site).sentence
