"""What a check of a genuine passport finds: facts with their times, and one form of verdict for all."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from credentials import CredentialError, Expected, Verified, errors, verdict, verify
from credentials.records import Issuer
from credentials.status_list import StatusList
from credentials.trust import Accreditation, TrustList
from credentials.verified import CHECKS
from tests.credentials.forging import with_claims
from tests.credentials.passport_samples import (
    ACADEMY,
    COLLEGE,
    DAY,
    ISSUER,
    NOW,
    OLD_PASSPORT_KEY,
    ORGANISATIONS,
    PASSPORT,
    PASSPORT_KEY,
    STATUS_INDEX,
    STATUS_URI,
    TERMS,
    TRUST,
    VALE,
    an_award,
    choose,
    issued,
    payload_of,
    statuses,
    trust_content,
)


def check(presentation: str, **changes: Any) -> Verified:
    arguments: dict[str, Any] = {"trust": TRUST, "statuses": statuses(), "now": NOW}
    return verify(presentation, **(arguments | changes))


def result_of(verified: Verified, name: str) -> tuple[str, str | None]:
    found = next(check for check in verified.checks if check.check == name)
    return found.result, found.reason


def test_a_whole_passport_says_all() -> None:
    verified = check(issued())
    assert verified.holder.number == PASSPORT.number
    assert verified.holder.registrations == PASSPORT.registrations
    assert verified.holder.employer == PASSPORT.employer
    assert [found.award for found in verified.awards] == [*PASSPORT.training, *PASSPORT.credentials]
    assert verified.advanced_practice == PASSPORT.advanced_practice
    assert (verified.issuer, verified.kid) == (ISSUER, PASSPORT_KEY.public.kid)
    assert verified.status == TERMS.status
    assert (verified.outcome, verified.reason) == ("genuine", None)


def test_only_what_is_disclosed_is_known() -> None:
    verified = check(choose(issued()))
    assert verified.holder == type(verified.holder)()
    assert verified.awards == ()
    assert verified.advanced_practice is None
    assert verified.outcome == "genuine"


def test_an_award_shows_what_the_list_says_then_and_now() -> None:
    fire, *_, paediatrics, stroke = check(issued()).awards
    assert (fire.accredited_then, fire.accredited_now, fire.signatory) == (True, True, True)
    assert (fire.aligned_then, fire.aligned_now) == (True, False)
    assert (paediatrics.accredited_then, paediatrics.accredited_now, paediatrics.suspended_now) == (True, False, True)
    assert (stroke.accredited_then, stroke.signatory) == (False, False)


def test_names_come_from_the_list_and_never_from_the_credential() -> None:
    boastful = Issuer(ods=VALE.ods, name="The Royal Best Trust", kind="national_body")
    unknown = Issuer(ods="X9Z9Z", name="NHS England", kind="national_body")
    content = replace(PASSPORT, training=(an_award(1, issuer=boastful), an_award(2, issuer=unknown)))
    verified = check(issued(content))
    assert verified.awards[0].issuer == VALE
    assert verified.awards[1].issuer == Issuer(ods="X9Z9Z", name="X9Z9Z", kind="other")
    assert not verified.awards[1].accredited_then
    assert verified.unlisted_issuers == ("X9Z9Z",)
    assert result_of(verified, "award_issuers") == ("failed", "issuer_untrusted")
    assert "Royal Best" not in json.dumps(verdict(verified, at=NOW))
    assert "NHS England" not in json.dumps(verdict(verified, at=NOW))


def test_an_advanced_practitioners_recogniser_is_named_by_the_list() -> None:
    renamed = TrustList.of(trust_content(organisations=(replace(ORGANISATIONS[2], name="Renamed Academy"),)))
    practice = check(issued(), trust=renamed).advanced_practice
    assert practice is not None
    assert practice.issuer == Issuer(ods=ACADEMY.ods, name="Renamed Academy", kind="academy")
    assert COLLEGE.ods in check(issued(), trust=renamed).unlisted_issuers


def test_a_recognition_shows_whether_its_recogniser_may_recognise_then_and_now() -> None:
    states = (
        Accreditation(standard="MPF-ADVANCED", state="approved", from_on=date(2017, 1, 1), until_on=NOW.date() - DAY),
        Accreditation(standard="MPF-ADVANCED", state="suspended", from_on=NOW.date()),
    )
    organisations = (*ORGANISATIONS[:2], replace(ORGANISATIONS[2], may_award=states))
    found = check(issued(), trust=TrustList.of(trust_content(organisations=organisations)))
    said = verdict(found, at=NOW)["advanced_practice"]
    assert (said["accredited_then"], said["accredited_now"], said["suspended_now"]) == (True, False, True)


@pytest.mark.parametrize(
    ("after", "current"),
    [(timedelta(0), True), (timedelta(seconds=59), True), (timedelta(seconds=60), False), (DAY, False)],
)
def test_an_expired_passport_is_genuine_and_not_current(after: timedelta, current: bool) -> None:
    now = TERMS.expires_at + after
    fresh = TrustList.of(trust_content(exp=int((now + DAY).timestamp())))
    held = statuses()[STATUS_URI]
    kept = StatusList(held.uri, 1, held.data, now - timedelta(hours=1), now + DAY, None, held.kid)
    verified = check(issued(), trust=fresh, statuses={STATUS_URI: kept}, now=now)
    assert verified.current.result is current
    assert verified.current.expires_at == TERMS.expires_at
    assert (verified.outcome, verified.reason) == ("genuine", None if current else "expired")
    assert result_of(verified, "expiry") == (("passed", None) if current else ("failed", "expired"))


def test_a_withdrawn_passport_is_genuine_and_withdrawn() -> None:
    verified = check(issued(), statuses=statuses(STATUS_INDEX))
    assert verified.not_withdrawn.result is False
    assert verified.not_withdrawn.as_of == NOW - timedelta(hours=1)
    assert (verified.outcome, verified.reason) == ("genuine", "withdrawn")
    assert result_of(verified, "status") == ("failed", "withdrawn")


def test_without_a_list_nobody_can_say() -> None:
    verified = check(issued(), statuses={})
    assert verified.not_withdrawn.result is None
    assert (verified.outcome, verified.reason) == ("could_not_check", "status_missing")
    assert result_of(verified, "status") == ("not_checked", "status_missing")


def test_with_a_stale_list_nobody_can_say_but_since_when_is_known() -> None:
    for changes in ({"now": NOW + DAY}, {"expected": Expected(status_max_age=timedelta(minutes=30))}):
        verified = check(issued(), **changes)
        assert verified.not_withdrawn.as_of == NOW - timedelta(hours=1)
        assert (verified.outcome, verified.reason) == ("could_not_check", "status_stale")


def test_a_stale_list_still_tells_of_a_withdrawal() -> None:
    assert check(issued(), statuses=statuses(STATUS_INDEX), now=NOW + DAY).not_withdrawn.result is False


def test_a_passport_by_a_retiring_key_lives_on_with_its_list() -> None:
    old = issued(key=OLD_PASSPORT_KEY, issued_at=NOW - 40 * DAY)
    assert check(old, statuses=statuses(key=OLD_PASSPORT_KEY)).outcome == "genuine"


def test_nothing_is_checked_with_a_stale_trust_list() -> None:
    with pytest.raises(errors.TrustListStaleError):
        check(issued(), now=NOW + 7 * DAY)


def test_a_minute_between_clocks_is_nothing() -> None:
    assert check(issued(), now=NOW - DAY - timedelta(seconds=60)).outcome == "genuine"
    with pytest.raises(errors.IatFutureError):
        check(issued(), now=NOW - DAY - timedelta(seconds=61))
    soon = int((NOW + timedelta(seconds=60)).timestamp())
    assert check(with_claims(nbf=soon)).outcome == "genuine"


def test_unknown_claims_are_passed_over() -> None:
    assert check(with_claims(jti="1", invented={"a": [1]})).outcome == "genuine"


def test_the_same_passport_is_found_the_same_the_second_time() -> None:
    presentation = issued()
    assert check(presentation) == check(presentation)
    assert check(presentation, statuses=statuses(STATUS_INDEX)).not_withdrawn.result is False
    assert check(presentation).not_withdrawn.result is True


def test_what_is_remembered_is_bounded() -> None:
    from sys import modules  # noqa: PLC0415 - the module that is hidden by the function of its name

    remembered = modules["credentials.verify"]._Remembered(3)
    for number in range(10):
        remembered.put(str(number), number)
    assert [remembered.get(str(number)) for number in range(6, 10)] == [None, 7, 8, 9]


# ------------------------------------------------------------------------------------------------------ the verdict

MEMBERS = ["outcome", "reason", "checks", "current", "not_withdrawn", "holder", "awards"]


def test_a_verdict_has_the_form_that_was_agreed() -> None:
    found = verdict(check(issued()), at=NOW)
    assert list(found) == [*MEMBERS, "advanced_practice"]
    assert list(verdict(check(choose(issued())), at=NOW)) == MEMBERS
    assert found["current"] == {"result": True, "expires_at": "2026-09-05T09:00:00Z"}
    assert found["not_withdrawn"] == {"result": True, "as_of": "2026-08-06T08:00:00Z"}
    assert [entry["check"] for entry in found["checks"]] == list(CHECKS)
    assert list(found["checks"][0]) == ["check", "result", "reason", "at"]
    assert found["awards"][0]["issuer"] == {"ods": VALE.ods, "name": VALE.name, "kind": VALE.kind}
    assert found["awards"][0]["accredited_then"] is True
    assert found["holder"]["given_name"] == "Zoë"
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("reason", sorted(errors.every_reason()))
def test_every_refusal_has_a_verdict(reason: str) -> None:
    error = errors.every_reason()[reason]("a detail")
    found = verdict(error, at=NOW)
    assert list(found) == MEMBERS
    assert found["reason"] == reason
    assert found["outcome"] == ("could_not_check" if error.could_not_check else "refused")
    assert found["current"]["result"] is None
    assert found["not_withdrawn"]["result"] is None
    assert found["awards"] == []
    assert [entry["reason"] for entry in found["checks"] if entry["reason"]] == [reason]
    assert "passed" not in {entry["result"] for entry in found["checks"]}
    assert "detail" not in json.dumps(found)


def test_no_refusal_quotes_the_passport() -> None:
    presentation = issued(replace(PASSPORT, given_name="Secretname"))
    broken = with_claims(given_name=["Secretname"])
    for text in (broken, with_claims(sub={"Secretname": 1}), presentation[:50], presentation + "x"):
        with pytest.raises(CredentialError) as caught:
            check(text)
        error: BaseException | None = caught.value
        while error is not None:
            assert "Secretname" not in str(error)
            error = error.__cause__
    assert payload_of(broken)["given_name"] == ["Secretname"]


def test_the_package_imports_no_clock_network_or_web() -> None:
    for module in Path(__file__).parents[2].glob("credentials/*.py"):
        text = module.read_text(encoding="utf-8")
        for foreign in (
            "import flask",
            "import sqlalchemy",
            "import requests",
            "import socket",
            "datetime.now(",
            "time.time(",
        ):
            assert foreign not in text, module.name
