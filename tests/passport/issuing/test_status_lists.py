"""Status lists: full size from the first copy on, places at random, times that only go forward."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from passport.issuing import status_lists
from passport.issuing.models import StatusList
from passport.issuing.status_lists import Place
from passport.publishing import service as publishing
from passport.signing import service as signing
from tests.copies import issue, revoke
from tests.passports import Nurse


def allot(session: Session, kid: str, *, count: int, now: datetime) -> list[Place]:
    """Draw places and take them at once."""
    places = status_lists.draw(session, kid=kid, count=count, now=now)
    assert status_lists.take(session, places, kid=kid, now=now) == set(places)
    return places


def test_a_status_list_has_its_full_size_from_the_first_copy_on(session: Session, nurse: Nurse, now: datetime) -> None:
    issued = issue(session, nurse, now)
    status_list = session.get_one(StatusList, int(issued.status.uri.rpartition("/")[2]))
    assert (status_list.size, status_list.used) == (2**17, 1)


def test_places_are_drawn_at_random(session: Session, nurse: Nurse, now: datetime) -> None:
    kid = signing.active_key(session, "passport").kid
    drawn = [place.index for place in allot(session, kid, count=400, now=now)]
    assert len(set(drawn)) == 400
    assert drawn != sorted(drawn)
    assert max(drawn) > 2**16 > min(drawn)


def test_a_list_that_is_half_full_is_followed_by_a_fresh_one(session: Session, nurse: Nurse, now: datetime) -> None:
    kid = signing.active_key(session, "passport").kid
    [first] = allot(session, kid, count=1, now=now)
    session.execute(update(StatusList).where(StatusList.number == first.number).values(size=64, used=30))
    session.expire_all()
    same = allot(session, kid, count=2, now=now)
    fresh = allot(session, kid, count=1, now=now)
    assert {place.number for place in same} == {first.number} != {place.number for place in fresh}
    old = session.get_one(StatusList, first.number)
    assert (old.used, old.closed_at) == (32, now)
    assert publishing.status_list(session, fresh[0].number).body


def test_a_taken_place_is_drawn_again(session: Session, nurse: Nurse, now: datetime) -> None:
    kid = signing.active_key(session, "passport").kid
    [first] = allot(session, kid, count=1, now=now)
    session.execute(update(StatusList).where(StatusList.number == first.number).values(size=128, used=1))
    session.expire_all()
    taken = allot(session, kid, count=60, now=now)
    assert len({place.index for place in taken}) == 60


def test_a_place_that_somebody_took_in_between_is_not_given_again(
    session: Session, nurse: Nurse, now: datetime
) -> None:
    kid = signing.active_key(session, "passport").kid
    first, second, third = allot(session, kid, count=3, now=now)
    free = Place(first.number, (set(range(9)) - {first.index, second.index, third.index}).pop())
    used = session.get_one(StatusList, first.number).used
    assert status_lists.take(session, [second, free], kid=kid, now=now) == {free}
    assert session.get_one(StatusList, first.number).used == used + 1


def test_a_copy_whose_place_was_taken_in_between_is_drafted_again(
    session: Session, nurse: Nurse, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    kid = signing.active_key(session, "passport").kid
    [gone] = allot(session, kid, count=1, now=now)
    honest, drawn = status_lists.draw, [[gone]]
    monkeypatch.setattr(status_lists, "draw", lambda *given, **named: drawn.pop() if drawn else honest(*given, **named))
    token = issue(session, nurse, now)
    assert drawn == []
    assert token.status.idx != gone.index


def test_places_of_a_list_that_was_closed_in_between_are_not_given_out(
    session: Session, nurse: Nurse, now: datetime
) -> None:
    kid = signing.active_key(session, "passport").kid
    places = status_lists.draw(session, kid=kid, count=5, now=now)
    [first] = allot(session, kid, count=1, now=now)
    session.get_one(StatusList, first.number).closed_at = now
    session.flush()
    assert status_lists.take(session, places, kid=kid, now=now) == set()


def test_the_time_of_a_list_never_goes_back(session: Session, nurse: Nurse, now: datetime) -> None:
    issued = issue(session, nurse, now)
    number = int(issued.status.uri.rpartition("/")[2])
    revoke(session, nurse, issued, now - timedelta(hours=1))
    assert session.get_one(StatusList, number).signed_at == now


def test_two_lists_of_one_second_have_two_times(session: Session, nurse: Nurse, now: datetime) -> None:
    number = int(issue(session, nurse, now).status.uri.rpartition("/")[2])
    times = set()
    for _ in range(3):
        revoke(session, nurse, issue(session, nurse, now), now)
        times.add(session.get_one(StatusList, number).signed_at)
    assert len(times) == 3


def test_lists_are_signed_again_before_they_run_out(session: Session, nurse: Nurse, now: datetime) -> None:
    issue(session, nurse, now)
    assert status_lists.due(session, now=now) == []
    later = now + timedelta(hours=13)
    [number] = status_lists.due(session, now=later)
    status_lists.sign(session, number, now=later, smallest=True)
    assert status_lists.due(session, now=later) == []
