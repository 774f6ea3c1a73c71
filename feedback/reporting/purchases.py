"""What members bought: the amounts that purchases brought over time, by item and by surface.

Amounts are what the sources told, in money that nobody converts; a purchase may come without one. Where
nothing was bought the questions are not asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curation.models import Surface
from feedback.charts.bars import Part, ranked_bars
from feedback.charts.drawing import Chart, Series
from feedback.charts.lines import lines
from feedback.models import Kind
from feedback.reporting.item_rows import items_of, table, title
from feedback.reporting.members import IN_DAYS
from feedback.reporting.sections import (
    Figure,
    Section,
    before_words,
    nothing,
    places,
    step_words,
    too_long,
)  # fmt: skip
from feedback.reporting.spans import Span, day_of, rows
from feedback.rollups.arrivals import ANSWERED_WITHIN
from feedback.tables import Cell, Share, Table, number, percent

LISTED: Final = 25
DRAWN: Final = 10
_CENTS: Final = 2

_FIGURES: Final = """
count(*), count(bought.value), coalesce(sum(bought.value), 0)::float8, count(DISTINCT bought.subject)
"""
_BOUGHT: Final = f"""
WITH bought AS MATERIALIZED (
    SELECT told.occurred_at, told.subject, told.source, told.item_id, told.impression, told.value {IN_DAYS}
)
"""

_OVER_TIME: Final = f"""{_BOUGHT}
SELECT date_trunc(%(step)s, bought.occurred_at, %(zone)s) AS step, {_FIGURES}, array_agg(DISTINCT bought.source)
FROM bought GROUP BY GROUPING SETS ((step), ()) ORDER BY step NULLS FIRST
"""  # noqa: S608 - made of constants alone
"""By step; the first row is of all of them together."""

_BY_ITEM: Final = f"""{_BOUGHT}
SELECT bought.item_id, {_FIGURES}, sum(sum(bought.value)) OVER ()::float8, count(*) OVER (),
    sum(count(*)) OVER ()::bigint
FROM bought GROUP BY bought.item_id
ORDER BY coalesce(sum(bought.value), 0) DESC, count(*) DESC, bought.item_id LIMIT {LISTED}
"""  # noqa: S608 - made of constants alone

_BY_SURFACE: Final = f"""{_BOUGHT}
SELECT coalesce(served.surface, '') AS surface, {_FIGURES}
FROM bought LEFT JOIN feedback_impression AS served ON served.id = bought.impression
    AND served.served_at >= %(start)s - {ANSWERED_WITHIN} AND served.served_at < %(end)s
GROUP BY surface ORDER BY coalesce(sum(bought.value), 0) DESC, count(*) DESC, surface
"""  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True)
class Sales:
    """How often something was bought, how often with an amount, their sum, and by how many members."""

    purchases: int = 0
    priced: int = 0
    amount: float = 0.0
    buyers: int = 0

    @property
    def each(self) -> float | None:
        """The mean amount of those that have one."""
        return self.amount / self.priced if self.priced else None


def over_time(span: Span) -> tuple[dict[date, Sales], Sales, Sequence[str]]:
    """Sales by step, all of them together, and the sources that told them."""
    found = rows(_OVER_TIME, _words(span))
    steps = {day_of(at): Sales(*told) for at, *told, _sources in found if isinstance(at, datetime)}
    _at, *total, sources = found[0]
    return steps, Sales(*total), sources or []


def section(span: Span) -> Section:
    """What purchases brought in each step, beside the days before."""
    question = _("What did they buy?")
    columns = [_("Since"), _("Purchases"), _("Buyers"), _("Amount"), _("Mean"), _("Amount before")]
    if not span.is_raw_possible:
        return nothing("revenue", question, columns, too_long())
    found, total, sources = over_time(span)
    before = span.before()
    then, old, _sources = over_time(before) if before else ({}, None, ())
    olds = [then.get(step, Sales()).amount for step in before.steps()] if before else []
    steps = span.steps()
    padded: list[float | None] = [*olds, *([0.0] * len(steps))] if before else [None] * len(steps)
    cells: list[list[Cell]] = [
        [step, *_cells(found.get(step, Sales())), padded[at]] for at, step in enumerate(steps)
    ]
    return Section(
        name="revenue",
        question=question,
        answer=_answer(total, old),
        measure=_("Amount of purchases %(step)s") % {"step": step_words(span)},
        figures=_lines(span, [found.get(step, Sales()).amount for step in steps], olds),
        table=Table("revenue", columns, cells[::-1]),
        definition=_(
            "Purchases on the day on which they occurred, with the amounts that were told with them. What was undone "
            "or is kept out does not count; a purchase without an amount counts as a purchase and brings nothing. "
            "A member counts once in each step."
        ),
        blind=["kind"],
        note=_note(total, sources),
        is_silent=not total.purchases,
    )


def by_item(span: Span) -> Section:
    """The items whose purchases brought most."""
    question = _("Which items brought most?")
    columns = [_("Item"), _("Purchases"), _("Buyers"), _("Amount"), _("Mean"), _("Share")]
    if not span.is_raw_possible:
        return nothing("revenue-by-item", question, columns, too_long())
    found = [
        (item, Sales(*four), rest) for item, *four, rest in _split(rows(_BY_ITEM, _words(span)))
    ]
    all_of, number_of, bought = found[0][2] if found else (0.0, 0, 0)
    items = items_of([item for item, _sales, _rest in found])
    bars = [
        (title(items, item), [Part(_("amount"), sales.amount)])
        for item, sales, _rest in found[:DRAWN]
        if sales.amount
    ]
    return Section(
        name="revenue-by-item",
        question=question,
        answer=_item_answer(found[0][1].amount if found else 0.0, all_of or 0.0, number_of, bought),
        measure=_("Amount of purchases by item"),
        figures=[Figure(ranked_bars(bars, _money))] if bars else [],
        table=table(
            "revenue-by-item",
            columns,
            items,
            [(item, _row(sales, all_of)) for item, sales, _rest in found],
        ),
        definition=_(
            "The %(listed)s items whose purchases in these days brought most, and the share of the amount of all."
        )
        % {"listed": LISTED},
        blind=["kind", "compare"],
        is_silent=not found,
    )


def by_surface(span: Span) -> Section:
    """The surfaces whose slates were answered with purchases."""
    question = _("Which surfaces sold?")
    columns = [_("Surface"), _("Purchases"), _("Buyers"), _("Amount"), _("Mean"), _("Share")]
    if not span.is_raw_possible:
        return nothing("revenue-by-surface", question, columns, too_long())
    names = {surface.slug: str(surface) for surface in Surface.objects.all()}
    found = [
        (names.get(slug, slug) or _("no slate"), Sales(*told))
        for slug, *told in rows(_BY_SURFACE, _words(span))
    ]
    all_of = sum(sales.amount for _name, sales in found)
    bars = [(name, [Part(_("amount"), sales.amount)]) for name, sales in found if sales.amount]
    return Section(
        name="revenue-by-surface",
        question=question,
        answer=_surface_answer(found, all_of),
        measure=_("Amount of purchases by surface"),
        figures=[Figure(ranked_bars(bars, _money))] if bars else [],
        table=Table(
            "revenue-by-surface", columns, [[name, *_row(sales, all_of)] for name, sales in found]
        ),
        definition=_(
            "A purchase counts for the surface whose impression it cites; one that cites none stands as no slate."
        ),
        words=["served"],
        blind=["kind", "compare"],
        is_silent=not found,
    )


def _words(span: Span) -> dict[str, Any]:
    return {**span.words(), "kind": Kind.PURCHASE}


def _split(found: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows by item, what is told of all items together at their ends."""
    return [(*row[:5], row[5:]) for row in found]


