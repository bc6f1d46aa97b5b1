"""How staff get in without a care identity: one-time codes, invitations, claims, recovery; and how others do not."""

import re
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.access import accounts, shutting_out
from passport.access.models import Account, BrowserSession, RoleGrant
from passport.audit.models import AuditEntry
from passport.organisations.models import Organisation
from passport.staff import claiming, jobs, one_time_codes, secret_codes
from passport.staff.models import Contact, Invitation, Person, SignInCode
from tests.callers import Clock
from tests.factories import OrganisationFactory, PersonFactory
from tests.visitors import ACTOR, anonymous, enter, send, words

BORN = date(1990, 2, 3)
ADDRESS = "testa.inventedname@invented-vale.example"
WRONG = "The code is wrong or has run out"


@pytest.fixture
def trust(session: Session) -> Organisation:
    organisation: Organisation = OrganisationFactory.create(session)
    return organisation


@pytest.fixture
def person(session: Session) -> Person:
    found: Person = PersonFactory.create(session, date_of_birth=BORN)
    return found


@pytest.fixture
def claimed(session: Session, trust: Organisation, person: Person, clock: Clock) -> Account:
    """The account of a person who has claimed the passport."""
    code = invited(session, trust, person, clock, email=ADDRESS)
    account_id = claiming.claim(session, code=code, date_of_birth=BORN, now=clock.now)
    assert account_id
    return session.get_one(Account, account_id)


def invited(session: Session, trust: Organisation, person: Person, clock: Clock, email: str | None = None) -> str:
    _, code = claiming.invite(session, person_id=person.id, organisation_id=trust.id, email=email, by_mail=False,
                              actor=ACTOR, now=clock.now)  # fmt: skip
    assert code
    return code


