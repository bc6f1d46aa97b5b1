"""`passport keys`, from making a key to its compromise, as an operator does it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from passport.cli import main
from passport.signing.example_keys import FOLDER

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("PASSPORT_DATABASE_URL", database_url)
    monkeypatch.setenv("PASSPORT_HOME", str(tmp_path))
    monkeypatch.setenv("PASSPORT_KEY_PASSPHRASE", "an invented passphrase")
    return lambda *arguments: CliRunner().invoke(main, ["keys", *arguments])


def test_a_key_is_made_encrypted_with_a_request_for_its_certificate(run: Run, tmp_path: Path) -> None:
    made = run("create", "--purpose", "passport")
    assert made.exit_code == 0, made.output
    [pem] = (tmp_path / "keys").glob("passport-*.pem")
    assert pem.stat().st_mode & 0o777 == 0o600
    assert pem.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert pem.with_suffix(".csr").read_text().startswith("-----BEGIN CERTIFICATE REQUEST-----")


def test_a_key_lives_from_planned_to_compromised(run: Run) -> None:
    kid = run("create", "--purpose", "qr").stdout.strip()
    assert "planned" in run("list").output
    assert run("publish", kid).exit_code == 0
    early = run("activate", kid)
    assert (early.exit_code, "hour" in early.output) == (1, True)
    assert run("compromise", kid).exit_code == 0
    assert '"state": "compromised"' in run("list", "--json").output
    assert run("publish", kid).exit_code == 1


@pytest.mark.parametrize("move", ["certificate", "publish", "activate", "retire", "compromise"])
def test_a_thumbprint_that_looks_like_options_is_one(run: Run, tmp_path: Path, move: str) -> None:
    chain = tmp_path / "chain.pem"
    chain.touch()
    refused = run(move, "-8fvGymwQDhkT5yIyiwamC_1IAZUiB2QFHA1yE3mq4o", *([str(chain)] if move == "certificate" else []))
    assert refused.exit_code == 1, refused.output
    assert "Usage" not in refused.output


def test_a_key_that_signed_nothing_affects_nobody_whatever_its_thumbprint(run: Run) -> None:
    assert run("list").exit_code == 0  # the settings are those of the tests
    found = CliRunner().invoke(main, ["affected", "-8fvGymwQDhkT5yIyiwamC_1IAZUiB2QFHA1yE3mq4o"])
    assert (found.exit_code, found.output) == (0, "")


def test_no_key_is_made_without_a_passphrase(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PASSPORT_KEY_PASSPHRASE")
    assert run("create", "--purpose", "qr").exit_code == 1
    assert not (tmp_path / "keys").exists()


def test_an_example_key_is_not_imported_in_earnest(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORT_KEY_PASSPHRASE", "everybody knows this passphrase")
    (tmp_path / "qr.pem").touch(mode=0o600)
    (tmp_path / "qr.pem").write_bytes((FOLDER / "qr.pem").read_bytes())
    refused = run("import", "--purpose", "qr", "--uri", "file:qr.pem")
    assert refused.exit_code == 1
    assert "example key" in refused.output


def test_a_passport_key_waits_for_its_certificate(run: Run) -> None:
    kid = run("create", "--purpose", "passport").stdout.splitlines()[0]
    refused = run("publish", kid)
    assert refused.exit_code == 1
    assert "certificate" in refused.output
