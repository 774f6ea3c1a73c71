"""Goes through the product as a reader does: from a role's first pages along their links, bounded by route."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit

from django.urls import Resolver404, resolve

from tests.addresses import START, asked
from tests.face.asking import Answer, Ask
from tests.face.reading import Document

# A word of ours in an address shows another page each time; what names a row shows one page in many.
MOST_BY_WORD = 12
_ROWS = ("<uuid:", "<int:", "<path:", "<str:", "slug>", "family>")
# The word that says of what table a row is, whose pages are unlike each other's.
_TABLE = "label"
# Without it there is no such page: a shelf starts from an item.
_NAMING = {"of"}


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

    @property
    def name(self) -> str:
        """Its route, with what was asked there."""
        query = urlsplit(self.path).query
        return f"{self.route}?{query}" if query else self.route


def crawl(
    ask: Ask, starts: Iterable[str] = START, most: int = 300, *, asks: bool = True
) -> Iterator[Found]:
    """Every page that the links lead to: one of each route, several where a word names them.

    Where it `asks`, besides each with the queries that stand in the list of addresses.
    """
    wanted = set(begun := tuple(starts))
    waiting: deque[tuple[str, str]] = deque((path, "") for path in begun)
    seen: Counter[str] = Counter()
    gone: set[str] = set()
    while waiting and len(gone) < most:
        path, after = waiting.popleft()
        route = route_of(path)
        if route is None or path in gone:
            continue
        if seen[_kind_of(path)] >= _most(route) and path not in wanted:
            continue
        gone.add(path)
        seen[_kind_of(path)] += 1
        answer = ask(path)
        if not answer.kind.startswith("text/html"):
            continue
        found = Found(route_of(answer.path) or route, path, answer, after)
        yield found
        queries = _queries(found) if asks else []
        wanted.update(queries)
        waiting.extend((link, path) for link in (*local_links(found), *queries))


def _queries(found: Found) -> list[str]:
    """What a page is asked for besides, if it was shown at all."""
    if found.answer.status != HTTPStatus.OK or found.answer.path != found.path:
        return []
    return list(asked(found.route, found.path, found.document))


def local_links(found: Found) -> list[str]:
    """Addresses of the product that the page leads to, without what a filter adds to them."""
    links = (link for link in found.document.links() if not link.startswith("#"))
    whole = (urlsplit(urljoin(found.answer.path, link)) for link in links)
    return [_plain(each) for each in whole if not each.netloc and each.scheme in {"", "http"}]


def _plain(link: SplitResult) -> str:
    kept = [(name, value) for name, value in parse_qsl(link.query) if name in _NAMING]
    return f"{link.path}?{urlencode(kept)}" if kept else link.path


def route_of(path: str) -> str | None:
    """The route of an address as the urls write it; None of what is none of ours (static files)."""
    try:
        match = resolve(urlsplit(path).path)
    except Resolver404:
        return None
    return None if match.url_name is None and "(?P<url>" in match.route else match.route


def _kind_of(path: str) -> str:
    """What of which one page is seen: its route, and the table that it is about where any can be meant."""
    match = resolve(urlsplit(path).path)
    return f"{match.route} {match.kwargs.get(_TABLE, '')}"


def _most(route: str) -> int:
    return MOST_BY_WORD if "<slug:" in route and not any(map(route.__contains__, _ROWS)) else 1
