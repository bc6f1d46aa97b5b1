"""`/v1/standards`, `/v1/accreditations` and `/v1/alignments`: everybody reads, the standards body writes."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.callers import sign_in
from tests.factories import OrganisationFactory

ORIGIN = {"source": "Invented circular 1", "confidence": "high"}
INVENTED = {
    "code": "MPC-INVENTED", "kind": "credential", "framework": "CENTRE", "subject": "Inventing", "title": "Inventing",
    **ORIGIN,
}  # fmt: skip
RENEWAL = {"months": 12, "from_on": "2027-01-01", **ORIGIN}
MOVE = {"version": "undated", "state": "candidate", "on": "2027-01-01", "source": "Invented minutes"}
APPROVAL = {"organisation": "X5P5X", "standard": "MPC-PAEDIATRICS", "state": "approved", "from_on": "2026-01-01"}
ALIGNMENT = {"organisation": "X5P5X", "framework": "CSTF", "subject": "Fire Safety", "from_on": "2026-01-01"}
WRITES = [
    ("/v1/standards", INVENTED),
    ("/v1/standards/FS/renewals", RENEWAL),
    ("/v1/standards/MPC-ACUTE-MEDICINE/specification", MOVE),
    ("/v1/accreditations", APPROVAL),
    ("/v1/alignments", ALIGNMENT),
]


@pytest.fixture
def academy(app: Flask, session: Session, loaded: int) -> FlaskClient:
    """The program of the standards body; X5P5X is an education provider."""
    OrganisationFactory.create(session, ods_code="X5P5X", kind="education_provider")
    body = OrganisationFactory.create(session, kind="academy")
    return sign_in(app, session, body.id, "standards:write")


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
        "renewals": [{"months": None, "from_on": None, "until_on": None, "source": "S30;S31"}],
        "specifications": [],
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


def test_a_specification_moves_along(post: Callable[..., Any]) -> None:
    moved = post("/v1/standards/MPC-ACUTE-MEDICINE/specification", MOVE, 200)
    assert [row["state"] for row in moved["specifications"]] == ["candidate"]
    refused = post("/v1/standards/MPC-ACUTE-MEDICINE/specification", MOVE | {"state": "proposed"}, 409)
    assert refused["code"] == "specification_move"


def test_an_approval_and_its_suspension_are_for_everybody_to_see(post: Callable[..., Any], http: FlaskClient) -> None:
    approved = post("/v1/accreditations", APPROVAL)
    assert approved == APPROVAL | {"until_on": None, "review_due_on": "2027-01-01"}
    post("/v1/accreditations", APPROVAL | {"state": "suspended", "from_on": "2026-05-01"})
    for query in ("organisation=X5P5X", "standard=MPC-PAEDIATRICS", "organisation=x5p5x&standard=MPC-PAEDIATRICS", ""):
        items = http.get(f"/v1/accreditations?{query}").get_json()["items"]
        assert [(row["state"], row["from_on"], row["until_on"]) for row in items] == [
            ("approved", "2026-01-01", "2026-04-30"),
            ("suspended", "2026-05-01", None),
        ]
    assert http.get("/v1/accreditations?standard=FS").get_json()["items"] == []


def test_alignment_is_declared_once(post: Callable[..., Any]) -> None:
    assert post("/v1/alignments", ALIGNMENT) == ALIGNMENT | {"until_on": None}
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
        ("/v1/standards/FS/specification", MOVE | {"state": "alive"}, "/state"),
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
        ("/v1/standards/NOPE/specification", MOVE, "standard_not_found"),
        ("/v1/accreditations", APPROVAL | {"standard": "NOPE"}, "standard_not_found"),
        ("/v1/accreditations", APPROVAL | {"organisation": "X9X9X"}, "organisation_not_found"),
        ("/v1/alignments", ALIGNMENT | {"organisation": "X9X9X"}, "organisation_not_found"),
    ],
)
def test_what_is_not_there_is_not_found(post: Callable[..., Any], path: str, body: dict[str, Any], code: str) -> None:
    assert post(path, body, 404)["code"] == code


def test_the_same_request_under_one_key_changes_once(academy: FlaskClient) -> None:
    headers = {"Idempotency-Key": "invented-key-1"}
    answers = [academy.post("/v1/standards/FS/renewals", json=RENEWAL, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
