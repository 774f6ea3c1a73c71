"""What holds of every page, told as findings: each names what is wrong and where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.face.payload import PLANTED
from tests.face.reading import Document, Element

_TYPED: Final = frozenset({"hidden", "submit", "button", "reset", "image"})
_GOES: Final = ("href", "src", "action", "formaction", "hx-get", "hx-post", "xlink:href")
_BY_HAND: Final = re.compile(r"\b(19|20)\d\d-\d\d-\d\d\b")
# What is shown as it was written: code, and what somebody typed into a field.
_VERBATIM: Final = ("code", "pre", "kbd", "textarea", "option", "datalist")


def of_structure(page: Document) -> Iterator[str]:
    """One heading of the page, its landmarks, its language, a title; no id twice; nothing inline."""
    headings = [each for each in page.of("h1") if each.whole_text()]
    if len(headings) != 1:
        yield f"{len(headings)} headings of the first level"
    if len(_landmarks(page, "main")) != 1:
        yield "not one main landmark"
    if not _landmarks(page, "header", "banner"):
        yield "no header landmark"
    if not all(each.get("lang") for each in page.of("html")):
        yield "no language"
    if not any(each.whole_text().split("|")[0].strip(" ·") for each in page.of("title")):
        yield "no title"
    counted = Counter(each.get("id") for each in page.elements if each.get("id"))
    yield from (f"the id {name} stands {n} times" for name, n in counted.items() if n > 1)
    yield from of_inline(page)


def _landmarks(page: Document, tag: str, role: str = "") -> list[Element]:
    return [each for each in page.elements if each.tag == tag or each.get("role") == (role or tag)]


def of_inline(page: Document) -> Iterator[str]:
    """The content security policy forbids what is written into the page itself."""
    for each in page.elements:
        if "style" in each.attributes or each.tag == "style":
            yield f"an inline style: {each}"
        if each.tag == "script" and not each.get("src") and "json" not in each.get("type"):
            yield f"an inline script: {each}"
        yield from (f"a handler: {each}" for name in each.attributes if name.startswith("on"))


def of_labels(page: Document) -> Iterator[str]:
    """Every control has a name that is read out, and everything to press has words."""
    named = {each.get("for") for each in page.of("label") if _has_words(each)}
    for each in page.of("input", "select", "textarea"):
        if each.get("type") in _TYPED or each.get("aria-label") or each.get("aria-labelledby"):
            continue
        if each.get("id") not in named and not each.within("label"):
            yield f"without a label: {each}"
    for each in page.of("button", "a"):
        if not _has_words(each) and not each.get("aria-hidden"):
            yield f"without words: {each}"


def _has_words(element: Element) -> bool:
    told = (element.text, element.get("aria-label"), element.get("title"), element.get("alt"))
    return any(told) or any(map(_has_words, element.below))


def of_planting(page: Document, html: str) -> Iterator[str]:
    """No text of people's became an element, an attribute or an address; none was escaped twice."""
    for each in page.elements:
        if each.tag == PLANTED or any(PLANTED in name for name in each.attributes):
            yield f"hostile markup came to life: {each} in {each.above}"
        for name in _GOES:
            if each.get(name).strip().lower().startswith("javascript:"):
                yield f"an address that would run: {each}"
    if f"&amp;lt;{PLANTED}" in html:
        yield "hostile markup was escaped twice"


def of_dates(page: Document) -> Iterator[str]:
    """A date is written as the reader's language does, unless it is quoted as code."""
    for text, place in page.told():
        if _BY_HAND.search(text) and not (place and _is_verbatim(place)):
            yield f"a date that no language writes: {text[:60]!r} in {place}"


def _is_verbatim(place: Element) -> bool:
    return place.tag in _VERBATIM or place.within(*_VERBATIM)
