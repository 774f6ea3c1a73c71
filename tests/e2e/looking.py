"""A browser that looks at a page twice: as it is served, on a phone; and with its policy lifted, for axe, on a desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
DESK: Final[ViewportSize] = {"width": 1280, "height": 900}
WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE: Final = {"serious", "critical"}
_SIDEWAYS: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Looker:
    """Two pages of one reader, kept from page to page; a state is what signing in left (cookies)."""

    def __init__(self, phone: BrowserContext, desk: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.phone, self.desk = (self._page(each) for each in (phone, desk))
        self._axe = Axe()

    def _page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console", lambda told: self._hear(told.type, f"{told.text} ({told.location['url']})")
        )
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: self._hear("error", f"a dialog: {dialog.message}"))
        return page

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"console: {text[:200]}")

    def look(self, url: str) -> list[str]:
        """Everything that is wrong with a page, in words."""
        self.complaints = []
        self.phone.goto(url)
        self.desk.goto(url)
        found = [*self._sideways(), *self._planted(), *self._grave()]
        # A page that is refused is one too: only that it was is no complaint.
        return [*found, *(each for each in self.complaints if f"({self.phone.url})" not in each)]

    def _sideways(self) -> Iterator[str]:
        if (over := self.phone.evaluate(_SIDEWAYS)) > 0:
            yield f"scrolls sideways by {over} px at {PHONE['width']} px"

    def _planted(self) -> Iterator[str]:
        for page in (self.phone, self.desk):
            if page.evaluate("window.planted === true || !!document.querySelector('.planted')"):
                yield "hostile markup ran"

    def _grave(self) -> Iterator[str]:
        options = {"runOnly": WCAG, "resultTypes": ["violations"], "preload": False}
        result: dict[str, Any] = self._axe.run(self.desk, options=options).response
        for each in result["violations"]:
            if each["impact"] in GRAVE:
                places = "; ".join(node["html"][:160] for node in each["nodes"][:2])
                yield f"axe {each['id']} ({len(each['nodes'])}): {places}"


@contextmanager
def looking(browser: Browser, state: Any) -> Iterator[Looker]:
    """Somebody who looks: the policy holds on the phone and is lifted on the desk, where axe brings its own script."""
    phone = browser.new_context(viewport=PHONE, storage_state=state, locale="en-GB")
    desk = browser.new_context(
        viewport=DESK, storage_state=state, locale="en-GB", bypass_csp=True, color_scheme="dark"
    )
    yield Looker(phone, desk)
    phone.close()
    desk.close()
