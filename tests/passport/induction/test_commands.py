"""`passport decide`: with what `passport verify --json` printed, and nothing but files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from credentials.code_list import WORDS, CodeList, issue_code_list
from credentials.trust import issue_trust_list
from credentials.trust_root import draft_root, sign_root
from passport.induction.commands import decide_offline
from passport.verifying.commands import verify
from tests.credentials.acceptance_samples import POLICY, a_standard
from tests.credentials.passport_samples import (
    DAY,
    ISSUER,
    KEYS,
    NOW,
    ROOT_KEYS,
    STATUS_INDEX,
    STRANGERS_KEY,
    TRUST_LIST_KEY,
    issued,
    status_token,
    trust_content,
    trusted,
)

AT = "2026-08-06T09:00:00Z"
Run = Callable[..., Result]


def code_list_token() -> str:
    standards = (a_standard("FS", "Fire Safety", months=24), a_standard("PAED", "Paediatrics", framework="Invented"))
    seconds = int(NOW.timestamp())
    content = CodeList(iss=ISSUER, iat=seconds, exp=seconds + 86_400, version=3, standards=standards, words=WORDS)
    return issue_code_list(content, signer=TRUST_LIST_KEY)


PROFILE: dict[str, Any] = {
    "id": "ward-nurse",
    "version": 4,
    "title": "Ward nurse",
    "requirements": [
        {"id": "fire", "standard": "FS", "minutes": 45},
        {"id": "children", "standard": "PAED", "minutes": 600},
        {"id": "ward", "local": "Fire procedure of the ward", "minutes": 20},
    ],
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with everything that both commands read."""
    keys = {"root_keys": [ROOT_KEYS[0].public], "trust_list_keys": [TRUST_LIST_KEY.public]}
    root = draft_root(version=1, expires_at=NOW + 300 * DAY, threshold=1, **keys)
    (tmp_path / "root").write_bytes(sign_root(root, ROOT_KEYS[0]))
    (tmp_path / "trust").write_text(issue_trust_list(trust_content(), signer=TRUST_LIST_KEY))
    (tmp_path / "codes").write_text(code_list_token())
    (tmp_path / "status").write_text(status_token())
    (tmp_path / "profile").write_text(json.dumps(PROFILE))
    (tmp_path / "policy").write_bytes(msgspec.json.encode(POLICY))
    return tmp_path


def checked(files: Path, passport: str, *, at: str = AT) -> None:
    """Run `passport verify --json` and keep what it printed."""
    (files / "passport").write_text(passport)
    arguments = [files / "passport", "--root", files / "root", "--trust-list", files / "trust"]
    arguments += ["--status-list", files / "status", "--at", at, "--json"]
    (files / "checked").write_text(CliRunner().invoke(verify, [str(each) for each in arguments]).stdout)


