"""B16: the server's time for each main page, with a registry of 100,000 people in the database.

Every page is asked for by somebody who may see it, signed in by a real session, through the whole application: cookie,
rule, queries, template, headers. The clock on the wall counts, because much of the work is the database's. The pages
take turns, so that none profits from the one before. In the order of the code: the rounds; who looks at what; a page
from the middle of a list, whose cursor the service makes itself.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from benchmarks.measure import Effort, Figure, figure
from benchmarks.page_data import SMALL, Registry, registry
from passport.access import accounts as access
from passport.access import sessions
from passport.access.models import Account
from passport.app import create_app
from passport.audit.models import AuditEntry
from passport.awards.models import AwardDispute
from passport.db import reading, transaction
from passport.demo import accounts, story
from passport.esr.models import EsrRowNote, EsrSetAside
from passport.issuing import people
from passport.organisations import service as organisations
from passport.settings import Settings
from passport.signing.models import SigningKey
from passport.staff.models import Person
from passport.standards.models import Accreditation, Standard
from passport.web.paging import page as page_of

TARGET: Final = 30  # milliseconds
ROLES: Final = ("nia", "hr", "ward_manager", "registrar", "academy", "planner", "auditor")
VISITS_IN_A_ROUND: Final = 3
ACADEMY: Final = "X4A5D"
MIDDLE: Final = "M"  # where the family names of the middle begin
NEW_SHARE: Final = "0198c0de-0000-4000-8000-000000000000"  # a number that no share has


@dataclass(frozen=True, slots=True)
class Visit:
    """One page that one person asks for."""

    name: str
    who: str
    path: str
    words: str = ""  # what they search for, by the form of the page


def run(effort: Effort, now: datetime) -> list[Figure]:
    """Ask for every page in turn, and time the answers."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), example_keys=True, demo=True)
        with registry(settings, people=effort.residents, now=now) as found:
            app = create_app(settings, clock=lambda: now)
            visitors = {who: _enter(app, who, now) for who in (*ROLES, SMALL)}
            visits = [_addressed(visitors[visit.who], visit) for visit in _visits(app, found, now)]
            _make_printed_code(visitors["nia"])
            taken: dict[Visit, list[float]] = {visit: [] for visit in visits}
            for visit in visits:  # the first answer fills the caches of templates and statements
                _milliseconds(visitors[visit.who], visit)
            for _ in range(effort.rounds * VISITS_IN_A_ROUND):
                for visit in visits:
                    taken[visit].append(_milliseconds(visitors[visit.who], visit))
    return [
        figure("B16", visit.name, times, kind="absolute", unit="ms", target=TARGET, at_most=True)
        for visit, times in taken.items()
    ]


def _milliseconds(http: FlaskClient, visit: Visit) -> float:
    start = time.perf_counter()
    answer = http.get(visit.path)
    taken = time.perf_counter() - start
    assert answer.status_code == 200, f"{visit.name}: {answer.status_code}"
    return taken * 1000


def _enter(app: Flask, who: str, now: datetime) -> FlaskClient:
    """Return an HTTP client that is signed in as one of the invented people."""
    with transaction() as session:
        account = session.scalars(select(Account).filter_by(issuer=accounts.ISSUER, subject=who)).one()
        granted = access.grants_of(session, account.id)[0]
        token = sessions.begin(session, granted, strong=True, now=now)
    http = app.test_client()
    http.set_cookie(sessions.cookie_name(app.config["SETTINGS"]), token)
    return http


def _make_printed_code(http: FlaskClient) -> None:
    _send(http, "/my-passport/print")


def _addressed(http: FlaskClient, visit: Visit) -> Visit:
    """Return a visit with the address of what its words find."""
    return replace(visit, path=_send(http, visit.path, search=visit.words)) if visit.words else visit


def _send(http: FlaskClient, path: str, **fields: str) -> str:
    """Send the form of a page and return where it leads."""
    page = http.get(path).text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = http.post(path, data={"csrf_token": token, **fields})
    assert answer.status_code == 303, f"{path}: {answer.status_code}"
    return answer.location


