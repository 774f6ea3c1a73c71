"""What the style guide shows of charts, queries, runs and health: from made-up figures, by the code of the product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from curation.desk.segments.forms import CountForm
from feedback.charts.bars import Part, ranked_bars, stacked_bars
from feedback.charts.drawing import Chart, Key, Series
from feedback.charts.heat import heat
from feedback.charts.intervals import Estimate, Reference, intervals, points
from feedback.charts.lines import lines, spark
from feedback.charts.scatter import Axis, Dot, scatter
from feedback.reporting.sections import Change, Figure, Section
from feedback.tables import Cell, Table, number, percent
from recsys.likenesses.forms import LikenessForm
from recsys.ml.families.presets import RECOMMENDED, presets_of
from recsys.ml.families.registry import FAMILIES
from recsys.operations.vitals import BAD, GOOD, WATCH, Vital
from recsys.runs import charts as run_charts
from recsys.runs.steps import STEPS, Step
from recsys.traces.charts import keys_of, stacks_of, sum_of

Specimens = dict[str, Any]

DAYS: Final = [f"{day} Nov" for day in range(3, 17)]
_LIKES: Final = [12.0, 30, 22, 18, 25, 41, 38, 20, 24, 27, 33, 29, 45, 40]
_BEFORE: Final = [15.0, 18, 16, 20, 22, 24, 21, 19, 18, 23, 22, 25, 26, 24]
_NOTHING: Final = Table("none", [], [])


def specimens() -> Specimens:
    """Everything that the style guide's templates draw, by name."""
    return {
        "sections": list(_sections()),
        "conditions": CountForm(initial={"where": _QUERY}),
        "likeness": LikenessForm(),
        **_of_runs(),
        **_of_slates(),
        "vitals": _VITALS,
    }


def _sections() -> Iterator[Section]:
    """A part of the report for each kind of chart; the first with what changed, and a table longer than its place."""
    rows: list[list[Cell]] = [
        [day, now, then] for day, now, then in zip(DAYS, _LIKES, _BEFORE, strict=True)
    ]
    table = Table("likes", ["Day", "Likes", "Days before"], rows)
    series = [Series("likes", _LIKES), Series("days before", _BEFORE, "muted")]
    yield _section("lines", "Lines", lines(DAYS, series, number), table=table, changes=_CHANGES)
    yield _section("stacked", "Stacked bars", stacked_bars(DAYS, _STACK, number))
    yield _section("histogram", "Histogram", _histogram())
    yield _section("ranked", "Ranked bars", ranked_bars(_RANKED, number))
    yield _section("heat", "Heat strip", heat(_HEAT, _WEEKDAYS, number))
    estimates = intervals(_ESTIMATES, percent, Reference("all", 0.11), ends=(0.0, 0.3))
    yield _section("intervals", "Intervals", estimates)
    yield _section("points", "Points with intervals", points(DAYS[:5], _BOUNDED, percent))
    yield _section("scatter", "Scatter", _scatter())
    yield _section("nothing", "Nothing to draw", None)


def _section(name: str, question: str, chart: Chart | None, **more: Any) -> Section:
    return Section(
        name=f"sg-{name}",
        question=question,
        answer="The answer of a section is one sentence, with its figure.",
        measure="What is counted, and its unit",
        definition="How it is counted stands at the foot.",
        figures=[Figure(chart, "The finding")] if chart else [],
        words=["interval", "like_rate"],
        **{"table": _NOTHING, **more},
    )


def _histogram() -> Chart:
    shares = Series("share of ratings", [0.02, 0.05, 0.18, 0.42, 0.33])
    against = Series("days before", [0.03, 0.06, 0.21, 0.4, 0.3])
    return stacked_bars([*"12345"], [shares], percent, against=against)


def _scatter() -> Chart:
    """Points so near to each other that some labels stand apart, with a line."""
    styles = ["front", "human", *["muted"] * 12]
    dots = [
        Dot(0.5 + at / 200, 0.2, f"Point {at}", style, label=f"point {at}", ring=at == 0)
        for at, style in enumerate(styles)
    ]
    axes = Axis("Coverage", [0, 0.5, 1], percent), Axis("NDCG@10", [0.0, 0.1, 0.3], percent)
    return scatter(dots, *axes, [Key("front", "front"), Key("the present blend", "human")])


def _of_runs() -> Specimens:
    """Runs: their stages, where they may begin, their charts."""
    epochs = [
        {"part": part, "epoch": epoch, "loss": start / epoch}
        for part, start in (("validation", 0.9), ("test", 0.8), ("final", 0.6))
        for epoch in range(1, 9)
    ]
    finding, measure = "Ranks better than ease 3", "NDCG@10 minus that of ease 3, 95 % interval."
    gains = run_charts.intervals("sg-gains", finding, measure, _GAINS)
    return {
        "steps": [_steps("now"), _steps("stopped"), _steps("done")],
        "family": FAMILIES["dot"],
        "presets": presets_of("dot"),
        "chosen": RECOMMENDED,
        "plots": [*run_charts.curves(epochs), gains],
    }


