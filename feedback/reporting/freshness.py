"""How current the served slates were, and what was found where chance had a part."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from feedback.charts.bars import stacked_bars
from feedback.charts.drawing import Series
from feedback.charts.intervals import Estimate, intervals
from feedback.reporting.chance import FEWEST, newcombe, wilson
from feedback.reporting.placements import MOST_SLATES, PLACED
from feedback.reporting.sections import Figure, Section, nothing, places, step_words, too_long
from feedback.reporting.spans import Span, day_of, rows
from feedback.rollups.segments import THEIRS
from feedback.tables import Cell, Share, Table, number, percent, points

MODES: Final = ("fresh", "stale", "fallback")
_STYLES: Final = {"fresh": "", "stale": "watch", "fallback": "muted"}

_MODES: Final = f"""
SELECT date_trunc(%(step)s, served_at, %(zone)s) AS step, mode, count(*)
FROM feedback_impression AS served
WHERE served_at >= %(start)s AND served_at < %(end)s AND (%(simulated)s OR NOT simulated)
  AND (%(surface)s::text IS NULL OR surface = %(surface)s)
  AND (%(segment)s::uuid IS NULL OR {THEIRS.format(rows="served")})
GROUP BY step, mode
"""  # noqa: S608 - made of constants alone

_EXPLORED: Final = f"""{PLACED}
SELECT propensity < 1 AS by_chance, count(*), count(*) FILTER (WHERE clicked),
    count(*) FILTER (WHERE liked), count(DISTINCT slot)
FROM placed
WHERE propensity < 1 OR propensity = 1 AND slot IN (
    SELECT slot + step FROM placed CROSS JOIN (VALUES (-1), (1)) AS beside (step) WHERE propensity < 1
)
GROUP BY by_chance
"""  # noqa: S608 - made of constants alone


def modes(span: Span) -> Section:
    """Slates served, by how current they were."""
    question = _("How current were the slates?")
    columns = [_("Since"), _("Fresh"), _("Stale"), _("Fallback"), _("Fresh, share")]
    if not span.is_raw_possible:
        return nothing("modes", question, columns, too_long())
    found = {(day_of(at), mode): n for at, mode, n in rows(_MODES, span.words())}
    steps, total = span.steps(), sum(found.values())
    names = {"fresh": _("fresh"), "stale": _("stale"), "fallback": _("fallback")}
    series = [
        Series(names[mode], [found.get((step, mode), 0) for step in steps], _STYLES[mode])
        for mode in MODES
    ]
    return Section(
        name="modes",
        question=question,
        answer=_modes_answer(found, total),
        measure=_("Slates served %(step)s, by mode") % {"step": step_words(span)},
        figures=[Figure(stacked_bars(places(span), series, number))] if total else [],
        table=Table("modes", columns, [_modes_row(step, found) for step in steps][::-1]),
        definition=_(
            "Each slate once, when it was served. A stale or fallback slate passed the same check for blocked items."
        ),
        words=["mode"],
        blind=["kind", "compare"],
    )


def _modes_row(step: date, found: dict[tuple[date, str], int]) -> tuple[Cell, ...]:
    counts = [found.get((step, mode), 0) for mode in MODES]
    return (step, *counts, Share(counts[0] / sum(counts)) if any(counts) else None)


def _modes_answer(found: dict[tuple[date, str], int], total: int) -> str:
    if not total:
        return _("Nothing was served in these days.")
    sums = [sum(n for (_day, mode), n in found.items() if mode == each) for each in MODES]
    words = {"total": number(total), "fresh": percent(sums[0] / total)}
    words |= {"stale": number(sums[1]), "fallback": number(sums[2])}
    return (
        _(
            "%(fresh)s of %(total)s slates were fresh; %(stale)s were stale and %(fallback)s fallbacks."
        )
        % words
    )


def explored(span: Span) -> Section:
    """How slots that chance decided were answered, beside the same slots without it."""
    question = _("What did exploration find?")
    columns = [
        *(_("Placements"), _("Served"), _("Clicked"), _("Liked"), _("Click rate"), _("At least")),
        *(_("At most"), _("Like rate"), _("At least"), _("At most")),
    ]
    if not span.is_raw_possible:
        return nothing("explored", question, columns, too_long())
    found = {bool(chance): counts for chance, *counts in rows(_EXPLORED, span.words())}
    names = {True: _("explored"), False: _("slots beside them")}
    table = [
        (names[chance], *_rates(*found[chance][:3])) for chance in (True, False) if chance in found
    ]
    drawn = [
        _clicks(names[chance], found[chance], style)
        for chance, style in ((True, "chance"), (False, "machine"))
        if chance in found
    ]
    top = max((each.high for each in drawn), default=1.0)
    return Section(
        name="explored",
        question=question,
        answer=_explored_answer(found),
        measure=_("Click rate of explored placements and of the slots beside them"),
        figures=[Figure(intervals(drawn, percent, None, ends=(0.0, top)))] if drawn else [],
        table=Table("explored", columns, table),
        definition=_(
            "Beside the explored placements stand those right before and after them in which chance had no part, since "
            "the place in the list decides much. "
            "Liked counts good ratings and favourites too. Counted over the latest %(most)s slates of these days."
        )
        % {"most": number(MOST_SLATES)},
        words=["explored", "click_rate", "interval"],
        blind=["kind", "compare"],
    )


def _clicks(name: str, counts: list[int], style: str) -> Estimate:
    served, clicked = counts[:2]
    bounds = wilson(clicked, served)
    name = _("%(name)s: click rate") % {"name": name}
    return Estimate(name, clicked / served, bounds.low, bounds.high, style, f"n = {served}")


def _rates(served: int, clicked: int, liked: int) -> tuple[int | Share, ...]:
    clicks, likes = wilson(clicked, served), wilson(liked, served)
    return (
        *(served, clicked, liked),
        *(Share(clicked / served), Share(clicks.low), Share(clicks.high)),
        *(Share(liked / served), Share(likes.low), Share(likes.high)),
    )


def _explored_answer(found: dict[bool, list[int]]) -> str:
    if True not in found:
        return _("Chance had a part in no slot of these days.")
    served, clicked, _liked, slots = found[True]
    words = {"served": number(served), "slots": slots, "rate": percent(clicked / served)}
    if False not in found or min(served, found[False][0]) < FEWEST:
        return (
            _("Chance decided %(served)s placements: too few, or nothing beside them, to compare.")
            % words
        )
    others, hits = found[False][:2]
    bounds = newcombe(clicked, served, hits, others)
    words |= {
        "low": points(bounds.low),
        "high": points(bounds.high),
        "other": percent(hits / others),
    }
    if not bounds.is_sure:
        return (
            _(
                "%(rate)s of %(served)s explored placements were clicked, %(other)s in the slots beside them: "
                "cannot tell which is more."
            )
            % words
        )
    return (
        _(
            "%(rate)s of %(served)s explored placements were clicked, %(other)s in the slots beside them "
            "(a difference of %(low)s to %(high)s points)."
        )
        % words
    )
