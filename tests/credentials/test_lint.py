"""What must hold before a real key signs: the linter refuses what our verifier, or a person, would have to refuse."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from credentials import errors
from credentials.lint import MAX_TEXT, is_fit_text, lint, lint_content
from credentials.passport_type import content_shown
from credentials.records import PassportContent
from credentials.sd_jwt_vc import StatusReference, UnsignedCredential, prepare
from credentials.trust import TrustList
from tests.credentials.passport_samples import (
    COMING_KEY,
    DAY,
    NOW,
    OLD_PASSPORT_KEY,
    PASSPORT,
    PASSPORT_KEY,
    QR_KEY,
    RECORDED,
    SEED,
    STATUS_URI,
    STOLEN_KEY,
    STRANGERS_KEY,
    TERMS,
    TRUST,
    CertificateWish,
    an_award,
    authority,
    leaf,
    prepared,
    trust_content,
)


def check(unsigned: UnsignedCredential, **changes: Any) -> None:
    arguments: dict[str, Any] = {"trust": TRUST, "now": NOW}
    lint(unsigned, **(arguments | changes))


def content(**changes: Any) -> PassportContent:
    return replace(PASSPORT, **changes)


def test_a_good_passport_passes() -> None:
    rooted = TrustList.of(trust_content(certificate_roots=(authority(),)))
    check(prepared())
    check(prepared(certificate=leaf()), trust=rooted)
    check(prepared(holder=None))
    lint_content(PASSPORT, now=NOW)
    lint_content(content_shown(PASSPORT), now=NOW)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (STRANGERS_KEY, errors.KidUnknownError),
        (QR_KEY, errors.KeyNotForPurposeError),
        (OLD_PASSPORT_KEY, errors.KeyRetiredError),
        (COMING_KEY, errors.KeyRetiredError),
        (STOLEN_KEY, errors.KeyRevokedError),
    ],
    ids=["unknown", "other purpose", "retiring", "to come", "stolen"],
)
def test_a_key_that_may_not_sign_now_is_refused(key: Any, reason: type[Exception]) -> None:
    with pytest.raises(reason):
        check(prepared(key=key))


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"issuer": "https://other.example"}, errors.KeyNotForIssuerError),
        ({"issued_at": NOW + timedelta(hours=1)}, errors.IatFutureError),
        ({"not_before": NOW + DAY}, errors.NotYetValidError),
        ({"expires_at": NOW - 2 * DAY}, errors.ClaimTypeError),
        ({"status": None}, errors.ClaimMissingError),
        ({"status": StatusReference(uri=STATUS_URI, idx=2**17)}, errors.StatusIndexOutOfRangeError),
        ({"status": StatusReference(uri=STATUS_URI, idx=-1)}, errors.ClaimTypeError),
        ({"status": StatusReference(uri="https://other.example/7", idx=1)}, errors.StatusUriMismatchError),
    ],
)  # fmt: skip
def test_wrong_terms_are_refused(terms: dict[str, Any], reason: type[Exception]) -> None:
    with pytest.raises(reason):
        check(prepared(**terms))


def test_a_smaller_list_has_fewer_places() -> None:
    with pytest.raises(errors.StatusIndexOutOfRangeError):
        check(prepared(), entries=TERMS.status.idx if TERMS.status else 0)


def test_a_certificate_that_dies_first_is_refused() -> None:
    with pytest.raises(errors.KeyRetiredError):
        check(prepared(certificate=leaf(CertificateWish(until_at=TERMS.expires_at - timedelta(seconds=1)))))


@pytest.mark.parametrize("claims", [{"sub": "01234567T"}, {"training": [{"id": "1"}]}, {"employer": {"ods": "X1V2A"}}])
def test_a_personal_claim_in_the_open_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(errors.ClaimTypeError):
        check(prepare(claims, TERMS, seed=SEED, kid=PASSPORT_KEY.public.kid))


def test_a_disclosure_too_many_or_too_few_is_refused() -> None:
    whole = prepared()
    with pytest.raises(errors.DisclosureUnreferencedError):
        check(UnsignedCredential(whole.signing_input, whole.disclosures[:-1]))
    with pytest.raises(errors.DisclosureDuplicateError):
        check(UnsignedCredential(whole.signing_input, (*whole.disclosures, whole.disclosures[0])))


@pytest.mark.parametrize(
    "changes",
    [
        {"training": (an_award(1, awarded_on=date(2026, 8, 7)),)},
        {"training": (an_award(1, awarded_on=date(1912, 8, 7)),)},
        {"training": (an_award(1, valid_until=date(2026, 3, 1)),)},
        {"training": (an_award(1), an_award(1))},
        {"training": (an_award(1),), "credentials": (an_award(1),)},
        {"training": (an_award(1, assurance=replace(RECORDED, recorded_at=NOW + DAY)),)},
        {"registrations": (replace(PASSPORT.registrations[0], checked_at=NOW + DAY),)},
        {"family_name": "Evil\u202eeman"},
        {"family_name": "A\x00b"},
        {"family_name": " Blank"},
        {"given_name": "e\u0301"},
        {"training": (an_award(1, level=""),)},
        {"training": (an_award(1, subject="x" * (MAX_TEXT + 1)),)},
    ],
)
def test_unfit_content_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(errors.ClaimTypeError):
        check(prepared(content(**changes)))


@pytest.mark.parametrize("member", ["number", "given_name", "family_name"])
def test_a_passport_without_a_name_or_number_is_refused(member: str) -> None:
    with pytest.raises(errors.ClaimMissingError):
        lint_content(content(**{member: ""}), now=NOW)


def test_advanced_practice_of_the_future_is_refused() -> None:
    practice = PASSPORT.advanced_practice
    assert practice is not None
    with pytest.raises(errors.ClaimTypeError):
        lint_content(content(advanced_practice=replace(practice, recognised_on=date(2027, 1, 1))), now=NOW)


def test_a_summer_night_in_the_uk_has_begun_its_new_day() -> None:
    late = NOW.replace(hour=23, minute=30)
    lint_content(content(training=(an_award(1, awarded_on=date(2026, 8, 7)),)), now=late)


@pytest.mark.parametrize(
    "text", ["Zoë", "O’Brien-Ndlovu", "李", "Nguyễn Văn A", "محمد", "क्\u200dष", "J. R.", "50 % – ok"]
)
def test_names_of_all_scripts_are_fit(text: str) -> None:
    assert is_fit_text(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "a ", "\u00a0a", "a\nb", "a\tb", "a\u200bb", "a\u2066b", "\ufeffa", "a\u00adb", "a\ue000", "\U000e0041",
     "a\u2028b", "A\u030a", "\ud800", "\uffff", "\u200ea"],
)  # fmt: skip
def test_invisible_and_misleading_marks_are_unfit(text: str) -> None:
    assert not is_fit_text(text)


@settings(deadline=None)
@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=310)
    | st.text(st.characters(codec="ascii"), min_size=1, max_size=310)
    | st.sampled_from(['a"b', '"', " a", "a ", "a\\", "\x7f", "a" * MAX_TEXT, "a" * (MAX_TEXT + 1)])
)
def test_a_name_passes_within_a_record_exactly_when_it_is_fit_by_itself(name: str) -> None:
    said = content(given_name="Testa", family_name=name)
    if is_fit_text(name):
        lint_content(said, now=NOW)
    else:
        with pytest.raises(errors.ClaimTypeError, match="family_name"):
            lint_content(said, now=NOW)
