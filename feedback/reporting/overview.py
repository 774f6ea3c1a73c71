"""The trend of feedback as a whole, beside the days before."""

from __future__ import annotations

from collections import Counter
from datetime import date

from django.utils.translation import gettext as _

from feedback.charts.drawing import Series
from feedback.charts.lines import lines
from feedback.reporting import activity
from feedback.reporting.sections import Figure, Section, before_words, places, step_words
from feedback.reporting.spans import Span
from feedback.tables import Table, number, percent


def section(span: Span) -> Section:
    """Interactions over time, beside those of the days before."""
    now, steps, before = _by_step(span), span.steps(), span.before()
    then = _by_step(before) if before else {}
    values = [now.get(step, 0) for step in steps]
    olds = [then.get(step, 0) for step in before.steps()] if before else []
    series = [Series(_("now"), values)]
    if before:
        series.insert(0, Series(before_words(span), olds, "muted"))
    padded = [*olds, *[0] * len(steps)]
    rows = [
        (step, value, padded[at] if before else None)
        for at, (step, value) in enumerate(zip(steps, values, strict=True))
    ][::-1]
    return Section(
        name="trend",
        question=_("How much did members do?"),
        answer=_answer(sum(values), sum(olds), is_compared=before is not None),
        measure=_("Interactions %(step)s") % {"step": step_words(span)},
        figures=[Figure(lines(places(span), series, number))] if any(values) or any(olds) else [],
        table=Table("trend", [_("Since"), _("Interactions"), _("Before")], rows),
        definition=_(
            "The first of these days stands beside the first of those before, and so on. A day, week or month "
            "that is not over yet is as low as it is by now."
        ),
        words=["interaction"],
    )


def _by_step(span: Span) -> dict[date, int]:
    sums = Counter[date]()
    for (step, _kind), n in activity.counts(span).items():
        sums[step] += n
    return sums


def _answer(total: int, old: int, *, is_compared: bool) -> str:
    if not total:
        return _("Nobody gave feedback in these days.")
    words = {"total": number(total), "old": number(old)}
    if not is_compared or not old:
        return _("They did %(total)s things.") % words
    share = total / old - 1
    words["share"] = percent(abs(share))
    if share >= 0:
        return _("They did %(total)s things, %(share)s more than before (%(old)s).") % words
    return _("They did %(total)s things, %(share)s less than before (%(old)s).") % words
