"""The rules of sharing: the holder chooses what, with whom and until when; a stranger opens it with a second fact.

In the order of the code: what can be wrong; make a share, whose link (128 random bits) and code to say aloud (8
characters, 40 bits) no table here holds; find, list and stop shares; find one by its link or code; open it. The table
holds the SHA-256 of the link, and an HMAC of the code under the service's own key, since 40 bits alone could be
searched by whoever has the table. The second fact is the holder's date of birth: a receiving employer knows it from
recruitment, and neither the link, nor the code, nor any passport says it. After ten wrong answers a share is over.

Whoever finds a link in a mailbox, and whoever guesses codes, learns nothing: a wrong code and a wrong date give the
same answer. A refusal is an answer here and no error, because the failed try must be recorded.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from credentials.records import AdvancedPractice, Award, PassportContent, Registration
from passport.audit import service as audit
from passport.awards import service as awards
from passport.errors import Conflict, Gone, Invalid, NotFound
from passport.holder.models import Share, ShareOpening
from passport.staff import service as staff
from passport.staff.models import Person

LINK_BYTES: Final = 16  # 128 bits (ASVS 7.2.3)
CODE_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0 and O, 1 and I
CODE_CHARACTERS: Final = 8
DAYS: Final = (1, 7, 21, 90)
MOST_WRONG_ANSWERS: Final = 10
MOST_ALIVE: Final = 20  # shares of one person at a time
LONGEST_NAME: Final = 100
SHOWN_AGAIN_FOR: Final = timedelta(minutes=10)  # the same opening, when its page is loaded again
IGNORED: Final = str.maketrans("", "", " -\u00a0\u2010\u2011\u2013\t")


class ShareNotFound(NotFound):
    """There is no such share."""

    code = "share_not_found"
    title = "We cannot find this share"


class ShareOver(Gone):
    """The share has expired, was stopped, or was opened as often as it may be."""

    code = "share_over"
    title = "This share has ended"


class ShareExists(Conflict):
    """The share was made before: its link was shown then, and never again."""

    code = "share_exists"
    title = "You have made this share already"
    constraint = "pk_share"


class TooManyShares(Conflict):
    """The person has as many shares as one may have."""

    code = "too_many_shares"
    title = f"You have {MOST_ALIVE} shares already. Stop one first"


@dataclass(frozen=True, slots=True)
class Made:
    """A share as it was made. `link_secret` and `code` are nowhere else."""

    share: Share
    link_secret: str
    code: str

    @property
    def code_shown(self) -> str:
        """The code in two groups, as people read it aloud."""
        return f"{self.code[:4]}-{self.code[4:]}"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who tries to open a share: what they said, and what is known where they are signed in.

    `opening_id` is a random number that the form carried: sending it twice opens once. None: each is an opening.
    """

    said_by: str
    organisation_id: UUID | None = None
    role: str | None = None
    opening_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the receiver sees: the chosen records alone. `gone` counts those that have ended since."""

    opening_id: UUID
    given_name: str
    family_name: str
    awards: tuple[Award, ...]
    practice: AdvancedPractice | None
    registrations: tuple[Registration, ...]
    gone: int
    expires_at: datetime
    openings_left: int | None


def make(
    session: Session,
    *,
    share_id: UUID,
    person_id: UUID,
    given_to: str,
    award_ids: Sequence[UUID],
    with_registrations: bool,
    with_practice: bool = False,
    days: int,
    many: bool,
    key: bytes,
    actor: str,
    now: datetime,
) -> Made:
    """Make a share.

    Args:
        session: the transaction of the edge.
        share_id: a new random id, the same when it is tried again, so that trying twice makes one share.
        person_id: whose records.
        given_to: for whom, in the holder's words.
        award_ids: current awards of the person.
        with_registrations: whether professional registrations are shown too.
        with_practice: whether the recognised level of practice is shown too.
        days: one of `DAYS`.
        many: whether it may be opened more than once.
        key: protects the code in the table.
        actor: who acts.
        now: UTC.

    Raises:
        Invalid: nothing is chosen, a chosen award is not in the passport, or the rest can't be.
        TooManyShares: stop one first.
        ShareExists: it was made before.
    """
    _check_chosen(awards.passport_content(session, person_id, now=now), award_ids, with_registrations, with_practice)
    _check(given_to, days)
    if session.get(Share, share_id) is not None:
        raise ShareExists
    if len(session.scalars(_alive(person_id, now).limit(MOST_ALIVE)).all()) >= MOST_ALIVE:
        raise TooManyShares
    link_secret = secrets.token_urlsafe(LINK_BYTES)
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARACTERS))
    share = Share(
        id=share_id, person_id=person_id, given_to=given_to.strip(), award_ids=list(award_ids),
        with_registrations=with_registrations, with_practice=with_practice, link_hash=_link_hash(link_secret),
        code_hash=_code_hash(code, key), most_openings=None if many else 1, made_at=now,
        expires_at=now + timedelta(days=days),
    )  # fmt: skip
    session.add(share)
    session.flush()
    _audit(session, "share.made", share, actor, now, awards=len(award_ids), days=days)
    return Made(share, link_secret, code)


def by_id(session: Session, share_id: UUID, *, person_id: UUID) -> Share:
    """Return a share of a person.

    Raises:
        ShareNotFound: the person has no such share.
    """
    share = session.get(Share, share_id)
    if share is None or share.person_id != person_id:
        raise ShareNotFound
    return share


def all_of(session: Session, person_id: UUID) -> Sequence[Share]:
    """Return the shares of a person, those of merged records too, the newest first."""
    mine = select(Share).where(Share.person_id.in_(staff.same_person_ids(session, person_id)))
    return session.scalars(mine.order_by(Share.made_at.desc(), Share.id.desc())).all()


def over_because(share: Share, *, now: datetime) -> str | None:
    """Say in a sentence why a share can't be opened any more; None: it can."""
    if share.stopped_at is not None:
        return "You stopped it." if share.wrong_answers < MOST_WRONG_ANSWERS else "It ended after 10 wrong answers."
    if share.expires_at <= now:
        return "Its time ran out."
    if share.most_openings is not None and share.openings >= share.most_openings:
        return "It was opened, and could be opened once."
    return None


