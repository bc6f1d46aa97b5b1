"""The command `passport demo`: prepare, tell the story over real HTTP, then serve until Ctrl-C.

passport demo               on http://127.0.0.1:8000 (PASSPORT_HOST, PASSPORT_PORT)
passport demo --no-serve    stop after the story, exit code 0
passport demo --json        the story as one JSON object on standard output

The server is `passport serve` in a process of its own, as an operator would start it. The example keys and sign-in by a
click are switched on for the demonstration alone.
"""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import click
from rich.console import Console

from passport import migration, startup
from passport.demo import accounts, life, preparing, story, telling_life
from passport.demo.telling import tell
from passport.errors import Unavailable
from passport.operations import check_port
from passport.settings import Settings
from passport.signing import keyring
from passport.web.rules import ROLES

STARTS_WITHIN: Final = 60  # seconds
LOOK_AGAIN_AFTER: Final = 0.1  # seconds
EVERYWHERE: Final = frozenset(("0.0.0.0", "::"))  # noqa: S104 (compared, not listened on)


class DemonstrationFailed(Unavailable):
    """The demonstration's server did not come up."""

    code = "demonstration_failed"
    title = "The demonstration can't run"


@click.command("demo")
@click.option("--no-serve", is_flag=True, help="Stop after the story.")
@click.option("--json", "as_json", is_flag=True, help="Print the story as one JSON object.")
def demo(no_serve: bool, as_json: bool) -> None:
    """Show one passport end to end and the life of awards around it, with invented people, then serve."""
    settings = dataclasses.replace(Settings.from_env(), example_keys=True)
    if no_serve:
        settings = dataclasses.replace(settings, port=_free_port(settings.host))
    check_port(settings)
    keyring.configure(settings)
    signal.signal(signal.SIGTERM, _leave)  # so that the servers that we started are stopped with us
    progress = Console(stderr=True)
    with startup.database_url(settings, "web"):  # the embedded server stays up from here to the end
        filled, brought_in = _fill(settings, progress)
        with _serving(settings, progress) as server:
            told = _tell(settings, filled, brought_in, as_json=as_json)
            if not no_serve:
                _invite(settings, told, progress)
                _wait(server)


def _fill(settings: Settings, progress: Console) -> tuple[story.Filled, bool]:
    progress.print("Preparing the database and the invented organisations ...")
    with startup.database(settings, "owner") as engine:
        migration.upgrade(engine)
    with startup.database(settings, "web"):
        filled = story.fill(settings, now=preparing.utc_now())
        progress.print("Bringing in a whole system: invented staff of many organisations ...")
        return filled, life.fill(settings, now=preparing.utc_now())


def _tell(settings: Settings, filled: story.Filled, brought_in: bool, *, as_json: bool) -> dict[str, Any]:
    address, now = _address(settings), preparing.utc_now()
    with startup.database(settings, "web"):
        programs = life.programs(settings, base_url=address, now=now)
        told = story.as_told(filled, story.visit(programs["receiver"], filled, settings, now=now))
        lived = life.happen(programs, settings, now=preparing.utc_now())
    changed = told["changed"] or lived["changed"] or brought_in
    told |= {"life": lived, "changed": changed}
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        console = Console(width=None if sys.stdout.isatty() else 120)
        tell(told, console)
        telling_life.tell(lived, address, console)
        if not changed:
            console.print("\nNothing was changed by this run: everything was there from the first one.")
    return told


@contextmanager
def _serving(settings: Settings, progress: Console) -> Iterator[subprocess.Popen[bytes]]:
    """Run `passport serve` until the context closes."""
    progress.print("Starting the server ...")
    server = subprocess.Popen(
        [sys.executable, "-m", "passport", "serve", "--with-worker"],
        env=_environment(settings),
        stdout=sys.stderr,
        start_new_session=True,  # Ctrl-C reaches us alone, and we stop it
    )
    try:
        _wait_until_ready(server, settings)
        yield server
    finally:
        server.terminate()
        server.wait()


def _environment(settings: Settings) -> Mapping[str, str]:
    given = {
        "PASSPORT_DEMO": "yes",
        "PASSPORT_EXAMPLE_KEYS": "yes",
        "PASSPORT_PORT": str(settings.port),
        "PASSPORT_HOME": str(settings.home),
        "PASSPORT_MAIL": "file",  # letters to invented people never leave this machine
    }
    around = {name: value for name, value in os.environ.items() if name != "PASSPORT_NOTIFY_KEY"}
    return {"PASSPORT_PUBLIC_URL": _address(settings), **around, "PASSPORT_LOG_LEVEL": "WARNING", **given}


def _wait_until_ready(server: subprocess.Popen[bytes], settings: Settings) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise DemonstrationFailed("The server stopped at once; its message stands above.")
        try:
            with urllib.request.urlopen(f"{_address(settings)}/readyz", timeout=2):  # noqa: S310 (our own address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(LOOK_AGAIN_AFTER)
    raise DemonstrationFailed(f"The server was not ready within {STARTS_WITHIN} seconds.")


def _invite(settings: Settings, told: Mapping[str, Any], progress: Console) -> None:
    progress.print()
    progress.print(f"Serving on {_address(settings)} until Ctrl-C.")
    progress.print(f"  Sign in as an invented person: {_address(settings)}/sign-in/demonstration")
    for _, name, role, ods_code in accounts.PEOPLE:
        progress.print(f"    {name}, {ROLES[role].lower()} at {ods_code}")
    progress.print(f"    {told['holder']['name']}, {ROLES['staff'].lower()} at {story.SENDER}")
    progress.print(f"    {told['life']['notices']['letters']['reader']}, the same, and recognised in advanced practice")
    progress.print(f"  The API's document: {_address(settings)}/openapi.json")
    progress.print(f"  The trust list:     {_address(settings)}/trust-list")
    progress.print(f"  A QR code:          passport qr {told['holder']['passport_number']} --kind screen --out qr.svg")


def _wait(server: subprocess.Popen[bytes]) -> None:
    try:
        code = server.wait()
    except KeyboardInterrupt:
        return
    raise DemonstrationFailed(f"The server stopped with code {code}.")


def _leave(_number: int, _frame: object) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


def _address(settings: Settings) -> str:
    """Return where this machine reaches the server; one that listens everywhere is reached here too."""
    host = "127.0.0.1" if settings.host in EVERYWHERE else settings.host
    return f"http://{host}:{settings.port}"


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


commands: list[click.Command] = [demo]
