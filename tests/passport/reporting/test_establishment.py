"""Files of required establishments that no CSV reader takes."""

from io import BytesIO

from flask import Flask
from sqlalchemy.orm import Session

from tests.passport.reporting.conftest import ICB, TRUST, Country
from tests.visitors import visit

HEAD = "organisation,profession or standard,required\n"


def test_a_cell_without_end_is_called_too_long(app: Flask, session: Session, country: Country) -> None:
    planner = visit(app, session, country.id(ICB), "planner")
    content = f"{HEAD}{TRUST},{'x' * 131_073},3\n".encode()
    answer = planner.post(
        "/workforce/gaps", file=(BytesIO(content), "required.csv"),
        **{"from_on-day": "1", "from_on-month": "8", "from_on-year": "2026"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "A cell has more than 131,072 characters, or a quotation mark is not closed." in answer.text