def stop(session: Session, *, share_id: UUID, person_id: UUID, actor: str, now: datetime) -> Share:
    """Stop a share for ever. The second time changes nothing.

    Raises:
        ShareNotFound: the person has no such share.
    """
    share = session.get(Share, share_id, with_for_update=True)
    if share is None or share.person_id != person_id:
        raise ShareNotFound
    if share.stopped_at is None:
        share.stopped_at = now
        session.flush()
        _audit(session, "share.stopped", share, actor, now)
    return share


def stop_all(session: Session, *, person_id: UUID, actor: str, now: datetime) -> int:
    """Stop every share of a person that could still be opened; return how many there were."""
    shares = session.scalars(_alive(person_id, now).with_for_update()).all()
    for share in shares:
        share.stopped_at = now
        _audit(session, "share.stopped", share, actor, now)
    session.flush()
    return len(shares)


def check_link(session: Session, link_secret: str, *, now: datetime) -> None:
    """Look whether a link may be opened, and change nothing: previews of links look too.

    Raises:
        ShareNotFound: there is no such link.
        ShareOver: it has ended.
    """
    share = session.scalar(_by_link(link_secret))
    if share is None:
        raise ShareNotFound("Check that you have the whole link.")
    if over_because(share, now=now):
        raise ShareOver("Ask the person who sent it for a new one.")


def open_by_link(
    session: Session, link_secret: str, *, born_on: date, visit: Visit, now: datetime
) -> Shown | Literal["wrong", "over"]:
    """Open a share by its link and the holder's date of birth.

    Args:
        session: the transaction of the edge; it must be committed whatever the answer is.
        link_secret: the last part of the link.
        born_on: the date of birth that the visitor gave.
        visit: who it is.
        now: UTC.

    Returns:
        What was shared; or that the answer is wrong, or the share over.

    Raises:
        ShareNotFound: there is no such link.
    """
    share = session.scalar(_by_link(link_secret).with_for_update())
    if share is None:
        raise ShareNotFound("Check that you have the whole link.")
    return _open(session, share, born_on=born_on, visit=visit, now=now)


def open_by_code(
    session: Session, code: str, *, key: bytes, born_on: date, visit: Visit, now: datetime
) -> Shown | Literal["wrong", "over"]:
    """Open a share by its code, as `open_by_link`; a code that does not exist is `wrong`, like a wrong date."""
    compact = code.translate(IGNORED).upper()
    share = session.scalar(select(Share).where(Share.code_hash == _code_hash(compact, key)).with_for_update())
    return _open(session, share, born_on=born_on, visit=visit, now=now) if share else "wrong"


