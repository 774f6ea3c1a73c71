"""Who came: active and new members over time, how much each rated, and what each segment did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from curation.given import given
from feedback.charts.bars import Part, ranked_bars, stacked_bars
from feedback.charts.drawing import Series
from feedback.charts.lines import lines
from feedback.reporting.sections import (
    Figure,
    Section,
    before_words,
    nothing,
    places,
    step_words,
    too_long,
)  # fmt: skip
from feedback.reporting.spans import Span, day_of, fetch, rows
from feedback.rollups import segments
from feedback.rollups.arrivals import ANSWERED_WITHIN
from feedback.rollups.segments import THEIRS
from feedback.rollups.tallies import STANDING
from feedback.tables import Share, Table, number, percent

SEGMENTS_DRAWN: Final = 12

IN_DAYS: Final = f"""
FROM feedback_interaction AS told
WHERE told.occurred_at >= %(start)s AND told.occurred_at < %(end)s AND {STANDING}
  AND (%(simulated)s OR NOT told.simulated)
  AND (%(kind)s::int IS NULL OR told.kind = %(kind)s)
  AND (%(segment)s::uuid IS NULL OR {THEIRS.format(rows="told")})
  AND (%(surface)s::text IS NULL OR EXISTS (
      SELECT FROM feedback_impression AS served
      WHERE served.id = told.impression AND served.surface = %(surface)s
        AND served.served_at >= %(start)s - {ANSWERED_WITHIN} AND served.served_at < %(end)s))
"""

ACTIVE: Final = f"""
SELECT date_trunc(%(step)s, told.occurred_at, %(zone)s) AS step, count(DISTINCT told.subject)
{IN_DAYS} GROUP BY step
"""

_COMERS: Final = f"""
WITH came AS MATERIALIZED (
    SELECT subject, step, row_number() OVER (PARTITION BY subject ORDER BY step) = 1 AS first FROM (
        SELECT DISTINCT told.subject, date_trunc(%(step)s, told.occurred_at, %(zone)s) AS step {IN_DAYS}
    ) AS told
)
SELECT step, count(*), count(*) FILTER (WHERE first), count(*) FILTER (WHERE first AND NOT EXISTS (
    SELECT FROM feedback_interaction AS earlier
    WHERE earlier.subject = came.subject AND earlier.occurred_at < %(start)s
)) FROM came GROUP BY step
"""  # noqa: S608 - made of constants alone
"""By step: members, those who were not in a step before, and those of them who never were."""

# The bounds are those of the buckets in `_BUCKETS`.
_RATINGS: Final = f"""
SELECT width_bucket(coalesce(stats.ratings, 0), ARRAY[1, 5, 10, 20, 50, 100, 200, 500]) AS bucket, count(*)
FROM curation_member AS member
LEFT JOIN curation_memberstats AS stats ON stats.subject = member.subject
WHERE member.merged_into_id IS NULL AND (%(simulated)s OR NOT member.simulated)
  AND (%(segment)s::uuid IS NULL OR {THEIRS.format(rows="member")})
