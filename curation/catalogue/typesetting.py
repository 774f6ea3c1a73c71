"""Setting a title like a paperback's: the largest type in which it stands whole, broken where a reader would.

Widths are those of a wide serif, so that a narrower one of the reader's stays inside as well.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MARGIN: Final = 16
MEASURE: Final = 168.0
_TOP: Final = 18.0
_FLOOR: Final = 284.0
_SIZES: Final = (36, 31, 27, 23, 20, 17, 15)
_LEADING: Final = 1.2
_TALLEST: Final = 148.0
_ASCENT: Final = 0.86

_KNOWN: Final = {
    " ": 0.35,
    **dict.fromkeys("iljfrtI.,:;'’!|()[]-", 0.44),
    **dict.fromkeys("mwMW@%&—…", 1.05),
}
_BY_CATEGORY: Final = {"Mn": 0.0, "Me": 0.0, "Cf": 0.0, "So": 1.35, "Lu": 0.82}
"""Marks stand over their letter; pictures are broader than they are high; capitals than small letters."""
_JOINERS: Final = frozenset("\u200d\ufe0f\ufe0e\u20e3")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the title and the height of its baseline, in units of a 200 × 300 cover."""

    text: str
    y: int


@dataclass(frozen=True, slots=True)
class Block:
    """A title as it is set: its lines, the size of the type, where lines begin, and what room it takes."""

    lines: tuple[Line, ...]
    size: int
    x: int
    direction: str
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class _Token:
    """What is not broken between lines unless it is longer than one."""

    text: str
    spaced: bool

    @property
    def width(self) -> float:
        return width(self.text)


def set_title(title: str, *, below: bool = False) -> Block:
    """The title at the top of the cover, or at its foot; cut with an ellipsis only where no size holds it."""
    size, lines = _fitted(list(_tokens(title)))
    step = size * _LEADING
    height = step * len(lines)
    top = _FLOOR - height if below else _TOP
    rtl = is_rtl(title)
    return Block(
        lines=tuple(
            Line(text, round(top + size * _ASCENT + step * at)) for at, text in enumerate(lines)
        ),
        size=size,
        x=MARGIN + round(MEASURE) if rtl else MARGIN,
        direction="rtl" if rtl else "ltr",
        top=top,
        bottom=top + height,
    )


def width(text: str) -> float:
    """The width of a text in units of its size."""
    return sum(map(_advance, text))


def is_rtl(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left."""
    kinds = map(unicodedata.bidirectional, text)
    return next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L") != "L"


def _fitted(tokens: list[_Token]) -> tuple[int, list[str]]:
    for size in _SIZES:
        measure = MEASURE / size
        lines = _wrapped(tokens, measure)
        whole = all(token.width <= measure for token in tokens)
        if whole and len(lines) <= _most(size) and not _ends_alone(lines):
            return size, lines
    smallest = _SIZES[-1]
    pieces = [piece for token in tokens for piece in _pieces(token, MEASURE / smallest)]
    return smallest, _cut(_wrapped(pieces, MEASURE / smallest), _most(smallest))


def _ends_alone(lines: list[str]) -> bool:
    """Whether a single ideograph would stand on the last line."""
    return len(lines) > 1 and width(lines[-1]) <= 1.0


def _most(size: int) -> int:
    return int(_TALLEST / (size * _LEADING))


def _cut(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    last = list(_clusters(lines[most - 1]))
    while last and width("".join(last)) + _advance("…") > MEASURE / _SIZES[-1]:
        last.pop()
    return [*lines[: most - 1], "".join(last).rstrip() + "…"]


def _wrapped(tokens: list[_Token], measure: float) -> list[str]:
    lines: list[str] = []
    line = ""
    for token in tokens:
        joined = f"{line} {token.text}" if line and token.spaced else line + token.text
        if line and width(joined) > measure:
            lines.append(line)
            joined = token.text
        line = joined
    return [*lines, line] if line else lines


def _tokens(title: str) -> Iterator[_Token]:
    """Words; of text without spaces each character, with the punctuation that follows it."""
    for word in title.split():
        spaced, text = True, ""
        for cluster in _clusters(word):
            if text and _breaks(text, cluster):
                yield _Token(text, spaced)
                spaced, text = False, ""
            text += cluster
        yield _Token(text, spaced)


def _breaks(before: str, cluster: str) -> bool:
    if unicodedata.category(cluster[0]) in {"Po", "Pe", "Pf"}:
        return False
    if unicodedata.category(before[-1]) in {"Ps", "Pi"}:
        return False
    return _is_wide(cluster[0]) or _is_wide(before[0])


def _pieces(token: _Token, measure: float) -> Iterator[_Token]:
    """A token in pieces that fit a line each."""
    spaced, text = token.spaced, ""
    for cluster in _clusters(token.text):
        if text and width(text + cluster) > measure:
            yield _Token(text, spaced)
            spaced, text = False, ""
        text += cluster
    yield _Token(text, spaced)


def _clusters(text: str) -> Iterator[str]:
    """What a reader takes for one character: marks, joined pictures and flags stay together."""
    cluster = ""
    for character in text:
        if cluster and not _joins(cluster, character):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _joins(cluster: str, character: str) -> bool:
    if character in _JOINERS or cluster[-1] == "\u200d" or _is_mark(character):
        return True
    return len(cluster) == 1 and _is_flag(cluster) and _is_flag(character)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me", "Mc"} or "🏻" <= character <= "🏿"


def _is_flag(character: str) -> bool:
    return "🇦" <= character <= "🇿"


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in {"W", "F"}


def _advance(character: str) -> float:
    """The width of a character in units of the type's size."""
    if character in _KNOWN:
        return _KNOWN[character]
    category = unicodedata.category(character)
    if category in _BY_CATEGORY:
        return _BY_CATEGORY[category]
    return 1.0 if _is_wide(character) else 0.66
