"""What is kept how long: the table is whole and true, and the night's work holds to it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from passport import jobs
from passport.access import sessions
from passport.audit.models import AuditEntry
from passport.awards.models import AwardDispute
from passport.esr import uploads
from passport.holder.models import Share
from passport.issuing.models import Credential
from passport.records import erasing, retention
from passport.settings import Settings, SettingsError
from passport.staff import one_time_codes
from passport.staff.models import Invitation
from passport.verifying.models import Verification
from passport.web import idempotency
from tests.passport.records.conftest import ANNA, Twice


def test_every_rule_says_why_and_from_where() -> None:
    for rule in retention.rules().values():
        assert rule.reason
        assert rule.source
        assert rule.confidence in ("high", "medium", "low")
        assert (rule.keep is None) == (rule.by == "")


def test_the_table_says_what_the_rooms_do() -> None:
    at = datetime(2026, 8, 6, 9, 0)  # noqa: DTZ001 (only lengths are compared)
    for kind, length in (
        ("answers", idempotency.KEPT_FOR),
        ("uploads", uploads.KEPT),
        ("one_time_codes", one_time_codes.KEPT),
        ("sessions", sessions.LONGEST),
    ):
        assert at - retention.rule(kind).forgotten_before(at) == length


def test_the_jobs_that_it_names_exist(app: object) -> None:
    known = {rule.by for rule in retention.rules().values() if "." in rule.by}
    assert known <= set(jobs.app.tasks)


def test_a_policy_of_ones_own_sets_lengths(settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_own", {})
    retention.configure(replace(settings, retention={"records": "10 years", "invitations": "30 days"}))
    assert retention.rule("records").forgotten_before(now).year == 2016
    assert retention.rule("invitations").forgotten_before(now) == now - timedelta(days=30)
    assert retention.rule("records").source == "Your own policy (PASSPORT_RETENTION)"
    assert retention.rule("looks").keep == "6 years"
    for kind in ("audit", "sessions", "everything"):
        with pytest.raises(SettingsError, match=f"{kind} can't be set. These can: invitations, "):
            retention.configure(replace(settings, retention={kind: "1 day"}))


@pytest.mark.parametrize("text", ["records", "records=ten years", "records=0 days", "records=1 year,looks="])
def test_a_length_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="PASSPORT_RETENTION must be pairs"):
        Settings.from_env({"PASSPORT_RETENTION": text})


def test_a_leap_day_is_kept_until_the_end_of_february(now: datetime) -> None:
    assert retention.rule("looks").kept_until(now.replace(month=2, day=28)) == date(2032, 2, 28)
    leap = datetime.combine(date(2028, 2, 29), now.timetz())
    assert retention.rule("looks").forgotten_before(leap).date() == date(2022, 2, 28)


def test_what_stays_for_ever_has_no_end(now: datetime) -> None:
    with pytest.raises(LookupError, match="as long as the service stands"):
        retention.rule("audit").forgotten_before(now)


def test_nothing_goes_before_its_time(worker_session: Session, left: Twice, now: datetime) -> None:
    assert retention.forget(worker_session, actor="job:records", now=now + timedelta(days=5)) == {}


def test_everything_goes_at_its_time(worker_session: Session, left: Twice, now: datetime) -> None:
    worker_session.execute(text("UPDATE esr_set_aside SET settled_at = :now"), {"now": now})
    late = now + timedelta(days=10 * 366)
    gone = retention.forget(worker_session, actor="job:records", now=late)
    assert gone == {
        "invitations": 1, "shares": 1, "looks": 1, "set_aside_rows": 2, "copy_contents": 2, "dispute_words": 1,
    }  # fmt: skip
    assert retention.forget(worker_session, actor="job:records", now=late) == {}
    for table in (Share, Verification, Invitation):
        assert worker_session.scalars(select(table)).all() == []
    worker_session.expire_all()
    assert {copy.claims for copy in worker_session.scalars(select(Credential))} == {b""}
    assert [(each.words, each.answer) for each in worker_session.scalars(select(AwardDispute))] == [("", "stands")]
    last = worker_session.scalars(select(AuditEntry).order_by(AuditEntry.sequence.desc()).limit(1)).one()
    assert (last.action, last.detail) == ("records.forgotten", gone)


def test_a_held_record_is_passed_over(worker_session: Session, left: Twice, now: datetime) -> None:
    erasing.place_hold(
        worker_session, left.kept.person_id, because="A claim", organisation_id=left.registry_id, actor=ANNA, now=now
    )
    gone = retention.forget(worker_session, actor="job:records", now=now + timedelta(days=10 * 366))
    assert set(gone) == {"invitations"}


def test_no_other_kind_of_facts_is_forgotten(worker_session: Session, settings: Settings) -> None:
    with pytest.raises(Exception, match="no such kind of facts"):
        worker_session.execute(text("SELECT forget_facts('award', now())"))


def test_records_past_their_time_are_counted_and_stay(worker_session: Session, left: Twice, now: datetime) -> None:
    assert retention.due(worker_session, now=now) == 0
    late = now + timedelta(days=7 * 366)
    assert retention.due(worker_session, now=late) == 2
    assert retention.last_count(worker_session) is None
    for at, past_time in ((late, 2), (now, 0)):
        retention.count(worker_session, now=at)
        worker_session.expire_all()
        counted = retention.last_count(worker_session)
        assert counted is not None
        assert (counted.past_time, counted.counted_at) == (past_time, at)
