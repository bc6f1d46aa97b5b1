"""Two people at the same moment: one withdrawal, one request, one recognition; the other is told."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.awards import withdrawals
from passport.awards.models import Award, Recognition, WithdrawalRequest
from passport.db import transaction
from passport.errors import Conflict
from passport.recognition import errors, service
from passport.recognition.models import RecognitionApplication
from passport.standards import service as standards
from tests.academies import make_academy
from tests.races import second_waits_for_first
from tests.trusts import make_trust

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
CREDENTIAL = "MPC-PAEDIATRICS"


@pytest.fixture
def credential(database_url: str) -> Award:
    with transaction() as session:
        standards.load_catalogue(session, now=NOW)
        trust = make_trust(session, NOW)
        standards.accredit(session, standard_code=CREDENTIAL, from_on=date(2020, 1, 1), **trust.acting)
        award = trust.record(standard_code=CREDENTIAL)
        session.flush()
        session.expunge(award)
    return award


def ask(session: Session, award: Award, actor: str) -> UUID:
    return withdrawals.ask_for_award(
        session, award_id=award.id, organisation_id=award.organisation_id, reason="issued_in_error", words="A mix-up.",
        actor=actor, now=NOW,
    ).id  # fmt: skip


def count(session: Session, action: str) -> int:
    return session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)) or 0


def test_two_confirmations_at_once_withdraw_once(credential: Award) -> None:
    with transaction() as session:
        request_id = ask(session, credential, "account:first")

    def confirm(actor: str) -> Any:
        return lambda session: withdrawals.confirm(
            session, request_id=request_id, organisation_id=credential.organisation_id, actor=actor, now=NOW
        )

    with pytest.raises(withdrawals.RequestClosed):
        second_waits_for_first(confirm("account:second"), confirm("account:third"))
    with transaction() as session:
        assert count(session, "award.withdrawn") == 1
        assert session.get_one(WithdrawalRequest, request_id).closed_by == "account:second"


def test_two_who_ask_at_once_make_one_request(credential: Award) -> None:
    with pytest.raises(Conflict):
        second_waits_for_first(
            lambda session: ask(session, credential, "account:first"),
            lambda session: ask(session, credential, "account:second"),
        )
    with transaction() as session:
        assert session.scalars(select(WithdrawalRequest.asked_by)).all() == ["account:first"]


def test_a_confirmation_and_a_cancellation_at_once_do_one_of_the_two(credential: Award) -> None:
    with transaction() as session:
        request_id = ask(session, credential, "account:first")
    who: dict[str, Any] = {"request_id": request_id, "organisation_id": credential.organisation_id, "now": NOW}
    with pytest.raises(withdrawals.RequestClosed):
        second_waits_for_first(
            lambda session: withdrawals.cancel(session, actor="account:first", **who),
            lambda session: withdrawals.confirm(session, actor="account:second", **who),
        )
    with transaction() as session:
        assert session.get_one(Award, credential.id).ended_at is None


def test_two_recognitions_at_once_of_one_application_make_one(database_url: str) -> None:
    with transaction() as session:
        academy = make_academy(session, NOW)
        application = academy.at("submitted")
        academy.look_up(application)
        who: dict[str, Any] = {"application_id": application.id, "recognised_on": date(2026, 8, 1)} | academy.acting
    with pytest.raises(errors.ApplicationEnded):
        second_waits_for_first(
            lambda session: service.recognise(session, **who), lambda session: service.recognise(session, **who)
        )
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Recognition)) == 1
        assert session.scalars(select(RecognitionApplication.ending)).all() == ["recognised"]
