"""What changed against the days before, in sentences: sure changes first, the largest on top.

Counts are means per whole day, compared over days (Welch), so that the ups and downs of days are what chance
means; shares by Newcombe's interval; the mean of stars over ratings (Welch). See `chance`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from feedback.charts.lines import spark
from feedback.reporting.chance import FEWEST, FEWEST_DAYS, Bounds, newcombe, sample, weighted, welch
from feedback.reporting.measures import Daily, Figures, figures
from feedback.reporting.sections import Change, Section
from feedback.reporting.spans import Span
from feedback.tables import Cell, Share, Table, number, percent, points

Line = Sequence[float | None]
Say = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure now and before: `difference` bounds now less before; None where there is too little to tell."""

    name: str
    now: float | None
    before: float | None
    n: int
    difference: Bounds | None
    is_share: bool
    line: tuple[Line, Line]
    places: int = 1

    @property
    def is_sure(self) -> bool:
        """Whether it changed for sure."""
        return self.difference is not None and self.difference.is_sure

    @property
    def size(self) -> float:
        """How large the change is: the logarithm of the ratio, either way."""
        if not self.now or not self.before:
            return 0.0 if self.now == self.before else math.inf
        return abs(math.log(self.now / self.before))

    def say(self, value: float) -> str:
        """A value of this figure in words."""
        return percent(value) if self.is_share else number(round(value, self.places), self.places)


def section(span: Span) -> Section:
    """What changed, in sentences."""
    before = span.before()
    now, then = figures(span, before)
    found = sorted(_all(now, then), key=_rank)
    return Section(
        name="changes",
        question=_("What changed?"),
        answer=_answer(found, then is not None),
        measure=_measure(span, before),
        table=Table("changes", _columns(), [_row(each) for each in found]),
        definition=_(
            "Counts are means per whole day and compared over days (Welch's interval), shares by Newcombe's, "
            "the mean of stars over ratings. A change is told only where its interval (95 %) holds no zero: of "
            "twenty figures that stand still, one will still look changed."
        ),
        words=["interaction", "active", "good", "click_rate", "like_rate", "curated", "interval"],
        changes=[_change(each) for each in found if each.now is not None],
    )


def _rank(each: Compared) -> tuple[bool, bool, float]:
    """Sure changes first, then those that cannot be told, then what is too little; the largest on top."""
    return (not each.is_sure, each.difference is None, -each.size)


def _all(now: Figures, then: Figures | None) -> list[Compared]:
    old = then or Figures([])
    return [
        _count(_("interactions per day"), now, old, lambda of: of.interactions),
        _count(_("active members per day"), now, old, lambda of: of.active),
        _count(_("ratings per day"), now, old, lambda of: of.ratings),
        _mean(_("mean rating"), now, old),
        _share(_("share of good ratings"), now, old, lambda of: of.good),
        _share(_("share of opinions in favour"), now, old, lambda of: of.favour),
        _count(_("placements served per day"), now, old, lambda of: of.served),
        _share(_("click rate"), now, old, lambda of: of.clicked),
        _share(_("like rate"), now, old, lambda of: of.liked),
        _share(_("share of slots decided by curators"), now, old, lambda of: of.curated),
    ]


def _count(
    name: str, now: Figures, old: Figures, get: Callable[[Figures], Mapping[date, int]]
) -> Compared:
    here, there = ([float(get(of).get(day, 0)) for day in of.days] for of in (now, old))
    fewest = min(len(here), len(there))
    given = any(here) or any(there)
    told = given and fewest >= FEWEST_DAYS and sum(here) + sum(there) >= FEWEST
    one, other = sample(here), sample(there)
    return Compared(
        name,
        one.mean if here and any(get(now).values()) else (0.0 if given else None),
        other.mean if there else None,
        int(sum(here)),
        welch(one, other) if told else None,
        is_share=False,
        line=(here, there),
    )


def _mean(name: str, now: Figures, old: Figures) -> Compared:
    one, other = weighted(now.stars.items()), weighted(old.stars.items())
    told = min(one.n, other.n) >= FEWEST
    return Compared(
        name,
        one.mean if one.n else None,
        other.mean if other.n else None,
        one.n,
        welch(one, other) if told else None,
        is_share=False,
        line=([], []),
        places=2,
    )


