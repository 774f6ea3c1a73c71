"""What a page holds, read from its HTML: elements, links, controls with their labels, and the texts that people see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
SILENT = frozenset({"script", "style", "template"})
# Attributes that are read out or shown.
TOLD = ("aria-label", "title", "alt", "placeholder", "aria-description", "data-offline")


@dataclass
class Element:
    """One element, in its place."""

    tag: str
    attributes: dict[str, str]
    above: Element | None
    line: int
    text: str = ""
    below: list[Element] = field(default_factory=list)

    def __str__(self) -> str:
        told = "".join(f' {name}="{value[:40]}"' for name, value in self.attributes.items())
        return f"<{self.tag}{told}> on line {self.line}"

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    def within(self, *tags: str) -> bool:
        """Whether it stands in an element of one of these names."""
        place = self.above
        while place is not None and place.tag not in tags:
            place = place.above
        return place is not None

    def whole_text(self) -> str:
        """Its words and those of what stands in it."""
        return " ".join([self.text, *(each.whole_text() for each in self.below)]).strip()


class Document(HTMLParser):
    """A page or a fragment, read leniently, as a browser does."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.texts: list[tuple[str, Element | None]] = []
        self._here: Element | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        element = Element(tag, told, self._here, self.getpos()[0])
        self.elements.append(element)
        if self._here is not None:
            self._here.below.append(element)
        if tag not in VOID:
            self._here = element

    def handle_endtag(self, tag: str) -> None:
        place = self._here
        while place is not None and place.tag != tag:
            place = place.above
        if place is not None:
            self._here = place.above

    def handle_data(self, data: str) -> None:
        if not (words := " ".join(data.split())):
            return
        if self._here is not None:
            self._here.text = f"{self._here.text} {words}".strip()
        if self._here is None or self._here.tag not in SILENT:
            self.texts.append((words, self._here))

    def of(self, *tags: str) -> list[Element]:
        return [each for each in self.elements if each.tag in tags]

    def links(self) -> Iterator[str]:
        """Where a reader can go from here by a link, and which panes the page asks for by itself."""
        for each in self.elements:
            if each.tag == "a" and each.get("href"):
                yield each.get("href")
            if each.get("hx-get"):
                yield each.get("hx-get")

    def told(self) -> Iterator[tuple[str, Element | None]]:
        """Every text that people see or hear, with the element that tells it."""
        yield from self.texts
        for each in self.elements:
            yield from ((each.get(name), each) for name in TOLD if each.get(name))
            if each.tag == "input" and each.get("type") in {"submit", "button", "reset"}:
                yield each.get("value"), each
