"""What a member of staff reads of the own record: the passport as it stands, and what became of earlier awards.

Everything here reads; nothing is changed. A person is named by the id that the sign-in knows, never by anything that
came with the request. Sharing has its rules in `sharing`, printing in `printing`, who has looked is in `looks`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from credentials.periods import in_words
from credentials.records import PassportContent
from passport.awards import disputes
from passport.awards import service as awards
from passport.awards.models import Award, AwardDispute
from passport.errors import NotFound
from passport.holder import standing
from passport.holder.standing import Groups, Standing
from passport.organisations.models import Organisation
from passport.staff import numbers
from passport.staff import service as staff
from passport.standards import service as standards
from passport.standards.models import Standard

_Later = aliased(Award)
WITHDRAWN_BECAUSE: Final = {
    "issued_in_error": "it was issued by mistake",
    "updated_information_to_follow": "new information is to follow",
    "no_longer_valid": "it no longer counts",
}
REASONS: Final = {
    "duplicate": "It is there twice",
    "incorrect": "Something in it is wrong",
    "not_mine": "It is not mine",
    "other": "Something else",
}
ANSWERS: Final = {
    "corrected": "The issuer corrected the record.",
    "withdrawn": "The issuer withdrew the record.",
    "stands": "The issuer says that the record is right.",
}


class NoPassport(NotFound):
    """The account opens no passport."""

    code = "no_passport"
    title = "You have no passport here yet"


@dataclass(frozen=True, slots=True)
class EndedAward:
    """An award that is in the passport no more, and why."""

    title: str
    issuer: str
    awarded_on: date
    sentence: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the holder said of an award, and what came back. `answer` None: nothing yet."""

    title: str
    issuer: str
    reason: str
    words: str
    raised_at: datetime
    answered_at: datetime | None
    answer: str | None
    reply: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MyPassport:
    """A passport as its holder reads it."""

    content: PassportContent
    awards: Groups

    @property
    def name(self) -> str:
        """The holder's name."""
        return f"{self.content.given_name} {self.content.family_name}"

    @property
    def number_shown(self) -> str:
        """The passport number as people read it."""
        return numbers.show(self.content.number)


def my_passport(session: Session, person_id: UUID, *, now: datetime) -> MyPassport:
    """Return a passport as its holder reads it.

    Raises:
        NotFound: there is no such person.
    """
    content = awards.passport_content(session, person_id, now=now)
    disputed = {str(award_id) for award_id in disputes.open_awards(session, person_id)}
    grouped = standing.groups(content, standards.catalogue(session), disputed=disputed, on=now.date())
    return MyPassport(content=content, awards=grouped)


def my_award(session: Session, person_id: UUID, award_id: UUID, *, now: datetime) -> Standing:
    """Return one current award of a person.

    Raises:
        AwardNotFound: the person has no such current award.
    """
    found = my_passport(session, person_id, now=now).awards.all
    mine = next((each for each in found if each.award.id == str(award_id)), None)
    if mine is None:
        raise awards.AwardNotFound
    return mine


def ended_awards(session: Session, person_id: UUID) -> list[EndedAward]:
    """Return the awards of a person that were superseded, corrected or withdrawn, the newest first.

    Those of a record that was merged into this one are among them; what only moved here is not told twice.
    """
    everyone = staff.same_person_ids(session, person_id)
    moved = select(_Later.id).where(_Later.person_id == person_id)
    query = (
        select(Award, Standard.title, Organisation.name)
        .join(Standard, Standard.id == Award.standard_id)
        .join(Organisation, Organisation.id == Award.organisation_id)
        .where(Award.person_id.in_(everyone), Award.ended_at.is_not(None))
        .where((Award.person_id == person_id) | Award.replaced_by_id.is_(None) | Award.replaced_by_id.not_in(moved))
        .order_by(Award.awarded_on.desc(), Award.id.desc())
    )
    return [
        EndedAward(title, issuer, award.awarded_on, _ending(award)) for award, title, issuer in session.execute(query)
    ]


def questions(session: Session, person_id: UUID) -> list[Question]:
    """Return what a person said was wrong, with the answers, the newest first."""
    raised = disputes.of_person(session, person_id)
    names = _names(session, [dispute.award_id for dispute in raised])
    return [_question(dispute, *names[dispute.award_id]) for dispute in raised]


def _question(dispute: AwardDispute, title: str, issuer: str) -> Question:
    return Question(
        title=title,
        issuer=issuer,
        reason=REASONS[dispute.reason],
        words=dispute.words,
        raised_at=dispute.raised_at,
        answered_at=dispute.answered_at,
        answer=ANSWERS[dispute.answer] if dispute.answer else None,
        reply=dispute.reply,
    )


def _names(session: Session, award_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return the standard's title and the issuer's name of awards, ended ones too."""
    query = (
        select(Award.id, Standard.title, Organisation.name)
        .join(Standard, Standard.id == Award.standard_id)
        .join(Organisation, Organisation.id == Award.organisation_id)
        .where(Award.id.in_(award_ids))
    )
    return {award_id: (title, issuer) for award_id, title, issuer in session.execute(query)}


def _ending(award: Award) -> str:
    ended_on = in_words(award.ended_at.date()) if award.ended_at else ""
    if award.ending == "superseded":
        return "A newer award took its place."
    if award.ending == "corrected":
        return f"Its issuer corrected it on {ended_on}."
    because = WITHDRAWN_BECAUSE.get(award.ending_reason or "")
    return f"Its issuer withdrew it on {ended_on}" + (f", because {because}." if because else ".")
