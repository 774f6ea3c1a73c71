"""The words of the product, as `docs/glossary.md` has them, in the language of whoever reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.text import slugify

_ROW: Final = re.compile(r"^\|(.+)\|\s*$")
_CODE: Final = re.compile(r"`([^`]*)`")
_FILES: Final = {"zh-hans": "glossary.zh-hans.md"}
_USUAL: Final = "glossary.md"


@dataclass(frozen=True, slots=True)
class Entry:
    """One word: itself, the same in the other language, what it means, and its anchor on the page."""

    word: str
    other: str
    meaning: str
    anchor: str


@cache
def entries(language: str) -> tuple[Entry, ...]:
    """All words in the order of the file; a language without a file of its own gets the English one."""
    name = _FILES.get(language, _USUAL)
    path = Path(settings.BASE_DIR) / "docs" / name
    english_first = name == _USUAL
    return tuple(_entry(cells, english_first) for cells in _rows(path.read_text("utf-8")))


def _rows(text: str) -> Iterator[list[str]]:
    """The cells of the table's rows, below its head and the line under that."""
    found = (_ROW.match(line) for line in text.splitlines())
    table = [[cell.strip() for cell in row[1].split("|")] for row in found if row]
    yield from table[2:]


def _entry(cells: list[str], english_first: bool) -> Entry:
    word, other, meaning = cells[:3]
    return Entry(
        word=word,
        other=other,
        meaning=_CODE.sub(r"\1", meaning),
        anchor=slugify(word if english_first else other),
    )
