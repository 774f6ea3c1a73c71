"""What of a page in Chinese is English of ours: a string of the catalogue that stayed English, or one of none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import polib

from recsys.config.translations import catalogues
from tests.face.hostile import PLANTED
from tests.face.reading import Document, Element

_CHINESE: Final[Path] = catalogues()[0]
_ENTRIES: Final = list(polib.pofile(str(_CHINESE)))
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sd]|\{\w+\}|<[^>]+>|`[^`]+`")
# A language is offered by its own name.
_ALIKE: Final = {entry.msgid for entry in _ENTRIES if entry.msgid == entry.msgstr} | {"English"}
_SENTENCE: Final = re.compile(r"[A-Za-z]+(?:['’]\w+)?,?(?: [a-z][\w'’-]*,?){2,}")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
# What people wrote in the world of these tests.
_DATA: Final = {"A film", "A bad film", "it is good", "it is bad", "it is better"}
_VERBATIM: Final = ("code", "pre", "kbd", "textarea")


def _pattern(msgid: str) -> str:
    """An English string as it looks on a page: a sentence may stand among others."""
    whole = ".+".join(re.escape(part) for part in _PLACEHOLDER.split(msgid))
    return whole if msgid.endswith(".") else f"^{whole}[:：]?$"


# One lower-case word may be an identifier, which has no language.
_OURS: Final = re.compile(
    "|".join(
        _pattern(text)
        for entry in _ENTRIES
        for text in (entry.msgid, entry.msgid_plural)
        if text not in _ALIKE and re.search(r"^[A-Z]|[a-z] [a-z]", text)
    )
)


def of_english(page: Document) -> Iterator[str]:
    """Texts of a page that should have been Chinese."""
    for text, place in page.told():
        if _is_ours(text) or _is_sentence(text, place):
            yield f"English: {text[:90]!r}"


@cache
def _is_ours(text: str) -> bool:
    return text not in _ALIKE and _OURS.search(text) is not None


def _is_sentence(text: str, place: Element | None) -> bool:
    """Whether it is English of nobody's data: three words or more in a row, and nothing Chinese beside them."""
    if PLANTED in text or text in _DATA or _HAN.search(text) or not _SENTENCE.search(text):
        return False
    return place is None or not (place.tag in _VERBATIM or place.within(*_VERBATIM))
