"""Checking a passport on `/v` in a browser: from the address, by paste and by picture, offline, without scripts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from passport.holder.qr_picture import draw
from tests.browser.invented import Live
from tests.browser.shown import Shown, show

Axe = Callable[[Page], None]


@pytest.fixture(scope="module")
def shown(live: Live, lasting_database: Callable[[str], str]) -> Shown:
    """The traveller's passport."""
    return show(live, lasting_database)


@pytest.fixture
def picture(shown: Shown, tmp_path: Path) -> Path:
    """The passport's QR code as a picture."""
    path = tmp_path / "code.png"
    path.write_bytes(draw(shown.printed).png(scale=8))
    return path


def test_a_code_in_the_address_is_checked_and_leaves_the_address(page: Page, shown: Shown, axe: Axe) -> None:
    page.goto(f"/v#{shown.printed.partition('#')[2]}")
    expect(found(page)).to_contain_text("Genuine and not withdrawn")
    expect(found(page)).to_contain_text(shown.name)
    expect(found(page)).to_contain_text("Check the name against photo ID.")
    assert "#" not in page.url
    assert page.evaluate("history.length") <= 2
    axe(page)


def test_a_digital_passport_is_checked_by_paste(page: Page, shown: Shown) -> None:
    page.goto("/v")
    paste(page, shown.text)
    expect(found(page)).to_contain_text("Genuine and not withdrawn")
    expect(found(page).get_by_role("table")).to_contain_text("Fire Safety")
    expect(page.locator("#result")).to_be_focused()


def test_nothing_of_a_passport_is_sent_while_it_is_checked(page: Page, shown: Shown) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url} {request.post_data or ''}"))
    page.goto("/v")
    paste(page, shown.text)
    expect(found(page)).to_contain_text("Genuine")
    assert all(line.startswith("GET ") for line in asked)
    assert not any(shown.text[:40] in line for line in asked)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello", "Not a staff passport code"),
        ("https://passport.example/v#12345", "Not a staff passport code"),
        ("<img src=x onerror=alert(1)>~", "Not a staff passport code"),
    ],
)
def test_another_text_is_no_passport(page: Page, axe: Axe, text: str, says: str) -> None:
    page.goto("/v")
    paste(page, text)
    expect(found(page)).to_contain_text(says)
    axe(page)


def test_a_changed_passport_is_not_genuine(page: Page, shown: Shown) -> None:
    page.goto("/v")
    head, _, rest = shown.text.partition("~")
    signature = head.rpartition(".")[2]
    paste(
        page, f"{head[: -len(signature)]}{signature[:10]}{'A' if signature[10] != 'A' else 'B'}{signature[11:]}~{rest}"
    )
    expect(found(page)).to_contain_text("Changed or not genuine")
    expect(found(page)).not_to_contain_text(shown.name)


def test_an_empty_form_says_what_to_do(page: Page) -> None:
    page.goto("/v")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Paste the passport code")


def test_a_picture_is_read_in_the_browser(page: Page, shown: Shown, picture: Path) -> None:
    page.goto("/v")
    page.locator("input[type=file]").set_input_files(picture)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(found(page)).to_contain_text(shown.name)


def test_the_plain_reader_serves_where_web_assembly_does_not(page: Page, shown: Shown, picture: Path) -> None:
    page.route("**/zxing_reader.wasm*", lambda route: route.fulfill(status=200, body=b"no module"))
    page.add_init_script("delete globalThis.WebAssembly")
    page.goto("/v")
    page.locator("input[type=file]").set_input_files(picture)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(found(page)).to_contain_text(shown.name)


def test_everything_works_offline_after_the_first_visit(
    page: Page, context: BrowserContext, shown: Shown, picture: Path, watched: list[str]
) -> None:
    page.goto("/v")
    kept_offline(page)
    context.set_offline(True)
    page.reload()
    expect(page.locator("#age")).to_contain_text("You are offline. Register of")
    paste(page, shown.text)
    expect(found(page)).to_contain_text("Genuine and not withdrawn")
    page.locator("input[type=file]").set_input_files(picture)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(found(page)).to_contain_text(shown.name)
    watched.clear()  # the browser complains about the network that is not there


def test_a_list_that_is_too_old_is_never_green(
    page: Page, context: BrowserContext, shown: Shown, watched: list[str]
) -> None:
    page.goto("/v")
    kept_offline(page)
    context.set_offline(True)
    page.clock.set_fixed_time(shown.lists_end)
    page.reload()
    expect(page.locator("#age")).to_contain_text("We have no fresh lists")
    paste(page, shown.text)
    expect(found(page)).to_contain_text("Could not check")
    expect(found(page)).not_to_contain_text("Genuine")
    watched.clear()


def test_nothing_personal_is_kept(page: Page, context: BrowserContext, shown: Shown) -> None:
    page.goto(f"/v#{shown.printed.partition('#')[2]}")
    expect(found(page)).to_contain_text(shown.name)
    kept_offline(page)
    kept = page.evaluate(
        """async () => {
          const found = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
              found.push(request.url);
              if (!/wasm|[.]js/.test(request.url)) found.push(await (await cache.match(request)).text());
            }
          }
          return found.join("\\n");
        }"""
    )
    for secret in (shown.name, shown.number, shown.printed.partition("#")[2]):
        assert secret not in kept


def test_a_passport_is_checked_without_scripts(plain: Page, shown: Shown, picture: Path) -> None:
    plain.goto("/v")
    paste(plain, shown.text)
    expect(found(plain)).to_contain_text("Genuine and not withdrawn")
    plain.goto("/v")
    plain.locator("input[type=file]").set_input_files(picture)
    plain.get_by_role("button", name="Check", exact=True).click()
    expect(found(plain)).to_contain_text(shown.name)
    plain.goto("/v")
    plain.get_by_role("button", name="Check", exact=True).click()
    expect(plain.get_by_role("alert")).to_contain_text("Paste the passport code")


def test_the_page_says_the_same_with_and_without_scripts(page: Page, plain: Page, shown: Shown) -> None:
    for text in (shown.text, shown.printed, "hello", f"{shown.text[:-60]}~"):
        said = []
        for each in (plain, page):
            each.goto("/v")
            paste(each, text)
            expect(found(each)).to_be_visible()
            said.append(" ".join(found(each).inner_text().partition("The register of")[0].split()))
        assert said[0] == said[1]


def found(page: Page) -> Locator:
    return page.locator("#result")


def paste(page: Page, text: str) -> None:
    page.get_by_label("Passport code").fill(text)
    page.get_by_role("button", name="Check", exact=True).click()


def kept_offline(page: Page) -> None:
    """Wait until the service worker has the page and the lists."""
    page.evaluate(
        "Promise.race([navigator.serviceWorker.ready.then(() => 1), new Promise((no) => setTimeout(no, 9000))])"
    )
    for _ in range(100):
        if (
            page.evaluate("caches.open('passport-lists').then((cache) => cache.keys()).then((keys) => keys.length)")
            >= 4
        ):
            return
        page.evaluate("new Promise((resolve) => setTimeout(resolve, 50))")
    raise AssertionError("nothing was kept")
