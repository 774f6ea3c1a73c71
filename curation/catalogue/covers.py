"""Covers for items without a picture: flat shapes in two colours and the title, always the same for the same item.

Everything is reckoned in the units of a 200 × 300 box, so that `templates/_cover.html` only writes it down. The
first tag picks the family of hues, the outside id the composition. Lightness alone tells ground, shapes and ink
apart: a cover reads as well in grey.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Protocol

from curation.catalogue.typesetting import Block, set_title

WIDTH: Final = 200
HEIGHT: Final = 300
GAP: Final = 16
_HUES: Final = 24
_KEPT: Final = 8_192


class Covered(Protocol):
    """What has a cover: an item, or what looks like one."""

    @property
    def outside_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def attributes(self) -> Mapping[str, Any]: ...
    @property
    def provider(self) -> str: ...
    @property
    def image_url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Shape:
    """One flat shape: an SVG path and its colour."""

    path: str
    fill: str


@dataclass(frozen=True, slots=True)
class Cover:
    """What the cover's template draws; `image` is the item's own picture, which then stands over the drawing."""

    ground: str
    ink: str
    shapes: tuple[Shape, ...]
    block: Block
    image: str = ""


@dataclass(frozen=True, slots=True)
class _Room:
    """Where shapes may be: from `top` to `floor`, over the whole width; `a`, `b`, `c` are chances from 0 to 1."""

    top: float
    floor: float
    a: float
    b: float
    c: float

    @property
    def height(self) -> float:
        return self.floor - self.top


def cover_of(item: Covered) -> Cover:
    """The cover of an item: its picture, if it has one, over the drawing."""
    drawn = cover(item.outside_id, item.title, first_tag(item.attributes) or item.provider)
    return replace(drawn, image=item.image_url) if item.image_url else drawn


def first_tag(attributes: Mapping[str, Any]) -> str:
    """The first tag among the attributes of an item; empty where there is none."""
    tags = (value for value in attributes.values() if isinstance(value, list) and value)
    return str(next(tags, [""])[0])


@lru_cache(maxsize=_KEPT)
def cover(outside_id: str, title: str, family: str) -> Cover:
    """The drawn cover; `family` (the first tag, or the provider) picks the hues, the outside id the shapes."""
    chance = hashlib.blake2b(outside_id.encode(errors="surrogatepass"), digest_size=8).digest()
    ground, ink, figure, second = _palette(family, chance)
    below = chance[0] % 3 == 0
    block = set_title(title, below=below)
    edges = (0.0, block.top - GAP) if below else (block.bottom + GAP, float(HEIGHT))
    room = _Room(*edges, *(part / 255 for part in chance[1:4]))
    paths = _COMPOSITIONS[chance[4] % len(_COMPOSITIONS)](room)
    fills = (figure, second, figure)
    shapes = tuple(Shape(path, fill) for path, fill in zip(paths, fills, strict=False))
    return Cover(ground, ink, shapes, block)


def _palette(family: str, chance: bytes) -> tuple[str, str, str, str]:
    """Ground, ink, figure and second colour of one family of hues; dark, light or full."""
    digest = hashlib.blake2b(family.casefold().encode(errors="surrogatepass"), digest_size=2)
    hue = int.from_bytes(digest.digest()) % _HUES * (360 // _HUES)
    near, far = hue + chance[5] % 16, hue + 40 + chance[6] % 50
    lightness = (
        ((0.30, 0.065), (0.97, 0.015), (0.62, 0.125), (0.80, 0.09)),
        ((0.93, 0.03), (0.24, 0.05), (0.72, 0.11), (0.46, 0.10)),
        ((0.46, 0.115), (0.98, 0.01), (0.76, 0.11), (0.32, 0.08)),
    )[chance[7] % 3]
    hues = (near, near, near + 15, far)
    return tuple(  # type: ignore[return-value]
        f"oklch({light} {chroma} {turn % 360})"
        for (light, chroma), turn in zip(lightness, hues, strict=True)
    )


def _circle(x: float, y: float, radius: float) -> str:
    r = round(radius)
    half = f"a{r} {r} 0 1 0"
    return f"M{round(x) - r} {y:.0f}{half} {2 * r} 0{half} {-2 * r} 0z"


def _polygon(*points: tuple[float, float]) -> str:
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + "z"


def _dome(x: float, floor: float, radius: float) -> str:
    """A half circle that stands on the floor."""
    radius = round(radius)
    return f"M{x - radius:.0f} {floor:.0f}a{radius} {radius} 0 0 1 {2 * radius} 0z"


def _sun(room: _Room) -> list[str]:
    """A disc that rises or sets behind a plain."""
    horizon = room.top + room.height * (0.62 + 0.14 * room.b)
    radius = min(62.0, room.height * 0.36)
    disc = _circle(
        radius + 12 + room.a * (WIDTH - 24 - 2 * radius), horizon - radius * 0.35, radius
    )
    plain = _polygon((0, horizon), (WIDTH, horizon), (WIDTH, room.floor), (0, room.floor))
    return [disc, plain]


def _hills(room: _Room) -> list[str]:
    """Two slopes, one before the other, and a small disc."""
    crest, foot = room.top + room.height * 0.28, room.floor
    peak = 40 + room.a * 60
    far = _polygon((peak - 120, foot), (peak, crest), (peak + 130, foot))
    near = _polygon((peak + 5, foot), (peak + 85, crest + room.height * 0.25), (WIDTH + 60, foot))
    radius = max(9.0, room.height * 0.09)
    return [far, near, _circle(peak + 75, crest + radius, radius)]


def _arcs(room: _Room) -> list[str]:
    """Domes within domes, standing on the edge."""
    centre, radius = 30 + room.a * 140, min(room.height * 0.92, 150.0)
    return [_dome(centre, room.floor, radius * part) for part in (1, 0.66, 0.33)]


def _columns(room: _Room) -> list[str]:
    """Three bars of unlike height."""
    shares = (0.45 + 0.5 * room.a, 0.45 + 0.5 * room.b, 0.45 + 0.5 * room.c)
    bars = []
    for at, share in enumerate(shares):
        left, top = 20 + at * 58, room.floor - room.height * share
        corners = ((left, top), (left + 44, top), (left + 44, room.floor), (left, room.floor))
        bars.append(_polygon(*corners))
    return bars


def _wedge(room: _Room) -> list[str]:
    """A slant from edge to edge with a disc above it."""
    high, low = room.top + room.height * 0.15, room.top + room.height * (0.65 + 0.25 * room.b)
    left, right = (high, low) if room.a < 0.5 else (low, high)
    slant = _polygon((0, left), (WIDTH, right), (WIDTH, room.floor), (0, room.floor))
    radius = min(34.0, room.height * 0.17)
    x = WIDTH - 20 - radius if left < right else 20 + radius
    return [slant, _circle(x, high + radius, radius)]


def _lens(room: _Room) -> list[str]:
    """Two discs that touch."""
    radius = min(58.0, room.height * 0.40)
    y = room.top + room.height / 2
    lift = (room.b - 0.5) * room.height * 0.16
    return [_circle(72, y + lift, radius), _circle(132, y - lift, radius * 0.72)]


def _steps(room: _Room) -> list[str]:
    """A stair, and the plain that it stands on."""
    rise = room.height * 0.2
    corners: list[tuple[float, float]] = [(0, room.floor)]
    for at in range(4):
        y = room.floor - rise * (at + 1) * (0.85 + 0.15 * room.a)
        corners += [(at * 50, y), (at * 50 + 50, y)]
    stair = _polygon(*corners, (WIDTH, room.floor))
    radius = min(20.0, room.height * 0.13)
    return [stair, _circle(38 + 24 * room.b, room.top + radius + room.height * 0.12, radius)]


def _ring(room: _Room) -> list[str]:
    """A ring and its centre."""
    radius = min(70.0, room.height * 0.44)
    x, y = radius + 14 + room.a * (WIDTH - 28 - 2 * radius), room.top + room.height / 2
    band = _circle(x, y, radius) + _circle(x, y, radius * 0.66)
    return [band, _circle(x, y, radius * 0.3)]


_COMPOSITIONS: Final[tuple[Callable[[_Room], list[str]], ...]] = (
    *(_sun, _hills, _arcs, _columns),
    *(_wedge, _lens, _steps, _ring),
)