def _share(name: str, now: Figures, old: Figures, get: Callable[[Figures], Daily]) -> Compared:
    (part, n), (was, n_was) = (_sum(get(of)) for of in (now, old))
    told = min(n, n_was) >= FEWEST
    return Compared(
        name,
        part / n if n else None,
        was / n_was if n_was else None,
        n,
        newcombe(part, n, was, n_was) if told else None,
        is_share=True,
        line=(_daily(now, get(now)), _daily(old, get(old))),
    )


def _sum(daily: Daily) -> tuple[int, int]:
    return sum(part for part, _n in daily.values()), sum(n for _part, n in daily.values())


def _daily(of: Figures, daily: Daily) -> list[float | None]:
    pairs = [daily.get(day, (0, 0)) for day in of.days]
    return [part / n if n else None for part, n in pairs]


def _columns() -> list[str]:
    return [
        _("Figure"), _("Now"), _("Before"), _("Change, at least"), _("Change, at most"), _("Counted"),
        _("Verdict"),
    ]  # fmt: skip


def _row(each: Compared) -> list[Cell]:
    bounds = each.difference
    ends = (bounds.low, bounds.high) if bounds else (None, None)
    values = (each.now, each.before, *ends)
    wrap: Callable[[float], float] = Share if each.is_share else float
    return [each.name, *(None if v is None else wrap(v) for v in values), each.n, _verdict(each)]


def _verdict(each: Compared) -> str:
    if each.difference is None:
        return _("too little to tell")
    if not each.is_sure:
        return _("cannot tell")
    return _("rose") if each.difference.low > 0 else _("fell")


_STYLES: Final = {True: "up", False: "down"}


def _change(each: Compared) -> Change:
    sure = each.is_sure and each.difference is not None
    style = _STYLES[each.difference.low > 0] if sure and each.difference else "same"
    return Change(
        capfirst(_sentence(each)), _verdict(each), style, spark(*each.line, title=each.name)
    )


def _sentence(each: Compared) -> str:
    words = {"name": each.name, "n": number(each.n)}
    words["now"] = each.say(each.now) if each.now is not None else "–"
    if each.before is None:
        few = _("%(name)s: %(now)s, of %(n)s counted.")
        return (few if each.is_share or each.n < FEWEST else _("%(name)s: %(now)s.")) % words
    words["before"] = each.say(each.before)
    bounds = each.difference
    if bounds is None:
        return (
            _("%(name)s: %(now)s, before %(before)s; only %(n)s counted, too little to tell.")
            % words
        )
    if not bounds.is_sure:
        return _("%(name)s: %(now)s, before %(before)s: cannot tell whether it changed.") % words
    low, high = sorted((abs(bounds.low), abs(bounds.high)))
    say = points if each.is_share else each.say
    words |= {"low": say(low), "high": say(high)}
    if each.is_share:
        return _points_sentence(bounds.low > 0) % words
    return _amount_sentence(bounds.low > 0) % words


def _points_sentence(rose: bool) -> str:
    if rose:
        return _("%(name)s rose from %(before)s to %(now)s, by %(low)s to %(high)s points.")
    return _("%(name)s fell from %(before)s to %(now)s, by %(low)s to %(high)s points.")


def _amount_sentence(rose: bool) -> str:
    if rose:
        return _("%(name)s rose from %(before)s to %(now)s, by %(low)s to %(high)s.")
    return _("%(name)s fell from %(before)s to %(now)s, by %(low)s to %(high)s.")


def _answer(found: Sequence[Compared], is_compared: bool) -> str:
    if all(each.now is None for each in found):
        return _("Nothing happened in these days.")
    if not is_compared:
        return _("There is nothing to compare these days to: choose a comparison period.")
    sure = [each for each in found if each.is_sure]
    if not sure:
        return _("Nothing changed that these numbers can show.")
    words = {"sure": len(sure), "all": sum(each.now is not None for each in found)}
    return _(
        "%(sure)s of %(all)s figures changed for sure. The largest change: "
    ) % words + _sentence(sure[0])


def _measure(span: Span, before: Span | None) -> str:
    words = {"start": date_format(span.start), "end": date_format(span.end)}
    if before is None:
        return _("%(start)s to %(end)s") % words
    words |= {"from": date_format(before.start), "to": date_format(before.end)}
    return _("%(start)s to %(end)s, compared to %(from)s to %(to)s") % words
