"""Where the product is entered, and what its pages are asked for beyond their links, for all that crawls it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.face.reading import Document

STAFF: Final = ("/admin/", "/admin/likenesses/")
"""Where staff begin; to the texts that rules ask the like of only a pane leads that is asked for by a form."""
START: Final = ("/", "/account/", *STAFF)
EVERYWHERE: Final = "administrator"
"""Who sees what the others do, and need not ask for all of it again."""


@dataclass(frozen=True)
class Choice:
    """What a page offers under a name, in a form or in links: each asked for by itself, or the first few together."""

    name: str
    at: str = ""
    together: int = 1
    most: int = 12

    def addresses(self, path: str, page: Document) -> Iterator[str]:
        """One for each that is offered, or one for all."""
        offered = list(dict.fromkeys(filter(None, _offered(page, self.name))))
        if self.together == 1:
            for value in islice(offered, self.most):
                yield f"{path}?{urlencode({self.name: value})}"
        elif len(offered) >= self.together:
            told = [(self.name, value) for value in offered[: self.together]]
            yield f"{self.at or path}?{urlencode(told)}"


QUERIES: Final[Mapping[str, tuple[str, ...]]] = {
    "search/": ("q=planted", "q=zebra&by=meaning", "q=zzzzzzzz"),
    "slates/": ("surface=home", "member=nobody"),
    "slates/<uuid:slate_id>/": ("evidence=1", "replay=1"),
    "report/": ("period=7d&surface=home&kind=rating&compare=none&simulated=on",),
    "report/items/": ("period=7d&surface=home&kind=rating", "start=2020-02-02&end=2020-01-01"),
    "report/members/": ("period=month&compare=month",),
    "admin/desk/catalogue/": ("view=grid&q=planted&order=shown", "q=zzzzzzzz"),
    "admin/desk/catalogue/near/": ("q=zebra",),
    "admin/desk/audit/": ("start=2020-02-02&actor=curator", "q=zzzzzzzz"),
    "admin/desk/surfaces/<slug:slug>/versions/": ("before=0",),
    "admin/previews/surfaces/<slug:slug>/": ("member=nobody",),
    "admin/runs/": ("state=failed",),
}
"""What a page is asked for that no link names, by its route."""
CHOICES: Final[Mapping[str, tuple[Choice, ...]]] = {
    "history/": (Choice("list"),),
    "report/": (Choice("segment", most=1),),
    "admin/proposals/": (Choice("show"),),
    "admin/runs/": (Choice("run", at="/admin/runs/compare/", together=3),),
    "admin/runs/launch/": (Choice("family"),),
    "admin/runs/schedules/new/": (Choice("family", most=2),),
}
"""What it is asked for of that which it offers itself."""


def asked(route: str, path: str, page: Document) -> Iterable[str]:
    """The addresses with queries of a page that was come to; none of one that was asked for something already."""
    if "?" in path:
        return
    yield from (f"{path}?{query}" for query in QUERIES.get(route, ()))
    for choice in CHOICES.get(route, ()):
        yield from choice.addresses(path, page)


def _offered(page: Document, name: str) -> Iterator[str]:
    for each in page.elements:
        if each.tag == "input" and each.get("name") == name:
            yield each.get("value")
        elif each.tag == "select" and each.get("name") == name:
            yield from (option.get("value") for option in each.below)
        elif each.tag == "a":
            yield from parse_qs(urlsplit(each.get("href")).query).get(name, ())