def _cells(sales: Sales) -> list[Cell]:
    return [sales.purchases, sales.buyers, round(sales.amount, _CENTS), sales.each]


def _row(sales: Sales, all_of: float | None) -> list[Cell]:
    return [*_cells(sales), Share(sales.amount / all_of) if all_of else None]


def _money(value: float) -> str:
    return number(value, _CENTS)


def _lines(span: Span, now: Sequence[float], olds: Sequence[float]) -> list[Figure]:
    if not any(now) and not any(olds):
        return []
    series = [Series(_("now"), now)]
    if olds:
        series.insert(0, Series(before_words(span), olds, "muted"))
    chart: Chart = lines(places(span), series, _money)
    return [Figure(chart)]


def _answer(total: Sales, old: Sales | None) -> str:
    if not total.purchases:
        return _("Nobody bought anything in these days.")
    words = {"n": number(total.purchases), "buyers": number(total.buyers)}
    if total.each is None:
        return _("%(n)s purchases by %(buyers)s members, none with an amount.") % words
    words |= {"amount": _money(total.amount), "each": _money(total.each)}
    told = _("%(n)s purchases by %(buyers)s members brought %(amount)s, %(each)s each.") % words
    if not old or not old.amount:
        return told
    share = total.amount / old.amount - 1
    words = {"told": told, "share": percent(abs(share)), "old": _money(old.amount)}
    if share >= 0:
        return _("%(told)s That is %(share)s more than before (%(old)s).") % words
    return _("%(told)s That is %(share)s less than before (%(old)s).") % words


def _item_answer(most: float, all_of: float, items: int, bought: int) -> str:
    if not bought:
        return _("Nobody bought anything in these days.")
    words = {"items": number(items), "n": number(bought)}
    if not all_of:
        return _("%(items)s items were bought (%(n)s purchases), none with an amount.") % words
    words |= {"amount": _money(all_of), "share": percent(most / all_of)}
    return _("%(items)s items brought %(amount)s; the first of them alone %(share)s of it.") % words


def _surface_answer(found: Sequence[tuple[str, Sales]], all_of: float) -> str:
    if not found:
        return _("Nobody bought anything in these days.")
    words: Mapping[str, str]
    nowhere = _("no slate")
    name, first = next((each for each in found if each[0] != nowhere), found[0])
    if name == nowhere:
        words = {"n": number(first.purchases)}
        return _("None of the purchases (%(n)s) came from a slate.") % words
    if not all_of:
        words = {"name": name, "n": number(first.purchases)}
        return (
            _("Of the surfaces %(name)s sold most often (%(n)s times), never with an amount.")
            % words
        )
    words = {"name": name, "share": percent(first.amount / all_of), "amount": _money(first.amount)}
    return _("Of the surfaces %(name)s brought most: %(amount)s, %(share)s of all.") % words


def _note(total: Sales, sources: Sequence[str]) -> str:
    """What the sum leaves out or adds up that may not belong together."""
    told = []
    if unpriced := total.purchases - total.priced:
        text = ngettext(
            "%(n)s purchase came without an amount.",
            "%(n)s purchases came without an amount.",
            unpriced,
        )
        told.append(text % {"n": number(unpriced)})
    if len(sources) > 1:
        text = _("Amounts of %(n)s sources are added as they are: %(sources)s.")
        told.append(text % {"n": number(len(sources)), "sources": _(", ").join(sorted(sources))})
    return " ".join(told)
