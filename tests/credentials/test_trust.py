"""The trust list: whose keys count for what, who may award what, and when the list itself may be used."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from credentials import errors
from credentials.encoding import canonical_json
from credentials.jws import sign_compact
from credentials.trust import (
    MAX_CHARACTERS,
    Accreditation,
    Organisation,
    TrustList,
    issue_trust_list,
    read_trust_list,
)
from credentials.trust_root import TrustRoot, draft_root, read_root, sign_root
from tests.credentials.passport_samples import (
    COLLEGE,
    COMING_KEY,
    DAY,
    ISSUER,
    KEYS,
    NOW,
    OLD_PASSPORT_KEY,
    ORGANISATIONS,
    PASSPORT_KEY,
    RETIRED_KEY,
    ROOT_KEYS,
    STOLEN_KEY,
    STRANGERS_KEY,
    TRUST,
    TRUST_LIST_KEY,
    VALE,
    header_of,
    raw_token,
    trust_content,
    trusted,
)


def a_root(**changes: Any) -> TrustRoot:
    members: dict[str, Any] = {
        "version": 1,
        "expires_at": NOW + 100 * DAY,
        "threshold": 1,
        "root_keys": [key.public for key in ROOT_KEYS],
        "trust_list_keys": [TRUST_LIST_KEY.public],
    }
    return read_root(sign_root(draft_root(**(members | changes)), ROOT_KEYS[0]), now=NOW)


ROOT = a_root()


def test_a_list_is_read_under_its_root() -> None:
    trust = read_trust_list(issue_trust_list(trust_content(), signer=TRUST_LIST_KEY), ROOT, NOW, newest_seq=12)
    assert trust.content == trust_content()
    assert trust.expires_at == NOW + 7 * DAY


def test_a_list_of_the_future_may_say_more() -> None:
    claims = {"iss": ISSUER, "iat": 1, "exp": 4_000_000_000, "seq": 1, "keys": [], "new": 1}
    organisation = {"ods": "X1V2A", "name": "Invented Vale", "kind": "nhs_trust", "new": {"a": 1}}
    token = sign_compact(
        {"typ": "trust-list+jwt"}, canonical_json(claims | {"organisations": [organisation]}), signer=TRUST_LIST_KEY
    )
    issuer = read_trust_list(token, ROOT, NOW).issuer("X1V2A")
    assert issuer is not None
    assert issuer.name == "Invented Vale"


@pytest.mark.parametrize("key", [STRANGERS_KEY, PASSPORT_KEY], ids=["a stranger", "a passport key"])
def test_a_list_by_an_unknown_signer_is_refused(key: Any) -> None:
    with pytest.raises(errors.KidUnknownError):
        read_trust_list(issue_trust_list(trust_content(), signer=key), ROOT, NOW)


def test_a_list_by_a_root_key_is_refused() -> None:
    with pytest.raises(errors.KeyNotForPurposeError):
        read_trust_list(issue_trust_list(trust_content(), signer=ROOT_KEYS[0]), ROOT, NOW)


def test_a_list_by_a_signer_that_it_calls_compromised_is_refused() -> None:
    content = trust_content(keys=(*KEYS, trusted(TRUST_LIST_KEY, "trust_list", "compromised")))
    with pytest.raises(errors.KeyRevokedError):
        read_trust_list(issue_trust_list(content, signer=TRUST_LIST_KEY), ROOT, NOW)


def test_a_changed_list_is_refused() -> None:
    token = raw_token(header_of(TRUST_LIST_KEY, typ="trust-list+jwt"), {"iss": ISSUER}, PASSPORT_KEY)
    with pytest.raises(errors.SignatureInvalidError):
        read_trust_list(token, ROOT, NOW)


def test_an_older_list_is_refused() -> None:
    with pytest.raises(errors.TrustListRolledBackError):
        read_trust_list(issue_trust_list(trust_content(), signer=TRUST_LIST_KEY), ROOT, NOW, newest_seq=13)


@pytest.mark.parametrize("later", [7 * DAY, 100 * DAY], ids=["list", "root"])
def test_a_list_that_expired_could_not_be_checked_with(later: timedelta) -> None:
    token = issue_trust_list(trust_content(), signer=TRUST_LIST_KEY)
    with pytest.raises(errors.TrustListStaleError) as caught:
        read_trust_list(token, ROOT, NOW + later)
    assert caught.value.could_not_check


def test_a_list_of_the_future_is_refused() -> None:
    with pytest.raises(errors.IatFutureError):
        read_trust_list(issue_trust_list(trust_content(), signer=TRUST_LIST_KEY), ROOT, NOW - 2 * DAY)


def test_an_endless_list_is_refused_unread() -> None:
    with pytest.raises(errors.TooLargeError):
        read_trust_list("A" * (MAX_CHARACTERS + 1), ROOT, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"keys": (*KEYS, trusted(PASSPORT_KEY, "qr"))},
        {"keys": (*KEYS, KEYS[0])},
        {"keys": (replace(KEYS[0], kid="another-name"),)},
        {"keys": (replace(KEYS[0], jwk=KEYS[0].jwk | {"d": "AAAA"}),)},
        {"organisations": (*ORGANISATIONS, ORGANISATIONS[0])},
        {"iat": -1},
    ],
    ids=[
        "one key, two purposes",
        "a key twice",
        "a wrong name",
        "a private key",
        "an organisation twice",
        "a wrong time",
    ],
)
def test_a_list_that_contradicts_itself_is_neither_made_nor_read(changes: dict[str, Any]) -> None:
    with pytest.raises(errors.ClaimTypeError):
        issue_trust_list(trust_content(**changes), signer=TRUST_LIST_KEY)
    token = sign_compact({"typ": "trust-list+jwt"}, canonical_json(trust_content(**changes)), signer=TRUST_LIST_KEY)
    with pytest.raises(errors.ClaimTypeError):
        read_trust_list(token, ROOT, NOW)


def test_a_compromised_key_is_blocked_whatever_else_is_listed() -> None:
    trust = TrustList.of(trust_content(keys=(trusted(STOLEN_KEY, state="compromised"), trusted(STOLEN_KEY))))
    with pytest.raises(errors.KeyRevokedError):
        trust.key(ISSUER, STOLEN_KEY.public.kid, "passport", NOW)


@pytest.mark.parametrize(
    ("key", "days_ago", "passport", "status_list"),
    [
        (PASSPORT_KEY, 0, True, True),
        (PASSPORT_KEY, 301, False, False),
        (OLD_PASSPORT_KEY, 31, True, True),
        (OLD_PASSPORT_KEY, 29, False, True),
        (RETIRED_KEY, 201, True, True),
        (RETIRED_KEY, 199, False, True),
        (RETIRED_KEY, 99, False, False),
        (COMING_KEY, 0, False, False),
        (COMING_KEY, -1, True, True),
    ],
)  # fmt: skip
def test_a_key_signs_during_its_life_and_its_lists_beyond(
    key: Any, days_ago: int, passport: bool, status_list: bool
) -> None:
    at = NOW - days_ago * DAY
    for is_list, allowed in ((False, passport), (True, status_list)):
        if allowed:
            assert TRUST.key(ISSUER, key.public.kid, "passport", at, status_list=is_list) == key.public
        else:
            with pytest.raises(errors.KeyRetiredError):
                TRUST.key(ISSUER, key.public.kid, "passport", at, status_list=is_list)


@pytest.mark.parametrize("state", ["retiring", "retired"])
def test_a_key_at_its_end_without_a_date_signs_nothing_new(state: Any) -> None:
    trust = TrustList.of(trust_content(keys=(trusted(PASSPORT_KEY, state=state),)))
    with pytest.raises(errors.KeyRetiredError):
        trust.key(ISSUER, PASSPORT_KEY.public.kid, "passport", NOW)


def test_accreditation_is_by_issuer_standard_and_date() -> None:
    assert TRUST.accredited(VALE.ods, "FS", date(2026, 3, 2))
    assert not TRUST.accredited(VALE.ods, "FS", date(2019, 12, 31))
    assert not TRUST.accredited(VALE.ods, "IPC1", date(2026, 3, 2))
    assert TRUST.accredited(COLLEGE.ods, "PAED", date(2025, 12, 31))
    assert not TRUST.accredited(COLLEGE.ods, "PAED", date(2026, 1, 1))  # suspended since
    assert not TRUST.accredited("X9Z9Z", "FS", date(2026, 3, 2))


@pytest.mark.parametrize(
    ("state", "may"), [("approved", True), ("conditions", True), ("applied", False), ("ended", False)]
)
def test_only_some_states_may_award(state: Any, may: bool) -> None:
    organisation = Organisation(
        ods="X9Z9Z", name="Invented", kind="other", may_award=(Accreditation(standard="FS", state=state),)
    )
    trust = TrustList.of(trust_content(organisations=(organisation,)))
    assert trust.accredited("X9Z9Z", "FS", date(2026, 1, 1)) is may


def test_nothing_stands_for_all_standards() -> None:
    every = Accreditation(standard="*", state="approved")
    organisation = Organisation(ods="X9Z9Z", name="Invented", kind="other", may_award=(every,))
    assert not TrustList.of(trust_content(organisations=(organisation,))).accredited("X9Z9Z", "FS", date(2026, 1, 1))


def test_alignment_and_the_agreement_go_by_the_day() -> None:
    assert TRUST.aligned(VALE.ods, "Fire Safety", date(2026, 6, 30))
    assert not TRUST.aligned(VALE.ods, "Fire Safety", date(2026, 7, 1))
    assert not TRUST.aligned(VALE.ods, "Resuscitation", date(2026, 6, 30))
    assert TRUST.signatory(VALE.ods, date(2025, 5, 1))
    assert not TRUST.signatory(VALE.ods, date(2025, 4, 30))
    assert not TRUST.signatory(COLLEGE.ods, date(2026, 1, 1))
    assert not TRUST.signatory("X9Z9Z", date(2026, 1, 1))


def test_a_name_comes_from_the_list() -> None:
    assert TRUST.issuer(VALE.ods) == VALE
    assert TRUST.issuer("X9Z9Z") is None
    organisation = TRUST.organisation(VALE.ods)
    assert organisation is not None
    assert organisation.name == VALE.name
