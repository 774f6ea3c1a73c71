"""What of a page is of ours in the other language: a string of the catalogue that stayed English, or any Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import polib

from recsys.config.translations import catalogues
from tests.face.payload import PLANTED
from tests.face.reading import Document, Element

_CHINESE: Final[Path] = catalogues()[0]
_ENTRIES: Final = list(polib.pofile(str(_CHINESE)))
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sd]|\{\w+\}|<[^>]+>|`[^`]+`")
# A language is offered by its own name.
_ALIKE: Final = {entry.msgid for entry in _ENTRIES if entry.msgid == entry.msgstr} | {"English"}
_OWN_NAMES: Final = {"简体中文"}
_SENTENCE: Final = re.compile(r"[A-Za-z]+(?:['’]\w+)?,?(?: [a-z][\w'’-]*,?){2,}")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
# What people wrote in the world of these tests.
_DATA: Final = {"A film", "A bad film", "War at sea", "it is good", "it is bad", "it is better"}
_VERBATIM: Final = ("code", "pre", "kbd", "textarea")


def _is_told(msgid: str) -> bool:
    """Whether it can be told from data: one lower-case word may be an identifier, which has no language."""
    return msgid not in _ALIKE and re.search(r"^[A-Z]|[a-z] [a-z]", msgid) is not None


def _pattern(msgids: list[str]) -> re.Pattern[str]:
    """One for all strings in which something stands for something else."""
    parts = (map(re.escape, _PLACEHOLDER.split(each)) for each in msgids)
    return re.compile("|".join(".+".join(each) for each in parts))


_TOLD: Final = sorted(
    {each for entry in _ENTRIES for each in (entry.msgid, entry.msgid_plural) if _is_told(each)}
)
# A sentence may stand among others; anything else is the whole of a text.
_SENTENCES: Final = [each for each in _TOLD if each.endswith(".")]
_WHOLE: Final = {each.rstrip(":") for each in _TOLD if not each.endswith(".")}
_PLAIN_SENTENCES: Final = [each for each in _SENTENCES if not _PLACEHOLDER.search(each)]
# By the longest part that stays as it is: all in one pattern would be tried at each letter of each text.
_FILLED_SENTENCES: Final = [
    (max(_PLACEHOLDER.split(each), key=len), _pattern([each]))
    for each in _SENTENCES
    if _PLACEHOLDER.search(each)
]
_FILLED: Final = _pattern([each for each in _WHOLE if _PLACEHOLDER.search(each)])


def of_english(page: Document) -> Iterator[str]:
    """Texts of a page that should have been Chinese; what is marked as English is read out as such."""
    for text, place in page.told():
        if _language(place) == "en":
            continue
        if _is_ours(text) or _is_sentence(text, place):
            yield f"English: {text[:90]!r}"


def of_chinese(page: Document) -> Iterator[str]:
    """Texts of a page that should have been English: nobody's data in these tests is Chinese."""
    for text, place in page.told():
        if _HAN.search(text) and text not in _OWN_NAMES and not _is_verbatim(place):
            yield f"Chinese: {text[:90]!r}"


def _language(place: Element | None) -> str:
    while place is not None and not place.get("lang"):
        place = place.above
    return place.get("lang") if place is not None else ""


def _is_verbatim(place: Element | None) -> bool:
    return place is not None and (place.tag in _VERBATIM or place.within(*_VERBATIM))


@cache
def _is_ours(text: str) -> bool:
    if text in _ALIKE:
        return False
    label = text.rstrip(":：")
    if label in _WHOLE or _FILLED.fullmatch(label):
        return True
    if "." not in text:
        return False
    if any(sentence in text for sentence in _PLAIN_SENTENCES):
        return True
    return any(part in text and filled.search(text) for part, filled in _FILLED_SENTENCES)


def _is_sentence(text: str, place: Element | None) -> bool:
    """Whether it is English of nobody's data: three words or more in a row, and nothing Chinese beside them."""
    if PLANTED in text or text in _DATA or _HAN.search(text) or not _SENTENCE.search(text):
        return False
    return not _is_verbatim(place)
