"""How members rate: the stars they give, the share of good ratings over time, and likes against dislikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from feedback.charts.bars import stacked_bars
from feedback.charts.drawing import Chart, Series
from feedback.charts.intervals import Estimate, intervals, points
from feedback.models import Kind
from feedback.reporting.chance import FEWEST, student, weighted, wilson
from feedback.reporting.sections import Figure, Section, before_words, places, step_words
from feedback.reporting.spans import IN_SPAN, Span, day_of, fetch
from feedback.tables import Cell, Share, Table, number, percent

GOOD: Final = 4.0

_STARS: Final = f"""
SELECT stars, sum(count)::bigint
FROM {{tally}} AS tally WHERE kind = {Kind.RATING:d} AND {IN_SPAN} GROUP BY stars
"""  # noqa: S608 - made of constants alone

_GOOD: Final = f"""
SELECT date_trunc(%(step)s, since, %(zone)s) AS step, sum(count)::bigint,
    coalesce(sum(count) FILTER (WHERE stars >= {GOOD}), 0)::bigint
FROM {{tally}} AS tally WHERE kind = {Kind.RATING:d} AND {IN_SPAN} GROUP BY step
"""  # noqa: S608 - made of constants alone

_OPINIONS: Final = f"""
SELECT kind, sum(count)::bigint FROM {{tally}} AS tally
WHERE kind IN ({Kind.LIKE:d}, {Kind.DISLIKE:d}, {Kind.NOT_INTERESTED:d}, {Kind.FAVOURITE:d}) AND {IN_SPAN}
GROUP BY kind
"""  # noqa: S608 - made of constants alone


def stars_of(span: Span) -> dict[float, int]:
    """How many ratings gave how many stars, to the half star."""
    return {float(value): n for value, n in fetch(_STARS, span)}


def section(span: Span) -> Section:
    """The distribution of ratings, beside that of the days before."""
    found, before = stars_of(span), span.before()
    then = stars_of(before) if before else {}
    total = sum(found.values())
    steps = _places([*found, *then])
    values = [found.get(place, 0) for place in steps]
    rows = [
        (place, n, Share(n / total) if total else None, then.get(place, 0) if before else None)
        for place, n in zip(steps, values, strict=True)
    ]
    return Section(
        name="stars",
        question=_("How did they rate?"),
        answer=_answer(found, total),
        measure=_("Ratings by stars, as a share of all"),
        figures=_figures(span, steps, found, then) if total else [],
        table=Table("stars", [_("Stars"), _("Ratings"), _("Share"), _("Ratings before")], rows),
        definition=_(
            "Every rating given in these days, also where a member rated an item again. "
            "Stars in between are rounded to the nearest half."
        ),
        words=["good", "interval"],
        blind=["kind"],
    )


def _places(given: Sequence[float]) -> list[float]:
    if any(value % 1 for value in given):
        return [half / 2 for half in range(2, 11)]
    return [float(whole) for whole in range(1, 6)]


def _figures(
    span: Span, steps: Sequence[float], found: Mapping[float, int], then: Mapping[float, int]
) -> list[Figure]:
    bars = [Series(_("now"), _shares(steps, found))]
    against = Series(before_words(span), _shares(steps, then)) if then else None
    return [Figure(stacked_bars([number(p, 1) for p in steps], bars, percent, against=against))]


def _shares(steps: Sequence[float], counts: Mapping[float, int]) -> list[float | None]:
    total = sum(counts.values()) or 1
    return [counts.get(place, 0) / total for place in steps]


def _answer(counts: Mapping[float, int], total: int) -> str:
    if not total:
        return _("Nobody rated anything in these days.")
    of, good = weighted(counts.items()), sum(n for value, n in counts.items() if value >= GOOD)
    words = {"mean": number(round(of.mean, 2), 2), "good": percent(good / total)}
    words |= {"total": number(total)}
    if total < FEWEST:
        return _("Only %(total)s ratings, %(mean)s stars on average: too few to go by.") % words
    bounds = student(of)
    words |= {"low": number(round(bounds.low, 2), 2), "high": number(round(bounds.high, 2), 2)}
    return (
        _(
            "%(total)s ratings, %(mean)s stars on average (between %(low)s and %(high)s); "
            "%(good)s gave 4 or more."
        )
        % words
    )


def good(span: Span) -> Section:
    """The share of good ratings in each step."""
    found = {day_of(since): (n, part) for since, n, part in fetch(_GOOD, span)}
    steps = span.steps()
    pairs = [found.get(step, (0, 0)) for step in steps]
    rows = [_good_row(step, n, part) for step, (n, part) in zip(steps, pairs, strict=True)][::-1]
    total, kept = (sum(pair[at] for pair in pairs) for at in (0, 1))
    return Section(
        name="good",
        question=_("Do they like what they rate?"),
        answer=_good_answer(total, kept),
        measure=_("Share of ratings with 4 stars or more, %(step)s") % {"step": step_words(span)},
        figures=[Figure(_good_chart(span, pairs))] if total else [],
        table=Table(
            "good",
            [_("Since"), _("Ratings"), _("Good"), _("Share"), _("At least"), _("At most")],
            rows,
        ),
        definition=_(
            "Each point stands with its interval (Wilson's score, 95 %): where two of them overlap widely, "
            "chance alone may be the difference."
        ),
        words=["good", "interval"],
        blind=["kind", "compare"],
    )


def _good_row(step: date, n: int, part: int) -> tuple[Cell, ...]:
    if not n:
        return (step, 0, 0, None, None, None)
    bounds = wilson(part, n)
    return (step, n, part, Share(part / n), Share(bounds.low), Share(bounds.high))


def _good_answer(total: int, kept: int) -> str:
    if not total:
        return _("Nobody rated anything in these days.")
    bounds = wilson(kept, total)
    words = {"share": percent(kept / total), "total": number(total)}
    words |= {"low": percent(bounds.low), "high": percent(bounds.high)}
    return _("%(share)s of %(total)s ratings were good (between %(low)s and %(high)s).") % words


def _good_chart(span: Span, pairs: Sequence[tuple[int, int]]) -> Chart:
    bounds = [wilson(part, n) if n else None for n, part in pairs]
    series = Series(
        _("good ratings"),
        [part / n if n else None for n, part in pairs],
        low=[each.low if each else None for each in bounds],
        high=[each.high if each else None for each in bounds],
    )
    return points(places(span), [series], percent, top=1.0)


def opinions(span: Span) -> Section:
    """Likes and favourites against what members turn away."""
    found = {Kind(kind): n for kind, n in fetch(_OPINIONS, span)}
    kinds = (Kind.LIKE, Kind.FAVOURITE, Kind.DISLIKE, Kind.NOT_INTERESTED)
    total = sum(found.values())
    rows, drawn = [], []
    for kind in kinds:
        n = found.get(kind, 0)
        bounds = wilson(n, total)
        share = n / total if total else 0.0
        shares = (Share(share), Share(bounds.low), Share(bounds.high)) if total else (None,) * 3
        rows.append((str(kind.label), n, *shares))
        style = "good" if kind in kinds[:2] else "bad"
        drawn.append(
            Estimate(str(kind.label), share, bounds.low, bounds.high, style, f"n = {total}")
        )
    return Section(
        name="opinions",
        question=_("What do they say without stars?"),
        answer=_opinions_answer(found, total),
        measure=_("Share of likes, favourites, dislikes and “not interested”"),
        figures=[Figure(intervals(drawn, percent, None, ends=(0.0, 1.0)))] if total else [],
        table=Table(
            "opinions", [_("Kind"), _("Times"), _("Share"), _("At least"), _("At most")], rows
        ),
        definition=_("Of these four kinds of feedback alone, with Wilson's score interval (95 %)."),
        words=["interval"],
        blind=["kind", "compare"],
    )


def _opinions_answer(found: Mapping[Kind, int], total: int) -> str:
    if not total:
        return _("Nobody liked or turned away anything in these days.")
    liked = found.get(Kind.LIKE, 0) + found.get(Kind.FAVOURITE, 0)
    bounds = wilson(liked, total)
    words = {"total": number(total), "low": percent(bounds.low), "high": percent(bounds.high)}
    if total < FEWEST:
        return _("Only %(total)s of them: too few to tell what they think.") % words
    words |= {"share": percent(liked / total)}
    return _("%(share)s of %(total)s were in favour (between %(low)s and %(high)s).") % words
