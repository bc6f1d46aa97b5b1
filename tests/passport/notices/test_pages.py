"""Pages of reminders and webhooks: what they show, save and refuse."""

import re
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.notices import endpoints, jobs, reminders
from passport.notices.models import EndingCount, NoticeSettings, ReminderChoice, WebhookDelivery, WebhookEndpoint
from tests.factories import (
    AwardFactory,
    EmploymentFactory,
    FrameworkFactory,
    FrameworkVersionFactory,
    OrganisationFactory,
    PersonFactory,
    StandardFactory,
)
from tests.visitors import send, visit, words

URL = "https://hooks.invented.example/passport"
WANTED = {
    "reminders": "on", "days": ["30", "7"], "to": ["staff", "mailbox"], "mailbox": "ward@invented.example",
    "weekday": "2",
}  # fmt: skip


@pytest.fixture
def organisation_id(session: Session) -> UUID:
    made: UUID = OrganisationFactory.create(session).id
    return made


@pytest.fixture
def hr(app: Flask, session: Session, organisation_id: UUID) -> FlaskClient:
    return visit(app, session, organisation_id, "hr").http


@pytest.fixture
def webhook(session: Session, organisation_id: UUID, now: datetime) -> WebhookEndpoint:
    return endpoints.add(
        session, organisation_id=organisation_id, url=URL, kinds=["award.recorded"], loopback=False, actor="operator",
        now=now,
    )  # fmt: skip


def test_reminders_are_set_up(hr: FlaskClient, session: Session, organisation_id: UUID) -> None:
    before = words(hr.get("/reminders"))
    assert "State Off" in before
    assert "No letters were sent yet." in before
    assert "Dear Nia," in before
    assert send(hr, "/reminders", WANTED).status_code == 303
    after = words(hr.get("/reminders"))
    assert "The settings of reminders were saved." in after
    assert "Next letters 11 August 2026" in after
    wanted = session.get_one(NoticeSettings, organisation_id)
    assert (wanted.days, wanted.to_staff, wanted.mailbox, wanted.weekday) == ([30, 7], True, "ward@invented.example", 2)


@pytest.mark.parametrize(
    ("wrong", "sentence", "field"),
    [
        ({"days": []}, "Choose at least one length of time", "#days"),
        ({"to": []}, "Choose who gets letters, or turn reminders off", "#to"),
        ({"mailbox": ""}, "Enter the address of the mailbox", "#mailbox"),
        ({"mailbox": "ward"}, "Enter an email address, like name@example.nhs.uk", "#mailbox"),
        ({"weekday": "9"}, "Choose a day of the week", "#weekday"),
        ({"reminders": ""}, "Choose whether you want reminders", "#reminders"),
    ],
)
def test_wrong_settings_are_named_by_their_field(
    hr: FlaskClient, session: Session, wrong: dict[str, object], sentence: str, field: str
) -> None:
    answer = send(hr, "/reminders", WANTED | wrong)
    assert answer.status_code == 422
    assert re.search(f'<a href="{field}"\\s*>\\s*{sentence}\\s*</a>', answer.text)
    assert session.scalars(select(NoticeSettings)).all() == []


def test_the_page_counts_what_ends_and_who_cannot_be_reached(
    app: Flask, hr: FlaskClient, session: Session, organisation_id: UUID, now: datetime
) -> None:
    framework = FrameworkFactory.create(session)
    version = FrameworkVersionFactory.create(session, framework_id=framework.id)
    standard = StandardFactory.create(session, framework_id=framework.id)
    for days in (5, 20, 20):
        person = PersonFactory.create(session)
        EmploymentFactory.create(session, person_id=person.id, organisation_id=organisation_id)
        AwardFactory.create(
            session, person_id=person.id, organisation_id=organisation_id, standard_id=standard.id,
            framework_version_id=version.id, valid_until=date(2026, 8, 6) + timedelta(days=days),
        )  # fmt: skip
    shown = words(hr.get("/reminders/preview"))
    assert "It ends in 7 days or sooner Awards 1 People 1" in shown
    assert "It ends in 30 days or sooner Awards 2 People 2" in shown
    assert "3 of 3 have no confirmed email address" in shown
    with app.app_context():
        jobs.count_endings()
    kept = session.get_one(EndingCount, organisation_id)
    assert (kept.days, kept.endings) == ([90, 30, 7], [[7, 1, 1], [30, 2, 2]])
    assert words(hr.get("/reminders/preview")) == shown
    kept.people, kept.counted_on = 4, date(2026, 8, 5)
    session.commit()
    of_the_night = words(hr.get("/reminders/preview"))
    assert "counted on 5 August 2026" in of_the_night
    assert "3 of 4 have" in of_the_night
    assert send(hr, "/reminders/preview/count", form_at="/reminders/preview").status_code == 303
    assert "What ends soon was counted." in words(hr.get("/reminders/preview"))
    assert words(hr.get("/reminders/preview")) == shown
    assert "Inventedname" not in shown.replace("Wanda Inventedname", "")
    send(hr, "/reminders", WANTED | {"weekday": "5"})
    assert "It ends in 30 days or sooner Awards 2 People 2" in words(hr.get("/reminders/preview"))  # not of [90, 30, 7]
    for run_id in reminders.begin_due(session, now=now + timedelta(days=2)):
        reminders.mark(session, run_id, now=now + timedelta(days=2))
    run = words(hr.get("/reminders"))
    assert "Day 7 August 2026 Letters sent 0 Still to be sent 1" in run
    assert "People without an address 3" in run


