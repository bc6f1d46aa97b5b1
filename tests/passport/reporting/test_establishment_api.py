"""`/v1/establishments`: an ICB says by file what it requires; a file with a wrong line changes nothing."""

import json
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.callers import sign_in
from tests.passport.reporting.conftest import ICB, OTHER, REGION, TRUST, Country

PATH, PAEDIATRICS = "/v1/establishments", "MPC-PAEDIATRICS"
CSV = f"organisation,profession or standard,required\n{TRUST},Nurse,12\n{OTHER},mpc-paediatrics,3\n"


@pytest.fixture
def icb(app: Flask, session: Session, country: Country) -> FlaskClient:
    return sign_in(app, session, country.id(ICB), "establishments:write", "statistics:read")


def send(http: FlaskClient, content: str = CSV, *, from_on: str = "2026-08-01", key: str | None = None) -> Any:
    data = {"file": (BytesIO(content.encode()), "required.csv"), "from_on": from_on}
    return http.post(PATH, data=data, headers={"Idempotency-Key": key} if key else {})


def json_lines(*lines: object) -> str:
    return "\n".join(json.dumps(line) for line in lines)


def line(**changes: object) -> dict[str, object]:
    return {"organisation": TRUST, "profession_or_standard": "Nurse", "required": 12} | changes


def test_an_icb_sets_what_it_requires_and_reads_it(icb: FlaskClient, now: datetime) -> None:
    assert icb.get(f"{PATH}/current").status_code == 404
    made = send(icb)
    shown = {"version": 1, "from_on": "2026-08-01", "line_count": 2, "recorded_at": made.get_json()["recorded_at"]}
    assert (made.status_code, made.get_json(), made.headers["Location"]) == (201, shown, f"{PATH}/1")
    assert icb.get(f"{PATH}/current").get_json() == icb.get(f"{PATH}/1").get_json() == shown
    assert icb.get(f"{PATH}/1/lines").get_json() == {
        "items": [
            {"organisation": TRUST, "counted": "advanced", "profession_or_standard": "Nurse", "required": 12},
            {"organisation": OTHER, "counted": "credential", "profession_or_standard": PAEDIATRICS, "required": 3},
        ],
        "next": None,
    }  # fmt: skip
    gaps = icb.get("/v1/statistics/gaps").get_json()["gaps"]
    assert [(gap["organisation"]["code"], gap["required"], gap["least"]) for gap in gaps] == [
        (OTHER, 3, 3),
        (TRUST, 12, 12),
    ]


def test_json_lines_say_the_same(icb: FlaskClient) -> None:
    send(icb)
    content = json_lines(line(), line(organisation=OTHER, profession_or_standard="MPC-PAEDIATRICS", required=3))
    assert send(icb, content + "\n\n").get_json()["version"] == 2
    assert icb.get(f"{PATH}/1/lines").get_json() == icb.get(f"{PATH}/2/lines").get_json()


def test_a_later_version_waits_for_its_day_and_the_list_begins_with_the_newest(icb: FlaskClient, now: datetime) -> None:
    send(icb)
    send(icb, from_on=(now + timedelta(days=1)).date().isoformat())
    assert icb.get(f"{PATH}/current").get_json()["version"] == 1
    first = icb.get(f"{PATH}?limit=1").get_json()
    assert [each["version"] for each in first["items"]] == [2]
    rest = icb.get(f"{PATH}?limit=1&cursor={first['next']}").get_json()
    assert ([each["version"] for each in rest["items"]], rest["next"]) == ([1], None)


def test_the_same_key_gives_the_first_answer_and_one_version(icb: FlaskClient) -> None:
    first, again = send(icb, key="august"), send(icb, key="august")
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert len(icb.get(PATH).get_json()["items"]) == 1
    assert send(icb, CSV + f"{TRUST},Midwife,2\n", key="august").status_code == 422


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (CSV + f"X5C6E,Nurse,2\n{TRUST},Nurse,1\n", ["/lines/4/organisation", "/lines/5"]),
        (json_lines(line(), line(required=-1)), ["/lines/2/required"]),
        (json_lines(line(required=True)), ["/lines/1"]),
        (json_lines(line(required="12"), line(organisation=None)), ["/lines/1", "/lines/2"]),
        (json_lines(line(more=1)), ["/lines/1"]),
        ('{"organisation": "X1V2A", "organisation": "X1V2A"}', ["/lines/1"]),
        ("{" * 30, ["/lines/1"]),
        (json_lines(line(profession_or_standard="=1+1")), ["/lines/1/profession or standard"]),
        (json_lines(line(profession_or_standard="Nurse\u202e")), ["/lines/1/profession or standard"]),
        ("", ["/file"]),
        ("organisation\n", ["/file"]),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_kept(icb: FlaskClient, content: str, places: list[str]) -> None:
    answer = send(icb, content)
    assert (answer.status_code, [each["pointer"] for each in answer.get_json()["errors"]]) == (422, places)
    assert icb.get(PATH).get_json()["items"] == []


def test_only_an_icb_or_a_region_sets_one_and_each_reads_its_own(
    app: Flask, session: Session, country: Country, icb: FlaskClient
) -> None:
    send(icb)
    trust = sign_in(app, session, country.id(TRUST), "establishments:write")
    refused = send(trust)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not_a_system")
    region = sign_in(app, session, country.id(REGION), "establishments:write")
    foreign, unknown = region.get(f"{PATH}/1"), icb.get(f"{PATH}/7")
    assert (foreign.status_code, foreign.get_json()["code"]) == (404, unknown.get_json()["code"])
    assert icb.get(f"{PATH}/{10**30}").status_code == 404
    assert region.get(f"{PATH}/1/lines").status_code == region.get(f"{PATH}/current").status_code == 404
    reader = sign_in(app, session, country.id(ICB), "statistics:read")
    assert (send(reader).status_code, reader.get(PATH).status_code) == (403, 403)
