"""Scanning with a camera that shows our own code: the browser is given a film in the place of one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserType, Page, expect

from passport.holder.qr_picture import draw
from tests.browser.invented import Live
from tests.browser.shown import Shown, show

WIDTH, HEIGHT, FRAMES = 1280, 720, 10
CODE_SIDE = 560


@pytest.fixture(scope="module")
def shown(live: Live, lasting_database: Callable[[str], str]) -> Shown:
    """The traveller's passport."""
    return show(live, lasting_database)


@pytest.fixture
def filmed(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], live: Live, shown: Shown, tmp_path: Path
) -> Iterator[Page]:
    """A page in a browser whose camera sees the printed code."""
    film = tmp_path / "code.y4m"
    film.write_bytes(film_of(shown.printed))
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    arguments = {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *camera]}
    browser = browser_type.launch(**arguments)
    yield browser.new_context(base_url=live.url, permissions=["camera"]).new_page()
    browser.close()


def film_of(text: str) -> bytes:
    """Return a short film (YUV4MPEG2) that shows the QR code of a text."""
    picture = picture_of(text)
    frame = b"FRAME\n" + picture.tobytes() + b"\x80" * (WIDTH * HEIGHT // 2)
    return f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * FRAMES


def picture_of(text: str) -> Image.Image:
    """Draw the code on a grey ground, a little turned, as a hand would hold it."""
    rows = draw(text).framed
    code = Image.new("L", (len(rows), len(rows)), 255)
    code.putdata([0 if dark else 255 for row in rows for dark in row])
    ground = Image.new("L", (WIDTH, HEIGHT), 120)
    scale = max(1, CODE_SIDE // len(rows))
    large = code.resize((len(rows) * scale,) * 2, Image.Resampling.NEAREST).rotate(4, expand=True, fillcolor=120)
    ground.paste(large, ((WIDTH - large.width) // 2, (HEIGHT - large.height) // 2))
    return ground


def test_the_camera_reads_the_code_and_is_let_go(filmed: Page, shown: Shown) -> None:
    filmed.goto("/v")
    filmed.get_by_role("button", name="Scan with the camera").click()
    expect(filmed.locator("#result")).to_contain_text(shown.name, timeout=20_000)
    expect(filmed.locator("#result")).to_contain_text("Genuine and not withdrawn")
    expect(filmed.locator("#scanning")).to_be_hidden()
    assert filmed.evaluate("document.getElementById('view').srcObject === null")


def test_the_managers_page_sends_what_the_camera_read(filmed: Page, shown: Shown) -> None:
    filmed.goto("/sign-in/demonstration")
    filmed.get_by_role("button", name="Sign in as Wanda Madeupward").click()
    filmed.goto("/check")
    filmed.get_by_role("button", name="Scan with the camera").click()
    expect(filmed.get_by_role("heading", level=1)).to_have_text("What we found", timeout=20_000)
    expect(filmed.locator("main")).to_contain_text(shown.name)