def test_a_member_of_staff_turns_the_own_letters_off_and_on(
    app: Flask, session: Session, organisation_id: UUID
) -> None:
    person = PersonFactory.create(session)
    mine = visit(app, session, organisation_id, "staff", person_id=person.id).http
    assert send(mine, "/my-reminders", {"wants": "off"}).status_code == 303
    assert "You get no more letters." in words(mine.get("/my-reminders"))
    assert session.get(ReminderChoice, person.id) is not None
    assert 'value="off" checked' in mine.get("/my-reminders").text
    send(mine, "/my-reminders", {"wants": "on"})
    session.expire_all()
    assert session.get(ReminderChoice, person.id) is None
    assert send(mine, "/my-reminders", {"wants": "perhaps"}).status_code == 422


def test_an_account_without_a_passport_has_nothing_to_choose(
    app: Flask, session: Session, organisation_id: UUID
) -> None:
    assert visit(app, session, organisation_id, "staff").http.get("/my-reminders").status_code == 404


@pytest.mark.parametrize("role", ["hr", "registrar"])
def test_a_webhook_is_added_and_its_secret_shown_until_it_is_kept(
    app: Flask, session: Session, organisation_id: UUID, role: str
) -> None:
    visitor = visit(app, session, organisation_id, role).http
    assert "Your organisation has no webhooks yet." in words(visitor.get("/webhooks"))
    answer = send(visitor, "/webhooks/new", {"url": URL, "kinds": ["award.recorded"]})
    endpoint = session.scalars(select(WebhookEndpoint)).one()
    assert answer.location == f"/webhooks/{endpoint.id}/secret"
    for _ in range(2):
        secret = visitor.get(f"/webhooks/{endpoint.id}/secret")
        assert secret.headers["Cache-Control"] == "no-store"
        assert "whsec_" in secret.text
    send(visitor, f"/webhooks/{endpoint.id}/kept", form_at="/webhooks/new")
    assert visitor.get(f"/webhooks/{endpoint.id}/secret").location == f"/webhooks/{endpoint.id}"
    shown = visitor.get(f"/webhooks/{endpoint.id}")
    assert "whsec_" not in shown.text
    assert "It was not told of anything yet." in words(shown)
    assert URL in visitor.get("/webhooks").text


