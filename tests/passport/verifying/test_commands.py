"""`passport verify`: exit codes, words and JSON; with nothing but files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from credentials.code_list import WORDS, CodeList, issue_code_list
from credentials.qr import prepare_qr
from credentials.records import VerifiedAward
from credentials.sd_jwt_vc import StatusReference
from credentials.trust import issue_trust_list
from credentials.trust_root import draft_root, sign_root
from passport.verifying.commands import verify
from tests.credentials.acceptance_samples import a_standard
from tests.credentials.passport_samples import (
    DAY,
    ISSUER,
    NOW,
    PASSPORT,
    QR_KEY,
    ROOT_KEYS,
    STATUS_INDEX,
    STATUS_URI,
    STRANGERS_KEY,
    TRUST_LIST_KEY,
    issued,
    status_token,
    trust_content,
)

ROOT = Path(__file__).resolve().parents[3]
AT = "2026-08-06T09:00:00Z"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a root, the lists under it and a passport."""
    root = draft_root(
        version=1,
        expires_at=NOW + 300 * DAY,
        threshold=1,
        root_keys=[ROOT_KEYS[0].public],
        trust_list_keys=[TRUST_LIST_KEY.public],
    )
    (tmp_path / "root").write_bytes(sign_root(root, ROOT_KEYS[0]))
    (tmp_path / "trust").write_text(issue_trust_list(trust_content(), signer=TRUST_LIST_KEY))
    (tmp_path / "status").write_text(status_token())
    (tmp_path / "passport").write_text(issued() + "\n")
    return tmp_path


Run = Callable[..., Result]


@pytest.fixture
def run(files: Path) -> Run:
    """Run `passport verify` in the folder; options may be replaced or, with None, left out."""

    def run(passport: str = "passport", *more: str, text: str | None = None, **changed: str | None) -> Result:
        options = {"root": "root", "trust_list": "trust", "status_list": "status", "at": AT} | changed
        arguments = [str(files / passport) if passport != "-" else "-", *more]
        for name, value in options.items():
            if value is not None:
                is_file = name != "at"
                arguments += [f"--{name.replace('_', '-')}", str(files / value) if is_file else value]
        result = CliRunner().invoke(verify, arguments, input=text)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


def test_a_good_passport_ends_with_0_and_says_each_fact_by_itself(run: Run) -> None:
    result = run()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "Genuine         yes, signed by https://passport.example on 5 August 2026"
    assert lines[1] == "Current         yes, until 5 September 2026, 09:00 UTC"
    assert lines[2] == "Not withdrawn   yes, as of 6 August 2026, 08:00 UTC"
    assert "Name            Zoë O’Invented-Example" in lines
    assert any(line.startswith("Check the name against photo ID") for line in lines)
    assert "    awarded on 2 March 2026" in lines
    assert (
        "    by Invented Vale NHS Trust (X1V2A); accredited for it, then and now; aligned to CSTF then, no longer now"
        in lines
    )
    assert "    by Invented College of Practice (X2C3B); accredited for it then, suspended now" in lines


def test_standard_input_is_read_for_a_hyphen(run: Run) -> None:
    assert run("-", text=issued()).exit_code == 0


def test_json_is_the_verdict_and_the_records_that_decide_reads(run: Run) -> None:
    verdict = json.loads(run("passport", "--json").stdout)
    assert list(verdict) == [
        "outcome", "reason", "checks", "current", "not_withdrawn", "holder", "awards", "advanced_practice", "records",
    ]  # fmt: skip
    records = msgspec.convert(verdict["records"], tuple[VerifiedAward, ...])
    assert [record.award for record in records] == [*PASSPORT.training, *PASSPORT.credentials]


def test_a_forged_passport_ends_with_1(run: Run, files: Path) -> None:
    (files / "passport").write_text(issued(key=STRANGERS_KEY))
    result = run()
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "REFUSED: this is not a genuine passport",
        "The key that the token names is not in the trust list. (kid_unknown)",
    ]


@pytest.mark.parametrize("text", ["", "hello", "a.b.c~", "x" * 200_000])
def test_a_text_that_is_no_passport_ends_with_1(run: Run, files: Path, text: str) -> None:
    (files / "passport").write_text(text)
    assert run().exit_code == 1


def test_a_withdrawn_passport_ends_with_1_and_is_still_called_genuine(run: Run, files: Path) -> None:
    (files / "status").write_text(status_token(STATUS_INDEX))
    result = run()
    assert result.exit_code == 1
    assert "Genuine         yes" in result.stdout
    assert "Not withdrawn   NO" in result.stdout
    assert "Ask for a fresh one." in result.stdout


def test_an_expired_passport_ends_with_1_and_is_still_called_genuine(run: Run, files: Path) -> None:
    (files / "passport").write_text(issued(expires_at=NOW - timedelta(hours=1)))
    result = run()
    assert result.exit_code == 1
    assert "Genuine         yes" in result.stdout
    assert "Current         NO, it expired on 6 August 2026, 08:00 UTC." in result.stdout


def test_an_expired_passport_without_a_status_list_ends_with_1_because_that_is_known(run: Run, files: Path) -> None:
    (files / "passport").write_text(issued(expires_at=NOW - timedelta(hours=1)))
    assert run(status_list=None).exit_code == 1


def test_without_a_status_list_it_ends_with_3_and_is_never_called_good(run: Run) -> None:
    result = run(status_list=None)
    assert result.exit_code == 3
    assert "Not withdrawn   COULD NOT CHECK." in result.stdout


