"""`/v1/standards`, `/v1/accreditations` and `/v1/alignments`: everybody reads, the standards body writes."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.callers import sign_in
from tests.factories import OrganisationFactory

OMT_SOURCE = (
    "gov.uk, draft code on Oliver McGowan training (19 June 2025), and traininginpartnership.co.uk; "
    "extranet.nhsglos.nhs.uk (read November 2026)"
)
ORIGIN = {"source": "Invented circular 1", "confidence": "high"}
OMT_VERSION_SOURCE = (
    "gov.uk, draft code on Oliver McGowan training (19 June 2025), and traininginpartnership.co.uk (read November 2026)"
)
INVENTED = {
    "code": "MPC-INVENTED", "kind": "credential", "framework": "CENTRE", "subject": "Inventing", "title": "Inventing",
    **ORIGIN,
}  # fmt: skip
RENEWAL = {"months": 12, "from_on": "2027-01-01", **ORIGIN}
EDITION = {"version": "2.0", "from_on": "2026-07-01", "worth": {"FS": "in_part"}, **ORIGIN}
MOVE = {"state": "candidate", "on": "2027-01-01", "source": "Invented minutes"}
VERSION = MOVE | {"version": "2", "state": "proposed"}
STATE = "/v1/standards/MPC-ACUTE-MEDICINE/specifications/undated/state"
APPROVAL = {"organisation": "X5P5X", "standard": "MPC-PAEDIATRICS", "state": "approved", "from_on": "2026-01-01"}
ALIGNMENT = {"organisation": "X5P5X", "framework": "CSTF", "subject": "Fire Safety", "from_on": "2026-01-01"}
WRITES = [
    ("/v1/standards", INVENTED),
    ("/v1/standards/FS/renewals", RENEWAL),
    ("/v1/frameworks/CSTF/versions", EDITION),
    ("/v1/standards/MPC-ACUTE-MEDICINE/specifications", VERSION),
    (STATE, MOVE),
    ("/v1/accreditations", APPROVAL),
    ("/v1/alignments", ALIGNMENT),
]


@pytest.fixture
def academy(app: Flask, session: Session, loaded: int) -> FlaskClient:
    """The program of the standards body; X5P5X is an education provider."""
    OrganisationFactory.create(session, ods_code="X5P5X", kind="education_provider")
    body = OrganisationFactory.create(session, kind="academy")
    return sign_in(app, session, body.id, "standards:write", "alignments:write")


@pytest.fixture
def post(academy: FlaskClient) -> Callable[..., Any]:
    """Write as the standards body and return the JSON of the answer."""

    def send(path: str, body: dict[str, Any], status: int = 201) -> Any:
        answer = academy.post(path, json=body)
        assert answer.status_code == status, answer.get_json()
        return answer.get_json()

    return send


def test_everybody_reads_the_whole_catalogue_in_pages(http: FlaskClient, loaded: int) -> None:
    codes: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = http.get(f"/v1/standards?limit=20{f'&cursor={cursor}' if cursor else ''}").get_json()
        codes += [standard["code"] for standard in page["items"]]
        cursor = page["next"]
    assert (len(codes), codes[0], codes[-1]) == (50, "CR", "MPC-MENTAL-HEALTH")
    assert len(set(codes)) == 50


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("framework=CSTF", 24),
        ("framework=OMT", 2),
        ("kind=advanced_practice", 3),
        ("framework=CSTF&kind=credential", 0),
    ],
)
def test_the_list_is_filtered_by_framework_and_kind(http: FlaskClient, loaded: int, query: str, count: int) -> None:
    assert len(http.get(f"/v1/standards?{query}").get_json()["items"]) == count


def test_everybody_reads_one_standard_with_its_rules_and_life(http: FlaskClient, loaded: int) -> None:
    assert http.get("/v1/standards/OMT1").get_json() == {
        "code": "OMT1", "number": 25, "kind": "statutory", "framework": "OMT", "framework_version": "2025",
        "subject": "Oliver McGowan LD and autism", "level": "Tier 1", "rank": None, "variant": None, "satisfies": [],
        "title": "Oliver McGowan training on learning disability and autism (Tier 1)",
        "parts": [{"number": 1, "title": "E-learning"}, {"number": 2, "title": "One-hour webinar"}],
        "renewals": [{"months": None, "from_on": None, "until_on": None, "source": OMT_SOURCE}],
        "carry_overs": [], "specifications": [],
        "framework_versions": [
            {"version": "2025", "from_on": None, "until_on": None, "source": OMT_VERSION_SOURCE, "worth": None},
        ],
    }  # fmt: skip
    life = http.get("/v1/standards/MPC-ECHOCARDIOGRAPHY").get_json()["specifications"]
    assert [(row["state"], row["state_as_read"]) for row in life] == [("in_development", "in development")]


@pytest.mark.parametrize("code", ["fs", "NOPE", "%00", "FS%20"])
def test_an_unknown_standard_is_not_found(http: FlaskClient, loaded: int, code: str) -> None:
    assert http.get(f"/v1/standards/{code}").status_code == 404


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_nobody_else_writes(
    app: Flask, session: Session, http: FlaskClient, academy: FlaskClient, path: str, body: dict[str, Any]
) -> None:
    trust = sign_in(app, session, OrganisationFactory.create(session).id, "registrar", "awards:write", "staff:write")
    assert http.post(path, json=body).status_code == 401
    assert trust.post(path, json=body).status_code == 403


def test_an_added_standard_is_where_the_answer_says(academy: FlaskClient, http: FlaskClient) -> None:
    answer = academy.post("/v1/standards", json=INVENTED | {"parts": ["Course", "Assessment"], "level": "7"})
    assert (answer.status_code, answer.headers["Location"]) == (201, "/v1/standards/MPC-INVENTED")
    assert http.get(answer.headers["Location"]).get_json() == answer.get_json()
    assert (answer.get_json()["number"], len(answer.get_json()["parts"])) == (122, 2)


def test_a_new_period_shows_at_once(post: Callable[..., Any], http: FlaskClient) -> None:
    changed = post("/v1/standards/FS/renewals", RENEWAL)
    assert [(rule["months"], rule["until_on"]) for rule in changed["renewals"]] == [(24, "2026-12-31"), (12, None)]
    assert http.get("/v1/standards/FS").get_json() == changed


def test_a_period_can_be_left_to_the_employer(post: Callable[..., Any]) -> None:
    changed = post("/v1/standards/FS/renewals", RENEWAL | {"months": None})
    assert changed["renewals"][-1]["months"] is None


def test_a_version_of_a_framework_shows_at_once_with_what_it_says_of_earlier_awards(
    academy: FlaskClient, http: FlaskClient
) -> None:
    answer = academy.post("/v1/frameworks/CSTF/versions", json=EDITION)
    assert (answer.status_code, answer.headers["Location"]) == (201, "/v1/frameworks/CSTF")
    framework = http.get("/v1/frameworks/CSTF").get_json()
    assert framework == answer.get_json()
    first, second = framework["versions"]
    assert (first["version"], first["until_on"], first["worth"]) == ("1.1", "2026-06-30", {})
    assert (len(second["worth"]), second["worth"]["FS"], second["worth"]["HSW"]) == (24, "in_part", "unclear")
    shown = http.get("/v1/standards/FS").get_json()["framework_versions"]
    assert [(each["version"], each["from_on"], each["worth"]) for each in shown] == [
        ("1.1", None, None), ("2.0", "2026-07-01", "in_part"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"from_on": "2026-07-01"}, 409, "framework_version_order"),
        ({"version": "2.0"}, 409, "framework_version_exists"),
        ({"from_on": "1900-01-01"}, 422, "invalid"),
        ({"worth": {"OMT1": "as_before"}}, 422, "invalid"),
    ],
)
def test_a_version_of_a_framework_that_cannot_be_is_refused(
    post: Callable[..., Any], change: dict[str, Any], status: int, code: str
) -> None:
    post("/v1/frameworks/CSTF/versions", EDITION)
    later = EDITION | {"version": "2.1", "from_on": "2027-01-01"}
    assert post("/v1/frameworks/CSTF/versions", later | change, status)["code"] == code


def test_an_approval_and_its_suspension_are_for_everybody_to_see(post: Callable[..., Any], http: FlaskClient) -> None:
    approved = post("/v1/accreditations", APPROVAL)
    assert approved.pop("id")
    assert approved == APPROVAL | {"until_on": None, "review_due_on": "2027-01-01", "conditions": None}
    post("/v1/accreditations", APPROVAL | {"state": "suspended", "from_on": "2026-05-01"})
    for query in ("organisation=X5P5X", "standard=MPC-PAEDIATRICS", "organisation=x5p5x&standard=MPC-PAEDIATRICS", ""):
        items = http.get(f"/v1/accreditations?{query}").get_json()["items"]
        assert [(row["state"], row["from_on"], row["until_on"]) for row in items] == [
            ("approved", "2026-01-01", "2026-04-30"),
            ("suspended", "2026-05-01", None),
        ]
    assert http.get("/v1/accreditations?standard=FS").get_json()["items"] == []


def test_alignment_is_declared_once(post: Callable[..., Any]) -> None:
    declared = post("/v1/alignments", ALIGNMENT)
    assert declared == ALIGNMENT | {"id": declared["id"], "until_on": None}
    assert post("/v1/alignments", ALIGNMENT, 409)["code"] == "already_aligned"


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/standards", INVENTED | {"code": "lower"}, "/code"),
        ("/v1/standards", INVENTED | {"number": 3}, "/number"),
        ("/v1/standards", INVENTED | {"kind": "local"}, "/kind"),
        ("/v1/standards", INVENTED | {"satisfies": ["FS"]}, "/satisfies"),
        ("/v1/standards", INVENTED | {"source": ""}, "/source"),
        ("/v1/standards", INVENTED | {"parts": ["Course", 2]}, "/parts/1"),
        ("/v1/standards/FS/renewals", RENEWAL | {"months": 0}, "/months"),
        ("/v1/standards/FS/renewals", RENEWAL | {"months": True}, "/months"),
        ("/v1/standards/FS/renewals", RENEWAL | {"months": 12.5}, "/months"),
        ("/v1/standards/FS/renewals", RENEWAL | {"from_on": "2027-02-30"}, "/from_on"),
        ("/v1/standards/FS/renewals", RENEWAL | {"confidence": None}, "/confidence"),
        ("/v1/frameworks/CSTF/versions", EDITION | {"version": "2 0"}, "/version"),
        ("/v1/frameworks/CSTF/versions", EDITION | {"from_on": None}, "/from_on"),
        ("/v1/frameworks/CSTF/versions", EDITION | {"worth": {"FS": "all"}}, "/worth/FS"),
        ("/v1/frameworks/CSTF/versions", EDITION | {"worth": ["FS"]}, "/worth"),
        ("/v1/standards/FS/specifications", VERSION | {"state": "alive"}, "/state"),
        ("/v1/standards/FS/specifications", VERSION | {"version": "2/3"}, "/version"),
        ("/v1/standards/FS/specifications", VERSION | {"terms": {"scope": "all"}}, "/terms/scope"),
        ("/v1/standards/FS/specifications", VERSION | {"terms": {"registers": ["NMC", "XYZ"]}}, "/terms/registers"),
        ("/v1/accreditations", APPROVAL | {"state": "revoked"}, "/state"),
        ("/v1/accreditations", APPROVAL | {"until_on": "2025-12-31"}, "/until_on"),
        ("/v1/alignments", ALIGNMENT | {"subject": "Acute Medicine"}, "/subject"),
    ],
)
def test_a_wrong_field_is_named(post: Callable[..., Any], path: str, body: dict[str, Any], pointer: str) -> None:
    assert [error["pointer"] for error in post(path, body, 422)["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v1/standards", INVENTED | {"framework": "NOPE"}, "framework_not_found"),
        ("/v1/standards/NOPE/renewals", RENEWAL, "standard_not_found"),
        ("/v1/standards/NOPE/specifications", VERSION, "standard_not_found"),
        ("/v1/frameworks/NOPE/versions", EDITION, "framework_not_found"),
        ("/v1/accreditations", APPROVAL | {"standard": "NOPE"}, "standard_not_found"),
        ("/v1/accreditations", APPROVAL | {"organisation": "X9X9X"}, "organisation_not_found"),
        ("/v1/alignments", ALIGNMENT | {"organisation": "X9X9X"}, "organisation_not_found"),
    ],
)
def test_what_is_not_there_is_not_found(post: Callable[..., Any], path: str, body: dict[str, Any], code: str) -> None:
    assert post(path, body, 404)["code"] == code


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/standards/FS/renewals", RENEWAL), ("/v1/frameworks/CSTF/versions", EDITION)]
)
def test_the_same_request_under_one_key_changes_once(academy: FlaskClient, path: str, body: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": "invented-key-1"}
    answers = [academy.post(path, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()


def test_a_specification_moves_along_by_who_saw_its_newest_step(academy: FlaskClient, http: FlaskClient) -> None:
    address = STATE.removesuffix("/state")
    seen = http.get(address)
    assert (seen.headers["ETag"], seen.get_json()["steps"]) == ('"0"', [])
    moved = academy.post(STATE, json=MOVE, headers={"If-Match": seen.headers["ETag"]})
    assert (moved.status_code, moved.headers["ETag"]) == (200, '"1"')
    assert http.get(address).get_json() == moved.get_json()
    assert moved.get_json()["steps"] == [{"state": "candidate", "from_on": "2027-01-01", "source": "Invented minutes"}]
    stale = academy.post(STATE, json=MOVE | {"state": "endorsed"}, headers={"If-Match": seen.headers["ETag"]})
    assert (stale.status_code, academy.post(STATE, json=MOVE).status_code) == (412, 428)
    refused = academy.post(STATE, json=MOVE | {"state": "proposed"}, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "specification_move")


@pytest.mark.parametrize("tag", ['W/"0"', '"0", "1"', "*", "0", '"-1"', '"00"', '"x"', ""])
def test_only_the_tag_itself_matches(academy: FlaskClient, tag: str) -> None:
    assert academy.post(STATE, json=MOVE, headers={"If-Match": tag}).status_code == 412


def test_a_version_is_added_with_what_it_asks(academy: FlaskClient, http: FlaskClient) -> None:
    path = "/v1/standards/MPC-ACUTE-MEDICINE/specifications"
    terms = {"scope": "multiprofessional_without_medicine", "registers": ["NMC"], "prerequisites": ["FS"]}
    answer = academy.post(path, json=VERSION | {"terms": terms})
    assert (answer.status_code, answer.headers["Location"], answer.headers["ETag"]) == (201, f"{path}/2", '"1"')
    added = http.get(answer.headers["Location"]).get_json()
    assert {name: added[name] for name in terms} == terms
    assert academy.post(path, json=VERSION).get_json()["code"] == "specification_exists"
    versions = http.get("/v1/standards/MPC-ACUTE-MEDICINE").get_json()["specifications"]
    assert sorted(row["version"] for row in versions) == ["2", "undated"]


@pytest.mark.parametrize("path", ["MPC-ACUTE-MEDICINE/specifications/9", "NOPE/specifications/undated"])
def test_an_unknown_version_is_not_found(academy: FlaskClient, path: str) -> None:
    assert academy.get(f"/v1/standards/{path}").status_code == 404
    moved = academy.post(f"/v1/standards/{path}/state", json=MOVE, headers={"If-Match": '"0"'})
    assert moved.status_code == 404


@pytest.fixture
def approved(academy: FlaskClient) -> str:
    """The address of an approval."""
    return str(academy.post("/v1/accreditations", json=APPROVAL).headers["Location"])


def test_a_provider_moves_on_by_who_saw_its_newest_state(academy: FlaskClient, approved: str) -> None:
    suspension = {"state": "suspended", "from_on": "2026-05-01", "note": "Two complaints"}
    assert academy.post(f"{approved}/state", json=suspension).status_code == 428
    tag = {"If-Match": academy.get(approved).headers["ETag"]}
    suspended = academy.post(f"{approved}/state", json=suspension, headers=tag)
    assert (suspended.status_code, suspended.get_json()["state"]) == (200, "suspended")
    assert academy.post(f"{approved}/state", json=suspension, headers=tag).status_code == 412
    now_at = f"/v1/accreditations/{suspended.get_json()['id']}"
    assert academy.get(now_at).get_json()["note"] == "Two complaints"
    lifting = {"state": "conditions", "from_on": "2026-06-01", "conditions": "A visit each month"}
    lifted = academy.post(f"{now_at}/state", json=lifting, headers={"If-Match": suspended.headers["ETag"]})
    assert lifted.get_json()["conditions"] == "A visit each month"


def test_conditions_are_public_and_notes_and_applications_are_not(
    academy: FlaskClient, http: FlaskClient, post: Callable[..., Any]
) -> None:
    applied = post("/v1/accreditations", APPROVAL | {"state": "applied", "note": "A new programme"})
    assert http.get("/v1/accreditations").get_json()["items"] == []
    waiting = academy.get("/v1/accreditation-standings?state=applied").get_json()["items"]
    assert [row["id"] for row in waiting] == [applied["id"]]
    conditions = {"state": "conditions", "conditions": "Two assessors", "from_on": "2026-02-01", "note": "See minutes"}
    post("/v1/accreditations", APPROVAL | conditions)
    shown = http.get("/v1/accreditations").get_json()["items"]
    assert [(row["conditions"], "note" in row) for row in shown] == [("Two assessors", False)]
    for path in (f"/v1/accreditations/{applied['id']}", "/v1/accreditation-standings"):
        assert http.get(path).status_code == 401


def test_a_review_moves_the_day_on_which_the_next_is_due(academy: FlaskClient, approved: str) -> None:
    due = "/v1/accreditation-standings?review_due_by=2027-01-01"
    assert len(academy.get(due).get_json()["items"]) == 1
    body = {"reviewed_on": "2026-08-06", "outcome": "approved", "note": "Seen on site"}
    headers = {"If-Match": academy.get(approved).headers["ETag"]}
    answer = academy.post(f"{approved}/reviews", json=body, headers=headers)
    assert (answer.status_code, answer.get_json()["next_due_on"]) == (201, "2027-08-06")
    assert academy.post(f"{approved}/reviews", json=body, headers=headers).status_code == 412
    assert academy.get(due).get_json()["items"] == []
    assert [row["note"] for row in academy.get(approved).get_json()["reviews"]] == ["Seen on site"]


def test_an_id_of_another_kind_is_no_accreditation(academy: FlaskClient, post: Callable[..., Any]) -> None:
    alignment = post("/v1/alignments", ALIGNMENT)["id"]
    headers = {"If-Match": '"1"'}
    for other in (alignment, "00000000-0000-0000-0000-000000000000"):
        assert academy.get(f"/v1/accreditations/{other}").status_code == 404
        for path, body in (("state", {"state": "ended", "from_on": "2026-01-01"}),
                           ("reviews", {"reviewed_on": "2026-01-01", "outcome": "ended", "note": "x"})):  # fmt: skip
            assert academy.post(f"/v1/accreditations/{other}/{path}", json=body, headers=headers).status_code == 404


def test_an_organisation_declares_and_ends_its_own_alignment_and_no_other(
    app: Flask, session: Session, academy: FlaskClient, http: FlaskClient, post: Callable[..., Any]
) -> None:
    foreign = post("/v1/alignments", ALIGNMENT)["id"]
    own = OrganisationFactory.create(session, ods_code="X7W7X")
    trust = sign_in(app, session, own.id, "alignments:write")
    body = {name: value for name, value in ALIGNMENT.items() if name != "organisation"}
    declared = trust.post("/v1/alignments", json=body)
    assert (declared.status_code, declared.get_json()["organisation"]) == (201, "X7W7X")
    assert trust.post("/v1/alignments", json=ALIGNMENT | {"subject": "Safeguarding Adults"}).status_code == 403
    last_day = {"until_on": "2026-12-31"}
    assert trust.post(f"/v1/alignments/{foreign}/end", json=last_day).status_code == 404
    ended = trust.post(f"/v1/alignments/{declared.get_json()['id']}/end", json=last_day)
    assert ended.get_json()["until_on"] == "2026-12-31"
    longer = trust.post(f"/v1/alignments/{declared.get_json()['id']}/end", json={"until_on": "2027-12-31"})
    assert longer.status_code == 422
    assert academy.post(f"/v1/alignments/{foreign}/end", json=last_day).status_code == 200
    listed = http.get("/v1/alignments?organisation=X7W7X&framework=CSTF").get_json()["items"]
    assert [(row["subject"], row["until_on"]) for row in listed] == [("Fire Safety", "2026-12-31")]
