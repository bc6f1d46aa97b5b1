"""`fsck` finds what was changed behind the service's back."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from passport.issuing import service
from passport.issuing.fsck import findings
from passport.issuing.models import Credential
from tests.copies import OPERATOR, issue
from tests.passports import Nurse

Harm = Callable[[Session, Credential], object]


def _execute(statement: str) -> Harm:
    return lambda session, copy: session.execute(
        text(statement), {"id": copy.id, "list": copy.list_number, "index": copy.status_index}
    )


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("UPDATE credential SET signature = set_byte(signature, 9, get_byte(signature, 9) # 1) WHERE id = :id",
         "does not verify"),
        ("UPDATE credential SET claims = convert_to(replace(convert_from(claims, 'UTF8'), 'Testa', 'Tesla'), 'UTF8')"
         " WHERE id = :id", "its claims are not those"),
        ("UPDATE credential SET claims = ''::bytea WHERE id = :id", "can't be read"),
        ("UPDATE credential SET salts_seed = set_byte(salts_seed, 0, get_byte(salts_seed, 0) # 1) WHERE id = :id",
         "its claims are not those"),
        ("UPDATE credential SET content_hash = set_byte(content_hash, 0, get_byte(content_hash, 0) # 1)"
         " WHERE id = :id", "its content is not"),
        ("UPDATE credential SET revoked_at = planned_at WHERE id = :id", "do not agree"),
        ("UPDATE credential SET state = 'void', signature = NULL WHERE id = :id", "still valid"),
        ("UPDATE status_entry SET invalid_at = now() WHERE list_number = :list AND index = :index",
         "not what the entries say"),
        ("INSERT INTO status_entry (list_number, index) SELECT :list, 131072", "belongs to no credential"),
        ("UPDATE status_list SET used = used + 1 WHERE number = :list", "number of places"),
        ("UPDATE status_list SET token = NULL WHERE number = :list", "never signed"),
        ("UPDATE status_list SET token = set_byte(token, 90, 65) WHERE number = :list", "can't be read or does not"),
        ("UPDATE status_list SET signed_at = signed_at + interval '1 hour' WHERE number = :list", "another time"),
    ],
)  # fmt: skip
def test_fsck_finds_what_was_changed_behind_our_back(
    session: Session, nurse: Nurse, now: datetime, harm: str, sentence: str
) -> None:
    copy = session.get_one(Credential, issue(session, nurse, now).id)
    assert list(findings(session, now=now)) == []
    _execute(harm)(session, copy)
    session.expire_all()
    assert any(sentence in finding for finding in findings(session, now=now))


def test_fsck_finds_a_forgotten_plan(session: Session, nurse: Nurse, now: datetime) -> None:
    service.plan(session, [nurse.person_id], organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now)
    assert list(findings(session, now=now)) == []
    assert len(list(findings(session, now=now + timedelta(days=3)))) == 1
