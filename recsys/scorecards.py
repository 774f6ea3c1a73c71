"""What an evaluation says, laid out for a page: figures beside those of the live version, and the loss curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

WIDTH: Final = 720
HEIGHT: Final = 180
LEFT: Final = 48
BOTTOM: Final = 24
TOP: Final = 12
MOST_MARKS: Final = 120


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of a version, and the same of the live one: `change` is None without one."""

    name: str
    value: float
    error: float | None
    live: float | None

    @property
    def change(self) -> float | None:
        """How far the version lies above the live one."""
        return None if self.live is None else self.value - self.live


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The figures of one part of an evaluation: who was asked about what."""

    title: str
    members: int
    newcomers: int
    figures: Sequence[Figure]

    @property
    def is_compared(self) -> bool:
        """Whether the figures stand beside those of another version."""
        return self.figures[0].live is not None


def scorecards(report: Mapping[str, Any], live: Mapping[str, Any] | None = None) -> list[Scorecard]:
    """The scorecards of a run's report; the test comes first."""
    titles = {
        ("test", "last"): _("Test: the last thing that each member did"),
        ("test", "all"): _("Test: everything that members did after the cut"),
        ("validation", "last"): _("Validation: the last thing that each member did"),
        ("validation", "all"): _("Validation: everything that members did after the cut"),
    }
    return [
        _card(title, report[part][targets], (live or {}).get(part, {}).get(targets))
        for (part, targets), title in titles.items()
        if targets in report.get(part, {})
    ]


def _card(title: str, part: Mapping[str, Any], live: Mapping[str, Any] | None) -> Scorecard:
    depth = part["depth"]
    members, of_live = part["members"], live["members"] if live else {}
    figures = [
        Figure(f"NDCG@{depth}", members["ndcg"], members["ndcg_se"], of_live.get("ndcg")),
        Figure(f"recall@{depth}", members["recall"], None, of_live.get("recall")),
        Figure(_("hit rate"), members["hit_rate"], None, of_live.get("hit_rate")),
        Figure(_("coverage"), part["coverage"], None, live["coverage"] if live else None),
    ]
    if part["newcomers"]["n"]:
        newcomers = part["newcomers"]
        of_live = live["newcomers"] if live else {}
        name = _("NDCG@%(depth)d of members without history") % {"depth": depth}
        figures.append(Figure(name, newcomers["ndcg"], newcomers["ndcg_se"], of_live.get("ndcg")))
    return Scorecard(title, members["n"], part["newcomers"]["n"], figures)


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of a line, in the units of the picture, with what it says."""

    x: float
    y: float
    epoch: int
    loss: float


@dataclass(frozen=True, slots=True)
class Line:
    """The loss over the epochs of one fit."""

    part: str
    marks: Sequence[Mark]

    @property
    def points(self) -> str:
        """The marks as an SVG polyline takes them."""
        return " ".join(f"{mark.x:.1f},{mark.y:.1f}" for mark in self.marks)


@dataclass(frozen=True, slots=True)
class LossCurve:
    """The picture of the loss: lines, the ends of its scales, and its measures."""

    lines: Sequence[Line]
    highest: float
    epochs: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - LEFT
    top: int = TOP
    floor: int = HEIGHT - BOTTOM

    @property
    def last(self) -> float:
        """Where the loss of the newest fit ended."""
        return self.lines[-1].marks[-1].loss


def loss_curve(points: Sequence[Mapping[str, Any]]) -> LossCurve | None:
    """Lay out the points that a run told, from a loss of 0 up; None without any."""
    told = [point for point in points if "loss" in point and "epoch" in point]
    if not told:
        return None
    highest = max(point["loss"] for point in told)
    epochs = int(max(point["epoch"] for point in told))
    parts = dict.fromkeys(point["part"] for point in told)
    lines = [
        Line(part, _marks([each for each in told if each["part"] == part], highest, epochs))
        for part in parts
    ]
    return LossCurve(lines, highest, epochs)


def _marks(points: Sequence[Mapping[str, Any]], highest: float, epochs: int) -> list[Mark]:
    across, up = WIDTH - 2 * LEFT, HEIGHT - BOTTOM - TOP
    return [
        Mark(
            x=LEFT + across * (point["epoch"] - 1) / max(1, epochs - 1),
            y=TOP + up * (1 - point["loss"] / highest) if highest > 0 else HEIGHT - BOTTOM,
            epoch=int(point["epoch"]),
            loss=point["loss"],
        )
        for point in _thinned(points)
    ]


def _thinned(points: Sequence[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """At most so many points as can be told apart: every n-th, and the last."""
    step = -(-len(points) // MOST_MARKS)
    return [*points[:-1:step], points[-1]]
