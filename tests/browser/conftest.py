"""A real server, a real browser, and two pairs of eyes on every page.

`live` is `passport serve` in a process of its own with the demonstration's invented people; `sign_in(page, "nia")`
signs one of them in; `axe(page)` looks for faults of accessibility at 1,200 and 360 pixels. Every test fails where the
browser wrote an error to its console, or asked another address than ours.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from passport.demo import accounts
from tests.browser.invented import NAMES, Live
from tests.browser.looking import HEIGHT, WIDTHS, check_page

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
STARTS_WITHIN = 60  # seconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and run them last: Playwright keeps an event loop running in its process.

    Long ones come first among them, so that no worker begins one when the others have nothing left to do.
    """
    ours = [item for item in items if FOLDER in item.path.parents]
    ours.sort(key=lambda item: item.get_closest_marker("long") is None)
    for item in ours:
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None and os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed: apt install chromium"))
    items[:] = [item for item in items if item not in set(ours)] + ours


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Take the system's Chromium; as root it needs to run without its sandbox."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Open pages at the width at which they are looked at first."""
    return {**browser_context_args, "viewport": {"width": WIDTHS[0], "height": HEIGHT}}


@pytest.fixture(scope="session")
def live(lasting_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The server with its worker, filled with the demonstration's people."""
    home, port = tmp_path_factory.mktemp("live"), _free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PASSPORT_")},
        "PASSPORT_HOME": str(home),
        "PASSPORT_PORT": str(port),
        "PASSPORT_PUBLIC_URL": url,
        "PASSPORT_DATABASE_URL": lasting_database("web"),
        "PASSPORT_WORKER_DATABASE_URL": lasting_database("worker"),
        "PASSPORT_EXAMPLE_KEYS": "yes",
        "PASSPORT_DEMO": "yes",
        "PASSPORT_LOG_LEVEL": "WARNING",
    }
    subprocess.run([sys.executable, "-m", "tests.browser.live_data"], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "passport", "serve", "--with-worker"]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_ready(server, url, home / "log")
            yield Live(url, home)
        finally:
            server.terminate()
            server.wait()


@pytest.fixture(scope="session")
def base_url(live: Live) -> str:
    """Let tests open pages by their path: `page.goto("/sign-in")`."""
    return live.url


@pytest.fixture(autouse=True)
def watched(context: BrowserContext, live: Live) -> Iterator[list[str]]:
    """Fail where the browser complained or asked anybody else; a test may `clear()` what it expected."""
    seen: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        ours = message.page is not None and message.location.get("url") == message.page.url
        if message.type == "error" and not (ours and "status of" in message.text):  # an error page is no fault
            seen.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((live.url, "data:", "blob:")):
            seen.append(f"foreign request: {request.url}")

    context.on("console", on_console)
    context.on("request", on_request)
    context.on("weberror", lambda error: seen.append(f"script: {error.error}"))
    yield seen
    assert seen == []


@pytest.fixture
def sign_in() -> Callable[..., None]:
    """Sign an invented person in: `sign_in(page, "ward_manager")`."""

    def enter(page: Page, as_: str = accounts.STAFF) -> None:
        page.goto("/sign-in/demonstration")
        page.get_by_role("button", name=f"Sign in as {NAMES[as_]}").click()
        page.get_by_role("button", name="Sign out").first.wait_for()

    return enter


@pytest.fixture
def plain(browser: Browser, live: Live) -> Iterator[Page]:
    """A page of a browser that runs no scripts."""
    with browser.new_context(java_script_enabled=False, base_url=live.url) as context:
        yield context.new_page()


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Look at a page as it is now, at both widths; fail with what is wrong."""
    return check_page


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):  # noqa: S310 (our own address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"The server did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
