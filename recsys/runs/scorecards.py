"""What an evaluation says, laid out for a page: figures beside those of the live version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from recsys.runs.measures import LESS_IS_BETTER, MEASURES, OF_RATINGS, group_label

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

    def figure(self, key: str) -> Figure | None:
        """The figure of one measure, if it was taken."""
        return next((each for each in self.figures if each.key == key), None)

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


def score_of(report: Told) -> tuple[Figure | None, str]:
    """NDCG@10 on the test, and the label of the version that it was compared with, if any."""
    for told in scorecards(report)[:1]:
        if "test" in report:
            return told.figure("ndcg"), told.beside
    return None, ""


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
            n = own["rated"] if key in OF_RATINGS else own["n"]
            yield Figure(key, label, n, value, interval, theirs.get(key), change)


def _groups(part: Told, compared: Told) -> Iterator[Figure]:
    theirs = _parts_of(compared.get("report", {}))
    changes = compared.get("difference", {}).get("groups", {})
    for name, told in _parts_of(part).items():
        if told["n"]:
            label, live = group_label(name), theirs.get(name, {}).get("ndcg")
            change = changes.get(name)
            yield Figure(name, label, told["n"], told["ndcg"], _interval(told), live, change)


def _flat(part: Told) -> dict[str, Any]:
    rated = part.get("ratings", {})
    errors = {"rated": rated.get("n"), **{name: rated.get(name) for name in OF_RATINGS}}
    return {**part.get("members", {}), "coverage": part.get("coverage"), **errors}


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