GROUP BY bucket
"""  # noqa: S608 - made of constants alone
_BUCKETS: Final = ("0", "1–4", "5–9", "10–19", "20–49", "50–99", "100–199", "200–499", "500+")


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """What those did who are in a segment now: members, members with feedback, and how often they did what."""

    name: str
    members: int
    active: int
    interactions: int
    ratings: int
    mean: float | None
    likes: int
    clicks: int


def active_in(span: Span) -> dict[date, int]:
    """Members with an interaction in each step."""
    return {day_of(at): n for at, n in rows(ACTIVE, span.words())}


def active(span: Span) -> Section:
    """Active and new members over time."""
    question = _("Who came?")
    columns = [_("Since"), _("Active members"), _("New members")]
    if not span.is_raw_possible:
        return nothing("active", question, columns, too_long())
    comers = [(day_of(at), *counts) for at, *counts in rows(_COMERS, span.words())]
    found = {at: n for at, n, _first, _new in comers}
    fresh = {at: new for at, _n, _first, new in comers}
    before = span.before()
    then = active_in(before) if before else {}
    steps = span.steps()
    series = [Series(_("active members"), [found.get(s, 0) for s in steps])]
    series.append(Series(_("new members"), [fresh.get(s, 0) for s in steps], "ink"))
    if before:
        series.insert(
            0, Series(before_words(span), [then.get(s, 0) for s in before.steps()], "muted")
        )
    table = [(s, found.get(s, 0), fresh.get(s, 0)) for s in steps][::-1]
    return Section(
        name="active",
        question=question,
        answer=_active_answer(sum(each[2] for each in comers), sum(fresh.values())),
        measure=_("Members %(step)s") % {"step": step_words(span)},
        figures=[Figure(lines(places(span), series, number))] if comers else [],
        table=Table("active", columns, table),
        definition=_(
            "A member is active in a step with at least one interaction in it, and new where the first of all "
            "lies in these days. A member counts once in each step, so steps do not add up."
        ),
        words=["active", "new"],
    )


def _active_answer(members: int, new: int) -> str:
    if not members:
        return _("Nobody gave feedback in these days.")
    words = {"members": number(members), "new": number(new), "share": percent(new / members)}
    return (
        _("%(members)s members were active, %(new)s of them for the first time (%(share)s).")
        % words
    )


def ratings(span: Span) -> Section:
    """How many ratings members have, today."""
    found = dict(rows(_RATINGS, span.words()))
    counts = [found.get(at, 0) for at in range(len(_BUCKETS))]
    total = sum(counts)
    table = [
        (name, n, Share(n / total) if total else None)
        for name, n in zip(_BUCKETS, counts, strict=True)
    ]
    return Section(
        name="ratings-per-member",
        question=_("How much has each member rated?"),
        answer=_ratings_answer(counts, total),
        measure=_("Members by number of ratings"),
        figures=[Figure(stacked_bars(_BUCKETS, [Series(_("members"), counts)], number))]
        if total
        else [],
        table=Table("ratings-per-member", [_("Ratings"), _("Members"), _("Share")], table),
        definition=_(
            "Ratings with stars that stand today, whenever they were given: the days above do not matter here."
        ),
        blind=["surface", "kind", "compare", "dates"],
    )


def _ratings_answer(counts: Sequence[int], total: int) -> str:
    if not total:
        return _("There is no member yet.")
    words = {"none": number(counts[0]), "many": percent(sum(counts[4:]) / total)}
    words |= {"total": number(total)}
    return (
        _("Of %(total)s members %(none)s have rated nothing, %(many)s twenty items or more.")
        % words
    )


def by_segment(span: Span) -> list[SegmentFigures]:
    """What the members of each segment did."""
    return [SegmentFigures(given(name), *row) for name, *row in fetch(segments.EACH, span)]


def each_segment(span: Span) -> Section:
    """What the members of each segment did."""
    figures = by_segment(span)
    drawn = [each for each in figures if each.members][:SEGMENTS_DRAWN]
    bars = [
        (each.name, [Part(_("interactions"), each.interactions / each.members)]) for each in drawn
    ]
    names = [
        _("Segment"), _("Members"), _("Active"), _("Interactions"), _("Ratings"), _("Mean rating"),
        _("Likes"), _("Clicks"),
    ]  # fmt: skip
    return Section(
        name="segments",
        question=_("What did each segment do?"),
        answer=_segments_answer(figures),
        measure=_("Interactions per member"),
        figures=[Figure(ranked_bars(bars, _one))] if any(e.interactions for e in drawn) else [],
        table=Table("segments", names, [astuple(each) for each in figures]),
        definition=_(
            "A segment holds those who are in it now, whenever they came; one member may be in several. "
            "What was undone does not count."
        ),
        words=["interaction", "active"],
        blind=["kind", "compare"],
    )


def _segments_answer(figures: Sequence[SegmentFigures]) -> str:
    most = max(figures, key=lambda each: each.interactions, default=None)
    if most is None or not most.interactions:
        return _("No member of a segment gave feedback in these days.")
    words = {"name": most.name, "total": number(most.interactions), "active": number(most.active)}
    return _("Most came from %(name)s: %(total)s interactions of %(active)s members.") % words


def _one(value: float) -> str:
    return number(round(value, 1), 1)
