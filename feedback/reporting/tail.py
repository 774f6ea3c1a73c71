"""The long tail: how feedback spreads over the catalogue, and what was never served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from feedback.charts.bars import Part, ranked_bars, stacked_bars
from feedback.charts.drawing import Series
from feedback.reporting.item_rows import items_of, table
from feedback.reporting.members import IN_DAYS
from feedback.reporting.placements import MOST_SLATES, SERVED
from feedback.reporting.sections import Figure, Section, nothing, too_long
from feedback.reporting.spans import Span, rows
from feedback.tables import Share, Table, number, percent

LISTED: Final = 50

_TENTHS: Final = f"""
WITH done AS (SELECT told.item_id, count(*) AS n {IN_DAYS} GROUP BY told.item_id), spread AS (
    SELECT coalesce(done.n, 0) AS n, ntile(10) OVER (ORDER BY coalesce(done.n, 0) DESC, item.id) AS tenth
    FROM curation_item AS item LEFT JOIN done ON done.item_id = item.id WHERE item.active
)
SELECT tenth, count(*), sum(n)::bigint, count(*) FILTER (WHERE n = 0) FROM spread GROUP BY tenth ORDER BY tenth
"""  # noqa: S608 - made of constants alone

_UNSEEN: Final = f"""
WITH {SERVED}, seen AS MATERIALIZED (SELECT DISTINCT item FROM served CROSS JOIN unnest(items) AS item)
SELECT item.id, stats.ratings, stats.mean_rating, count(*) OVER (), (SELECT count(*) FROM curation_item WHERE active)
FROM curation_item AS item LEFT JOIN curation_itemstats AS stats ON stats.item_id = item.id
WHERE item.active AND NOT EXISTS (SELECT FROM seen WHERE seen.item = item.id)
ORDER BY coalesce(stats.ratings, 0) DESC, item.id LIMIT {LISTED}
"""  # noqa: S608 - made of constants alone


def tenths(span: Span) -> Section:
    """What each tenth of the catalogue, the busiest first, has of all interactions."""
    question = _("How long is the tail?")
    columns = [
        _("Tenth of the catalogue"),
        _("Items"),
        _("Interactions"),
        _("Share"),
        _("Without any"),
    ]
    if not span.is_raw_possible:
        return nothing("tenths", question, columns, too_long())
    found = rows(_TENTHS, span.words())
    total = sum(n for _tenth, _items, n, _none in found)
    shares = [n / total if total else 0.0 for _tenth, _items, n, _none in found]
    bars = stacked_bars([str(row[0]) for row in found], [Series(_("share"), shares)], percent)
    table_rows = [
        (str(tenth), items, n, Share(n / total) if total else None, none)
        for tenth, items, n, none in found
    ]
    return Section(
        name="tenths",
        question=question,
        answer=_tenths_answer(found, total),
        measure=_("Share of all interactions by tenth of the active catalogue, the busiest first"),
        figures=[Figure(bars)] if total else [],
        table=Table("tenths", columns, table_rows),
        definition=_(
            "All active items in the order of their interactions in these days, cut into ten parts of the same size."
        ),
        words=["interaction"],
        blind=["compare"],
    )


def _tenths_answer(found: Sequence[tuple[int, int, int, int]], total: int) -> str:
    if not total:
        return _("Nobody gave feedback in these days.")
    items, none = sum(row[1] for row in found), sum(row[3] for row in found)
    words = {"share": percent(found[0][2] / total), "none": number(none)}
    words |= {"part": percent(none / items)}
    return (
        _(
            "The busiest tenth of the catalogue has %(share)s of all interactions; %(none)s items (%(part)s) have none."
        )
        % words
    )


def unseen(span: Span) -> Section:
    """Items that were never served in these days, those with most ratings first."""
    question = _("Which items were never served?")
    columns = [_("Item"), _("Ratings ever"), _("Mean rating")]
    if not span.is_raw_possible:
        return nothing("unseen", question, columns, too_long())
    found = rows(_UNSEEN, span.words())
    missing, active = (found[0][3], found[0][4]) if found else (0, 0)
    items = items_of([row[0] for row in found])
    parts = [Part(_("served"), active - missing), Part(_("never served"), missing, "muted")]
    return Section(
        name="unseen",
        question=question,
        answer=_unseen_answer(missing, active),
        measure=_("Active items, by whether they were served"),
        figures=[Figure(ranked_bars([(_("catalogue"), parts)], number))]
        if missing < active
        else [],
        table=table(
            "unseen", columns, items, [(item, (n, mean)) for item, n, mean, *_all in found]
        ),
        definition=_(
            "Items that stood in none of the latest %(most)s slates of these days. The table holds the %(listed)s with "
            "most ratings of all time: what many like and nobody is shown."
        )
        % {"most": number(MOST_SLATES), "listed": LISTED},
        words=["served", "coverage"],
        blind=["kind", "compare"],
    )


def _unseen_answer(missing: int, active: int) -> str:
    words = {"missing": number(missing), "active": number(active)}
    if not missing:
        return _("Every active item was served at least once.")
    if missing == active:
        return _("None of the %(active)s active items was served in these days.") % words
    words |= {"share": percent(1 - missing / active)}
    return (
        _("%(share)s of the %(active)s active items were served at least once; %(missing)s never.")
        % words
    )
