"""Drafts of forms: sealed, for one browser, under one number, for one kind of form."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask, g
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.access import drafts, sessions
from passport.access.models import FormDraft
from tests.callers import Clock
from tests.factories import OrganisationFactory
from tests.visitors import visit

CONTENT = {"given_to": "Invented Coast NHS Trust"}


@pytest.fixture
def at_work(app: Flask, session: Session) -> Iterator[None]:
    """A request of somebody who is signed in."""
    browser = visit(app, session, OrganisationFactory.create(session).id, "hr")
    token = browser.http.get_cookie("session")
    assert token is not None
    with app.test_request_context(headers={"Cookie": f"session={token.value}"}):
        g.visitor = sessions.recognise_visitor()
        yield


@pytest.fixture
def draft_id(at_work: None, session: Session, clock: Clock) -> UUID:
    """A draft of that browser."""
    known = uuid4()
    drafts.save(session, known, "share", CONTENT, now=clock.now)
    return known


def test_a_draft_is_found_by_its_number_and_kind(session: Session, draft_id: UUID, clock: Clock) -> None:
    assert drafts.find(session, draft_id, "share", now=clock.now) == CONTENT
    assert drafts.find(session, draft_id, "share_made", now=clock.now) is None
    assert drafts.find(session, uuid4(), "share", now=clock.now) is None


def test_a_draft_passes_for_no_other(session: Session, draft_id: UUID, clock: Clock) -> None:
    row = session.scalars(select(FormDraft)).one()
    row.kind = "share_made"
    session.flush()
    assert drafts.find(session, draft_id, "share_made", now=clock.now) is None


def test_a_draft_opens_under_no_other_secret(app: Flask, session: Session, draft_id: UUID, clock: Clock) -> None:
    app.config["SECRET_KEY"] = "another secret of the service"
    assert drafts.find(session, draft_id, "share", now=clock.now) is None


@pytest.mark.usefixtures("draft_id")
def test_the_same_content_is_sealed_differently_each_time(session: Session, clock: Clock) -> None:
    for _ in range(2):
        drafts.save(session, uuid4(), "share", CONTENT, now=clock.now)
    sealed = session.scalars(select(FormDraft.sealed)).all()
    assert len(set(sealed)) == 3
    assert not any(b"Invented" in each for each in sealed)


def test_saving_again_replaces_a_draft_and_its_time(session: Session, draft_id: UUID, clock: Clock) -> None:
    clock.advance(minutes=50)
    drafts.save(session, draft_id, "share", {"given_to": "Invented Moor"}, now=clock.now)
    clock.advance(minutes=50)
    assert drafts.find(session, draft_id, "share", now=clock.now) == {"given_to": "Invented Moor"}
    clock.advance(minutes=10)
    assert drafts.find(session, draft_id, "share", now=clock.now) is None
