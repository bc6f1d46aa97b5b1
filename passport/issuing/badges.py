"""Open Badges: plan one of a credential or a recognition, and find the one that still says what is on record.

Flushes, never commits. A badge is a copy like any other (`service`): recorded before it is signed, on a status list of
its own key, withdrawn by what withdraws passports. It says one record of a person and nothing else of the passport. It
is a file that its holder takes away, so nobody can be handed another one: a badge that was withdrawn is not replaced,
the holder makes the next (`replacement`). In the order of the code: what may be a badge; the badge there is; the plan.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials import open_badges
from credentials.encoding import canonical_json
from credentials.passport_type import content_hash
from credentials.records import AdvancedPractice, Award, PassportContent
from passport.awards import service as awards
from passport.awards.models import Award as AwardRow
from passport.awards.models import Recognition
from passport.errors import Conflict, NotFound
from passport.issuing import service, status_lists, tokens
from passport.issuing.models import BADGE, Credential
from passport.signing import keyring
from passport.signing import service as signing
from passport.signing.models import SigningKey
from passport.staff.models import Person
from passport.standards.models import Standard

LIFE: Final = timedelta(days=365)  # `signing.states.AFTERLIFE` keeps the key's status lists alive for as long
LEAST_LIFE: Final = timedelta(days=30)  # one that ends sooner is made anew when its holder asks again


class NothingToBadge(NotFound):
    """The person has no such current credential or recognition. Training alone is no badge."""

    code = "badge_record_unknown"
    title = "There is no such credential or recognition"


class CredentialOver(Conflict):
    """The issuer's own last day of the credential has passed."""

    code = "badge_record_over"
    title = "This credential has ended, so no badge is made of it"


@dataclass(frozen=True, slots=True)
class Subject:
    """One record of a person that may be a badge: `content` is a passport that says nothing else."""

    content: PassportContent

    @property
    def record(self) -> Award | AdvancedPractice:
        """The credential or the recognition."""
        return self.content.advanced_practice or self.content.credentials[0]

    @property
    def ends_at(self) -> datetime | None:
        """The end of the issuer's own last day, UTC; None where the issuer set none."""
        last_day = self.record.valid_until if isinstance(self.record, Award) else None
        return datetime.combine(last_day, time(), UTC) + timedelta(days=1) if last_day else None

    @property
    def hash(self) -> bytes:
        """What tells two badges apart that say different things."""
        return bytes.fromhex(content_hash(self.content))


def subject(session: Session, person_id: UUID, record_id: UUID, *, now: datetime) -> Subject:
    """Return a current credential or recognition of a person, as a badge may be made of it.

    Args:
        session: any session.
        person_id: whose.
        record_id: the id of the award or of the recognition.
        now: UTC.

    Raises:
        NothingToBadge: the person has no such record, or it was withdrawn, corrected or superseded.
    """
    content = awards.passport_content(session, person_id, now=now)
    practice = content.advanced_practice if _is(content.advanced_practice, record_id) else None
    credentials = tuple(award for award in content.credentials if _is(award, record_id))
    if not practice and not credentials:
        raise NothingToBadge
    return Subject(
        PassportContent(
            number=content.number,
            given_name=content.given_name,
            family_name=content.family_name,
            credentials=credentials,
            advanced_practice=practice,
        )
    )


def title_of(session: Session, record: Award | AdvancedPractice) -> str:
    """Return what a badge of a record is called."""
    if isinstance(record, AdvancedPractice):
        return open_badges.name_of(record)
    return session.get_one(Standard, session.get_one(AwardRow, UUID(record.id)).standard_id).title


def found(session: Session, person_id: UUID, about: Subject, *, now: datetime) -> Credential | None:
    """Return the badge that says this and still lives; None: there is none, or it is about to end."""
    badges: Sequence[Credential] = [
        copy
        for copy in service.live(session, person_id, now=now)
        if copy.carrier == BADGE and copy.content_hash == about.hash
    ]
    ends_anyway = about.ends_at is not None and about.ends_at < now + LEAST_LIFE
    lasting = [copy for copy in badges if ends_anyway or copy.expires_at >= now + LEAST_LIFE]
    return lasting[-1] if lasting else None


