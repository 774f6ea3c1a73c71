"""The charts of runs and versions: loss by epoch, and what a version gains over the live one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.charts.intervals import Estimate
from recsys.runs.measures import MEASURES
from recsys.runs.scorecards import Figure, Scorecard
from recsys.runs.words import PARTS
from recsys.screens import plots
from recsys.screens.plots import Chart, Series

RANKING: Final = ("ndcg", "mrr", "hit_rate", "recall", "recall_20")
"""The measures from 0 to 1 that can share a scale."""
CURVES: Final[Mapping[str, tuple[str | Promise, str | Promise]]] = {
    "loss": (
        gettext_lazy("loss"),
        gettext_lazy("Mean loss of each epoch, lower is better; one line for each fit."),
    ),
    "validation_loss": (
        gettext_lazy("loss on validation"),
        gettext_lazy("Mean loss on held-out interactions after each epoch, lower is better."),
    ),
    "ndcg": (
        "NDCG@10",
        gettext_lazy("NDCG@10 on validation after each epoch, from 0 to 1, higher is better."),
    ),
}
TONES: Final = {"better": "good", "worse": "bad"}
Points = Sequence[Mapping[str, Any]]


def curves(points: Points) -> list[Chart]:
    """A chart of each measure that a run told epoch by epoch."""
    told = {key: _lines(points, key, lambda part: str(PARTS.get(part, part))) for key in CURVES}
    return [curve(key, series) for key, series in told.items() if series]


def curve(key: str, series: Sequence[Series]) -> Chart:
    """The lines of one measure; the finding says where the last of them ended."""
    name, measure = CURVES[key]
    last = series[-1]
    (first_at, first), (last_at, ended) = last.points[0], last.points[-1]
    told = {"measure": name, "line": last.name, "value": _value(ended), "first": _value(first)}
    if last_at == first_at:
        finding = _("The %(measure)s of %(line)s is %(value)s") % told
    else:
        finding = _("The %(measure)s of %(line)s went from %(first)s to %(value)s") % told
    return Chart(
        key,
        finding,
        str(measure),
        _both(lambda width: plots.line_plot(series, width=width, say_x=_epoch, say_y=_value)),
        (_("Fit"), _("Epoch"), str(name)),
        [
            (each.name, str(int(epoch)), f"{value:.4f}")
            for each in series
            for epoch, value in each.points
        ],
    )


def overlay(runs: Mapping[str, Points], key: str, family: str) -> Chart | None:
    """The final fits of several runs of one family on one chart, by the name of each; None without any."""
    final = {
        name: [each for each in points if each["part"] == "final"] for name, points in runs.items()
    }
    series = [
        Series(name, one.points)
        for name, points in final.items()
        for one in _lines(points, key, str)
    ]
    if not series:
        return None
    best = min(series, key=lambda each: each.points[-1][1])
    told = {"name": best.name, "measure": CURVES[key][0], "value": _value(best.points[-1][1])}
    finding = _("%(name)s ends with the lowest %(measure)s: %(value)s") % told
    measure = _("Loss of the final fit of %(family)s by epoch, lower is better.")
    drawn = curve(key, series)
    return Chart(
        f"{key}-{family}",
        finding if len(series) > 1 else drawn.finding,
        measure % {"family": family},
        drawn.drawings,
        (_("Run"), *drawn.heads[1:]),
        drawn.rows,
    )


def gains(card: Scorecard, key: str = "gains") -> Chart | None:
    """What a version gains over the one it was compared with, by measure; None where it was with none."""
    figures = [each for each in card.figures if each.key in RANKING and each.change]
    if not figures:
        return None
    measure = _("This version minus %(other)s on the same members, with the 95 %% interval.")
    return intervals(
        key,
        finding_of(figures[0], card.beside),
        measure % {"other": card.beside},
        [span_of(each) for each in figures],
    )


def intervals(
    key: str, finding: str, measure: str, spans: Sequence[Estimate], *, signed: bool = True
) -> Chart:
    """Estimates on one scale, with their table."""
    say = _signed if signed else _plain
    return Chart(
        key,
        finding,
        measure,
        _both(lambda width: plots.interval_plot(spans, width=width, say=_tick)),
        ("", _("Mean"), _("Lower end"), _("Upper end"), _("In words")),
        [(each.name, *map(say, (each.value, each.low, each.high)), each.note) for each in spans],
    )


def finding_of(figure: Figure, other: str) -> str:
    """What a comparison by one measure comes to."""
    change = figure.change or {}
    told = {"other": other, "measure": figure.label, "gain": _signed(change.get("mean", 0.0))}
    words = {
        "better": _("Ranks better than %(other)s: %(measure)s %(gain)s"),
        "worse": _("Ranks worse than %(other)s: %(measure)s %(gain)s"),
    }
    return words.get(figure.verdict, _("No sure difference from %(other)s in %(measure)s")) % told


def span_of(figure: Figure, name: str = "") -> Estimate:
    """The change of a figure as an estimate, coloured and noted by what it comes to."""
    change = figure.change or {}
    ends = (change["mean"], change["low"], change["high"])
    return Estimate(
        name or str(MEASURES[figure.key].label),
        *ends,
        TONES.get(figure.verdict, "none"),
        verdict_word(figure.verdict),
    )


def verdict_word(verdict: str) -> str:
    """A verdict in words."""
    return {"better": _("better"), "worse": _("worse")}.get(verdict, _("no sure difference"))


def _lines(points: Points, key: str, name: Callable[[str], str]) -> list[Series]:
    told = [point for point in points if key in point and "epoch" in point]
    parts = dict.fromkeys(point["part"] for point in told)
    return [Series(name(part), list(_of_part(told, part, key))) for part in parts]


def _of_part(points: Points, part: str, key: str) -> Iterator[plots.Point]:
    for point in points:
        if point["part"] == part:
            yield float(point["epoch"]), float(point[key])


def _both(draw: Callable[[int], plots.LinePlot | plots.IntervalPlot]) -> Sequence[Any]:
    return draw(plots.WIDE), draw(plots.NARROW)


def _epoch(number: float) -> str:
    return _("epoch %(n)s") % {"n": int(number)}


def _value(number: float) -> str:
    return f"{number:.4g}" if abs(number) < 10_000 else f"{number:.0f}"


def _plain(number: float) -> str:
    return f"{number:.4f}"


def _signed(number: float) -> str:
    return f"{number:+.4f}".replace("-", "−")


def _tick(number: float) -> str:
    return f"{number:.3g}".replace("-", "−")
