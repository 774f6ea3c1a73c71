"""Goes through the product as a reader does: from a role's first pages along their links, bounded by route."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve

from tests.face.asking import Answer, Ask
from tests.face.reading import Document

# A word of ours in an address shows another page each time; what names a row shows one page in many.
MOST_BY_WORD = 12
_ROWS = ("<uuid:", "<int:", "<path:", "<str:", "slug>", "family>")
START = ("/", "/account/", "/admin/")


@dataclass(frozen=True)
class Found:
    """One page that a reader came to, and whence."""

    route: str
    path: str
    answer: Answer = field(repr=False)
    after: str = ""

    @cached_property
    def document(self) -> Document:
        return Document(self.answer.html)

    @property
    def is_whole(self) -> bool:
        """Whether it is a page rather than a pane of one."""
        return "<html" in self.answer.html[:400]


def crawl(ask: Ask, starts: Iterable[str] = START, most: int = 300) -> Iterator[Found]:
    """Every page that the links lead to: one of each route, several where a word names them."""
    waiting: deque[tuple[str, str]] = deque((path, "") for path in starts)
    seen: Counter[str] = Counter()
    asked: set[str] = set()
    while waiting and len(asked) < most:
        path, after = waiting.popleft()
        route = route_of(path)
        if route is None or path in asked or seen[route] >= _most(route):
            continue
        asked.add(path)
        seen[route] += 1
        answer = ask(path)
        if not answer.kind.startswith("text/html"):
            continue
        found = Found(route_of(answer.path) or route, path, answer, after)
        yield found
        waiting.extend((link, path) for link in local_links(found))


def local_links(found: Found) -> list[str]:
    """Addresses of the product that the page leads to, without what a filter adds to them."""
    links = (link for link in found.document.links() if not link.startswith("#"))
    whole = (urlsplit(urljoin(found.answer.path, link)) for link in links)
    return [each.path for each in whole if not each.netloc and each.scheme in {"", "http"}]


def route_of(path: str) -> str | None:
    """The route of an address as the urls write it; None of what is none of ours (static files)."""
    try:
        match = resolve(urlsplit(path).path)
    except Resolver404:
        return None
    return None if match.url_name is None and "(?P<url>" in match.route else match.route


def _most(route: str) -> int:
    return MOST_BY_WORD if "<slug:" in route and not any(map(route.__contains__, _ROWS)) else 1
