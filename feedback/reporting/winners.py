"""Which items won and which lost: by the ratings they got, and by how they were answered when they were served.

An item stands here only where its interval lies wholly above or below the figure of all items together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from curation.models import Item
from feedback.charts.intervals import Estimate, Reference, intervals
from feedback.models import Kind
from feedback.reporting.chance import Bounds, Sample, student, wilson
from feedback.reporting.item_rows import items_of, table, title
from feedback.reporting.members import IN_DAYS
from feedback.reporting.placements import MOST_SLATES, PLACED
from feedback.reporting.sections import Figure, Section, nothing, too_long
from feedback.reporting.spans import Span, rows
from feedback.tables import Cell, Share, number, percent

FEWEST: Final = 5
"""An item with fewer ratings, or served less often, is left out."""
MOST_ITEMS: Final = 2_000
LISTED: Final = 25
DRAWN: Final = 6

_RATED: Final = f"""
SELECT told.item_id, count(*), avg(told.value), coalesce(var_samp(told.value), 0),
    sum(count(*)) OVER ()::bigint, sum(sum(told.value)) OVER ()
{IN_DAYS} AND told.kind = {Kind.RATING:d} AND told.value IS NOT NULL
GROUP BY told.item_id ORDER BY count(*) DESC, told.item_id LIMIT {MOST_ITEMS}
"""

_SERVED: Final = f"""{PLACED}
SELECT item, count(*), count(*) FILTER (WHERE clicked), count(*) FILTER (WHERE liked),
    sum(count(*)) OVER ()::bigint, sum(count(*) FILTER (WHERE clicked)) OVER ()::bigint