def _visits(app: Flask, found: Registry, now: datetime) -> Iterator[Visit]:
    with reading() as session:
        yield from _staff()
        yield from _employers(app, session, now)
        yield from _receivers(found)
        yield from _registrars(session)
        yield from _everybody(session)
        yield from _academy(session)
        yield from _notices_and_batches()
        yield from _auditors(session)
        yield from _workforce()


def _staff() -> Iterator[Visit]:
    for name, path in (
        ("my passport", ""), ("show, with a new QR", "/show"), ("print", "/print"), ("shares", "/shares"),
        ("share: choose", f"/shares/{NEW_SHARE}/answers"), ("ready: choose", "/ready"),
        ("who has looked", "/who-has-looked"),
    ):  # fmt: skip
        yield Visit(name, "nia", f"/my-passport{path}")


def _employers(app: Flask, session: Session, now: datetime) -> Iterator[Visit]:
    large, small = (organisations.by_ods(session, code).id for code in (story.SENDER, SMALL))
    nobody = people.listing(session, large, search="", only=people.EVERYBODY, now=now)
    family, number = session.execute(select(Person.family_name, Person.passport_number).limit(1)).one()
    yield Visit("staff", "hr", "/people")
    yield Visit("staff, second page", "hr", f"/people?cursor={_cursor(app, session, nobody, '')}")
    yield Visit("staff, a page of the middle", "hr", f"/people?cursor={_cursor(app, session, nobody, MIDDLE)}")
    yield Visit("staff, by family name", "hr", "/people", family)
    yield Visit("staff, by one letter", "hr", "/people", "m")
    yield Visit("staff, by both names", "hr", "/people", f"Ada {family}")
    yield Visit("staff, by passport number", "hr", "/people", number)
    yield Visit("staff, by assignment number", "hr", "/people", "30000010")
    yield Visit("staff, by a name that nobody has", "hr", "/people", "zzz")
    yield Visit("staff who need action", "hr", "/people?only=needs_action")
    yield Visit("staff without a passport", "hr", "/people?only=no_passport")
    yield Visit("staff of a small employer", SMALL, "/people")
    of_small = people.listing(session, small, search="", only=people.EVERYBODY, now=now)
    yield Visit("staff of a small employer, middle", SMALL, f"/people?cursor={_cursor(app, session, of_small, MIDDLE)}")
    yield Visit("small employer, by family name", SMALL, "/people", family)
    yield Visit("small employer, without a passport", SMALL, "/people?only=no_passport")
    yield Visit("small employer, who need action", SMALL, "/people?only=needs_action")
    person_id = session.scalars(nobody.limit(1)).one().id
    yield Visit("a member of staff", "hr", f"/people/{person_id}")
    yield Visit("files from ESR", "hr", "/imports")
    yield Visit("report of a file", "hr", f"/imports/{_longest_report(session)}")
    yield Visit("rows set aside", "hr", "/rows-set-aside")
    yield Visit("settle a row", "hr", f"/rows-set-aside/{session.scalars(select(EsrSetAside.id).limit(1)).one()}")
    yield Visit("invitations", "hr", "/invitations")
    yield Visit("disputes", "hr", "/disputes")
    yield Visit("answer a dispute", "hr", f"/disputes/{session.scalars(select(AwardDispute.id).limit(1)).one()}")


def _receivers(found: Registry) -> Iterator[Visit]:
    question = f"profile=adult-ward-nurse&starts_on={found.starts_on}"
    for name, path in (
        ("check a passport", "/check"),
        ("result of a check", f"/check/{found.verification_id}"),
        ("decide: by what", f"/decide/{found.verification_id}"),
        ("decide: the proposal", f"/decide/{found.verification_id}/requirements?{question}"),
        ("plans", "/plans"),
        ("a plan", f"/plans/{found.plan_id}"),
        ("evidence of a plan", f"/plans/{found.plan_id}/evidence"),
        ("groups of starters", "/cohorts"),
        ("a group of 50", f"/cohorts/matrix?{question}"),
    ):
        yield Visit(name, "ward_manager", path)


