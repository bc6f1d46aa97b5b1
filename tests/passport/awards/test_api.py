"""Awards over HTTP: facts of one's own organisation, and nothing of another's."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from passport.awards.models import Award
from passport.awards.recognition import PILLARS
from passport.staff import numbers
from passport.standards import service as standards
from tests.callers import sign_in
from tests.trusts import Trust

CREDENTIAL = "MPC-PAEDIATRICS"
AWARD: dict[str, Any] = {
    "standard": "FS", "awarded_on": "2026-03-02", "delivery": "face_to_face", "assessed": True,
    "verification_method": "record", "pedigree": "authoritative",
}  # fmt: skip


@pytest.fixture
def known(app: Flask, trust: Trust) -> FlaskClient:
    return sign_in(app, trust.session, trust.organisation.id, "awards:write", "awards:read", "staff:read")


@pytest.fixture
def stranger(app: Flask, trust: Trust, neighbour_id: UUID) -> FlaskClient:
    return sign_in(app, trust.session, neighbour_id, "awards:write", "awards:read", "staff:read")


def body(trust: Trust, **other: Any) -> dict[str, Any]:
    return AWARD | {"number": numbers.show(trust.nurse.passport_number)} | other


def recorded(http: FlaskClient, trust: Trust, **other: Any) -> dict[str, Any]:
    answer = http.post("/v1/awards", json=body(trust, **other))
    assert answer.status_code == 201, answer.json
    assert answer.json is not None
    assert answer.headers["Location"] == f"/v1/awards/{answer.json['id']}"
    return dict(answer.json)


def problem(answer: TestResponse) -> tuple[int, str]:
    assert answer.json is not None
    return answer.status_code, answer.json["code"]


def test_an_award_is_recorded_and_read_again(known: FlaskClient, trust: Trust) -> None:
    award = recorded(known, trust, valid_until="2028-03-02")
    assert known.get(f"/v1/awards/{award['id']}").json == award
    assert award == {
        "id": award["id"], "standard": "FS", "part": 0, "awarded_on": "2026-03-02", "valid_until": "2028-03-02",
        "delivery": "face_to_face", "assessed": True, "verification_method": "record", "pedigree": "authoritative",
        "issuer": trust.organisation.ods_code, "recorded_at": "2026-08-06T09:00:00Z", "ended_at": None, "ending": None,
        "ending_reason": None, "replaced_by": None,
    }  # fmt: skip


def test_an_award_is_corrected_and_the_wrong_one_says_by_which(known: FlaskClient, trust: Trust) -> None:
    award = recorded(known, trust)
    right = known.post(f"/v1/awards/{award['id']}/corrections", json={"awarded_on": "2026-02-01", "valid_until": None})
    assert right.status_code == 201
    assert right.json is not None
    wrong = known.get(f"/v1/awards/{award['id']}").json
    assert wrong is not None
    assert (wrong["ending"], wrong["replaced_by"]) == ("corrected", right.json["id"])


def test_an_award_is_withdrawn_once(known: FlaskClient, trust: Trust) -> None:
    path = f"/v1/awards/{recorded(known, trust)['id']}/withdrawal"
    withdrawn = known.post(path, json={"reason": "issued_in_error"})
    assert withdrawn.json is not None
    assert (withdrawn.status_code, withdrawn.json["ending"]) == (200, "withdrawn")
    assert known.post(path, json={"reason": "issued_in_error"}).status_code == 409


def test_another_organisation_s_award_looks_like_none(stranger: FlaskClient, known: FlaskClient, trust: Trust) -> None:
    foreign, none = recorded(known, trust)["id"], "00000000-0000-7000-8000-000000000000"
    for path, sent in (
        ("", None),
        ("/corrections", {"assessed": False}),
        ("/withdrawal", {"reason": "issued_in_error"}),
    ):
        answers = [
            stranger.get(f"/v1/awards/{award_id}")
            if sent is None
            else stranger.post(f"/v1/awards/{award_id}{path}", json=sent)
            for award_id in (foreign, none)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json is not None
        assert answers[1].json is not None
        assert answers[0].json["code"] == answers[1].json["code"] == "award_not_found"


def test_nobody_awards_to_a_stranger_without_what_the_person_hands_over(stranger: FlaskClient, trust: Trust) -> None:
    assert stranger.post("/v1/awards", json=body(trust)).status_code == 404
    assert stranger.post("/v1/awards", json=body(trust, date_of_birth="1990-02-04")).status_code == 404
    assert stranger.post("/v1/awards", json=body(trust, date_of_birth="1990-02-03")).status_code == 201


def test_the_same_award_twice_is_a_conflict(known: FlaskClient, trust: Trust) -> None:
    recorded(known, trust)
    again = known.post("/v1/awards", json=body(trust))
    assert again.json is not None
    assert (again.status_code, again.json["code"]) == (409, "award_exists")


def test_the_same_request_again_gets_the_same_answer(known: FlaskClient, trust: Trust) -> None:
    key = {"Idempotency-Key": "invented-key"}
    first, again = (known.post("/v1/awards", json=body(trust), headers=key) for _ in range(2))
    assert (first.status_code, first.json) == (again.status_code, again.json)


@pytest.mark.parametrize(
    "wrong",
    [
        {"standard": "NONE"},
        {"awarded_on": "2026-08-07"},
        {"awarded_on": "06/08/2026"},
        {"valid_until": "2026-01-01"},
        {"part": 1},
        {"part": 100},
        {"assessed": "yes"},
        {"delivery": "telepathy"},
        {"standard": "F\u0000S"},
        {"issuer": "X9V9Z"},
    ],
)
def test_a_wrong_award_is_refused_with_its_place(known: FlaskClient, trust: Trust, wrong: dict[str, Any]) -> None:
    refused = known.post("/v1/awards", json=body(trust, **wrong))
    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["errors"][0]["pointer"].startswith("/")


def test_an_award_without_accreditation_is_forbidden(known: FlaskClient, trust: Trust) -> None:
    refused = known.post("/v1/awards", json=body(trust, standard="MPC-PAEDIATRICS"))
    assert refused.json is not None
    assert (refused.status_code, refused.json["code"]) == (403, "not_accredited")


def test_a_passport_says_what_is_current(known: FlaskClient, stranger: FlaskClient, trust: Trust) -> None:
    award = recorded(known, trust)
    path = f"/v1/staff/{numbers.show(trust.nurse.passport_number)}/passport"
    said = known.get(path).json
    assert said is not None
    assert [(one["id"], one["standard"]) for one in said["training"]] == [(award["id"], "FS")]
    assert (said["number"], said["credentials"]) == (numbers.show(trust.nurse.passport_number), [])
    assert stranger.get(path).status_code == 404


def test_the_academy_recognises_and_takes_back(
    app: Flask, stranger: FlaskClient, trust: Trust, neighbour_id: UUID
) -> None:
    standards.accredit(
        trust.session, standard_code="MPF-ADVANCED", from_on=date(2020, 1, 1),
        **trust.acting | {"organisation_id": neighbour_id},
    )  # fmt: skip
    sent = {
        "number": trust.nurse.passport_number, "date_of_birth": "1990-02-03", "level": "advanced", "edition": "2025",
        "route": "programme", "pillars": list(PILLARS), "base_profession": "Nurse", "recognised_on": "2026-05-01",
    }  # fmt: skip
    answer = stranger.post("/v1/recognitions", json=sent)
    assert answer.status_code == 201
    assert answer.json is not None
    path = f"/v1/recognitions/{answer.json['id']}/withdrawal"
    asked = stranger.post(path, json={"reason": "no_longer_valid", "words": "The programme was found wanting."})
    assert asked.json is not None
    assert (asked.status_code, asked.json["recognition"], asked.json["asked_by_you"]) == (202, answer.json["id"], True)
    second = sign_in(app, trust.session, neighbour_id, "awards:write")
    confirmation = f"/v1/withdrawal-requests/{asked.json['id']}/confirmation"
    assert problem(stranger.post(confirmation)) == (403, "same_person")
    assert second.post(confirmation).status_code == 200
    assert problem(stranger.post(path, json={"reason": "no_longer_valid", "words": "x"})) == (409, "recognition_ended")


def test_a_credential_is_asked_for_by_one_program_and_confirmed_by_another(app: Flask, academy: Trust) -> None:
    first, second = (sign_in(app, academy.session, academy.organisation.id, "awards:write") for _ in range(2))
    award = recorded(first, academy, standard=CREDENTIAL)
    asked = first.post(f"/v1/awards/{award['id']}/withdrawal", json={"reason": "issued_in_error", "words": "A mix-up."})
    assert asked.json is not None
    assert (asked.status_code, asked.json["award"], asked.json["outcome"]) == (202, award["id"], None)
    path = asked.headers["Location"]
    assert first.get(path).json == asked.json
    waiting = second.get("/v1/withdrawal-requests").json
    assert waiting == {"items": [asked.json | {"asked_by_you": False}], "next": None}
    assert problem(first.post(f"{path}/confirmation")) == (403, "same_person")
    confirmed = second.post(f"{path}/confirmation").json
    assert confirmed is not None
    assert confirmed["outcome"] == "confirmed"
    assert problem(second.post(f"{path}/confirmation")) == (409, "withdrawal_request_closed")
    assert academy.session.get_one(Award, UUID(award["id"])).ending == "withdrawn"


def test_a_request_is_cancelled_and_another_organisation_never_sees_it(
    app: Flask, academy: Trust, stranger: FlaskClient
) -> None:
    http = sign_in(app, academy.session, academy.organisation.id, "awards:write")
    award = recorded(http, academy, standard=CREDENTIAL)
    withdrawal = {"reason": "issued_in_error", "words": "A mix-up."}
    path = http.post(f"/v1/awards/{award['id']}/withdrawal", json=withdrawal).headers["Location"]
    assert stranger.get(path).status_code == 404
    assert [stranger.post(f"{path}/{act}").status_code for act in ("confirmation", "cancellation")] == [404, 404]
    assert problem(stranger.post(f"/v1/awards/{award['id']}/withdrawal", json=withdrawal)) == (404, "award_not_found")
    assert stranger.get("/v1/withdrawal-requests").json == {"items": [], "next": None}
    assert http.post(f"{path}/cancellation").status_code == 200


def test_a_credential_is_not_withdrawn_without_words(app: Flask, academy: Trust) -> None:
    http = sign_in(app, academy.session, academy.organisation.id, "awards:write")
    award = recorded(http, academy, standard=CREDENTIAL)
    answer = http.post(f"/v1/awards/{award['id']}/withdrawal", json={"reason": "issued_in_error"})
    assert answer.json is not None
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/words")


def test_only_who_has_the_scope_records(app: Flask, http: FlaskClient, trust: Trust) -> None:
    assert http.post("/v1/awards", json=body(trust)).status_code == 401
    reader = sign_in(app, trust.session, trust.organisation.id, "awards:read")
    assert reader.post("/v1/awards", json=body(trust)).status_code == 403
