"""Rows of a batch are asked what an award by itself is asked, before anything is done."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from passport.batches import service
from passport.standards import service as standards
from passport.standards.service import Terms
from tests.batch_files import Sender, as_csv
from tests.factories import RegistrationFactory

CREDENTIAL = "MPC-ACUTE-STROKE"


@pytest.fixture
def approved(session: Session, sender: Sender) -> dict[str, Any]:
    """The sender may award the credential; who acts in its standard's name."""
    acting: dict[str, Any] = {"standard_code": CREDENTIAL, "actor": "operator", "now": sender.now}
    standards.accredit(session, organisation_id=sender.organisation.id, from_on=date(2024, 4, 1), **acting)
    return acting


def test_each_row_is_asked_for_its_specification_and_its_persons_register(
    session: Session, sender: Sender, approved: dict[str, Any]
) -> None:
    rows = sender.awards(0, Standard=CREDENTIAL) + sender.awards(1, Standard=CREDENTIAL) + sender.awards(2)
    early = sender.send("record_awards", as_csv(*rows))
    reason = "failed specification_not_in_force"
    assert sender.outcomes(early) == [f"2 {reason}", f"3 {reason}", "4 done"]
    for change in ({"state": "candidate", "terms": Terms(registers=("NMC",))}, {"state": "endorsed"}):
        standards.change_specification(
            session, version="undated", on=date(2025, 1, 1), source="Invented minutes", **approved | change
        )
    RegistrationFactory.create(session, person_id=sender.staff[0].id, checked_by_id=sender.organisation.id)
    later = sender.send("record_awards", as_csv(*rows[:2]))
    assert sender.outcomes(later) == ["2 done", "3 failed not_on_register"]


def test_a_suspended_provider_sends_nothing_at_all(session: Session, sender: Sender, approved: dict[str, Any]) -> None:
    fire = approved | {"standard_code": "FS", "organisation_id": sender.organisation.id}
    standards.accredit(session, from_on=date(2024, 4, 1), **fire)
    standards.accredit(session, from_on=date(2026, 8, 1), state="suspended", **fire)
    with pytest.raises(service.ExceedsRights):
        sender.request("record_awards", as_csv(*sender.awards(0), *sender.awards(1)))
    assert sender.held(0) == []
