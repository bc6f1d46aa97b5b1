"""Lists in pages: every item once, in order, whatever the length of a page."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.organisations.models import Organisation
from passport.web.paging import page
from tests.factories import OrganisationFactory

THINGS = "/v1/things"


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_the_pages_together_hold_every_item_once_and_in_order(http: FlaskClient, session: Session, limit: int) -> None:
    made = [
        OrganisationFactory.create(session, recorded_at=datetime(2026, 1, 1 + number % 3, 9, 0, 0, number, tzinfo=UTC))
        for number in range(7)
    ]
    expected = [each.ods_code for each in sorted(made, key=lambda each: (each.recorded_at, each.ods_code))]
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        body = http.get(THINGS, query_string=query).get_json()
        assert len(body["items"]) <= limit
        seen += [item["ods_code"] for item in body["items"]]
        cursor = body["next"]
        if cursor is None:
            break
    assert seen == expected


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_a_list_can_begin_with_the_newest(app: Flask, session: Session, limit: int) -> None:
    made = [
        OrganisationFactory.create(session, recorded_at=datetime(2026, 1, 1 + number % 3, tzinfo=UTC))
        for number in range(7)
    ]
    expected = sorted(made, key=lambda each: (each.recorded_at, each.ods_code), reverse=True)
    seen: list[Organisation] = []
    cursor = None
    with app.test_request_context(THINGS):
        while not seen or cursor:
            keys = (Organisation.recorded_at, Organisation.ods_code)
            found = page(session, select(Organisation), keys, cursor, limit, descending=True)
            seen, cursor = [*seen, *found.items], found.next_cursor
    assert seen == expected


def test_an_empty_list_is_one_page(http: FlaskClient, session: Session) -> None:
    assert http.get(THINGS).get_json() == {"items": [], "next": None}


def test_a_parameter_given_twice_is_refused(http: FlaskClient) -> None:
    assert http.get(f"{THINGS}?limit=1&limit=2").status_code == 400


def test_a_flag_in_a_query_is_true_or_false(http: FlaskClient, session: Session) -> None:
    assert http.get(THINGS, query_string={"newest": "true"}).status_code == 200
    assert http.get(THINGS, query_string={"newest": "yes"}).status_code == 422