def _registrars(session: Session) -> Iterator[Visit]:
    yield Visit("people and roles, by name", "registrar", "/accounts", "ghostwood")
    receiver = organisations.by_ods(session, story.RECEIVER).id
    account = session.scalars(select(Account.id).where(Account.issuer.is_(None)).limit(1)).one()
    kid = session.scalars(select(SigningKey.kid).limit(1)).one()
    for name, path in (
        ("organisations", "/organisations"),
        ("organisations, by name", "/organisations?search=invented"),
        ("an organisation", f"/organisations/{receiver}"),
        ("API clients", "/clients"),
        ("people and roles", "/accounts"),
        ("roles of a person", f"/accounts/{account}"),
        ("keys", "/signing-keys"),
        ("a key", f"/signing-keys/{kid}"),
        ("health", "/operations"),
        ("jobs", "/operations/jobs"),
        ("records", "/records"),
        ("a record", f"/records/people/{_member(session)}"),
        ("what is kept, and how long", "/records/retention"),
    ):
        yield Visit(name, "registrar", path)


def _everybody(session: Session) -> Iterator[Visit]:
    code = session.scalars(select(Standard.code).where(Standard.kind == "credential").order_by(Standard.code)).first()
    for name, path in (
        ("standards", "/standards"),
        ("standards, by words", "/standards?search=advanced"),
        ("a standard", f"/standards/{code}"),
        ("directory of providers", "/directory"),
        ("a provider", f"/directory/{ACADEMY}"),
    ):
        yield Visit(name, "nia", path)


def _academy(session: Session) -> Iterator[Visit]:
    accreditation_id = session.scalars(select(Accreditation.id).limit(1)).one()
    for name, path in (
        ("accreditations", "/accreditations"),
        ("an accreditation", f"/accreditations/{accreditation_id}"),
        ("applications for recognition", "/recognitions"),
        ("professional credentials", "/credentials"),
        ("withdrawals", "/withdrawals"),
        ("rules", "/rules"),
    ):
        yield Visit(name, "academy", path)


def _notices_and_batches() -> Iterator[Visit]:
    for name, path in (
        ("eligibility to confirm", "/eligibility"),
        ("batches", "/batches"),
        ("a new batch", "/batches/new"),
        ("reminders", "/reminders"),
        ("what ends soon", "/reminders/preview"),
        ("webhooks", "/webhooks"),
        ("names of training", "/alignments"),
    ):
        yield Visit(name, "hr", path)
    yield Visit("my reminders", "nia", "/my-reminders")


def _auditors(session: Session) -> Iterator[Visit]:
    subject = session.scalars(select(AuditEntry.subject).order_by(AuditEntry.sequence.desc())).first()
    for name, path in (
        ("audit log", "/audit-log"),
        ("audit log, of one record", f"/audit-log?subject={subject}"),
        ("inspections", "/inspections"),
        ("a new inspection", "/inspections/new"),
    ):
        yield Visit(name, "auditor", path)


def _workforce() -> Iterator[Visit]:
    for who in ("planner", "academy", "hr"):
        yield Visit(f"workforce, for {who}", who, "/workforce")
        yield Visit(f"training, for {who}", who, "/workforce/training")
    for name, path in (
        ("credentials", "/workforce/credentials"),
        ("time saved", "/workforce/time-saved"),
        ("gaps", "/workforce/gaps"),
    ):
        yield Visit(f"workforce: {name}", "planner", path)


def _member(session: Session) -> UUID:
    """Return a person with a dozen awards."""
    return session.scalars(select(Person.id).order_by(Person.family_name, Person.id)).first() or UUID(int=0)


def _longest_report(session: Session) -> UUID:
    longest = select(EsrRowNote.import_id).group_by(EsrRowNote.import_id).order_by(func.count().desc())
    return session.scalars(longest.limit(1)).one()


def _cursor(app: Flask, session: Session, listed: Select[tuple[Person]], begins: str) -> str:
    """Return the cursor that the list gives after the first page of the names from here on."""
    with app.test_request_context("/people"):
        found = page_of(session, listed.where(Person.family_name >= begins), people.KEYS, None)
    assert found.next_cursor
    return found.next_cursor
