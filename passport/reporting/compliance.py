"""How staff stand with their statutory training, by subject, in the states of a holder's own page (`holder.standing`).

Who is employed by an organisation on a day counts there. For a subject the award that counts longest decides, of any
level, by whichever issuer: until when an award counts follows from the renewal rule in force on that day and from the
award's own last day, whichever ends first (the rule of `credentials.periods`). An award that a newer version of its
framework leaves open (`credentials.catalogue.CarryOver`) decides only where none counts in full: then new content is
left to do, or a person decides, as a receiver's check says (`new_content_outstanding`, `version_unclear`). A standard
of several parts counts while all of them do, and as the part of the least worth. So a changed rule and a new version
change the counts without a new award. To count a large employer takes most of a
second, so all are counted in the night (`count_all`); an organisation may count its own anew at any time
(`count_again`), and one that was never counted is counted when it looks. The counts of others are shown through
disclosure control. Of others it is not shown how many never held a subject: with them the states of each subject add up
to the same headcount, and a sum that is known, or only bounded from above, narrows each `*` in it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from credentials.catalogue import WORTHS
from passport.awards.lasting import CARRIED_OVER, last_day
from passport.organisations.models import Organisation
from passport.reporting.models import ComplianceCount, State
from passport.reporting.picture import Picture, Row, Table
from passport.reporting.places import Place, Places, View
from passport.reporting.service import Asked
from passport.standards.models import Standard

STATES: Final[dict[State, str]] = {
    "current": "Current", "within_90": "Ends in 31 to 90 days", "within_30": "Ends within 30 days",
    "in_part": "New content to do", "unclear": "To be decided", "lapsed": "Lapsed", "never": "Never held",
}  # fmt: skip
ONLY_OWN: Final[tuple[State, ...]] = ("never",)
SOON: Final = 30  # days
LATER: Final = 90
STEP: Final = 10_000_000  # more days than any award counts
LOCK: Final = 0x7472_6E67  # "trng": what is counted is kept by one at a time
Subjects = Mapping[tuple[str, State], int]
Disclosed = Picture[tuple[str, State]]

COUNT: Final = text(f"""
    WITH staff AS MATERIALIZED (
        SELECT DISTINCT person_id FROM employment
        WHERE organisation_id = :organisation AND started_on <= :today AND (ended_on IS NULL OR ended_on >= :today)
    ), rule AS MATERIALIZED (
        SELECT s.id AS standard_id, s.subject,
               (SELECT count(*) FROM standard_part p WHERE p.standard_id = s.id) AS parts,
               (SELECT months FROM renewal_rule r WHERE r.standard_id = s.id
                AND (r.from_on IS NULL OR r.from_on <= :today) AND (r.until_on IS NULL OR r.until_on >= :today)
                ORDER BY r.from_on DESC NULLS LAST LIMIT 1) AS months
        FROM standard s WHERE s.kind = 'statutory'
    ), carried AS MATERIALIZED (
        SELECT k.standard_id, made.id AS framework_version_id,
               max(array_position(CAST(:worths AS text[]), k.worth)) AS worth
        {CARRIED_OVER} GROUP BY k.standard_id, made.id
    ), counted AS (
        SELECT a.person_id, r.subject, a.standard_id, r.parts, a.part, coalesce(c.worth, 1) AS worth,
               coalesce({last_day("a", "r")}, '9999-12-31') - :today AS days
        -- By the index, person by person: right after a large import nobody knows yet how large a join would be.
        FROM award a JOIN rule r USING (standard_id) LEFT JOIN carried c USING (standard_id, framework_version_id)
        WHERE a.person_id = ANY(ARRAY(SELECT person_id FROM staff)) AND a.ended_at IS NULL
        OFFSET 0 -- so that the day is worked out once
    ), held AS (
        -- What counts in full goes before what counts in part, that before what is unclear, then what lasts longer.
        SELECT person_id, subject, standard_id, parts, part,
               max(CASE WHEN days < 0 THEN -1 ELSE days + (3 - worth) * :step END) AS standing
        FROM counted GROUP BY person_id, subject, standard_id, parts, part
    ), whole AS (
        SELECT person_id, subject, greatest(
            max(standing) FILTER (WHERE part = 0),
            CASE WHEN count(*) FILTER (WHERE part > 0) = parts THEN min(standing) FILTER (WHERE part > 0) END
        ) AS standing
        FROM held GROUP BY person_id, subject, standard_id, parts
    ), best AS (
        SELECT person_id, subject, max(standing) AS standing FROM whole WHERE standing IS NOT NULL
        GROUP BY person_id, subject
    )
    SELECT subject, CASE WHEN standing < 0 THEN 'lapsed' WHEN standing < :step THEN 'unclear'
                         WHEN standing < 2 * :step THEN 'in_part' WHEN standing - 2 * :step <= :soon THEN 'within_30'
                         WHEN standing - 2 * :step <= :later THEN 'within_90' ELSE 'current' END AS state,
           count(*) AS people
    FROM best GROUP BY 1, 2
    UNION ALL
    SELECT r.subject, 'never', (SELECT count(*) FROM staff) - count(b.person_id)
    FROM (SELECT DISTINCT subject FROM rule) r LEFT JOIN best b USING (subject) GROUP BY r.subject