@pytest.fixture
def run(files: Path) -> Run:
    """Run `passport decide` in the folder; options may be replaced or, with None, left out."""
    checked(files, issued())

    def run(*more: str, **changed: str | None) -> Result:
        options = {"profile": "profile", "policy": "policy", "root": "root", "code_list": "codes"} | changed
        arguments = [str(files / "checked"), "--on", changed.get("on") or "2026-09-01", "--at", AT, *more]
        for name, value in options.items():
            if value is not None and name != "on":
                arguments += [f"--{name.replace('_', '-')}", str(files / value)]
        result = CliRunner().invoke(decide_offline, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


def test_the_decisions_are_made_from_files_alone(run: Run) -> None:
    result = run("--json")
    assert result.exit_code == 0
    plan = json.loads(result.stdout)
    assert [(each["requirement"], each["outcome"], each["code"]) for each in plan["decisions"]] == [
        ("fire", "ACCEPT_UNTIL", "current"),
        ("children", "REFUSE", "issuer_not_signatory"),
        ("ward", "REFUSE", "local_only"),
    ]
    assert plan["decisions"][0]["accepted_until"] == "2028-03-02"
    assert (plan["minutes_saved"], plan["minutes_left"]) == (45, 620)
    assert plan["decisions"][0]["basis"] == {
        "on": "2026-09-01", "policy": "induction", "policy_version": 3, "catalogue_version": 3,
    }  # fmt: skip


def test_people_read_sentences_rules_and_minutes(run: Run) -> None:
    lines = run().stdout.splitlines()
    assert lines[0] == "Accepted until a day"
    assert lines[1].startswith("  Accepted until 2 March 2028: Fire Safety (FS) was awarded on 2 March 2026")
    assert lines[2] == "    Rule: the framework lets it count for 24 months (framework table, FS)"
    assert lines[-2:] == ["Minutes saved: 45", "Minutes left: 620, of which a person may still save 0"]


def test_a_refused_passport_ends_with_1(run: Run, files: Path) -> None:
    checked(files, issued(key=STRANGERS_KEY))
    result = run()
    assert (result.exit_code, result.stdout) == (1, "")
    assert "kid_unknown" in result.stderr


def test_a_withdrawn_passport_ends_with_1(run: Run, files: Path) -> None:
    (files / "status").write_text(status_token(STATUS_INDEX))
    checked(files, issued())
    result = run()
    assert result.exit_code == 1
    assert "(withdrawn)" in result.stderr


def test_an_expired_passport_ends_with_1(run: Run, files: Path) -> None:
    checked(files, issued(expires_at=NOW - DAY / 24))
    assert run().exit_code == 1


def test_a_passport_that_could_not_be_checked_ends_with_3(run: Run, files: Path) -> None:
    (files / "status").write_text(status_token(issued_at=NOW - 9 * DAY))
    checked(files, issued(), at="2026-08-08T09:00:00Z")
    result = run()
    assert result.exit_code == 3
    assert "(status_stale)" in result.stderr


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"nonsense", b'{"records": []}', b'{"records": [{}]}', b"\xff"])
def test_a_file_that_is_no_check_ends_with_2(run: Run, files: Path, content: bytes) -> None:
    (files / "checked").write_bytes(content)
    assert run().exit_code == 2


@pytest.mark.parametrize("name", ["profile", "policy", "root", "codes"])
@pytest.mark.parametrize("content", [b"", b"{}", b"nonsense", b"\xff"])
def test_another_file_that_is_not_what_it_should_be_ends_with_2(
    run: Run, files: Path, name: str, content: bytes
) -> None:
    (files / name).write_bytes(content)
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert name in result.stderr


def test_a_fault_in_the_rules_is_named_with_its_place(run: Run, files: Path) -> None:
    wrong = PROFILE | {"requirements": [{"id": "a", "standard": "NO-SUCH", "minutes": 1}]}
    (files / "profile").write_text(json.dumps(wrong))
    result = run()
    assert result.exit_code == 2
    assert "$.requirements[0].standard" in result.stderr


def test_a_code_list_that_ran_out_ends_with_3(run: Run, files: Path) -> None:
    arguments = ["--at", "2026-08-07T10:00:00Z"]
    assert run(*arguments).exit_code == 3


def test_a_code_list_by_a_compromised_key_ends_with_2_where_a_trust_list_says_so(run: Run, files: Path) -> None:
    assert run(trust_list="trust").exit_code == 0
    stolen = trusted(TRUST_LIST_KEY, purpose="trust_list", state="compromised")
    second = ROOT_KEYS[1]
    keys = {"root_keys": [ROOT_KEYS[0].public], "trust_list_keys": [TRUST_LIST_KEY.public, second.public]}
    root = draft_root(version=1, expires_at=NOW + 300 * DAY, threshold=1, **keys)
    (files / "root").write_bytes(sign_root(root, ROOT_KEYS[0]))
    (files / "trust").write_text(issue_trust_list(trust_content(keys=(*KEYS, stolen)), signer=second))
    result = run(trust_list="trust")
    assert result.exit_code == 2
    assert "key_revoked" in result.stderr
