"""A real browser on the running demo: every page must load without a violation of the content security policy."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browsing import ARGUMENTS, PATIENCE_MS, complaints_of, found_chromium
from tests.processes import LiveStack


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where a Chromium is; without one, browser tests are skipped, in CI they fail."""
    if found := found_chromium():
        return found
    message = "no Chromium found: browser tests need one (Debian: apt-get install chromium)"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    # Playwright keeps a loop in this thread for the session; Django would take its tests for asynchronous ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; fails where the console complained of anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints = complaints_of(page)
    yield page
    context.close()
    assert not complaints


@pytest.fixture
def sign_in(page: Page, demo_stack: LiveStack) -> Callable[[str], Page]:
    """Sign in as the demo's user of a role."""
    demo = json.loads((demo_stack.var / "demo.json").read_text())

    def enter(role: str) -> Page:
        page.goto(f"{demo['url']}/login/")
        page.get_by_label("Username").fill(demo["logins"][role]["username"])
        page.get_by_label("Password").fill(demo["logins"][role]["password"])
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    return enter
