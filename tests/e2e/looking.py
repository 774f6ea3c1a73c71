"""A browser that looks at a page: on a phone, by axe on a desk in the dark, at its contrast in the light."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize

from tests.e2e.browsing import PATIENCE_MS, is_complaint, wait_at_rest

PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
DESK: Final[ViewportSize] = {"width": 1280, "height": 900}
WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE: Final = {"serious", "critical"}
CONTRAST: Final = {"type": "rule", "values": ["color-contrast"]}
"""All that the light may change: what axe holds of a page otherwise is the same in either scheme."""
# The classes that colour it, without those by which tables of the admin name themselves and their columns.
_PARTS: Final = """() => [...new Set([...document.body.querySelectorAll('*')]
  .flatMap(each => (each.getAttribute('class') ?? '').split(/\\s+/))
  .filter(name => name && !/^(app|model|field|column)-/.test(name)))]"""
_NEXT_FRAME: Final = (
    """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"""
)
_SIDEWAYS: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Looker:
    """A page of one reader, kept from address to address."""

    _lit: ClassVar[set[str]] = set()

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.page = self._page(context)

    def _page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"a dialog: {dialog.message}"))
        return page

    def _hear(self, told: ConsoleMessage) -> None:
        if is_complaint(told):
            text = f"{told.text} ({told.location['url']})"
            self.complaints.append(f"console: {text[:200]}")

    def look(self, url: str) -> list[str]:
        """Everything that is wrong with a page, in words."""
        self.complaints = []
        self.page.set_viewport_size(PHONE)
        self.page.goto(url)
        found = [*self._sideways(), *self._planted()]
        self.page.set_viewport_size(DESK)
        wait_at_rest(self.page)
        found += grave(self.page)
        found += self._in_the_light()
        # A page that is refused is one too: only that it was is no complaint.
        return [*found, *(each for each in self.complaints if f"({self.page.url})" not in each)]

    def _sideways(self) -> Iterator[str]:
        if (over := self.page.evaluate(_SIDEWAYS)) > 0:
            yield f"scrolls sideways by {over} px at {PHONE['width']} px"

    def _in_the_light(self) -> list[str]:
        """What has no contrast once the page that is there already turns light; it is dark again afterwards.

        Colours belong to parts: a page of nothing but parts that were seen in the light is not looked at again.
        """
        parts = set(self.page.evaluate(_PARTS))
        if parts <= self._lit:
            return []
        self._lit.update(parts)
        self.page.emulate_media(color_scheme="light")
        # Links of the admin fade from colour to colour, from the next frame on.
        self.page.evaluate(_NEXT_FRAME)
        wait_at_rest(self.page)
        found = [f"in the light: {each}" for each in grave(self.page, only=CONTRAST)]
        self.page.emulate_media(color_scheme="dark")
        return found

    def _planted(self) -> Iterator[str]:
        if self.page.evaluate("window.planted === true || !!document.querySelector('.planted')"):
            yield "hostile markup ran"


def grave(page: Page, within: str | None = None, only: Any = WCAG) -> Iterator[str]:
    """What axe finds serious or worse on a page as it stands, or within a part; `only` of these tags or rules."""
    options = {"runOnly": only, "resultTypes": ["violations"], "preload": False}
    axe = (
        Axe("null") if page.evaluate("'axe' in window") else Axe()
    )  # it stays on a page once it is there
    result: dict[str, Any] = axe.run(page, context=within, options=options).response
    for each in result["violations"]:
        if each["impact"] in GRAVE:
            places = "; ".join(node["html"][:160] for node in each["nodes"][:2])
            yield f"axe {each['id']} ({len(each['nodes'])}): {places}"


@contextmanager
def looking(browser: Browser, state: Any) -> Iterator[Looker]:
    """Somebody who looks, signed in by what that left (cookies). Axe comes past the policy, which holds."""
    context = browser.new_context(
        storage_state=state, locale="en-GB", color_scheme="dark", reduced_motion="reduce"
    )
    yield Looker(context)
    context.close()
