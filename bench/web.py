"""What pages take: server time, paint and weight of home, an act until its receipt, previews, pages of the staff.

Run: python bench/web.py
In a headless Chromium on the demo. Fails on what is wrong (an answer that is none, a receipt that never comes), not on
what is slow; the queries of a page are counted by tests/face.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsys.config.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread

import django
from playwright.sync_api import APIRequestContext, Browser, Page, sync_playwright

from bench._product import VAR, busy, percentile, product
from tests import addresses
from tests.e2e.browsing import ARGUMENTS, asking, found_chromium, sign_in
from tests.face.crawling import crawl

TIMES, ACTS, PREVIEWS = 60, 10, 20
PATIENCE_S: Final = 20.0
STAFF: Final = ("curator", "operator", "analyst", "administrator")
WATCH: Final = """
window.shift = 0;
new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) window.shift += e.value; }))
  .observe({type: "layout-shift", buffered: true});
"""
PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"
ASKED: Final = """
window.previews = [];
const told = new WeakMap();
document.addEventListener("htmx:beforeRequest", e => told.set(e.detail.xhr, performance.now()));
document.addEventListener("htmx:afterSwap", e => {
  const began = told.get(e.detail.xhr);
  if (began === undefined || !e.detail.requestConfig.path.endsWith("/blend/")) return;
  told.delete(e.detail.xhr);
  window.previews.push(performance.now() - began);
});
"""
WEIGHT: Final = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter(e => e.initiatorType !== "img").reduce((sum, e) => sum + e.transferSize, 0) / 1000"""


def main() -> int:
    """Measure on the demo; returns how many things were wrong."""
    django.setup()
    with product():
        return measure(json.loads((VAR / "demo.json").read_text()))


def measure(demo: dict[str, Any]) -> int:
    """Print every figure beside what is wanted; returns how many answers were wrong."""
    print(busy(), flush=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found_chromium(), args=ARGUMENTS)
        wrong = _home(browser, demo) + _previews(browser, demo) + _staff(browser, demo)
        browser.close()
    return wrong


def tell(what: str, measured: float, wanted: float, unit: str) -> None:
    """One line: what was measured beside what is wanted."""
    verdict = "ok" if measured <= wanted else "more than wanted"
    print(f"{what:44} {measured:9.2f} {unit} (wanted at most {wanted:g}): {verdict}", flush=True)


def _home(browser: Browser, demo: dict[str, Any]) -> int:
    context = sign_in(browser, demo, "member")
    bare, wrong_bare = _asked(context.request, demo["url"] + "/livez")
    home, wrong_home = _asked(context.request, demo["url"] + "/")
    tell("home, server time p95", percentile(home, 0.95), 60, "ms")
    ratio = percentile(home, 0.5) / percentile(bare, 0.5)
    print(f"{'home beside a bare page, medians':44} {ratio:9.1f} times")
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(demo["url"] + "/", wait_until="networkidle")
    tell("home, first contentful paint", page.evaluate(PAINT), 1000, "ms")
    tell("home, weight before images", page.evaluate(WEIGHT), 150, "kB")
    acts, wrong_acts = _acts(page)
    tell("stars until receipt and new slate, p95", percentile(acts, 0.95), 400, "ms")
    tell("home, layout shift", page.evaluate("window.shift"), 0.05, "")
    context.close()
    return wrong_bare + wrong_home + wrong_acts


def _asked(request: APIRequestContext, url: str) -> tuple[list[float], int]:
    """Milliseconds of each answer after a first that is not counted, and how many were none."""
    times, wrong = [], 0
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        wrong += not request.get(url).ok
        times.append((time.perf_counter() - began) * 1000)
    return times[1:], wrong


def _acts(page: Page) -> tuple[list[float], int]:
    """Milliseconds from giving stars to the receipt; each is taken back before the next."""
    times = []
    for _ in range(ACTS):
        began = time.perf_counter()
        page.locator(".card .stars label").nth(3).click()
        undo = page.locator(".receipt button", has_text="Undo").first
        undo.wait_for()
        times.append((time.perf_counter() - began) * 1000)
        with page.expect_response(lambda answer: "/undo/" in answer.url):
            undo.click()
        page.wait_for_load_state("networkidle")
    return times, ACTS - len(times)


def _previews(browser: Browser, demo: dict[str, Any]) -> int:
    """Milliseconds from asking for both slates of a moved weight until they stand in the page."""
    page = sign_in(browser, demo, "curator").new_page()
    page.add_init_script(ASKED)
    page.goto(f"{demo['url']}/admin/desk/blends/new/?surface=home")
    slider = page.locator("[data-slider] input[type=range]").first
    slider.focus()
    for at in range(PREVIEWS):
        _wait(page, at + 1)
        slider.press("ArrowLeft" if at % 2 else "ArrowRight")
    _wait(page, PREVIEWS + 1)
    times = page.evaluate("window.previews")[1:]
    tell("preview of a blend, until it is seen, p50", percentile(times, 0.5), 150, "ms")
    tell("preview of a blend, until it is seen, p95", percentile(times, 0.95), 150, "ms")
    page.context.close()
    return PREVIEWS - len(times)


def _wait(page: Page, previews: int) -> None:
    """Until so many have been seen; a page that allows no `eval` cannot be waited for by Playwright itself."""
    deadline = time.monotonic() + PATIENCE_S
    while page.evaluate("window.previews.length") < previews and time.monotonic() < deadline:
        page.wait_for_timeout(10)


def _staff(browser: Browser, demo: dict[str, Any]) -> int:
    took: dict[str, float] = {}
    wrong = 0
    for role in STAFF:
        context = sign_in(browser, demo, role)
        ask = asking(context.request, demo["url"])
        for found in list(crawl(ask, addresses.STAFF, asks=role != addresses.EVERYWHERE)):
            began = time.perf_counter()
            wrong += ask(found.path).status != found.answer.status
            took[found.name] = (time.perf_counter() - began) * 1000
        context.close()
    tell(f"{len(took)} pages of the staff, the slowest", max(took.values()), 500, "ms")
    for name in sorted(took, key=took.__getitem__, reverse=True)[:5]:
        print(f"    {took[name]:7.0f} ms {name}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
