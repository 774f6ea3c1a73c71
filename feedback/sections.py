"""The report, section by section: a question, its answer in a sentence, a chart, the table, what counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback import reports
from feedback.charts import Chart, Series, lines, stacked_bars
from feedback.models import Kind
from feedback.reports import SegmentFigures, SlotFigures, Span
from feedback.tables import Cell, Share, Table, number, percent

SLOTS_DRAWN: Final = 20
SURFACES_DRAWN: Final = 4
SEGMENTS_DRAWN: Final = 12


@dataclass(frozen=True, slots=True)
class Section:
    """One question of the report; `charts` are empty where there is nothing to draw."""

    name: str
    question: str
    answer: str
    measure: str
    charts: Sequence[tuple[str, Chart]]
    table: Table
    definition: str


def activity(span: Span) -> Section:
    """Feedback per step and kind."""
    counts, steps = reports.activity(span), span.steps()
    kinds: list[Kind] = [kind for kind in Kind if kind is not Kind.UNDO]
    sums = {kind: sum(counts.get((step, kind), 0) for step in steps) for kind in kinds}
    total = sum(sums.values())
    rows: list[list[Cell]] = [
        [step.isoformat(), *(counts.get((step, k), 0) for k in kinds)] for step in steps[::-1]
    ]
    return Section(
        name="activity",
        question=_("What did members do?"),
        answer=_activity_answer(total, sums),
        measure=_step_words(span),
        charts=[("", _activity_chart(counts, steps, sums))] if total else [],
        table=Table("activity", [_("Since"), *(str(kind.label) for kind in kinds)], rows),
        definition=_(
            "Every interaction on the day on which it occurred. What was undone does not count."
        ),
    )


def _activity_answer(total: int, sums: Mapping[Kind, int]) -> str:
    if not total:
        return _("Nobody gave feedback in these days.")
    most = max(sums, key=lambda kind: sums[kind])
    words = {"total": number(total), "kind": most.label, "share": percent(sums[most] / total)}
    return _("They gave feedback %(total)s times, most often: %(kind)s (%(share)s).") % words


def _activity_chart(
    counts: Mapping[tuple[date, Kind], int], steps: Sequence[date], sums: Mapping[Kind, int]
) -> Chart:
    there = sorted((kind for kind in sums if sums[kind]), key=lambda kind: -sums[kind])
    series = [
        Series(
            str(kind.label),
            [counts.get((step, kind), 0) for step in steps],
            style="mark--muted" if at >= 5 else "",
            opacity=max(1 - 0.2 * at, 0.2),
        )
        for at, kind in enumerate(there)
    ]
    return stacked_bars([_short(step) for step in steps], series, number)


def stars(span: Span) -> Section:
    """The distribution of ratings."""
    counts = reports.stars(span)
    total = sum(counts.values())
    places = [half / 2 for half in range(2, 11)]
    if not any(value % 1 for value in counts):
        places = [float(whole) for whole in range(1, 6)]
    values = [counts.get(place, 0) for place in places]
    bars = stacked_bars([number(p, 1) for p in places], [Series(_("ratings"), values)], number)
    rows = [
        (place, count, Share(count / total) if total else None)
        for place, count in zip(places, values, strict=True)
    ]
    return Section(
        name="stars",
        question=_("How did they rate?"),
        answer=_stars_answer(counts, total),
        measure=_("Ratings by stars"),
        charts=[("", bars)] if total else [],
        table=Table("stars", [_("Stars"), _("Ratings"), _("Share")], rows),
        definition=_(
            "Every rating given in these days, also where a member rated an item again. "
            "Stars in between are rounded to the nearest half."
        ),
    )


def _stars_answer(counts: Mapping[float, int], total: int) -> str:
    if not total:
        return _("Nobody rated anything in these days.")
    mean = sum(value * count for value, count in counts.items()) / total
    good = sum(count for value, count in counts.items() if value >= 4) / total
    words = {"mean": number(mean, 2), "good": percent(good), "total": number(total)}
    return _("%(total)s ratings, %(mean)s stars on average; %(good)s gave 4 or more.") % words


def slots(span: Span) -> Section:
    """Click and like rate by surface and slot."""
    figures = reports.slots(span)
    rows = [
        (
            f.surface,
            f.slot,
            f.served,
            f.clicked,
            f.liked,
            Share(f.clicked / f.served),
            Share(f.liked / f.served),
        )
        for f in figures
    ]
    names = [
        _("Surface"), _("Slot"), _("Served"), _("Clicked"), _("Liked"), _("Click rate"),
        _("Like rate"),
    ]  # fmt: skip
    return Section(
        name="slots",
        question=_("Which slots were answered?"),
        answer=_slots_answer(figures),
        measure=_("Share of served placements, by slot"),
        charts=_slot_charts(figures),
        table=Table("slots", names, rows),
        definition=_(
            "Of the placements served in a slot, the share that the same member clicked, or liked, "
            "citing that impression. Placements served for other purposes than a page count too."
        ),
    )


def _slots_answer(figures: Sequence[SlotFigures]) -> str:
    served = sum(each.served for each in figures)
    if not served:
        return _("Nothing was served in these days.")
    clicked = sum(each.clicked for each in figures) / served
    liked = sum(each.liked for each in figures) / served
    words = {"clicked": percent(clicked), "liked": percent(liked), "served": number(served)}
    return _("Of %(served)s placements %(clicked)s were clicked and %(liked)s liked.") % words


def _slot_charts(figures: Sequence[SlotFigures]) -> list[tuple[str, Chart]]:
    served = Counter[str]()
    for each in figures:
        served[each.surface] += each.served
    surfaces = [surface for surface, _served in served.most_common(SURFACES_DRAWN)]
    return [(surface, _slot_chart(surface, figures)) for surface in surfaces]


def _slot_chart(surface: str, figures: Sequence[SlotFigures]) -> Chart:
    by_slot = {each.slot: each for each in figures if each.surface == surface}
    drawn = range(1, min(max(by_slot), SLOTS_DRAWN) + 1)
    found = [by_slot.get(slot) for slot in drawn]
    clicked = [each.clicked / each.served if each else None for each in found]
    liked = [each.liked / each.served if each else None for each in found]
    series = [Series(_("clicked"), clicked), Series(_("liked"), liked, "mark--muted")]
    return lines([str(slot) for slot in drawn], series, percent)


def curated(span: Span) -> Section:
    """The share of slots that curators decided."""
    counts, steps = reports.curated(span), span.steps()
    served = sum(all_of for all_of, _decided in counts.values())
    decided = sum(decided for _all, decided in counts.values())
    pairs = [counts.get(step, (0, 0)) for step in steps]
    series = [
        Series(_("curators"), [by_hand for _all, by_hand in pairs], "mark--human"),
        Series(_("models"), [all_of - hand for all_of, hand in pairs], "mark--machine"),
    ]
    rows = [
        (step.isoformat(), all_of, hand, Share(hand / all_of) if all_of else None)
        for step, (all_of, hand) in zip(steps, pairs, strict=True)
    ][::-1]
    answer = _("Curators decided %(share)s of the slots served.")
    chart = stacked_bars([_short(step) for step in steps], series, number)
    return Section(
        name="curated",
        question=_("How much did curators decide?"),
        answer=answer % {"share": percent(decided / served)}
        if served
        else _("Nothing was served in these days."),
        measure=_step_words(span),
        charts=[("", chart)] if served else [],
        table=Table("curated", [_("Since"), _("Served"), _("By curators"), _("Share")], rows),
        definition=_("A slot is decided by a curator when a decision put its item there."),
    )


def segments(span: Span) -> Section:
    """What the members of each segment did."""
    figures = reports.by_segment(span)
    rows = [astuple(each) for each in figures]
    names = [
        _("Segment"), _("Members"), _("Active"), _("Interactions"), _("Ratings"), _("Mean rating"),
        _("Likes"), _("Clicks"),
    ]  # fmt: skip
    drawn = [each for each in figures if each.members][:SEGMENTS_DRAWN]
    each_did = [each.interactions / each.members for each in drawn]
    bars = stacked_bars([each.name for each in drawn], [Series(_("interactions"), each_did)], _one)
    return Section(
        name="segments",
        question=_("What did each segment do?"),
        answer=_segments_answer(figures),
        measure=_("Interactions per member"),
        charts=[("", bars)] if any(each_did) else [],
        table=Table("segments", names, rows),
        definition=_(
            "A segment holds those who are in it now, whenever they came; one member may be in several. "
            "What was undone does not count."
        ),
    )


def _segments_answer(figures: Sequence[SegmentFigures]) -> str:
    most = max(figures, key=lambda each: each.interactions, default=None)
    if most is None or not most.interactions:
        return _("No member of a segment gave feedback in these days.")
    words = {"name": most.name, "total": number(most.interactions), "active": number(most.active)}
    return _("Most came from %(name)s: %(total)s interactions of %(active)s members.") % words


def _one(value: float) -> str:
    return number(value, 1)


SECTIONS: Final[Mapping[str, Callable[[Span], Section]]] = {
    "activity": activity,
    "stars": stars,
    "slots": slots,
    "curated": curated,
    "segments": segments,
}


def _step_words(span: Span) -> str:
    return {"day": _("per day"), "week": _("per week"), "month": _("per month")}[span.step]


def _short(day: date) -> str:
    return date_format(day, _("j M"))
