"""The colours that everything is drawn with can be read: WCAG's contrast, in light and dark."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

TOKENS: Final = Path(settings.BASE_DIR) / "static" / "css" / "tokens.css"
_PAIR: Final = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
WORDS: Final = ("ink", "muted", "accent", "good", "watch", "bad", "human", "machine", "chance")
GROUNDS: Final = ("surface", "raised", "sunken")
TINTED: Final = ("accent", "good", "watch", "bad", "human", "machine", "chance")
READ: Final = [
    *product(WORDS, GROUNDS),
    *((hue, f"{hue}-tint") for hue in TINTED),
    *(("ink", f"{hue}-tint") for hue in TINTED),
    *(("muted", f"{hue}-tint") for hue in TINTED),
    *(("accent-ink", ground) for ground in ("accent", "accent-hover")),
    ("surface", "ink"),
]
# What is seen rather than read: edges of controls, stars.
SEEN: Final = [*product(("edge", "star", "star-off"), ("surface", "raised"))]


def colours(scheme: int) -> dict[str, str]:
    """Each colour of a scheme: 0 is light, 1 is dark."""
    return {name: pair[scheme] for name, *pair in _PAIR.findall(TOKENS.read_text())}


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(READ, 4.5), (SEEN, 3.0)], ids=["read", "seen"])
def test_every_pair_of_colours_has_contrast(
    scheme: int, pairs: list[tuple[str, str]], least: float
) -> None:
    held = colours(scheme)
    weak = {
        f"{one} on {other}": round(contrast(held[one], held[other]), 2)
        for one, other in pairs
        if contrast(held[one], held[other]) < least
    }
    assert weak == {}


def test_a_colour_stands_in_the_tokens_alone() -> None:
    """A sheet that writes its own colours has no dark side."""
    sheets = TOKENS.parent.glob("*.css")
    own = {
        sheet.name: found
        for sheet in sheets
        if sheet != TOKENS
        and (found := re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)", sheet.read_text()))
    }
    assert own == {}
