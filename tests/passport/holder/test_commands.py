"""`passport qr` and `passport issue` from the command line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import select

from passport import db
from passport.holder.commands import qr
from passport.issuing.commands import issue
from passport.issuing.models import Credential
from passport.operations import fsck
from passport.settings import Settings
from passport.signing import keyring
from tests.passports import Nurse, make_nurse, make_service


@pytest.fixture
def nurse(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nurse:
    monkeypatch.setenv("PASSPORT_DATABASE_URL", database_url)
    monkeypatch.setenv("PASSPORT_HOME", str(tmp_path))
    monkeypatch.setenv("PASSPORT_EXAMPLE_KEYS", "yes")
    keyring.configure(Settings.from_env())
    with db.transaction() as session:
        make_service(session, datetime.now(UTC))
        return make_nurse(session)


@pytest.mark.parametrize("kind", ["screen", "print"])
def test_the_picture_reads_back_as_a_passport(nurse: Nurse, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "me.png"
    drawn = CliRunner().invoke(qr, [nurse.number, "--kind", kind, "--out", str(out)], catch_exceptions=False)
    assert drawn.exit_code == 0, drawn.output
    [read] = zxingcpp.read_barcodes(Image.open(out))
    assert read.text.startswith("http://127.0.0.1:8000/v#")


@pytest.mark.parametrize(("form", "begin"), [(".svg", "<svg "), (".txt", "http://127.0.0.1:8000/v#")])
def test_a_qr_is_drawn_in_other_forms_too(nurse: Nurse, tmp_path: Path, form: str, begin: str) -> None:
    out = tmp_path / f"me{form}"
    CliRunner().invoke(qr, [nurse.number, "--kind", "screen", "--out", str(out)], catch_exceptions=False)
    assert out.read_text(encoding="utf-8").lstrip().startswith(begin)


def test_another_form_is_refused_before_anything_is_issued(nurse: Nurse, database_url: str, tmp_path: Path) -> None:
    refused = CliRunner().invoke(qr, [nurse.number, "--kind", "print", "--out", str(tmp_path / "me.jpg")])
    assert refused.exit_code == 2
    db.connect(database_url)
    with db.reading() as session:
        assert session.scalars(select(Credential.id)).all() == []


def test_a_folder_that_is_not_there_is_named_before_anything_is_issued(
    nurse: Nurse, database_url: str, tmp_path: Path
) -> None:
    refused = CliRunner().invoke(qr, [nurse.number, "--kind", "print", "--out", str(tmp_path / "none" / "me.png")])
    assert (refused.exit_code, "none is not there" in refused.output) == (2, True)
    db.connect(database_url)
    with db.reading() as session:
        assert session.scalars(select(Credential.id)).all() == []


def test_a_passport_is_printed_and_all_that_was_issued_is_in_order(nurse: Nurse) -> None:
    issued = CliRunner().invoke(issue, [nurse.number], catch_exceptions=False)
    assert issued.stdout.count("~") > 3
    assert CliRunner().invoke(fsck, catch_exceptions=False).exit_code == 0