""")  # noqa: S608 (our own text and expression)


def count(session: Session, organisation_id: UUID, *, today: date) -> Subjects:
    """Return how many of an organisation's staff stand how with each subject, exactly.

    Args:
        session: an open transaction.
        organisation_id: the employer.
        today: the day on which it is asked.
    """
    values = {
        "organisation": organisation_id, "today": today, "soon": SOON, "later": LATER, "step": STEP,
        "worths": list(WORTHS),
    }  # fmt: skip
    return {(subject, state): people for subject, state, people in session.execute(COUNT, values) if people}


def count_all(session: Session, *, today: date) -> int:
    """Count all organisations again, and return how many there were.

    Args:
        session: the transaction of a job.
        today: the day of the counts.
    """
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    session.execute(delete(ComplianceCount))
    organisations = session.scalars(select(Organisation.id)).all()
    for organisation_id in organisations:
        _keep(session, organisation_id, today=today)
    return len(organisations)


def count_again(session: Session, organisation_id: UUID, *, today: date) -> bool:
    """Count one organisation again; return False where somebody is counting already.

    Args:
        session: an open transaction.
        organisation_id: the employer.
        today: the day of the counts.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
        return False
    session.execute(delete(ComplianceCount).where(ComplianceCount.organisation_id == organisation_id))
    _keep(session, organisation_id, today=today)
    return True


def picture(session: Session, asked: Asked, *, today: date) -> Disclosed:
    """Return what may be seen of all organisations, of the last count."""
    kept = session.execute(
        select(ComplianceCount.organisation_id, ComplianceCount.subject, ComplianceCount.state, ComplianceCount.people)
    )
    counts: dict[tuple[UUID, tuple[str, State]], int] = {
        (organisation_id, (subject, state)): people for organisation_id, subject, state, people in kept
    }
    own = asked.view.own
    if own is not None and counted_on(session, own) is None:
        counts |= {(own, category): people for category, people in count(session, own, today=today).items()}
    return disclosed(asked.places, asked.view, counts)


def disclosed(places: Places, view: View, counts: Mapping[tuple[UUID, tuple[str, State]], int]) -> Disclosed:
    """Return what somebody may see of counts by organisation, subject and state."""
    # Of every subject, also where nobody is counted so: a 0 would say as much.
    withheld = {(subject, state) for _, (subject, _) in counts for state in ONLY_OWN}
    return Picture(places, view, counts, withheld=withheld)


def counted_on(session: Session, organisation_id: UUID | None = None) -> date | None:
    """Return the day of the last count, of an organisation or of all; None before the first."""
    day = select(func.min(ComplianceCount.counted_on))  # one that counted again since is newer than the others
    return session.scalar(day.where(ComplianceCount.organisation_id == organisation_id) if organisation_id else day)


def counted_subjects(session: Session) -> Sequence[str]:
    """Return the subjects that are counted, by name: those of all statutory standards."""
    found = select(Standard.subject).where(Standard.kind == "statutory").distinct()
    return session.scalars(found.order_by(Standard.subject)).all()


def subjects(seen: Disclosed) -> Sequence[str]:
    """Return the subjects, by name."""
    return sorted({subject for subject, _ in seen.categories})


def by_subject(seen: Disclosed, place: Place) -> Table:
    """Return the table of subjects by state, of a place."""
    rows = tuple(
        Row(subject, subject, tuple(seen.figure(place, [(subject, state)]) for state in STATES))
        for subject in subjects(seen)
    )
    return Table("Subject", tuple(STATES.values()), rows).without_withheld_columns()


def by_place(seen: Disclosed, place: Place, subject: str) -> Table:
    """Return the table of places by state, of one subject."""
    columns = {label: [(subject, state)] for state, label in STATES.items()}
    return seen.by_place(place, columns).without_withheld_columns()


def _keep(session: Session, organisation_id: UUID, *, today: date) -> None:
    rows = [
        {"organisation_id": organisation_id, "subject": subject, "state": state, "people": people, "counted_on": today}
        for (subject, state), people in count(session, organisation_id, today=today).items()
    ]
    if rows:
        session.execute(insert(ComplianceCount), rows)