def _steps(standing: str) -> list[Step]:
    """The stages of a run that stands at the third of them; of one that is done, all are."""
    behind = ["done", "done", standing, *["done" if standing == "done" else "later"] * len(STEPS)]
    return [Step(str(title), each) for (_code, title), each in zip(STEPS, behind, strict=False)]


def _of_slates() -> Specimens:
    """The arithmetic of a slate: the legend, a stack for each slot, the sum of the first."""
    words = {"rule": "Boost by 0.2 what is of this year"}
    return {
        "keys": keys_of(_TRACE),
        "stacks": stacks_of(_TRACE, words),
        "sum": sum_of(_TRACE, _TRACE["placements"][0], words),
        "placement": {
            "texts": ["Members who rated “Up” rated it too"],
            "sampled": True,
            "selection": {"value": 0.31, "penalty": 0.02},
            "varied": "how alike it is to what stands above",
            "propensity": 0.25,
        },
    }


def _placed(parts: Mapping[str, float | None], boost: float) -> dict[str, Any]:
    return {
        "parts": parts,
        "boosts": [{"decision": "rule", "amount": boost}],
        "clamp": 0.0,
        "rounding": 1e-9,
        "score": sum(part or 0.0 for part in parts.values()) + boost + 1e-9,
        "tier": "scored",
    }


_CHANGES: Final = [
    Change("Likes rose from 21 to 29 a day", "sure", "up", spark(_LIKES, _BEFORE, "likes")),
    Change("Clicks fell from 40 to 31 a day", "sure", "down", spark(_BEFORE, _LIKES, "clicks")),
    Change("评分的平均值没有变化", "no sure change", "", spark([], [], "mean")),
]
_STACK: Final = [
    Series("human", _BEFORE, "human"),
    Series("machine", _LIKES, "machine"),
    Series("chance", [value / 4 for value in _LIKES], "chance"),
]
_RANKED: Final = [
    ("Up", [Part("curated", 12, "human"), Part("by models", 30, "machine")]),
    ("卧虎藏龙", [Part("curated", 3, "human"), Part("by models", 9, "machine")]),
    ("A title that is much longer than the drawing is wide, and is cut at its end", [Part("", 1)]),
]
_WEEKDAYS: Final = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_HEAT: Final = {(day, hour): day + hour for day in range(7) for hour in range(24)}
_ESTIMATES: Final = [
    Estimate("home", 0.14, 0.12, 0.16, "good"),
    Estimate("popular", 0.07, 0.05, 0.09, "bad"),
    Estimate("卧虎藏龙", 0.12, 0.02, 0.24, note="few"),
]
_LOW, _MIDDLE, _HIGH = (
    [0.1, 0.08, 0.05, 0.04, 0.02],
    [0.2, 0.15, 0.1, 0.08, 0.06],
    [0.3, 0.22, 0.15, 0.12, 0.1],
)
_BOUNDED: Final = [Series("click rate", _MIDDLE, "machine", low=_LOW, high=_HIGH)]
_GAINS: Final = [
    Estimate("NDCG@10", 0.021, 0.012, 0.03, "good", "better"),
    Estimate("hit rate", -0.018, -0.03, -0.006, "bad", "worse"),
    Estimate("recall@10", 0.002, -0.01, 0.014, "none", "no sure difference"),
]
_QUERY: Final[Mapping[str, Any]] = {
    "all": [
        {"field": "ratings", "op": "ge", "value": 20},
        {
            "any": [
                {"field": "idle_days", "op": "lt", "value": 30},
                {"all": [{"field": "likes", "op": "ge", "value": 5}]},
            ]
        },
    ]
}
_TRACE: Final[dict[str, Any]] = {
    "blend": {
        "beta": 1.0,
        "weights": {"ease": 0.6, "item_knn": 0.3, "popularity": 0.1},
        "scales": {"ease": "log_z", "item_knn": "log_z", "popularity": "percentile"},
    },
    "placements": [
        _placed({"ease": 0.9, "item_knn": -0.15, "popularity": 0.04, "recency": None}, 0.2),
        _placed({"ease": 0.5, "item_knn": 0.2, "popularity": 0.08}, -0.2),
    ],
}
_VITALS: Final = [
    Vital("Slates", BAD, "No worker answers.", "Start one: manage.py up."),
    Vital("Disk", WATCH, "18 % are free.", "Delete old artifacts."),
    Vital("备份", GOOD, "The last one is 6 hours old."),
]
