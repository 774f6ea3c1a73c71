"""What an evaluation says, laid out for a page: figures beside those of the live version, and the loss curve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from recsys.measures import LESS_IS_BETTER, MEASURES, group_label

WIDTH: Final = 720
HEIGHT: Final = 180
LEFT: Final = 48
BOTTOM: Final = 24
TOP: Final = 12
MOST_MARKS: Final = 120


Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of a version, and of the live one where both answered the same questions.

    `interval` is the 95 % interval of the value, `change` that of the difference: n, mean, low, high.
    """

    key: str
    label: str
    n: int
    value: float
    interval: Told | None = None
    live: float | None = None
    change: Told | None = None

    @property
    def digits(self) -> int:
        """How many decimals to show."""
        return MEASURES[self.key].digits if self.key in MEASURES else 4

    @property
    def verdict(self) -> str:
        """Whether the difference is surely for the "better" or "worse"; empty where it is neither."""
        if self.change is None or self.change["low"] <= 0 <= self.change["high"]:
            return ""
        return "better" if (self.change["low"] > 0) != (self.key in LESS_IS_BETTER) else "worse"


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The figures of one part of an evaluation: who was asked about what, and how each group fared."""

    title: str
    members: int
    newcomers: int
    figures: Sequence[Figure]
    groups: Sequence[Figure] = ()
    beside: str = ""

    @property
    def definitions(self) -> list[tuple[str, str]]:
        """What the measures mean."""
        told = (MEASURES[figure.key] for figure in self.figures)
        return [(str(each.label), str(each.definition)) for each in told]


def scorecards(report: Told) -> list[Scorecard]:
    """The scorecards of a run's report; the test comes first, beside the live version of that day."""
    titles = {
        ("test", "last"): _("Test: the last thing that each member did"),
        ("test", "all"): _("Test: everything that members did after the cut"),
        ("validation", "last"): _("Validation: the last thing that each member did"),
        ("validation", "all"): _("Validation: everything that members did after the cut"),
    }
    beside = report.get("beside", {})
    return [
        card(title, report[part][targets], beside if (part, targets) == ("test", "last") else {})
        for (part, targets), title in titles.items()
        if targets in report.get(part, {})
    ]


def card(title: str, part: Told, beside: Told) -> Scorecard:
    """One scorecard; `beside` holds the `label`, `report` and `difference` of the version compared with."""
    compared = beside if "difference" in beside else {}
    return Scorecard(
        title,
        part["members"]["n"],
        part["newcomers"]["n"],
        list(_figures(part, compared)),
        list(_groups(part, compared)),
        compared.get("label", ""),
    )


def _figures(part: Told, compared: Told) -> Iterator[Figure]:
    own, theirs = _flat(part), _flat(compared.get("report", {}))
    changes = compared.get("difference", {}).get("members", {})
    for key, measure in MEASURES.items():
        if (value := own.get(key)) is not None:
            interval = _interval(own) if key == "ndcg" else None
            label, change = str(measure.label), changes.get(key)
            yield Figure(key, label, own["n"], value, interval, theirs.get(key), change)


def _groups(part: Told, compared: Told) -> Iterator[Figure]:
    theirs = _parts_of(compared.get("report", {}))
    changes = compared.get("difference", {}).get("groups", {})
    for name, told in _parts_of(part).items():
        if told["n"]:
            label, live = group_label(name), theirs.get(name, {}).get("ndcg")
            change = changes.get(name)
            yield Figure(name, label, told["n"], told["ndcg"], _interval(told), live, change)


def _flat(part: Told) -> dict[str, Any]:
    return {**part.get("members", {}), "coverage": part.get("coverage")}


def _parts_of(part: Told) -> dict[str, Any]:
    return {"newcomers": part.get("newcomers", {"n": 0}), **part.get("groups", {})}


def _interval(told: Told) -> Told | None:
    """The interval of NDCG, which reports of older code do not have."""
    if "ndcg_low" not in told:
        return None
    return {
        "n": told["n"],
        "mean": told["ndcg"],
        "low": told["ndcg_low"],
        "high": told["ndcg_high"],
    }


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