def test_two_clicks_make_one_webhook_and_lead_to_its_secret(hr: FlaskClient, session: Session) -> None:
    wanted: dict[str, object] = {"url": URL, "kinds": ["award.recorded", "passport.issued"]}
    first, second = send(hr, "/webhooks/new", wanted), send(hr, "/webhooks/new", wanted)
    endpoint = session.scalars(select(WebhookEndpoint)).one()
    assert first.location == second.location == f"/webhooks/{endpoint.id}/secret"
    assert "whsec_" in hr.get(second.location).text
    other = send(hr, "/webhooks/new", wanted | {"kinds": ["award.recorded"]})
    assert (other.status_code, "There is a webhook at this address already" in other.text) == (422, True)
    send(hr, f"/webhooks/{endpoint.id}/kept", form_at="/webhooks/new")
    assert send(hr, "/webhooks/new", wanted).status_code == 422
    assert session.scalars(select(WebhookEndpoint)).one().kinds == endpoint.kinds


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"url": ""}, "Enter the address"),
        ({"url": "http://hooks.invented.example/"}, "Give an address that begins with https://."),
        ({"url": "https://169.254.169.254/"}, "Messages go to the public internet only."),
        ({"kinds": []}, "Choose what it is told of"),
        ({"kinds": ["person.named"]}, "Choose what it is told of"),
    ],
)
def test_a_wrong_webhook_is_refused(hr: FlaskClient, session: Session, wrong: dict[str, object], sentence: str) -> None:
    answer = send(hr, "/webhooks/new", {"url": URL, "kinds": ["award.recorded"]} | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert session.scalars(select(WebhookEndpoint)).all() == []


def test_a_webhook_is_tested_changed_switched_and_deleted(
    hr: FlaskClient, session: Session, webhook: WebhookEndpoint
) -> None:
    page = f"/webhooks/{webhook.id}"
    assert send(hr, f"{page}/test", form_at=page).status_code == 303
    shown = words(hr.get(page))
    assert "A test is on its way." in shown
    assert "A test 6 August 2026, 10am Waiting Not tried yet" in shown
    changed = send(hr, f"{page}/secret", form_at=page)
    assert "The old secret works until 7 August 2026, 10am." in words(hr.get(changed.location))
    send(hr, f"{page}/off", form_at=page)
    assert "Your organisation switched it off." in words(hr.get(page))
    assert send(hr, f"{page}/test", form_at=page).status_code == 409
    send(hr, f"{page}/on", form_at=page)
    assert "It is told of all that it missed." in words(hr.get(page))
    assert "is told of nothing more" in words(hr.get(f"{page}/delete"))
    assert send(hr, f"{page}/delete").status_code == 303
    assert session.scalars(select(WebhookEndpoint)).all() == []


def test_events_are_sent_again_from_a_day_on(hr: FlaskClient, webhook: WebhookEndpoint) -> None:
    page = f"/webhooks/{webhook.id}"
    day = {"since-day": "1", "since-month": "8", "since-year": "2026"}
    assert send(hr, f"{page}/replay", day, form_at=page).status_code == 303
    assert "0 events are sent again." in words(hr.get(page))
    for wrong, sentence in (({}, "Enter a date"), (day | {"since-year": "2027"}, "Give a time in the past.")):
        answer = send(hr, f"{page}/replay", wrong, form_at=page)
        assert (answer.status_code, sentence in answer.text) == (422, True)


def test_what_came_of_each_message_is_said_in_words(
    hr: FlaskClient, session: Session, webhook: WebhookEndpoint, now: datetime
) -> None:
    for place, (state, status, result) in enumerate(
        [("delivered", 204, "answered"), ("waiting", 500, "answered"), ("failed", None, "too_slow")], start=1
    ):
        session.add(
            WebhookDelivery(
                endpoint_id=webhook.id,
                sequence=place,
                kind="award.recorded",
                subject=None,
                count=1,
                happened_at=now + timedelta(minutes=place),
                state=state,
                attempts=place,
                next_attempt_at=now,
                last_attempt_at=now,
                last_status=status,
                last_result=result,
                last_milliseconds=1250,
            )
        )
    webhook.failing_since = now
    session.flush()
    shown = words(hr.get(f"/webhooks/{webhook.id}"))
    assert "Nothing gets through Since 6 August 2026, 10am." in shown
    assert "10:03am Given up The answer took too long 1,250 ms 3" in shown.replace("\u00a0", " ")
    assert "Waiting Answered 500 Next try: 6 August 2026, 10am" in shown
    assert "Delivered Answered 204" in shown


def test_a_foreign_webhook_and_an_unknown_one_are_not_found(
    app: Flask, session: Session, webhook: WebhookEndpoint
) -> None:
    stranger = visit(app, session, OrganisationFactory.create(session).id, "hr").http
    for path in (f"/webhooks/{webhook.id}", f"/webhooks/{webhook.id}/delete", f"/webhooks/{UUID(int=1)}"):
        assert stranger.get(path).status_code == 404
    for action in ("test", "secret", "off", "on", "replay", "delete"):
        answer = send(stranger, f"/webhooks/{webhook.id}/{action}", {"since-day": "1"}, form_at="/webhooks/new")
        assert answer.status_code in {404, 422}, action
        assert URL not in answer.text
    session.expire_all()
    assert session.get_one(WebhookEndpoint, webhook.id).disabled_at is None


def test_other_roles_do_not_see_them(app: Flask, session: Session, organisation_id: UUID) -> None:
    for role in ("staff", "ward_manager", "academy", "planner", "auditor"):
        visitor = visit(app, session, organisation_id, role).http
        assert {
            visitor.get(path).status_code for path in ("/reminders", "/reminders/preview", "/webhooks", "/webhooks/new")
        } == {403}
