"""What each scorer contributed to the slates that were served, and whether members then agreed with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final

from django.utils.translation import gettext as _

from curation.field_words import scorer_called
from feedback.charts.bars import Part, ranked_bars
from feedback.charts.intervals import Estimate, Reference, intervals
from feedback.reporting import chance
from feedback.reporting.sections import Figure, Section, nothing, too_long
from feedback.reporting.spans import Span
from feedback.tables import Share, Table, number, percent
from recsys.reporting.sampling import Placed, Sample, Served, sample

FEWEST: Final = 10
"""With fewer slates in which one item was liked and another not, agreement is not told."""


def shares(span: Span) -> Section:
    """The share of the utility that each scorer gave, and how often its part was the largest."""
    question = _("Which scorer decided?")
    columns = [
        *(_("Scorer"), _("Share of utility"), _("Placements where it was the largest part")),
        *(_("Share"), _("At least"), _("At most"), _("Placements it knew")),
    ]
    if not span.is_raw_possible:
        return nothing("shares", question, columns, too_long())
    taken = sample(span)
    placed = [each for slate in taken.slates for _item, each in slate.placements()]
    sizes, largest, known = _sums(placed)
    total, counted = sum(sizes.values()), sum(largest.values())
    names = sorted(sizes, key=lambda name: (-sizes[name], name))
    bars = [
        (scorer_called(name), [Part(_("share"), sizes[name] / total, "machine")])
        for name in names
        if total
    ]
    return Section(
        name="shares",
        question=question,
        answer=_shares_answer(names, sizes, largest, counted),
        measure=_("Share of the utility of served placements, by scorer"),
        figures=[Figure(ranked_bars(bars, percent, top=1.0))] if bars else [],
        table=Table(
            "shares",
            columns,
            [
                _share_row(name, sizes[name] / total, largest[name], counted, known[name])
                for name in names
                if total
            ],
        ),
        definition=_(
            "Parts are counted by their size, whatever their sign: one that pulls an item down decides as well. "
            "Decisions of curators are not in them."
        ),
        words=["utility", "served", "interval"],
        blind=["kind", "compare"],
        note=taken.note,
    )


def _sums(placed: Iterable[Placed]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """By scorer: the sizes of its parts, the placements where it was the largest, those that it knew."""
    sizes: defaultdict[str, float] = defaultdict(float)
    largest, known = Counter[str](), Counter[str]()
    for each in placed:
        parts = {name: abs(part) for name, part in each.parts.items() if part is not None}
        for name, size in parts.items():
            sizes[name] += size
        known.update(parts.keys())
        if any(parts.values()):
            largest[max(parts, key=lambda name: (parts[name], name))] += 1
    return Counter(sizes), largest, known


def _share_row(
    name: str, share: float, largest: int, of: int, known: int
) -> list[str | int | float]:
    bounds = chance.wilson(largest, of)
    first = Share(largest / of) if of else Share(0.0)
    return [
        scorer_called(name),
        Share(share),
        largest,
        first,
        Share(bounds.low),
        Share(bounds.high),
        known,
    ]


def _shares_answer(
    names: Sequence[str], sizes: Counter[str], largest: Counter[str], counted: int
) -> str:
    total = sum(sizes.values())
    if not total:
        return _("No slate with a trace was served in these days.")
    first = names[0]
    words = {
        "name": scorer_called(first),
        "share": percent(sizes[first] / total),
        "placements": number(counted),
    }
    words |= {"largest": percent(largest[first] / counted)}
    return (
        _(
            "%(name)s gave %(share)s of the utility and was the largest part in %(largest)s of "
            "%(placements)s placements."
        )
        % words
    )


def agreement(span: Span) -> Section:
    """How often each scorer put what was liked above what was not, in the same slate."""
    question = _("Which scorer do members agree with?")
    columns = [_("Scorer"), _("Slates"), _("Agreement"), _("At least"), _("At most"), _("Verdict")]
    if not span.is_raw_possible:
        return nothing("agreement", question, columns, too_long())
    taken = sample(span)
    found = _agreements(taken)
    told = {name: each for name, each in found.items() if each.n >= FEWEST}
    estimates = [
        Estimate(scorer_called(name), each.mean, *_inside(each), "machine", f"n = {each.n}")
        for name, each in sorted(told.items(), key=lambda pair: -pair[1].mean)
    ]
    return Section(
        name="agreement",
        question=question,
        answer=_agreement_answer(estimates, found),
        measure=_("How often a liked item had the larger part, with intervals"),
        figures=[
            Figure(intervals(estimates, percent, Reference(_("chance"), 0.5), ends=(0.0, 1.0)))
        ]
        if estimates
        else [],
        table=Table(
            "agreement", columns, [_agreement_row(*pair) for pair in sorted(found.items())]
        ),
        definition=_(
            "Within each slate every liked item is set against every one that was not; a tie counts half, and a "
            "scorer that does not know an item gives it nothing. The mean over slates has Student's interval (95 %). "
            "What stands high is seen more, so a scorer that decides much agrees a little too well."
        ),
        words=["agreement", "interval"],
        blind=["kind", "compare"],
        note=taken.note,
    )


def _agreements(taken: Sample) -> dict[str, chance.Sample]:
    """By scorer its agreement over the slates in which something was liked and something was not."""
    found: dict[str, list[float]] = defaultdict(list)
    for slate in taken.slates:
        for name, value in _in_slate(slate).items():
            found[name].append(value)
    return {name: chance.sample(values) for name, values in found.items()}


def _in_slate(slate: Served) -> dict[str, float]:
    liked = [each for item, each in slate.placements() if item in slate.liked]
    others = [each for item, each in slate.placements() if item not in slate.liked]
    names = {name for each in (*liked, *others) for name, part in each.parts.items() if part}
    if not liked or not others:
        return {}
    pairs = len(liked) * len(others)
    return {
        name: sum(_wins(name, one, other) for one, other in product(liked, others)) / pairs
        for name in names
    }


def _wins(name: str, liked: Placed, other: Placed) -> float:
    one, two = liked.parts.get(name) or 0.0, other.parts.get(name) or 0.0
    return 0.5 if one == two else float(one > two)


def _inside(of: chance.Sample) -> tuple[float, float]:
    bounds = chance.student(of)
    return max(bounds.low, 0.0), min(bounds.high, 1.0)


def _agreement_row(name: str, of: chance.Sample) -> list[str | int | float | None]:
    if of.n < FEWEST:
        return [scorer_called(name), of.n, Share(of.mean), None, None, _("too little to tell")]
    low, high = _inside(of)
    verdict = _("better than chance") if low > 0.5 else _("cannot tell")
    return [
        *(scorer_called(name), of.n, Share(of.mean), Share(low), Share(high)),
        _("worse than chance") if high < 0.5 else verdict,
    ]


def _agreement_answer(estimates: Sequence[Estimate], found: dict[str, chance.Sample]) -> str:
    if not found:
        return _("Nothing that was served in these days was liked.")
    if not estimates:
        return _("Too few slates hold something that was liked to tell whom members agree with.")
    best = estimates[0]
    words = {"name": best.name, "value": percent(best.value)}
    words |= {"low": percent(best.low), "high": percent(best.high)}
    if best.low <= 0.5:
        return _("Of no scorer can it be told whether members agree with it more than by chance.")
    return (
        _(
            "Members agree with %(name)s most: %(value)s (between %(low)s and %(high)s; chance is 50 %%)."
        )
        % words
    )
