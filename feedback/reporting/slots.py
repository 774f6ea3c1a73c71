"""How slots were answered, how current the slates were, and what exploration found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from curation.models import Surface
from feedback.charts.bars import stacked_bars
from feedback.charts.drawing import Chart, Series
from feedback.charts.intervals import points
from feedback.reporting.chance import FEWEST, wilson
from feedback.reporting.sections import Figure, Section, places, step_words
from feedback.reporting.spans import IN_SPAN, Span, day_of, fetch
from feedback.tables import Share, Table, number, percent

SLOTS_DRAWN: Final = 20
SURFACES_DRAWN: Final = 4

_SLOTS: Final = f"""
SELECT surface, slot, sum(served)::bigint, sum(clicked)::bigint, sum(liked)::bigint
FROM {{slot_tally}} AS tally WHERE {IN_SPAN} GROUP BY surface, slot ORDER BY surface, slot
"""  # noqa: S608 - made of constants alone

_CURATED: Final = f"""
SELECT date_trunc(%(step)s, since, %(zone)s) AS step, sum(served)::bigint, sum(curated)::bigint
FROM {{slot_tally}} AS tally WHERE {IN_SPAN} GROUP BY step
"""  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True)
class SlotFigures:
    """How a slot of a surface was answered: placements served, clicked and liked."""

    surface: str
    slot: int
    served: int
    clicked: int
    liked: int


def by_slot(span: Span) -> list[SlotFigures]:
    """How each slot of each surface was answered."""
    return [SlotFigures(*row) for row in fetch(_SLOTS, span)]


def section(span: Span) -> Section:
    """Click and like rate by surface and slot."""
    figures, called = by_slot(span), _surfaces()
    names = [
        _("Surface"), _("Slot"), _("Served"), _("Clicked"), _("Liked"), _("Click rate"), _("At least"),
        _("At most"), _("Like rate"), _("At least"), _("At most"),
    ]  # fmt: skip
    return Section(
        name="slots",
        question=_("Which slots were answered?"),
        answer=_answer(figures),
        measure=_("Share of served placements, by slot, with intervals"),
        figures=_figures(figures, called),
        table=Table("slots", names, [_row(each, called) for each in figures]),
        definition=_(
            "Of the placements served in a slot, the share that the same member clicked, or liked, "
            "citing that impression. Placements served for other purposes than a page count too. "
            "Whoever looks down a list sees its first slots most, so a rate that falls is no verdict on the items. "
            "Intervals are Wilson's (95 %)."
        ),
        words=["served", "click_rate", "like_rate", "interval"],
        blind=["kind", "compare"],
    )


def _surfaces() -> dict[str, str]:
    """What people call each surface."""
    return {surface.slug: str(surface) for surface in Surface.objects.all()}


def _row(each: SlotFigures, called: Mapping[str, str]) -> tuple[str | int | float, ...]:
    clicked, liked = wilson(each.clicked, each.served), wilson(each.liked, each.served)
    return (
        *(called.get(each.surface, each.surface), each.slot, each.served, each.clicked, each.liked),
        *(Share(each.clicked / each.served), Share(clicked.low), Share(clicked.high)),
        *(Share(each.liked / each.served), Share(liked.low), Share(liked.high)),
    )


def _answer(figures: Sequence[SlotFigures]) -> str:
    served = sum(each.served for each in figures)
    if not served:
        return _("Nothing was served in these days.")
    clicked = sum(each.clicked for each in figures)
    liked = sum(each.liked for each in figures)
    words = {"served": number(served)}
    if served < FEWEST:
        return _("Only %(served)s placements were served: too few to speak of rates.") % words
    words |= {"clicked": percent(clicked / served), "liked": percent(liked / served)}
    return _("Of %(served)s placements %(clicked)s were clicked and %(liked)s liked.") % words


def _figures(figures: Sequence[SlotFigures], called: Mapping[str, str]) -> list[Figure]:
    served = Counter[str]()
    for each in figures:
        served[each.surface] += each.served
    surfaces = [surface for surface, _served in served.most_common(SURFACES_DRAWN)]
    return [Figure(_chart(each, figures), called.get(each, each)) for each in surfaces]


def _chart(surface: str, figures: Sequence[SlotFigures]) -> Chart:
    by_slot = {each.slot: each for each in figures if each.surface == surface}
    drawn = range(1, min(max(by_slot), SLOTS_DRAWN) + 1)
    found = [by_slot.get(slot) for slot in drawn]
    clicked = [(each.clicked, each.served) if each else None for each in found]
    liked = [(each.liked, each.served) if each else None for each in found]
    series = [rate(_("clicked"), clicked), rate(_("liked"), liked, "ink")]
    return points([str(slot) for slot in drawn], series, percent)


def rate(name: str, pairs: Sequence[tuple[int, int] | None], style: str = "") -> Series:
    """Shares of counts as a series with Wilson's intervals."""
    bounds = [wilson(*pair) if pair else None for pair in pairs]
    return Series(
        name,
        [pair[0] / pair[1] if pair else None for pair in pairs],
        style,
        low=[each.low if each else None for each in bounds],
        high=[each.high if each else None for each in bounds],
    )


def decided(span: Span) -> dict[date, tuple[int, int]]:
    """Placements served in each step, and how many of them a curator decided."""
    return {day_of(since): (served, by_hand) for since, served, by_hand in fetch(_CURATED, span)}


def curated(span: Span) -> Section:
    """The share of slots that curators decided."""
    counts, steps = decided(span), span.steps()
    pairs = [counts.get(step, (0, 0)) for step in steps]
    served, by_hand = _sums(pairs)
    series = [
        Series(_("curators"), [hand for _all, hand in pairs], "human"),
        Series(_("models"), [all_of - hand for all_of, hand in pairs], "machine"),
    ]
    rows = [
        (step, all_of, hand, Share(hand / all_of) if all_of else None)
        for step, (all_of, hand) in zip(steps, pairs, strict=True)
    ][::-1]
    answer = _("Curators decided %(share)s of the slots served.")
    return Section(
        name="curated",
        question=_("How much did curators decide?"),
        answer=answer % {"share": percent(by_hand / served)}
        if served
        else _("Nothing was served in these days."),
        measure=_("Placements served %(step)s, by who decided them") % {"step": step_words(span)},
        figures=[Figure(stacked_bars(places(span), series, number))] if served else [],
        table=Table("curated", [_("Since"), _("Served"), _("By curators"), _("Share")], rows),
        definition=_(
            "A slot is decided by a curator when a decision put its item there, or moved it there."
        ),
        words=["served", "curated"],
        blind=["kind", "compare"],
    )


def _sums(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    both = list(pairs)
    return sum(one for one, _other in both), sum(other for _one, other in both)
