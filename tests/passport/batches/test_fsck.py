"""`passport fsck` finds what was changed of a batch behind the service's back: its rows, its chunks, its entries."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from passport import db
from passport.batches import storing, work
from passport.batches.fsck import findings
from passport.operations import fsck
from passport.settings import Settings
from passport.signing import keyring
from tests.batch_files import Sender, as_csv, make_sender
from tests.batch_processes import NOW
from tests.passports import make_service


def test_batches_of_every_kind_agree_with_the_audit_log(session: Session, sender: Sender) -> None:
    unknown = sender.awards(3, Standard="NOTHING")
    recorded = sender.send("record_awards", as_csv(*sender.awards(0), *unknown, *sender.awards(1)))
    sender.send("correct_awards", as_csv(*sender.rows(0, Standard="FS", **{"New delivery": "blended"})))
    sender.send("issue_passports", as_csv(*sender.rows(0, 1)))
    sender.send("revoke_copies", as_csv(*sender.rows(0, Reason="lost")))
    sender.undo(recorded)
    assert list(findings(session)) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            "UPDATE batch_row SET outcome = 'done' WHERE line = 5",
            "not what the audit log",
        ),
        ("UPDATE batch_row SET result_id = NULL WHERE line = 6", "not what the audit log"),
        ("UPDATE batch_chunk SET number = 9 WHERE number = 2", "has no entry of them"),
    ],
)
def test_fsck_names_the_lines_that_the_owner_changed(
    database_url: str,
    private_database: Callable[[str], str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    fault: str,
) -> None:
    monkeypatch.setattr(storing, "CHUNK", 2)
    keyring.configure(settings)
    with db.transaction() as session:
        sender = make_sender(session, NOW)
        make_service(session, NOW)
        rows = sender.awards(0, 1, 2) + sender.awards(3, Standard="NOTHING") + sender.awards(3)
        batch_id = sender.request("record_awards", as_csv(*rows)).id
    for number in (1, 2):
        work.work(batch_id, number, clock=lambda: NOW)
    owner = create_engine(private_database("owner"))
    with owner.begin() as connection:
        connection.execute(text(change))
    owner.dispose()
    monkeypatch.setenv("PASSPORT_DATABASE_URL", database_url)
    monkeypatch.setenv("PASSPORT_HOME", str(settings.home))
    monkeypatch.setenv("PASSPORT_EXAMPLE_KEYS", "yes")
    told = CliRunner().invoke(fsck, catch_exceptions=False)
    assert told.exit_code == 1
    assert told.stdout.startswith(f"batch {batch_id}: lines 4 to 6: ")
    assert fault in told.stdout
    assert told.stdout.count("\n") == 1