def shown_again(session: Session, opening_id: UUID, *, now: datetime) -> Shown | None:
    """Return what an opening showed, for a page that is loaded again; None: it is too long ago, or it was stopped."""
    opening = session.get(ShareOpening, opening_id)
    if opening is None or opening.outcome != "opened" or opening.at <= now - SHOWN_AGAIN_FOR:
        return None
    share = session.get_one(Share, opening.share_id)
    if share.stopped_at is not None or share.expires_at <= now:
        return None
    return _shown(share, opening, awards.passport_content(session, share.person_id, now=now))


def _open(
    session: Session, share: Share, *, born_on: date, visit: Visit, now: datetime
) -> Shown | Literal["wrong", "over"]:
    person = session.get_one(Person, share.person_id)
    is_right = hmac.compare_digest(person.date_of_birth.isoformat(), born_on.isoformat())
    seen = _seen(session, visit)
    if is_right and seen and seen.share_id == share.id and (again := shown_again(session, seen.id, now=now)):
        return again
    if over_because(share, now=now):
        _note(session, share, "over", visit, now)
        return "over" if is_right else "wrong"
    if not is_right:
        share.wrong_answers += 1
        if share.wrong_answers >= MOST_WRONG_ANSWERS:
            share.stopped_at = now
        _note(session, share, "wrong_answer", visit, now)
        return "wrong"
    share.openings += 1
    opening = _note(session, share, "opened", visit, now)
    return _shown(share, opening, awards.passport_content(session, share.person_id, now=now))


def _seen(session: Session, visit: Visit) -> ShareOpening | None:
    return session.get(ShareOpening, visit.opening_id) if visit.opening_id else None


def _shown(share: Share, opening: ShareOpening, content: PassportContent) -> Shown:
    chosen = {str(award_id) for award_id in share.award_ids}
    still = tuple(award for award in (*content.training, *content.credentials) if award.id in chosen)
    return Shown(
        opening_id=opening.id,
        given_name=content.given_name,
        family_name=content.family_name,
        awards=still,
        practice=content.advanced_practice if share.with_practice else None,
        registrations=content.registrations if share.with_registrations else (),
        gone=len(chosen) - len(still) + (share.with_practice and content.advanced_practice is None),
        expires_at=share.expires_at,
        openings_left=share.most_openings - share.openings if share.most_openings is not None else None,
    )


def _note(session: Session, share: Share, outcome: str, visit: Visit, now: datetime) -> ShareOpening:
    is_new = outcome == "opened" and _seen(session, visit) is None
    opening = ShareOpening(
        id=visit.opening_id if is_new else None, share_id=share.id, at=now, outcome=outcome,
        said_by=visit.said_by, organisation_id=visit.organisation_id, role=visit.role,
    )  # fmt: skip
    session.add(opening)
    session.flush()
    _audit(session, "share.tried", share, "visitor", now, outcome=outcome)
    return opening


def _check_chosen(
    content: PassportContent, award_ids: Sequence[UUID], with_registrations: bool, with_practice: bool
) -> None:
    mine = {award.id for award in (*content.training, *content.credentials)}
    practice = content.advanced_practice if with_practice else None
    if not {str(award_id) for award_id in award_ids} <= mine or (with_practice and practice is None):
        raise Invalid.at("/what", "A record that you chose is not in your passport any more. Choose again.")
    if not award_ids and practice is None and not (with_registrations and content.registrations):
        raise Invalid.at("/what", "Choose at least one record.")


def _check(given_to: str, days: int) -> None:
    if not 1 <= len(given_to.strip()) <= LONGEST_NAME:
        raise Invalid.at("/given_to", f"Say who it is for, in at most {LONGEST_NAME} characters.")
    if days not in DAYS:
        raise Invalid.at("/days", "Choose one of the periods.")


def _alive(person_id: UUID, now: datetime) -> Select[Share]:
    return select(Share).where(
        Share.person_id == person_id,
        Share.stopped_at.is_(None),
        Share.expires_at > now,
        or_(Share.most_openings.is_(None), Share.openings < Share.most_openings),
    )


def _by_link(link_secret: str) -> Select[Share]:
    return select(Share).where(Share.link_hash == _link_hash(link_secret))


def _link_hash(link_secret: str) -> bytes:
    return hashlib.sha256(link_secret.encode()).digest()


def _code_hash(code: str, key: bytes) -> bytes:
    return hmac.new(key, f"share code {code}".encode(), hashlib.sha256).digest()


def _audit(session: Session, action: str, share: Share, actor: str, now: datetime, **detail: int | str) -> None:
    audit.record(
        session, actor=actor, organisation_id=None, action=action, subject=f"share:{share.id}", now=now,
        detail={"person": str(share.person_id), **detail},
    )  # fmt: skip
