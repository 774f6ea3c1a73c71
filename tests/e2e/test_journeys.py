"""Each role's way through its room in both languages, at three widths, light and dark: what matters is there and fits.

A way is walked in English at two widths and in Chinese at the third; what it comes to is looked at in both schemes at
all three. What acts do in depth stands in the tests of each role.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import pytest
from django.conf import settings
from django.utils import translation
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.browsing import PATIENCE_MS, complaints_of
from tests.processes import LiveStack

pytestmark = pytest.mark.e2e

VIEWS: Final = (("en", 1440), ("en", 768), ("zh-hans", 360))
"""In which language the way is walked at which width."""
WIDTHS: Final = frozenset(width for _language, width in VIEWS)
NARROWEST: Final = min(WIDTHS)
HEIGHT: Final = 900
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
_SIDEWAYS: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_GROUND: Final = "getComputedStyle(document.body).backgroundColor"


@dataclass(frozen=True)
class Walk:
    """Somebody on their way: the page before them, and the language that they read."""

    page: Page
    url: str
    language: str
    width: int

    def say(self, text: str) -> str:
        """A text of the product as this reader sees it."""
        with translation.override(self.language):
            return translation.gettext(text)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        self.look()

    def press(self, kind: Literal["button", "link"], text: str) -> None:
        self.page.get_by_role("main").get_by_role(kind, name=self.say(text), exact=True).click()

    def look(self) -> None:
        """What stands there fits, light and dark, and would at the other widths; nothing is loaded again."""
        grounds = set()
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width in WIDTHS - {self.width}:
                self.page.set_viewport_size({"width": width, "height": HEIGHT})
                self._fits()
            self.page.set_viewport_size({"width": self.width, "height": HEIGHT})
            self._fits()
            grounds.add(self.page.evaluate(_GROUND))
        assert len(grounds) == len(SCHEMES), "both schemes look alike"

    def _fits(self) -> None:
        assert self.page.evaluate(_SIDEWAYS) <= 0, (self.page.url, self.page.viewport_size)


def a_member_rates_asks_why_searches_and_looks_back(walk: Walk) -> None:
    walk.go("/")
    card = walk.page.locator("#shelf-home .card").first
    card.locator(".stars label").nth(3).click()
    expect(walk.page.locator(".receipt")).to_be_visible()
    walk.look()
    walk.press("button", "Undo")
    expect(walk.page.locator("#undo")).to_have_count(0)
    card.locator("summary").click()
    card.get_by_role("link", name=walk.say("Why this?")).click()
    expect(card.locator(".acts__why")).not_to_be_empty()
    walk.page.locator("#bar-search").fill("star")
    walk.page.locator("#bar-search").press("Enter")
    walk.page.locator(".entry__title a").first.click()
    expect(walk.page.locator("#item")).to_be_visible()
    walk.look()
    walk.go("/history/")
    expect(walk.page.get_by_role("heading", level=1)).to_have_text(walk.say("My ratings"))


def a_curator_sees_a_slate_weighs_it_and_is_told_what_a_block_touches(walk: Walk) -> None:
    walk.go("/admin/desk/surfaces/home/")
    expect(walk.page.locator("#slate-now, main .error").first).to_be_visible()
    if not walk.page.locator(
        "#slate-now"
    ).count():  # no worker was free in time, which the page said
        walk.go("/admin/desk/surfaces/home/")
    walk.page.locator("#slate-now summary").first.click()
    expect(walk.page.locator("#slate-now svg.waterfall").first).to_be_visible()
    walk.look()
    walk.go("/admin/desk/blends/new/?surface=home")
    weight = walk.page.locator("[data-slider]:has([name=weight-popularity]) input[type=range]")
    weight.press("Home")
    expect(walk.page.locator("#slate-drafted .diff__move--new").first).to_be_visible()
    walk.look()
    walk.go("/admin/desk/catalogue/?q=star")
    walk.page.locator("[name=items]").first.check()
    walk.page.locator("#act").select_option("block")
    walk.press("button", "Go on")
    expect(walk.page.get_by_role("heading", name=walk.say("What it touches"))).to_be_visible()
    walk.look()


def an_operator_prepares_a_run_and_reads_runs_models_and_health(walk: Walk) -> None:
    walk.go("/admin/runs/launch/?family=dot")
    walk.page.locator("#launch input[type=number]").first.fill("3")
    walk.page.locator("#launch input[type=number]").first.blur()
    expect(walk.page.locator("#before .badge").first).to_be_visible()
    walk.go("/admin/runs/")
    walk.page.locator("#runs a", has_text="popularity 1").first.click()
    expect(walk.page.locator("#run .badge").first).to_have_text(walk.say("succeeded"))
    walk.look()
    walk.go("/admin/runs/models/")
    expect(walk.page.locator("#popularity .badge--live").first).to_be_visible()
    walk.go("/admin/operations/")
    expect(walk.page.locator(".vitals").first).to_be_visible()


def an_analyst_chooses_days_and_reads_a_figure(walk: Walk) -> None:
    walk.go("/report/")
    walk.page.locator(".report__periods a").first.click()
    expect(walk.page.locator(".report__periods [aria-current]")).to_have_count(1)
    walk.go("/report/feedback/?simulated=on")
    section = walk.page.locator("#activity")
    chart = "narrow" if walk.width == NARROWEST else "wide"
    expect(section.locator(f".chart--{chart}").first).to_be_visible()
    section.locator(".term").first.focus()
    expect(section.get_by_role("tooltip").first).to_be_visible()
    walk.look()
    link = section.get_by_role("link", name=walk.say("Download as CSV"))
    assert walk.page.request.get(walk.url + str(link.get_attribute("href"))).ok


@pytest.mark.parametrize(
    ("role", "journey"),
    [
        ("member", a_member_rates_asks_why_searches_and_looks_back),
        ("curator", a_curator_sees_a_slate_weighs_it_and_is_told_what_a_block_touches),
        ("operator", an_operator_prepares_a_run_and_reads_runs_models_and_health),
        ("analyst", an_analyst_chooses_days_and_reads_a_figure),
    ],
)
def test_a_role_finds_its_way_in_each_language_width_and_scheme(
    browser: Browser,
    let_in: Callable[[str], StorageState],
    demo_stack: LiveStack,
    role: str,
    journey: Callable[[Walk], None],
) -> None:
    context = browser.new_context(storage_state=let_in(role))
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints = complaints_of(page)
    for language, width in VIEWS:
        context.add_cookies(
            [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": demo_stack.url}]
        )
        page.set_viewport_size({"width": width, "height": HEIGHT})
        journey(Walk(page, demo_stack.url, language, width))
        assert not complaints, (language, width)
    context.close()
