"""Programs that issue and revoke from processes of their own, for the tests of races and of sudden death."""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from credentials.encoding import b64url_decode, strict_json
from credentials.status_list import decompress
from passport import db
from passport.issuing import issuance, service
from passport.publishing import service as publishing
from passport.settings import Settings
from passport.signing import keyring

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
THREADS = 16
ACTOR = "job:race"
Outcome = tuple[str, int, bool]  # the list's address, the place, whether it was revoked


def is_invalid(token: bytes, index: int) -> bool:
    """Read one bit of a signed list."""
    claims = strict_json(b64url_decode(token.decode().split(".")[1]))
    assert isinstance(claims, dict)
    data = decompress(claims["status_list"]["lst"])
    return bool(data[index >> 3] >> (index & 7) & 1)


def issue_and_revoke(person_id: UUID, organisation_id: UUID, *, revoke: bool) -> Outcome:
    """Issue one copy; maybe revoke it, and see that the very next look at the list says so."""
    issued = issuance.issue_passport(person_id, organisation_id=organisation_id, requested_by=ACTOR, now=NOW)
    number = int(issued.status.uri.rpartition("/")[2])
    if revoke:
        with db.transaction() as session:
            service.revoke(session, issued.id, organisation_id=organisation_id, reason="lost", actor=ACTOR, now=NOW)
    with db.reading() as session:
        token = publishing.status_list(session, number).body
    assert is_invalid(token, issued.status.idx) == revoke
    return issued.status.uri, issued.status.idx, revoke


def race(url: str, home: str, people: Sequence[tuple[UUID, UUID]], revocations: int) -> list[Outcome]:
    """Issue to all of these people from many threads at once, and revoke some of the copies."""
    keyring.configure(Settings(home=Path(home), example_keys=True))
    engine = db.connect(url, pool_size=THREADS)
    with ThreadPoolExecutor(THREADS) as threads:
        running = [
            threads.submit(issue_and_revoke, person, organisation, revoke=number < revocations)
            for number, (person, organisation) in enumerate(people)
        ]
        outcomes = [each.result() for each in running]
    engine.dispose()
    return outcomes


def stop_before_signing(url: str, home: str, person_id: str, organisation_id: str) -> None:
    """Plan one copy, and wait for death where the signature would be made."""
    keyring.configure(Settings(home=Path(home), example_keys=True))
    db.connect(url)

    def waiting(*_plans: object, **_who: object) -> list[issuance.Issued]:
        print("planned", flush=True)  # noqa: T201 (tells the test that it is time)
        os.read(0, 1)  # never comes
        return []

    issuance._sign = waiting  # the place to die
    issuance.issue_passport(UUID(person_id), organisation_id=UUID(organisation_id), requested_by=ACTOR, now=NOW)


if __name__ == "__main__":
    stop_before_signing(*sys.argv[1:])