FROM placed GROUP BY item ORDER BY count(*) DESC, item LIMIT {MOST_ITEMS}
"""  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True)
class Standing:
    """An item against all: its figure with bounds, and the cells that tell more of it."""

    item: UUID
    n: int
    value: float
    bounds: Bounds
    cells: Sequence[Cell]

    def against(self, all_of: float) -> int:
        """1 where it is surely above, -1 where it is surely below, else 0."""
        return (self.bounds.low > all_of) - (self.bounds.high < all_of)


def rated(span: Span) -> Section:
    """Items whose ratings were surely better or worse than those of all."""
    question = _("Which items won, and which lost, by their ratings?")
    columns = [_("Item"), _("Verdict"), _("Ratings"), _("Mean"), _("At least"), _("At most")]
    if not span.is_raw_possible:
        return nothing("rated", question, columns, too_long())
    found = rows(_RATED, span.words())
    mean = float(found[0][5]) / found[0][4] if found else 0.0
    standings = [_rating(*row[:4]) for row in found if row[1] >= FEWEST]
    shown = _extremes(standings, mean)
    items = items_of([each.item for each in shown])
    return Section(
        name="rated",
        question=question,
        answer=_rated_answer(found[0][4] if found else 0, mean, standings),
        measure=_("Mean rating with its interval, beside the mean of all ratings"),
        figures=[_figure(shown, items, mean, _stars, (1.0, 5.0))] if shown else [],
        table=table("rated", columns, items, [(each.item, _row(each, mean)) for each in shown]),
        definition=_(
            "Ratings given in these days; an item needs %(fewest)s of them. It stands here where its interval "
            "(Student's t, 95 %%) lies wholly above or below the mean of all, the surest first, at most "
            "%(listed)s of each. Of a hundred items "
            "that are like all others five will still stand here."
        )
        % {"fewest": FEWEST, "listed": LISTED},
        words=["interval"],
        blind=["kind", "compare"],
    )


def _rating(item: UUID, n: int, mean: float, variance: float) -> Standing:
    # Ratings that all agree have no variance, which is too sure of itself: rounding to whole stars alone has 1/12.
    bounds = student(Sample(n, float(mean), max(float(variance), 1 / 12)))
    inside = Bounds(max(bounds.low, 1.0), min(bounds.high, 5.0))
    return Standing(item, n, float(mean), inside, ())


def _rated_answer(total: int, mean: float, standings: Sequence[Standing]) -> str:
    if not total:
        return _("Nobody rated anything in these days.")
    words = {"mean": _stars(mean), "total": number(total)}
    won, lost = _counts(standings, mean)
    words |= {"won": number(won), "lost": number(lost)}
    if not won + lost:
        return (
            _("No item was rated surely better or worse than all together (%(mean)s stars).")
            % words
        )
    return (
        _(
            "Items rated surely better than all together (%(mean)s stars): %(won)s; surely worse: %(lost)s."
        )
        % words
    )


def answered(span: Span) -> Section:
    """Items that were clicked surely more or less than all when they were served."""
    question = _("Which items won, and which lost, when they were served?")
    columns = [
        *(_("Item"), _("Verdict"), _("Served"), _("Click rate"), _("At least"), _("At most")),
        *(_("Clicked"), _("Liked"), _("Like rate")),
    ]
    if not span.is_raw_possible:
        return nothing("answered", question, columns, too_long())
    found = rows(_SERVED, span.words())
    all_of = found[0][5] / found[0][4] if found else 0.0
    standings = [_answering(*row[:4]) for row in found if row[1] >= FEWEST]
    shown = _extremes(standings, all_of)
    items = items_of([each.item for each in shown])
    top = max((each.bounds.high for each in shown), default=1.0)
    return Section(
        name="answered",
        question=question,
        answer=_answered_answer(found[0][4] if found else 0, all_of, standings),
        measure=_("Click rate with its interval, beside that of all placements"),
        figures=[_figure(shown, items, all_of, percent, (0.0, top))] if shown else [],
        table=table(
            "answered", columns, items, [(each.item, _row(each, all_of)) for each in shown]
        ),
        definition=_(
            "Placements of the latest %(most)s slates of these days; an item needs %(fewest)s of them. It stands here "
            "where its interval (Wilson's, 95 %%) lies wholly above or below the rate of all, "
            "at most %(listed)s of each. Items that stand high in "
            "slates are seen more: part of a rate is the place. Liked counts good ratings and favourites too."
        )
        % {"most": number(MOST_SLATES), "fewest": FEWEST, "listed": LISTED},
        words=["served", "click_rate", "interval"],
        blind=["kind", "compare"],
    )


def _answering(item: UUID, served: int, clicked: int, liked: int) -> Standing:
    cells = (clicked, liked, Share(liked / served))
    return Standing(item, served, clicked / served, wilson(clicked, served), cells)


def _answered_answer(total: int, all_of: float, standings: Sequence[Standing]) -> str:
    if not total:
        return _("Nothing was served in these days.")
    words = {"rate": percent(all_of)}
    won, lost = _counts(standings, all_of)
    words |= {"won": number(won), "lost": number(lost)}
    if not won + lost:
        return _("No item was clicked surely more or less than all together (%(rate)s).") % words
    return (
        _("Items clicked surely more than all together (%(rate)s): %(won)s; surely less: %(lost)s.")
        % words
    )


def _counts(standings: Sequence[Standing], all_of: float) -> tuple[int, int]:
    """How many surely won, and how many surely lost."""
    against = [each.against(all_of) for each in standings]
    return against.count(1), against.count(-1)


def _extremes(standings: Sequence[Standing], all_of: float) -> list[Standing]:
    """The surest winners, best first, then the surest losers, worst last."""
    won = [each for each in standings if each.against(all_of) > 0]
    lost = [each for each in standings if each.against(all_of) < 0]
    best = sorted(won, key=lambda each: (-each.bounds.low, each.item))[:LISTED]
    worst = sorted(lost, key=lambda each: (each.bounds.high, each.item))[:LISTED]
    return [*best, *worst[::-1]]


def _figure(
    shown: Sequence[Standing],
    items: Mapping[UUID, Item],
    all_of: float,
    say: Callable[[float], str],
    ends: tuple[float, float],
) -> Figure:
    won = [each for each in shown if each.against(all_of) > 0][:DRAWN]
    lost = [each for each in shown if each.against(all_of) < 0][-DRAWN:]
    estimates = [
        Estimate(
            *(title(items, each.item), each.value, each.bounds.low, each.bounds.high),
            style="good" if each.against(all_of) > 0 else "bad",
            note=f"n = {each.n}",
        )
        for each in (*won, *lost)
    ]
    return Figure(intervals(estimates, say, Reference(_("all"), all_of), ends=ends))


def _row(each: Standing, all_of: float) -> list[Cell]:
    verdict = _("won") if each.against(all_of) > 0 else _("lost")
    wrap: Callable[[float], float] = Share if each.cells else float
    values = (each.value, each.bounds.low, each.bounds.high)
    return [verdict, each.n, *(wrap(value) for value in values), *each.cells]


def _stars(value: float) -> str:
    return number(round(value, 2), 2)
