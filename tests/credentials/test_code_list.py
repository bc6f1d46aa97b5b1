"""The signed code list: numbers are never used again, and only the trust-list key may sign it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest

from credentials import records
from credentials.catalogue import RenewalRule, Standard
from credentials.code_list import TYPE, WORDS, CodeList, Words, check_follows, issue_code_list, read_code_list
from credentials.encoding import canonical_json
from credentials.errors import (
    ClaimMissingError,
    ClaimTypeError,
    CredentialError,
    IatFutureError,
    KidUnknownError,
    SignatureInvalidError,
    TrustListRolledBackError,
    TrustListStaleError,
    TypMismatchError,
)
from credentials.jws import sign_compact
from credentials.trust_root import TrustRoot, draft_root, read_root, sign_root
from tests.credentials.qr_samples import LIST_KEY, NOW, PASSPORT_KEY, QR_KEY, code_list, full_passport, signer

ROOT_KEY = signer(0x700)


def trust_root(*, expires_at: datetime = NOW + timedelta(days=365)) -> TrustRoot:
    draft = draft_root(
        version=1,
        expires_at=expires_at,
        threshold=1,
        root_keys=[ROOT_KEY.public],
        trust_list_keys=[LIST_KEY.public],
    )
    return read_root(sign_root(draft, ROOT_KEY), now=NOW)


def signed_members(**changes: Any) -> str:
    """Return a list whose members were changed behind the back of `issue_code_list`."""
    members = msgspec.to_builtins(code_list()) | changes
    payload = canonical_json({name: value for name, value in members.items() if value is not ...})
    return sign_compact({"typ": TYPE}, payload, signer=LIST_KEY)


def refused(token: str, *, now: datetime = NOW, **changes: Any) -> CredentialError:
    with pytest.raises(CredentialError) as refusal:
        read_code_list(token, trust_root(), now, **changes)
    return refusal.value


def changed(which: int, /, **changes: Any) -> CodeList:
    """Return the next version of the list, with one standard changed."""
    standards = tuple(
        msgspec.structs.replace(standard, **changes) if standard.number == which else standard
        for standard in code_list().standards
    )
    return msgspec.structs.replace(code_list(version=4), standards=standards)


def test_a_signed_list_is_read_back() -> None:
    token = issue_code_list(code_list(), signer=LIST_KEY)

    assert read_code_list(token, trust_root(), NOW) == code_list()


def test_the_list_carries_the_catalogue_for_a_decision() -> None:
    read = read_code_list(issue_code_list(code_list(), signer=LIST_KEY), trust_root(), NOW)

    assert read.catalogue.version == 3
    assert read.catalogue.by_code["IPC2"].number == 6
    assert read.catalogue.by_number[6].renewals == (RenewalRule(source="invented", months=12),)


def test_every_word_that_a_record_may_use_has_a_number() -> None:
    fields = {field.name: field.type for field in msgspec.structs.fields(records.AdvancedPractice)}

    assert set(WORDS.delivery) == set(get_args(records.Delivery))
    assert set(WORDS.verification_method) == set(get_args(records.VerificationMethod))
    assert set(WORDS.pedigree) == set(get_args(records.Pedigree))
    assert set(WORDS.practice_level) == set(get_args(records.PracticeLevel))
    assert set(WORDS.pillar) == set(get_args(records.Pillar))
    assert set(WORDS.route) == set(get_args(records.RecognitionRoute))
    assert set(WORDS.edition) == set(get_args(fields["edition"]))


def test_the_numbers_of_the_words_are_the_published_ones() -> None:
    """Codes in print rely on these: a change here would make them say something else."""
    assert msgspec.to_builtins(WORDS) == {
        "delivery": {"unknown": 0, "e_learning": 1, "face_to_face": 2, "blended": 3},
        "verification_method": {"not_verified": 0, "document": 1, "record": 2, "document_and_record": 3},
        "pedigree": {"authoritative": 1, "sourced": 2},
        "practice_level": {"enhanced": 1, "advanced": 2, "consultant": 3},
        "edition": {"2017": 1, "2025": 2},
        "route": {"programme": 1, "eportfolio": 2},
        "pillar": {"clinical_practice": 1, "leadership_and_management": 2, "education": 3, "research": 4},
        "registration_method": {"not_checked": 0, "register_lookup": 1, "document": 2, "employer_record": 3},
    }


def test_an_award_has_a_number_only_if_all_its_facts_are_those_of_the_standard() -> None:
    award = full_passport().training[0]

    assert code_list().number_of(award) == 1
    for other in ({"standard": "LOCAL"}, {"level": "2"}, {"variant": "adult"}, {"subject": "x"}, {"framework": "x"}):
        assert code_list().number_of(msgspec.structs.replace(award, **other)) is None


def test_a_new_version_may_add_standards_and_change_titles_and_rules() -> None:
    renewed = changed(6, title="New title", renewals=(RenewalRule(source="new", months=24),), satisfies=("IPC1",))
    new = Standard(
        code="NEW", number=30, kind="statutory", framework="CSTF", framework_version="1.2", subject="New", title="New"
    )
    following = msgspec.structs.replace(renewed, standards=(*renewed.standards, new))

    check_follows(following, code_list())
    assert issue_code_list(following, signer=LIST_KEY, previous=code_list())


@pytest.mark.parametrize(
    "following",
    [
        code_list(version=3),
        code_list(version=2),
        changed(6, code="IPC9"),
        changed(6, level="3"),
        changed(6, subject="Another"),
        changed(6, variant="adult"),
        changed(6, framework="Another"),
        changed(6, number=60),
        msgspec.structs.replace(code_list(version=4), standards=code_list().standards[1:]),
        msgspec.structs.replace(
            code_list(version=4), words=msgspec.structs.replace(WORDS, pedigree={"authoritative": 2, "sourced": 1})
        ),
        msgspec.structs.replace(
            code_list(version=4), words=msgspec.structs.replace(WORDS, pedigree={"authoritative": 1})
        ),
    ],
)
def test_a_number_that_changed_its_meaning_is_not_signed(following: CodeList) -> None:
    with pytest.raises(ClaimTypeError):
        issue_code_list(following, signer=LIST_KEY, previous=code_list())


@pytest.mark.parametrize(
    "unusable",
    [
        changed(6, number=7),
        changed(6, code="IG"),
        changed(6, number=-6),
        msgspec.structs.replace(code_list(), words=msgspec.structs.replace(WORDS, route={"programme": 1, "other": 1})),
    ],
)
def test_a_list_in_which_a_number_or_code_is_there_twice_is_neither_signed_nor_read(unusable: CodeList) -> None:
    with pytest.raises(ClaimTypeError):
        issue_code_list(unusable, signer=LIST_KEY)

    assert isinstance(refused(signed_members(**msgspec.to_builtins(unusable))), ClaimTypeError)


@pytest.mark.parametrize("key", [QR_KEY, PASSPORT_KEY, ROOT_KEY, signer(0xBAD)])
def test_only_the_trust_list_key_of_the_root_may_sign(key: Any) -> None:
    assert isinstance(refused(issue_code_list(code_list(), signer=key)), KidUnknownError)


def test_a_changed_list_is_refused() -> None:
    header, _, signature = issue_code_list(code_list(), signer=LIST_KEY).split(".")
    _, payload, _ = issue_code_list(code_list(version=4), signer=LIST_KEY).split(".")

    assert isinstance(refused(f"{header}.{payload}.{signature}"), SignatureInvalidError)


def test_a_token_of_another_type_is_refused() -> None:
    token = sign_compact({"typ": "trust-list+jwt"}, canonical_json(code_list()), signer=LIST_KEY)

    assert isinstance(refused(token), TypMismatchError)


def test_a_list_from_the_future_or_past_its_life_is_refused() -> None:
    token = issue_code_list(code_list(), signer=LIST_KEY)

    assert isinstance(refused(token, now=NOW - timedelta(hours=2)), IatFutureError)
    assert isinstance(refused(token, now=NOW + timedelta(days=31)), TrustListStaleError)
    assert isinstance(refused(token, now=NOW + timedelta(days=366)), TrustListStaleError)


def test_a_list_older_than_one_seen_before_is_refused() -> None:
    token = issue_code_list(code_list(), signer=LIST_KEY)

    assert read_code_list(token, trust_root(), NOW, newest_version=3).version == 3
    assert isinstance(refused(token, newest_version=4), TrustListRolledBackError)


@pytest.mark.parametrize("name", ["iss", "iat", "exp", "version", "standards", "words"])
def test_a_missing_member_is_refused(name: str) -> None:
    assert isinstance(refused(signed_members(**{name: ...})), ClaimMissingError)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "3"},
        {"version": 3.5},
        {"version": True},
        {"iat": "now"},
        {"exp": -1},
        {"standards": {}},
        {"standards": [{"code": "X"}]},
        {"words": []},
        {"words": msgspec.to_builtins(WORDS) | {"pedigree": {"authoritative": "1"}}},
    ],
)
def test_a_member_of_the_wrong_type_is_refused(changes: dict[str, Any]) -> None:
    assert isinstance(refused(signed_members(**changes)), ClaimTypeError | ClaimMissingError)


def test_members_that_this_version_does_not_know_are_passed_over() -> None:
    words = msgspec.to_builtins(WORDS) | {"colour": {"red": 1}}

    read = read_code_list(signed_members(extra={"any": 1}, words=words), trust_root(), NOW)

    assert read == code_list()
    assert isinstance(read.words, Words)


def test_dates_of_renewal_rules_survive() -> None:
    rule = RenewalRule(source="invented", months=12, from_on=date(2026, 1, 1), until_on=date(2026, 12, 31))
    read = read_code_list(issue_code_list(changed(6, renewals=(rule,)), signer=LIST_KEY), trust_root(), NOW)

    assert read.catalogue.by_code["IPC2"].renewal_on(date(2026, 6, 1)) == rule
    assert datetime.fromtimestamp(read.exp, UTC) > NOW
