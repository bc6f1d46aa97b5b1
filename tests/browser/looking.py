"""Two pairs of eyes on a page: faults of accessibility at 1,200 and 360 pixels, and pictures for people to look at."""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, ViewportSize

AXE = (Path(__file__).resolve().parent / "axe.min.js").read_text(encoding="utf-8")
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1200, 360)
HEIGHT = 900
# The menu moves what does not fit behind "More" in the frame after a change of width; what then slides comes to rest.
SETTLE = """async () => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const ends = document.getAnimations().filter(each => each.effect.getComputedTiming().endTime < Infinity);
    await Promise.allSettled(ends.map(each => each.finished));
}"""
# The violations alone: what is right is ten times as much, and nobody reads it.
RUN = "async tags => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations"
# Faults of nhsuk-frontend itself that its makers know and keep: (rule, part of the element).
KNOWN = (
    ("label-content-name-mismatch", "nhsuk-file-upload"),  # the button's name holds its label, on purpose
    ("region", "nhsuk-back-link"),  # the service manual puts the link before the main part
)


def check_page(page: Page) -> None:
    """Fail for faults of accessibility, and for a page that is wider than the screen."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    for width in WIDTHS:
        resize(page, width)
        page.evaluate(SETTLE)
        found = page.evaluate(RUN, AXE_TAGS)
        faults = [
            f"{width}px {violation['id']}: {node['html'][:200]}"
            for violation in found
            for node in violation["nodes"]
            if not any(violation["id"] == rule and part in node["html"] for rule, part in KNOWN)
        ]
        assert not faults, "\n".join([page.url, *faults])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} is wider than {width}"
        assert page.locator("h1").count() == 1, page.url
    resize(page, WIDTHS[0])


def resize(page: Page, width: int) -> None:
    """Give a page a width; one that has it is left alone, for the browser draws anew even then."""
    if page.viewport_size != (size := ViewportSize(width=width, height=HEIGHT)):
        page.set_viewport_size(size)


def look(page: Page, axe: Callable[[Page], None], name: str) -> None:
    """Check a page for faults; keep a picture where `SHOTS` names a folder."""
    axe(page)
    for width in WIDTHS if os.environ.get("SHOTS") else ():
        resize(page, width)
        page.screenshot(path=f"{os.environ['SHOTS']}/{name}-{width}.png", full_page=True)
    resize(page, WIDTHS[0])
