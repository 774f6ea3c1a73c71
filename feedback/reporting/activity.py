"""What members did: how often each kind of feedback was given, and at which hours of the week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from feedback.charts.bars import stacked_bars
from feedback.charts.drawing import Chart, Series
from feedback.charts.heat import heat
from feedback.models import Kind
from feedback.reporting.sections import Figure, Section, places, step_words
from feedback.reporting.spans import IN_SPAN, OF_KIND, Span, day_of, fetch
from feedback.tables import Cell, Table, number, percent

_KINDS: Final[list[Kind]] = [kind for kind in Kind if kind is not Kind.UNDO]
_DRAWN: Final = 5
_FADED: Final = (1.0, 0.76, 0.56, 0.38, 0.22)

_COUNTS: Final = f"""
SELECT date_trunc(%(step)s, since, %(zone)s) AS step, kind, sum(count)::bigint
FROM {{tally}} AS tally WHERE {IN_SPAN} AND {OF_KIND} GROUP BY step, kind
"""  # noqa: S608 - made of constants alone

_HOURS: Final = f"""
SELECT extract(isodow FROM since AT TIME ZONE %(zone)s)::int - 1 AS day,
    extract(hour FROM since AT TIME ZONE %(zone)s)::int AS hour, sum(count)::bigint
FROM {{tally}} AS tally WHERE {IN_SPAN} AND {OF_KIND} GROUP BY day, hour
"""  # noqa: S608 - made of constants alone

Counts = Mapping[tuple[date, Kind], int]


def counts(span: Span) -> dict[tuple[date, Kind], int]:
    """How often each kind of feedback was given in each step."""
    return {(day_of(since), Kind(kind)): n for since, kind, n in fetch(_COUNTS, span)}


def section(span: Span) -> Section:
    """Feedback per step and kind."""
    found, steps = counts(span), span.steps()
    sums = {kind: sum(found.get((step, kind), 0) for step in steps) for kind in _KINDS}
    total = sum(sums.values())
    rows: list[list[Cell]] = [
        [step, *(found.get((step, k), 0) for k in _KINDS)] for step in steps[::-1]
    ]
    return Section(
        name="activity",
        question=_("What did members do?"),
        answer=_answer(total, sums),
        measure=_("Interactions %(step)s, by kind") % {"step": step_words(span)},
        figures=[Figure(_chart(span, found, sums))] if total else [],
        table=Table("activity", [_("Since"), *(str(kind.label) for kind in _KINDS)], rows),
        definition=_(
            "Every interaction on the day on which it occurred. What was undone does not count."
        ),
        words=["interaction"],
        blind=["compare"],
    )


def _answer(total: int, sums: Mapping[Kind, int]) -> str:
    if not total:
        return _("Nobody gave feedback in these days.")
    most = max(sums, key=lambda kind: sums[kind])
    words = {"total": number(total), "kind": most.label, "share": percent(sums[most] / total)}
    return _("They gave feedback %(total)s times, most often: %(kind)s (%(share)s).") % words


def _chart(span: Span, found: Counts, sums: Mapping[Kind, int]) -> Chart:
    there = sorted((kind for kind in sums if sums[kind]), key=lambda kind: -sums[kind])
    steps = span.steps()
    series = [
        Series(str(kind.label), [found.get((step, kind), 0) for step in steps], opacity=faded)
        for kind, faded in zip(there[:_DRAWN], _FADED, strict=False)
    ]
    if rest := there[_DRAWN:]:
        others = [sum(found.get((step, kind), 0) for kind in rest) for step in steps]
        series.append(Series(_("other kinds"), others, "muted"))
    return stacked_bars(places(span), series, number)


def hours(span: Span) -> Section:
    """When of the week members give feedback."""
    found = {(day, hour): n for day, hour, n in fetch(_HOURS, span)}
    total = sum(found.values())
    rows = [
        (str(WEEKDAYS[day]), hour, found.get((day, hour), 0))
        for day in range(7)
        for hour in range(24)
    ]
    names = [str(WEEKDAYS_ABBR[day]) for day in range(7)]
    return Section(
        name="hours",
        question=_("When are they here?"),
        answer=_hours_answer(found, total),
        measure=_("Interactions by weekday and hour of your time zone"),
        figures=[Figure(heat(found, names, number))] if total else [],
        table=Table("hours", [_("Weekday"), _("Hour"), _("Interactions")], rows),
        definition=_(
            "All weeks of these days on top of each other. An hour begins at the minute that names it."
        ),
        words=["interaction"],
        blind=["compare"],
    )


def _hours_answer(found: Mapping[tuple[int, int], int], total: int) -> str:
    if not total:
        return _("Nobody gave feedback in these days.")
    day, hour = max(found, key=lambda at: found[at])
    evening = sum(n for (_day, at), n in found.items() if at >= 18) / total
    words = {"day": WEEKDAYS[day], "hour": f"{hour}:00", "share": percent(evening)}
    return _("Most on %(day)s from %(hour)s; %(share)s of all after 18:00.") % words