def birth(day: date = BORN) -> dict[str, str]:
    return {f"date_of_birth-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}


def letters(home: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((home / "mail").glob("*.eml"))]


def sent_code(app: Flask, session: Session) -> str:
    """Do the worker's job for the newest request, and read the letter."""
    request_id = session.scalars(
        select(SignInCode.id).order_by(SignInCode.asked_at.desc(), SignInCode.id.desc())
    ).first()
    with app.app_context():
        jobs.send_code(str(request_id))
    found = re.search(r"sign in is: (\d{6})", letters(app.config["SETTINGS"].home)[-1])
    assert found
    return found.group(1)


def test_a_code_by_letter_and_the_date_of_birth_sign_in(app: Flask, session: Session, claimed: Account) -> None:
    http = anonymous(app)
    send(http, "/sign-in/code", {"email": ADDRESS.title(), **birth()})
    answer = send(http, "/sign-in/code/enter", {"code": sent_code(app, session)})
    assert answer.status_code == 303
    assert "Testa Inventedname" in words(http.get("/account"))
    assert session.get_one(Contact, claimed.person_id).confirmed_at is not None


def test_a_code_is_good_once(app: Flask, session: Session, claimed: Account) -> None:
    http = anonymous(app)
    send(http, "/sign-in/code", {"email": ADDRESS, **birth()})
    code = sent_code(app, session)
    request_id = session.scalars(select(SignInCode.id)).one()
    key = str(app.config["SECRET_KEY"]).encode()
    now = app.config["CLOCK"]()
    assert one_time_codes.use(session, request_id, code, key=key, now=now) == claimed.id
    assert one_time_codes.use(session, request_id, code, key=key, now=now) is None


def test_a_code_does_not_let_in_who_is_shut_out(app: Flask, session: Session, claimed: Account, clock: Clock) -> None:
    http = anonymous(app)
    send(http, "/sign-in/code", {"email": ADDRESS, **birth()})
    code = sent_code(app, session)
    shutting_out.shut_out(session, claimed.id, reason="misuse", actor=ACTOR, now=clock.now)
    refused = send(http, "/sign-in/code/enter", {"code": code})
    assert (refused.status_code, "This account is shut out" in words(refused)) == (403, True)
    assert session.scalars(select(BrowserSession)).all() == []
    send(anonymous(app), "/sign-in/code", {"email": ADDRESS, **birth()})
    nobody = select(func.count()).select_from(SignInCode).where(SignInCode.person_id.is_(None))
    assert session.scalar(nobody) == 1  # no letter is written to them
    shutting_out.let_in(session, claimed.id, actor=ACTOR, now=clock.now)
    assert send(http, "/sign-in/code/enter", {"code": code}).status_code == 303


def test_a_code_lives_for_ten_minutes(app: Flask, session: Session, claimed: Account, clock: Clock) -> None:
    http = anonymous(app)
    send(http, "/sign-in/code", {"email": ADDRESS, **birth()})
    code = sent_code(app, session)
    clock.advance(minutes=10)
    assert WRONG in words(send(http, "/sign-in/code/enter", {"code": code}))


def test_after_five_wrong_codes_the_right_one_is_wrong_too(app: Flask, session: Session, claimed: Account) -> None:
    http = anonymous(app)
    send(http, "/sign-in/code", {"email": ADDRESS, **birth()})
    code = sent_code(app, session)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    answers = [words(send(http, "/sign-in/code/enter", {"code": wrong})) for _ in range(5)]
    assert all(WRONG in answer for answer in answers)
    assert WRONG in words(send(http, "/sign-in/code/enter", {"code": code}))
    assert session.scalar(select(SignInCode.tries)) == 5


@pytest.mark.parametrize(("email", "born"), [("nobody@invented.example", BORN), (ADDRESS, date(1990, 2, 4))])
def test_who_is_unknown_sees_what_the_known_see_and_gets_no_letter(
    app: Flask, session: Session, claimed: Account, email: str, born: date
) -> None:
    def walk(address: str, day: date) -> list[tuple[int, str | None, str]]:
        http = anonymous(app)
        answers = [
            send(http, "/sign-in/code", {"email": address, **birth(day)}),
            http.get("/sign-in/code/enter"),
            send(http, "/sign-in/code/enter", {"code": "000000"}),
        ]
        return [(answer.status_code, answer.location, words(answer)) for answer in answers]

    assert walk(email, born) == walk(ADDRESS, BORN)
    unknown = session.scalars(select(SignInCode).where(SignInCode.person_id.is_(None))).one()
    with app.app_context():
        jobs.send_code(str(unknown.id))
    assert letters(app.config["SETTINGS"].home) == []
    assert session.scalars(select(BrowserSession)).all() == []


def test_a_person_gets_five_codes_an_hour(app: Flask, session: Session, claimed: Account, clock: Clock) -> None:
    for _ in range(6):
        one_time_codes.ask(session, email=ADDRESS, date_of_birth=BORN, now=clock.now)
    known = select(func.count()).select_from(SignInCode).where(SignInCode.person_id.is_not(None))
    assert session.scalar(known) == 5
    one_time_codes.ask(session, email=ADDRESS, date_of_birth=BORN, now=clock.advance(hours=1, seconds=1))
    assert session.scalar(known) == 6


def test_a_code_is_kept_as_a_keyed_hash_of_its_own_row() -> None:
    first, second = UUID(int=1), UUID(int=2)
    kept = secret_codes.one_time_hash("123456", row=first, key=b"one")
    assert kept == secret_codes.one_time_hash("123 456", row=first, key=b"one")
    assert kept != secret_codes.one_time_hash("123456", row=second, key=b"one")
    assert kept != secret_codes.one_time_hash("123456", row=first, key=b"two")


def test_a_code_by_letter_opens_no_role_that_needs_a_second_factor(
    app: Flask, session: Session, trust: Organisation, claimed: Account
) -> None:
    accounts.grant(session, account_id=claimed.id, organisation_id=trust.id, role="registrar", source="registrar",
                   actor=ACTOR, now=app.config["CLOCK"]())  # fmt: skip
    http = anonymous(app)
    send(http, "/sign-in/code", {"email": ADDRESS, **birth()})
    send(http, "/sign-in/code/enter", {"code": sent_code(app, session)})
    assert "Member of staff" in words(http.get("/account"))
    assert "Registrar" not in words(http.get("/sign-in/role"))


def test_an_invitation_and_the_date_of_birth_claim_the_passport(
    app: Flask, session: Session, trust: Organisation, person: Person, clock: Clock
) -> None:
    code = invited(session, trust, person, clock)
    http = anonymous(app)
    answer = send(http, "/claim", {"code": code.lower().replace("-", " "), **birth()})
    assert answer.status_code == 303
    account = session.scalars(select(Account)).one()
    assert account.person_id == person.id
    granted = session.scalars(select(RoleGrant)).one()
    assert (granted.role, granted.source, granted.organisation_id) == ("staff", "claim", trust.id)


def test_an_invitation_is_good_once(session: Session, trust: Organisation, person: Person, clock: Clock) -> None:
    code = invited(session, trust, person, clock)
    claims = [claiming.claim(session, code=code, date_of_birth=BORN, now=clock.now) for _ in range(2)]
    assert [claim is not None for claim in claims] == [True, False]


def test_five_wrong_dates_kill_an_invitation(
    session: Session, trust: Organisation, person: Person, clock: Clock
) -> None:
    code = invited(session, trust, person, clock)
    for days in range(1, 6):
        wrong = BORN + timedelta(days=days)
        assert claiming.claim(session, code=code, date_of_birth=wrong, now=clock.now) is None
    assert claiming.claim(session, code=code, date_of_birth=BORN, now=clock.now) is None


def test_a_try_is_counted_also_over_http_where_the_claim_is_refused(
    app: Flask, session: Session, trust: Organisation, person: Person, clock: Clock
) -> None:
    code = invited(session, trust, person, clock)
    answer = send(anonymous(app), "/claim", {"code": code, **birth(date(1991, 1, 1))})
    unknown = send(anonymous(app), "/claim", {"code": "AAAA-BBBB-CCCC", **birth(date(1991, 1, 1))})
    assert words(answer) == words(unknown)
    session.expire_all()
    assert session.scalars(select(Invitation.tries)).one() == 1


def test_an_invitation_lives_for_fourteen_days(
    session: Session, trust: Organisation, person: Person, clock: Clock
) -> None:
    code = invited(session, trust, person, clock)
    clock.advance(days=14)
    assert claiming.claim(session, code=code, date_of_birth=BORN, now=clock.now) is None


def test_a_new_invitation_cancels_the_one_before(
    session: Session, trust: Organisation, person: Person, clock: Clock
) -> None:
    first, second = (invited(session, trust, person, clock) for _ in range(2))
    assert claiming.claim(session, code=first, date_of_birth=BORN, now=clock.now) is None
    assert claiming.claim(session, code=second, date_of_birth=BORN, now=clock.now) is not None


def test_an_invitation_by_letter_confirms_the_address(
    app: Flask, session: Session, trust: Organisation, person: Person, clock: Clock
) -> None:
    invitation, code = claiming.invite(session, person_id=person.id, organisation_id=trust.id, email=ADDRESS,
                                       by_mail=True, actor=ACTOR, now=clock.now)  # fmt: skip
    assert code is None
    with app.app_context():
        jobs.send_invitation(str(invitation.id))
    letter = letters(app.config["SETTINGS"].home)[0]
    found = re.search(r"code: ([A-Z0-9-]{14})", letter)
    assert found
    assert (f"To: {ADDRESS}" in letter, "Testa" in letter.split("\n\n")[0]) == (True, False)
    claiming.claim(session, code=found.group(1), date_of_birth=BORN, now=clock.now)
    session.expire_all()
    assert session.get_one(Contact, person.id).confirmed_at == clock.now


def test_two_people_cannot_have_one_address(session: Session, person: Person) -> None:
    other = PersonFactory.create(session)
    claiming.keep_address(session, person_id=person.id, email=ADDRESS)
    with pytest.raises(claiming.AddressTaken):
        claiming.keep_address(session, person_id=other.id, email=ADDRESS.upper())


def test_recovery_shuts_every_way_in_and_a_new_invitation_opens_the_same_record(
    app: Flask, session: Session, trust: Organisation, person: Person, claimed: Account, clock: Clock
) -> None:
    lost = enter(app, session, claimed, trust.id, "staff").http
    open_invitation = invited(session, trust, person, clock)
    claiming.recover(session, person_id=person.id, organisation_id=trust.id, actor=ACTOR, now=clock.now)
    assert lost.get("/account").status_code == 303
    assert claiming.claim(session, code=open_invitation, date_of_birth=BORN, now=clock.now) is None
    one_time_codes.ask(session, email=ADDRESS, date_of_birth=BORN, now=clock.now)
    assert session.scalars(select(SignInCode)).one().person_id is None
    code = invited(session, trust, person, clock)
    assert claiming.claim(session, code=code, date_of_birth=BORN, now=clock.now) == claimed.id


def test_neither_code_nor_address_is_in_the_audit_log(session: Session, claimed: Account) -> None:
    entries = session.scalars(select(AuditEntry)).all()
    assert {entry.action for entry in entries} >= {"invitation.made", "passport.claimed"}
    assert not any(ADDRESS in f"{entry.subject}{entry.actor}{entry.detail}" for entry in entries)


def test_codes_have_no_characters_that_look_alike() -> None:
    codes = {secret_codes.new_invitation_code() for _ in range(200)}
    assert len(codes) == 200
    assert not set("".join(codes)) & set("01OILU")
    assert len(secret_codes.ALPHABET) == 30


@pytest.mark.usefixtures("session")
def test_a_form_for_a_code_says_what_is_wrong_and_keeps_what_was_typed(app: Flask) -> None:
    no_day = {"date_of_birth-day": "31", "date_of_birth-month": "2", "date_of_birth-year": "1990"}
    answer = send(anonymous(app), "/sign-in/code", {"email": "nobody", **no_day})
    shown = words(answer)
    assert "Enter an email address like name@example.nhs.uk" in shown
    assert "Enter a real date" in shown
    assert ('value="nobody"' in answer.text, 'value="31"' in answer.text) == (True, True)


def test_who_enters_a_code_without_asking_is_sent_to_ask(app: Flask) -> None:
    assert anonymous(app).get("/sign-in/code/enter").location == "/sign-in/code"
