"""What passports say now, in one query for however many people: the database builds each record, msgspec checks it.

Current awards (training and credentials apart), registrations, the employer, and recognition at a level of practice.
An award that was superseded, corrected or withdrawn is not in it; one whose period has passed is, because how long an
award counts is the receiver's rule (house rule 6). Local training never is.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from credentials.records import PassportContent
from passport.errors import NotFound

INSTANT: Final = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
CONTENT: Final = text(f"""
SELECT p.id, (json_build_object(
    'number', p.passport_number, 'given_name', p.given_name, 'family_name', p.family_name,
    'employer', (
        SELECT json_build_object('ods', o.ods_code, 'name', o.name)
        FROM employment e JOIN organisation o ON o.id = e.organisation_id
        WHERE e.person_id = p.id AND e.started_on <= :today AND coalesce(e.ended_on, 'infinity') >= :today
        ORDER BY e.kind <> 'substantive', e.started_on DESC, e.id DESC LIMIT 1),
    'registrations', coalesce((
        SELECT json_agg(json_build_object(
            'body', r.body, 'number', r.number, 'checked_by', o.ods_code, 'method', r.method,
            'checked_at', to_char(r.checked_at AT TIME ZONE 'UTC', {INSTANT}), 'annotations', r.annotations
        ) ORDER BY r.body, r.number)
        FROM registration r JOIN organisation o ON o.id = r.checked_by_id WHERE r.person_id = p.id), '[]'),
    'training', coalesce(a.training, '[]'),
    'credentials', coalesce(a.credentials, '[]'),
    'advanced_practice', (
        SELECT json_build_object(
            'id', g.id, 'level', g.level, 'edition', g.edition, 'route', g.route, 'pillars', g.pillars,
            'base_profession', g.base_profession, 'recognised_on', g.recognised_on,
            'issuer', json_build_object('ods', o.ods_code, 'name', o.name, 'kind', o.kind))
        FROM recognition g JOIN organisation o ON o.id = g.organisation_id
        WHERE g.person_id = p.id AND g.ended_at IS NULL)))::text
FROM person p
LEFT JOIN LATERAL (
    SELECT json_agg(w.record ORDER BY w.number, w.part, w.ods_code) FILTER (WHERE w.kind = 'statutory') AS training,
           json_agg(w.record ORDER BY w.number, w.part, w.ods_code) FILTER (WHERE w.kind = 'credential') AS credentials
    FROM (
        SELECT s.kind, s.number, w.part, o.ods_code, json_build_object(
            'id', w.id, 'standard', s.code, 'framework', f.code, 'framework_version', v.version, 'subject', s.subject,
            'level', s.level, 'variant', s.variant, 'part', nullif(w.part, 0), 'awarded_on', w.awarded_on,
            'valid_until', w.valid_until,
            'issuer', json_build_object('ods', o.ods_code, 'name', o.name, 'kind', o.kind),
            'assurance', json_build_object(
                'delivery', w.delivery, 'assessed', w.assessed, 'verification_method', w.verification_method,
                'pedigree', w.pedigree, 'recorded_at', to_char(w.recorded_at AT TIME ZONE 'UTC', {INSTANT}))) AS record
        FROM award w
        JOIN standard s ON s.id = w.standard_id
        JOIN framework f ON f.id = s.framework_id
        JOIN framework_version v ON v.id = w.framework_version_id
        JOIN organisation o ON o.id = w.organisation_id
        WHERE w.person_id = p.id AND w.ended_at IS NULL
    ) w
) a ON true
WHERE p.id = ANY(:people)
""")  # noqa: S608 - only the format above is put in
_decoder: Final = msgspec.json.Decoder(PassportContent)


class NobodyThere(NotFound):
    """There is no such person."""

    code = "person_not_found"
    title = "There is no such person"


def passport_content(session: Session, person_id: UUID, *, now: datetime) -> PassportContent:
    """Return what a person's passport says now.

    Args:
        session: an open transaction.
        person_id: whose.
        now: UTC; says which employment is the present one.

    Raises:
        NotFound: there is no such person.
    """
    [content] = passport_contents(session, [person_id], now=now)
    return content


def passport_contents(session: Session, person_ids: Sequence[UUID], *, now: datetime) -> list[PassportContent]:
    """Return what the passports of many people say now, in the order of their ids; see `passport_content`."""
    rows = session.execute(CONTENT, {"people": list(person_ids), "today": now.date()})
    found: dict[UUID, str] = dict(rows.all())
    if not found.keys() >= set(person_ids):
        raise NobodyThere
    return [_decoder.decode(found[person_id]) for person_id in person_ids]
