"""Every page as every role in a real browser, hostile rows among them: no violation, nothing grave, nothing sideways.

Pages are found by links. A page that shows nothing but parts which another role was shown already is not loaded again.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, StorageState

from tests.e2e.browsing import asking
from tests.e2e.looking import looking
from tests.face.crawling import START, Found, crawl
from tests.face.exceptions import SEEN

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("readers"), pytest.mark.timeout(600)]

ROLES: Final = {
    "anonymous": 12,
    "member": 18,
    "curator": 60,
    "analyst": 30,
    "operator": 30,
    "administrator": 120,
}
"""Who goes along the links, and how many pages that leads to at least."""
# Of the stock pages of the admin there are as many as tables, and they are alike.
ALIKE: Final = ("/history/", "/delete/")
# They name their table and its columns in classes, beside those that say how a part looks.
NAMING: Final = re.compile(r"\b(?:app|model|field|column)-\S+\s*")
HOSTILE: Final = (
    "<img src=x onerror=\"window.planted=true\" class='planted'><script>alert(1)</script>"
)
LONG: Final = (
    "كتاب طويل 🎬 "
    + "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
)


@pytest.fixture(scope="module")
def planted(demo: dict[str, Any]) -> list[str]:
    """Where rows stand whose names are hostile or very long: an item with a comment, a segment, a draft."""
    titles = {"hostile": HOSTILE, "long": LONG}
    rows = [{"item": name, "title": title, "description": title} for name, title in titles.items()]
    send(demo, "client", "PUT", "items/", {"items": rows})
    segment = {"name": HOSTILE, "reason": HOSTILE}
    send(demo, "curator", "PUT", "segments/hostile/", segment)
    draft = {"kind": "pin", "item": "hostile", "surface": "home", "slot": 9, "reason": HOSTILE}
    named = send(demo, "curator", "POST", "decisions/", draft | {"change_set": HOSTILE[:120]})
    told = {"event": "hostile", "member": "hostile", "item": "hostile", "kind": "comment"}
    send(demo, "client", "POST", "interactions/", told | {"text": HOSTILE, "public": True})
    return ["/admin/desk/segments/hostile/", f"/admin/desk/decisions/{named['id']}/"]


def send(demo: dict[str, Any], role: str, method: str, path: str, body: Any) -> dict[str, Any]:
    """Ask the API; fails where it does not take what it was sent."""
    headers = {
        "Authorization": f"Token {demo['tokens'][role]}",
        "Content-Type": "application/json",
    }
    url, data = f"{demo['url']}/api/v1/{path}", json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        told: dict[str, Any] = json.loads(answer.read() or b"{}")
    return told


def news(pages: Iterator[Found], shown: dict[str, set[tuple[str, str]]]) -> Iterator[Found]:
    """The pages with a part that their route was not seen with before."""
    for page in pages:
        stock = re.match(r"admin/(?:curation|django_celery_beat)/\w+(/.*)", page.route)
        parts = {
            (each.tag, NAMING.sub("", each.get("class")) if stock else each.get("class"))
            for each in page.document.elements
        }
        before = shown.setdefault(stock[1] if stock else page.route, set())
        if page.is_whole and not page.path.endswith(ALIKE) and not parts <= before:
            before |= parts
            yield page


@pytest.fixture(scope="module")
def shown() -> dict[str, set[tuple[str, str]]]:
    """The parts of each route's pages that some role was shown."""
    return {}


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_sound_in_a_browser(
    browser: Browser,
    let_in: Callable[[str], StorageState],
    demo: dict[str, Any],
    planted: list[str],
    shown: dict[str, set[tuple[str, str]]],
    role: str,
) -> None:
    context = browser.new_context(storage_state=let_in(role))
    pages = list(crawl(asking(context.request, demo["url"]), [*START, *planted]))
    found: list[str] = []
    with looking(browser, context.storage_state()) as looker:
        for page in news(iter(pages), shown):
            wrong = looker.look(demo["url"] + page.path)
            excepted = SEEN.get(page.route, ())
            found += [
                f"{page.path}: {each}"
                for each in wrong
                if not any(part in each for part in excepted)
            ]
    context.close()
    assert len(pages) >= ROLES[role], "the crawl came to too few pages to prove anything"
    assert not found, "\n".join(found)
