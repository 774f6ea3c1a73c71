"""What all that drives a browser shares: where one is, how it starts, signing in, asking for a page, its console."""

from __future__ import annotations

import shutil
from typing import Any, Final

from playwright.sync_api import (
    APIRequestContext,
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
)

from tests.face.asking import Answer, Ask

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS: Final = 30_000
"""What a page and a worker have to answer is waited for on a busy machine, too."""
# What htmx says of a request that a newer one replaced, as `hx-sync` asks it to.
_REPLACED: Final = ("htmx:sendAbort", "htmx:afterRequest")
# Nothing is on its way, and nothing moves but what moves for ever.
_AT_REST: Final = """() =>
  !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')
  && document.getAnimations().every(each =>
       each.playState !== 'running' || each.effect.getComputedTiming().iterations === Infinity)"""


def is_complaint(told: ConsoleMessage) -> bool:
    """Whether a line of the console says that something is wrong."""
    return told.type in {"error", "warning"} and not told.text.startswith(_REPLACED)


def complaints_of(page: Page) -> list[str]:
    """What the console of a page complains of and its scripts fail with; it grows as they do."""
    heard: list[str] = []
    page.on("console", lambda told: heard.append(told.text) if is_complaint(told) else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def wait_at_rest(page: Page) -> None:
    """Until the panes that a page asks for by itself stand in it, and nothing moves any more."""
    page.wait_for_function(_AT_REST)


def found_chromium() -> str | None:
    """The Chromium of this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def sign_in(browser: Browser, demo: dict[str, Any], role: str) -> BrowserContext:
    """A context in which somebody of the role is signed in; a stranger's is new."""
    context = browser.new_context()
    if role == "anonymous":
        return context
    page = context.new_page()
    page.goto(f"{demo['url']}/login/")
    page.get_by_label("Username").fill(demo["logins"][role]["username"])
    page.get_by_label("Password").fill(demo["logins"][role]["password"])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.close()
    return context


def asking(request: APIRequestContext, url: str) -> Ask:
    """Ask for pages without drawing them."""

    def ask(path: str) -> Answer:
        answer = request.get(url + path)
        kind = answer.headers.get("content-type", "")
        html = answer.text() if kind.startswith("text/html") else ""
        return Answer(answer.url.removeprefix(url), answer.status, kind, html)

    return ask