def test_a_status_list_that_ran_out_ends_with_3_and_says_since_when(run: Run, files: Path) -> None:
    (files / "status").write_text(status_token(issued_at=NOW - 5 * DAY))
    stale = run(at="2026-08-08T09:00:00Z")
    assert stale.exit_code == 3
    assert "COULD NOT CHECK, as of 1 August 2026, 09:00 UTC" in stale.stdout


def test_a_trust_list_that_ran_out_ends_with_3(run: Run) -> None:
    result = run("passport", "--json", at="2026-09-01T09:00:00Z")
    assert result.exit_code == 3
    verdict = json.loads(result.stdout)
    assert (verdict["outcome"], verdict["reason"], verdict["records"]) == ("could_not_check", "trust_list_stale", [])


def test_a_root_that_ran_out_ends_with_3(run: Run) -> None:
    assert run(at="2027-09-01T09:00:00Z").exit_code == 3


@pytest.mark.parametrize("name", ["root", "trust", "status"])
@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe", b"{}"])
def test_a_list_that_is_none_ends_with_2(run: Run, files: Path, name: str, content: bytes) -> None:
    (files / name).write_bytes(content)
    result = run()
    assert result.exit_code == 2
    assert "can" in result.stderr
    assert result.stdout == ""


def test_a_trust_list_that_a_stranger_signed_ends_with_2(run: Run, files: Path) -> None:
    (files / "trust").write_text(issue_trust_list(trust_content(), signer=STRANGERS_KEY))
    result = run()
    assert result.exit_code == 2
    assert "kid_unknown" in result.stderr


def test_a_status_list_that_speaks_for_another_address_does_not_help(run: Run, files: Path) -> None:
    (files / "status").write_text(status_token(uri=f"{STATUS_URI}7"))
    assert run().exit_code == 3


def test_a_passport_file_that_is_no_text_ends_with_2(run: Run, files: Path) -> None:
    (files / "passport").write_bytes(b"\xff\xfe\x00")
    assert run().exit_code == 2


@pytest.mark.parametrize("at", ["yesterday", "2026-08-06T09:00:00", "0001-01-01T00:00:00+23:00", ""])
def test_a_time_that_is_none_ends_with_2(run: Run, at: str) -> None:
    assert run(at=at).exit_code == 2


def test_missing_files_and_options_end_with_2(run: Run) -> None:
    assert run("missing").exit_code == 2
    assert run(root=None).exit_code == 2
    assert run(trust_list=None).exit_code == 2


def test_what_a_passport_says_can_not_steer_a_terminal(run: Run, files: Path) -> None:
    evil = msgspec.structs.replace(PASSPORT, given_name="Zoë\x1b[2J\x1b[31m", family_name="GENUINE\n\u202eeno")
    (files / "passport").write_text(issued(evil))
    output = run().stdout
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert "Zoë\N{REPLACEMENT CHARACTER}[2J" in output


@pytest.fixture
def scanned(files: Path) -> str:
    """The text of a printed QR that leads to an address of its own, with a code list beside the other lists."""
    seconds = int(NOW.timestamp())
    standards = (a_standard("FS", "Fire Safety"),)
    codes = CodeList(iss=ISSUER, iat=seconds, exp=seconds + 86_400, version=3, standards=standards, words=WORDS)
    (files / "codes").write_text(issue_code_list(codes, signer=TRUST_LIST_KEY))
    (files / "status").write_text(status_token(key=QR_KEY))
    fire = msgspec.structs.replace(PASSPORT, training=PASSPORT.training[:1], credentials=())
    qr = prepare_qr(
        fire,
        issuer=ISSUER,
        code_list=codes,
        kid=QR_KEY.public.kid,
        now=NOW,
        status=StatusReference(uri=STATUS_URI, idx=7),
        address="http://127.0.0.1:8000",
    )
    text = qr.sign(QR_KEY)
    (files / "qr").write_text(text)
    return text


def test_a_scanned_qr_is_checked_with_the_code_list(run: Run, scanned: str) -> None:
    result = run("qr", "--address", "http://127.0.0.1:8000", code_list="codes")
    assert result.exit_code == 0
    assert "  Fire Safety (FS)" in result.stdout.splitlines()


def test_a_qr_that_leads_elsewhere_ends_with_1(run: Run, scanned: str) -> None:
    result = run("qr", code_list="codes")
    assert (result.exit_code, "qr_malformed" in result.stdout) == (1, True)
    assert "add --address" in result.stderr


def test_a_qr_without_a_code_list_or_with_one_that_ran_out_ends_with_3(run: Run, scanned: str, files: Path) -> None:
    without = run("qr", "--address", "http://127.0.0.1:8000")
    assert (without.exit_code, "add --code-list" in without.stderr) == (3, True)
    later = "2026-08-07T09:30:00Z"
    (files / "trust").write_text(issue_trust_list(trust_content(), signer=TRUST_LIST_KEY))
    assert run("qr", "--address", "http://127.0.0.1:8000", code_list="codes", at=later).exit_code == 3


def test_the_command_runs_without_database_settings_and_web(files: Path) -> None:
    program = (
        "import sys\n"
        "from passport.verifying.commands import commands\n"
        "import passport.induction.commands\n"
        "unwanted = {'sqlalchemy', 'flask', 'psycopg', 'passport.db', 'passport.settings', 'passport.startup'}\n"
        "assert not unwanted & set(sys.modules), unwanted & set(sys.modules)\n"
        "commands[0](sys.argv[1:])\n"
    )
    names = ("root", "trust", "status")
    options = ["--root", "--trust-list", "--status-list"]
    arguments = [part for option, name in zip(options, names, strict=True) for part in (option, str(files / name))]
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(files / "passport"), *arguments, "--at", AT],
        env=environment, cwd=files, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Genuine         yes")
