"""The arithmetic of a placement as charts: its waterfall, and the stacks of a whole slate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from curation.field_words import scale_called, scorer_called
from recsys.screens.waterfalls import BILLION, Stack, Step, Waterfall, billionths, stacks, waterfall
from recsys.traces.words import TIERS

Trace = Mapping[str, Any]
Words = Mapping[str, str]
"""Decision to what it says."""

MACHINE, HUMAN, ROUNDING = "mark--machine", "mark--human", "mark--muted"
_OPACITIES: Final = (1.0, 0.72, 0.5, 0.34)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table beside a waterfall: a step, how it came about, and the total after it."""

    name: str
    how: str
    amount: float
    total: float
    style: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A placement's score as its page shows it: the drawing, the table, what was left out of both."""

    chart: Waterfall
    rows: Sequence[Row]
    unknown: Sequence[str]
    score: float
    adds_up: bool
    tier: str


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend."""

    name: str
    style: str
    opacity: float


def sum_of(trace: Trace, placement: Trace, words: Words) -> Sum:
    """The waterfall of one placement."""
    steps = list(steps_of(trace, placement, words))
    chart = waterfall([step for step, _how in steps], _("Score"), signed)
    return Sum(
        chart=chart,
        rows=[
            Row(bar.step.name, how, bar.step.amount / BILLION, bar.after / BILLION, bar.step.style)
            for bar, (_step, how) in zip(chart.bars, steps, strict=True)
        ],
        unknown=[
            scorer_called(name) for name, part in sorted(placement["parts"].items()) if part is None
        ],
        score=placement["score"],
        adds_up=chart.total.after == billionths(placement["score"]),
        tier=str(TIERS.get(placement["tier"], "")),
    )


def stacks_of(trace: Trace, words: Words) -> list[Stack]:
    """One stack for each placement of a slate, all on one scale."""
    return stacks([_steps(trace, each, words) for each in trace["placements"]], signed)


def keys_of(trace: Trace) -> list[Key]:
    """The legend of the stacks: every scorer that had a part, rules where one had, rounding."""
    shades = _shades(trace)
    parts = [Key(scorer_called(name), MACHINE, shade) for name, shade in shades.items()]
    if any(each["boosts"] for each in trace["placements"]):
        parts.append(Key(_("rules"), HUMAN, 1.0))
    return parts


def steps_of(trace: Trace, placement: Trace, words: Words) -> Iterator[tuple[Step, str]]:
    """What a score is the sum of, in the order in which the engine adds, and how each amount came about."""
    shades = _shades(trace)
    for name, part in sorted(placement["parts"].items()):
        if part is not None:
            step = Step(scorer_called(name), billionths(part), MACHINE, shades.get(name, 1.0))
            yield step, _how(trace["blend"], name, part)
    for boost in placement["boosts"]:
        name = words.get(boost["decision"], boost["decision"])
        yield Step(name, billionths(boost["amount"]), HUMAN), _("a rule")
    if placement["clamp"]:
        limit = _("all rules together are held to ±2")
        yield Step(_("Limit of rules"), billionths(placement["clamp"]), HUMAN), limit
    if placement["rounding"]:
        last = _("what rounding to nine places leaves")
        yield Step(_("Rounding"), billionths(placement["rounding"]), ROUNDING), last


def _steps(trace: Trace, placement: Trace, words: Words) -> list[Step]:
    return [step for step, _how in steps_of(trace, placement, words)]


def _how(blend: Trace, name: str, part: float) -> str:
    """β × weight × scaled score, the last found from the part, which is their product."""
    factor = blend["beta"] * blend["weights"].get(name, 0.0)
    if not factor:
        return _("weighs 0")
    scale = scale_called(blend["scales"].get(name, ""))
    scaled = f"{part / factor:.4g}".replace("-", "−")
    return f"{blend['beta']:.4g} × {blend['weights'][name]:.4g} × {scaled} ({scale})"


def _shades(trace: Trace) -> dict[str, float]:
    """Scorers of weight, each with a shade of the machine's hue: the heaviest is the fullest."""
    weights = trace["blend"]["weights"]
    heavy = sorted((name for name in weights if weights[name]), key=lambda n: (-weights[n], n))
    return {name: _OPACITIES[min(at, len(_OPACITIES) - 1)] for at, name in enumerate(heavy)}


def signed(amount: float) -> str:
    """An amount with its sign, to four places."""
    return f"{amount:+.4f}".replace("-", "−")
