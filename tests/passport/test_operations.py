"""Running the service: what is looked at before it starts, and two real workers behind one port."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from passport import db
from passport.access import jobs as access_jobs
from passport.cli import main
from passport.demo.preparing import prepare
from passport.settings import Settings
from passport.signing import keyring
from passport.web import jobs as web_jobs
from tests.callers import Clock

STARTS_WITHIN = 60  # seconds, on a machine that does other things


def run(*command: str) -> Result:
    return CliRunner().invoke(main, command)


@pytest.fixture
def environment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a service with its own database and home."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    named = {"DATABASE_URL": database_url, "HOME": str(tmp_path), "EXAMPLE_KEYS": "yes", "PORT": port}
    for name, value in named.items():
        monkeypatch.setenv(f"PASSPORT_{name}", value)
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    return named


@pytest.fixture
def keys(environment: dict[str, str]) -> None:
    """The example keys in use, and the trust root that names them."""
    keyring.configure(Settings.from_env())
    with db.transaction() as session:
        prepare(session, now=datetime.now(UTC))


@pytest.fixture
def port(environment: dict[str, str], keys: None) -> Iterator[int]:
    """The port of a real server with two workers."""
    command = [sys.executable, "-m", "passport", "serve", "--workers", "2"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | {"PYTHONWARNINGS": "error"}, text=True)
    try:
        for _ in range(STARTS_WITHIN * 10):
            assert server.poll() is None
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(environment["PORT"]))) == 0:
                    break
            select.select([], [], [], 0.1)
        yield int(environment["PORT"])
    finally:
        server.send_signal(signal.SIGTERM)
        _, said = server.communicate(timeout=STARTS_WITHIN)
        assert server.returncode == 0, said


def ask(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=STARTS_WITHIN)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def test_two_workers_serve_count_together_and_refuse_what_is_too_large(port: int) -> None:
    assert ask(port, "GET", "/readyz")[0] == 200
    for _ in range(20):
        assert ask(port, "GET", "/healthz")[0] == 200

    def endless(pieces: int) -> Iterator[bytes]:
        yield from (b" " * 100_000 for _ in range(pieces))

    as_json = {"Content-Type": "application/json"}
    token = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = ask(port, "POST", "/oauth/token", endless(5), **token)
    assert (status, b"invalid_request" in body) == (400, True)
    assert ask(port, "POST", "/oauth/token", endless(11), **token)[0] == 413
    status, headers, _ = ask(port, "POST", "/healthz", b"{}", **as_json)
    assert (status, "GET" in headers["allow"]) == (405, True)
    figures = ask(port, "GET", "/metrics")[2].decode()
    counted = re.findall(r'passport_requests_total\{method="GET",route="/healthz",status="200"\} (\d+)', figures)
    assert counted == ["20"]
    wrong = [ask(port, "POST", "/oauth/token", WRONG_PROOF, **token)[0] for _ in range(35)]
    assert (wrong.count(400), wrong.count(429)) == (30, 5)


WRONG_PROOF = (
    "grant_type=client_credentials&client_assertion=a.b.c"
    "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)


def test_without_keys_the_service_does_not_start_and_says_which(environment: dict[str, str]) -> None:
    done = run("serve")
    assert done.exit_code == 1
    for purpose in ("passport", "trust_list", "qr", "access_token", "badge"):
        assert f"- {purpose}: " in done.stderr


def test_on_an_older_database_the_service_does_not_start(
    environment: dict[str, str], private_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = create_engine(private_database("owner"))
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    owner.dispose()
    done = run("serve")
    assert (done.exit_code, "passport db upgrade" in done.stderr) == (1, True)


def test_wrong_settings_are_listed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORT_PORT", "none")
    monkeypatch.setenv("PASSPORT_ISSUR", "https://passport.example")
    for command in ("serve", "worker", "openapi"):
        done = run(command)
        assert done.exit_code == 2
        assert done.stderr.count("\n- ") == 2


def test_the_database_is_brought_to_this_release(
    private_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORT_DATABASE_URL", private_database("web"))
    monkeypatch.setenv("PASSPORT_OWNER_DATABASE_URL", private_database("owner"))
    assert run("db", "upgrade").exit_code == 0


def test_the_worker_ends_when_nothing_is_left(environment: dict[str, str], keys: None) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "passport", "worker", "--until-done"],
        capture_output=True,
        text=True,
        timeout=STARTS_WITHIN,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_is_too_old_is_forgotten_by_jobs(session: Any, clock: Clock) -> None:
    for job in (access_jobs.forget_expired_assertions, web_jobs.forget):
        job(int(clock.now.timestamp()))
