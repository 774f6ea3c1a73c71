"""What cleaning keeps out, by rule."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from feedback.charts.bars import Part, ranked_bars
from feedback.keeping import cleaning
from feedback.models import Rule
from feedback.reporting.sections import Figure, Section
from feedback.tables import Table, number


def section() -> Section:
    """The marks of each rule: those that stand, and those that somebody lifted."""
    counts = cleaning.counts()
    total = sum(each.standing + each.lifted for each in counts)
    bars = [
        (
            str(each.rule.label),
            [Part(_("kept out"), each.standing), Part(_("lifted"), each.lifted, "human")],
        )
        for each in counts
    ]
    rows = [
        (str(each.rule.label), _finds(each.rule), each.standing, each.lifted) for each in counts
    ]
    return Section(
        name="kept-out",
        question=_("What do the rules keep out?"),
        answer=_answer(counts),
        measure=_("Interactions by rule, since ever"),
        figures=[Figure(ranked_bars(bars, number))] if total else [],
        table=Table("kept-out", [_("Rule"), _("What it finds"), _("Marked"), _("Lifted")], rows),
        definition=_("An interaction stands under the first rule that found it."),
    )


def _answer(counts: Sequence[cleaning.Counted]) -> str:
    standing, lifted = sum(each.standing for each in counts), sum(each.lifted for each in counts)
    if not standing + lifted:
        return _("No rule has found anything yet.")
    words = {"standing": number(standing), "lifted": number(lifted)}
    return _("%(standing)s interactions are kept out; the marks of %(lifted)s were lifted.") % words


def _finds(rule: Rule) -> str:
    words = {
        "events": cleaning.FLOOD_EVENTS,
        "seconds": cleaning.FLOOD_S,
        "dwell": number(cleaning.DWELL_S / 3600),
        "hours": cleaning.BUSY_HOURS,
        "busy": cleaning.BUSY_EVENTS,
    }
    found = {
        Rule.FLOOD: _("more than %(events)s interactions of one member within %(seconds)s seconds"),
        Rule.DWELL: _("a view of more than %(dwell)s hours, or longer than its slate had been out"),
        Rule.ROBOT: _(
            "a member who says to be a robot, or is busy in %(hours)s hours of a day with %(busy)s "
            "interactions or more"
        ),
    }
    return found[rule] % words
