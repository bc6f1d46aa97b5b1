"""What the embedded PostgreSQL survives: kills at any moment, forks, and process ids that mean somebody else."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from passport.embedded import running
from passport.embedded.places import places_for
from tests.user_processes import another_user, first_line, postmaster_id, remove_server, run_python, runs, start_python

# The caller dies while initdb works: its files are half made, and nobody waits for it.
DIE_DURING_INITDB = """
import os, signal, subprocess, sys
from pathlib import Path
from passport.embedded import ensure_running
def start_and_die(command, *, check, **options):
    subprocess.Popen(command, **options)
    os.kill(os.getpid(), signal.SIGKILL)
subprocess.run = start_and_die
ensure_running(Path(sys.argv[1]), durable=False)
"""

# A child is forked, and ends as a program ends: with the parent's exit handlers.
FORK_A_CHILD_THAT_ENDS = """
import os, sys
from pathlib import Path
from passport.embedded import ensure_running
import psycopg
server = ensure_running(Path(sys.argv[1]), durable=False)
if os.fork() == 0:
    sys.exit()
assert os.wait()[1] == 0
psycopg.connect(server.url()).close()
"""

# A child is forked and outlives its parent, who is killed.
FORK_A_CHILD_THAT_STAYS = """
import os, sys
from pathlib import Path
from passport.embedded import ensure_running
server = ensure_running(Path(sys.argv[1]), durable=False)
if os.fork() == 0:
    print("forked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "var"
    yield home
    remove_server(home)


def test_a_killed_user_does_no_harm(home: Path) -> None:
    with another_user(home) as killed:
        first_line(killed)
        killed.kill()
    assert runs(home)
    with running(home, durable=False) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not runs(home)


def test_a_killed_server_recovers_what_was_committed(home: Path) -> None:
    with running(home) as server:
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE TABLE kept (id int)")
            connection.execute("INSERT INTO kept VALUES (1)")
        lost = psycopg.connect(server.url())
        lost.execute("INSERT INTO kept VALUES (2)")
        os.kill(postmaster_id(home), signal.SIGKILL)
        with running(home) as again, psycopg.connect(again.url()) as connection:
            assert connection.execute("SELECT id FROM kept").fetchall() == [(1,)]
        lost.close()
    assert not runs(home)


def test_a_stale_process_id_that_now_is_somebody_else_does_not_keep_it_from_starting(home: Path) -> None:
    with running(home, durable=False) as server:
        contents = (server.data / "postmaster.pid").read_text(encoding="ascii").splitlines()
        socket_lock = server.socket_directory / ".s.PGSQL.5432.lock"
    owner = server.data.stat()
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid, group=owner.st_gid) as bystander:
        for path in (server.data / "postmaster.pid", socket_lock):
            path.write_text("\n".join([str(bystander.pid), *contents[1:]]) + "\n", encoding="ascii")
            os.chown(path, owner.st_uid, owner.st_gid)
        try:
            with running(home, durable=False) as again, psycopg.connect(again.url()) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            assert bystander.poll() is None
        finally:
            bystander.kill()


def test_a_kill_while_the_files_are_made_leaves_a_startable_state(home: Path) -> None:
    with start_python(DIE_DURING_INITDB, home) as killed:
        killed.wait()
        assert killed.returncode == -signal.SIGKILL
    base = places_for(home).base
    assert not (base / "data").exists()
    assert list(base.glob("data.new-*"))
    with running(home, durable=False) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not list(base.glob("data.new-*"))


def test_a_forked_child_that_ends_does_not_stop_the_server_of_its_parent(home: Path) -> None:
    run_python(FORK_A_CHILD_THAT_ENDS, home)
    assert not runs(home)


def test_a_forked_child_that_stays_does_not_keep_the_server_running(home: Path) -> None:
    with start_python(FORK_A_CHILD_THAT_STAYS, home) as parent:
        assert first_line(parent) == "forked"
        parent.kill()
        parent.wait()
        with running(home, durable=False):
            assert runs(home)
        assert not runs(home)
        parent.communicate()  # the child ends with its input