def plan(session: Session, person_id: UUID, record_id: UUID, *, requested_by: str, now: datetime) -> Credential:
    """Record the badge that is about to be signed; house rule 3.

    Args:
        session: the first of the two transactions.
        person_id: who takes it.
        record_id: the id of the award or of the recognition.
        requested_by: who asked, for the audit log.
        now: UTC.

    Raises:
        NoActiveKey, KeyUnusable: nothing can be signed now.
        RecordClosed: the person's record is closed, or was merged into another.
        NothingToBadge, CredentialOver: there is no such record, or its last day has passed.
    """
    if session.scalar(select(Person.id).where(Person.id == person_id, service.IS_OPEN)) is None:
        raise service.RecordClosed
    about = subject(session, person_id, record_id, now=now)
    if about.ends_at is not None and about.ends_at <= now:
        raise CredentialOver
    key = signing.active_key(session, "badge")
    place = _place(session, key, now)
    claims = _claims(about, place, title=title_of(session, about.record), now=now)
    planned = Credential(
        person_id=person_id,
        organisation_id=_made_by(session, about.record),
        carrier=BADGE,
        state="planned",
        kid=key.kid,
        list_number=place.number,
        status_index=place.index,
        salts_seed=b"",
        claims=tokens.encoded(claims),
        claims_sha256=_to_be_signed(claims, key),
        content_hash=about.hash,
        requested_by=requested_by,
        planned_at=now,
        expires_at=claims.expires_at,
    )
    session.add(planned)
    session.flush()
    return planned


def _place(session: Session, key: SigningKey, now: datetime) -> status_lists.Place:
    while True:  # until nobody else took the place that was drawn
        drawn = status_lists.draw(session, kid=key.kid, count=1, now=now)
        if status_lists.take(session, drawn, kid=key.kid, now=now):
            return drawn[0]


def _claims(about: Subject, place: status_lists.Place, *, title: str, now: datetime) -> tokens.StoredClaims:
    issuer, issued_at = keyring.current().settings.issuer, now.replace(microsecond=0)
    expires_at = issued_at + LIFE if about.ends_at is None else min(issued_at + LIFE, about.ends_at)
    terms = open_badges.Terms(
        issuer=issuer,
        badge_id=f"urn:uuid:{uuid4()}",
        subject_id=f"urn:uuid:{uuid4()}",
        holder_name=f"{about.content.given_name} {about.content.family_name}",
        issued_at=issued_at,
        expires_at=expires_at,
        status=status_lists.reference(issuer, place),
    )
    said: dict[str, Any]
    if isinstance(about.record, Award):
        said = open_badges.of_award(about.record, terms, title=title)
    else:
        said = open_badges.of_practice(about.record, terms)
    return tokens.StoredClaims(
        issuer=issuer, issued_at=issued_at, expires_at=expires_at, content=about.content, badge=canonical_json(said)
    )


def _to_be_signed(claims: tokens.StoredClaims, key: SigningKey) -> bytes:
    badge = tokens.badge_from(claims.badge or b"", issuer=claims.issuer, key=key)
    return hashlib.sha256(badge.to_be_signed).digest()


def _made_by(session: Session, record: Award | AdvancedPractice) -> UUID:
    """Return the organisation that made a record. Its badge is made for it: it may take the badge back."""
    if isinstance(record, AdvancedPractice):
        return session.get_one(Recognition, UUID(record.id)).organisation_id
    return session.get_one(AwardRow, UUID(record.id)).organisation_id


def _is(record: Award | AdvancedPractice | None, record_id: UUID) -> bool:
    return record is not None and record.id == str(record_id)
