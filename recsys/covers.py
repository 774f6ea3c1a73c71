"""Covers for items without an image: flat shapes and a colour pair, always the same for the same item."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

WIDTH, HEIGHT = 200, 300
_LINE_CHARACTERS = 14
_LINES_AT_MOST = 6


@dataclass(frozen=True)
class Line:
    """One line of the title and the height of its baseline, in units of a 200 × 300 cover."""

    text: str
    y: int


@dataclass(frozen=True)
class Cover:
    """What the cover's template draws; colours are `hsl()` strings, lengths units of a 200 × 300 box."""

    ground: str
    figure: str
    x: int
    y: int
    radius: int
    tilt: int
    lines: tuple[Line, ...]


def cover(outside_id: str, title: str, family: str) -> Cover:
    """The cover of an item; `family` (its first genre, or provider) picks the hue, the outside id the shapes."""
    shape = hashlib.blake2b(outside_id.encode(), digest_size=8).digest()
    hue = int.from_bytes(hashlib.blake2b(family.encode(), digest_size=2).digest()) % 360
    near = (hue + shape[0] % 24) % 360
    return Cover(
        ground=f"hsl({near} 38% 24%)",
        figure=f"hsl({(near + 30 + shape[1] % 40) % 360} 46% {40 + shape[2] % 14}%)",
        x=20 + shape[3] % 160,
        y=130 + shape[4] % 140,
        radius=60 + shape[5] % 70,
        tilt=shape[6] % 90 - 45,
        lines=tuple(Line(text, 44 + 27 * n) for n, text in enumerate(_wrapped(title))),
    )


def _wrapped(title: str) -> list[str]:
    """The title cut into lines that fit the cover, the last one ending in an ellipsis where it does not."""
    lines = list(_lines(title.split()))
    if len(lines) <= _LINES_AT_MOST:
        return lines
    last = lines[_LINES_AT_MOST - 1]
    return [*lines[: _LINES_AT_MOST - 1], last[: _LINE_CHARACTERS - 1].rstrip() + "…"]


def _lines(words: list[str]) -> Iterator[str]:
    line = ""
    for piece in (piece for word in words for piece in _pieces(word)):
        if line and _width(line) + 1 + _width(piece) > _LINE_CHARACTERS:
            yield line
            line = piece
        else:
            line = f"{line} {piece}".strip()
    if line:
        yield line


def _pieces(word: str) -> Iterator[str]:
    """A word in pieces that fit a line each: long words and text without spaces (Chinese) must break somewhere."""
    piece = ""
    for character in word:
        if _width(piece + character) > _LINE_CHARACTERS:
            yield piece
            piece = ""
        piece += character
    yield piece


def _width(text: str) -> int:
    """The width in Latin letters; an ideograph is as wide as two."""
    return sum(2 if ord(character) >= 0x2E80 else 1 for character in text)
