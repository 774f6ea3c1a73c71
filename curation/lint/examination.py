"""Examining decisions: many at once, in a number of queries that does not grow with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from curation.decisions.audiences import NOBODY
from curation.decisions.recurrence import opens_before
from curation.fusion import policy as fusion
from curation.fusion.columns import Schema
from curation.fusion.query import EVERYTHING, Not
from curation.lint.beside import Beside
from curation.lint.findings import Finding, Findings, blocks, warns
from curation.lint.overlaps import Catalogue
from curation.lint.pins import block_findings, pin_findings
from curation.lint.rules import blend_findings, compared, rule_findings, takes
from curation.models import Revision, SegmentMembership, Surface
from curation.policies.loading import live_blocks, policy_with, published_on, revisions_of
from curation.queries import members as member_queries
from curation.queries.items import some_match

Told = dict[UUID, list[Finding]]
"""What was found, by decision; the gravest first."""

_CHECKS: Final[Mapping[type, Callable[[Any, Beside], Findings]]] = {
    fusion.Pin: pin_findings,
    fusion.Block: block_findings,
    fusion.Blend: blend_findings,
    fusion.Rule: rule_findings,
}


def examine(revisions: Collection[Revision], policy: fusion.Policy, at: datetime) -> Told:
    """Lint revisions against a policy that holds them already; all are named in the answer."""
    return examine_each([(revisions, policy)], at)[0]


def examine_each(
    asked: Sequence[tuple[Collection[Revision], fusion.Policy]], at: datetime
) -> list[Told]:
    """The same for several policies, one answer each; the number of queries grows with none of them."""
    subjects = [_subjects(revisions, policy) for revisions, policy in asked]
    every = [row for each in subjects for row in each.values()]
    idle, empty = _idle(every), _empty_segments(every) | _unlike_anybody(every)
    greedy = _greedy(every, idle)
    catalogue = Catalogue(compared(every, [policy for _revisions, policy in asked]))
    told: list[Told] = []
    for (revisions, policy), each in zip(asked, subjects, strict=True):
        beside = Beside(policy, at, idle, greedy, catalogue)
        found = (_examined(row, each[row.decision_id], beside, empty) for row in revisions)
        told.append(dict(zip((row.decision_id for row in revisions), found, strict=True)))
    return told


def _subjects(
    revisions: Collection[Revision], policy: fusion.Policy
) -> dict[UUID, fusion.Decision]:
    wanted = {row.decision_id for row in revisions}
    return {row.lineage: row for row in policy.decisions() if row.lineage in wanted}


def findings(revision: Revision, policy: fusion.Policy, at: datetime) -> list[Finding]:
    """Lint one revision against a policy that holds it already; the gravest first."""
    return examine([revision], policy, at)[revision.decision_id]


Reviewed = tuple[Surface, Revision, list[Finding]]


def review(
    surfaces: Collection[Surface], at: datetime, schema: Schema | None = None
) -> list[Reviewed]:
    """Lint all that is published on some surfaces, as it stands now; only what has findings.

    `schema` is that of items, if read already.
    """
    known = published_on(surfaces, schema)
    blocks = {row.decision_id: row for row in revisions_of(live_blocks(surfaces))}
    rows = [
        [row.revision for row in known.entries.get(surface.slug, [])]
        + [blocks[r.decision_id] for r in known.blocks_of(surface) if r.decision_id in blocks]
        for surface in surfaces
    ]
    policies = [policy_with(surface, at, {}, known) for surface in surfaces]
    told = examine_each(list(zip(rows, policies, strict=True)), at)
    return [
        (surface, row, found[row.decision_id])
        for surface, here, found in zip(surfaces, rows, told, strict=True)
        for row in here
        if found[row.decision_id]
    ]


def _examined(
    revision: Revision, subject: fusion.Decision, beside: Beside, empty: Collection[UUID]
) -> list[Finding]:
    found = chain(
        _dates(revision, beside.at),
        _nobody(subject, empty),
        _situations(subject, beside.at),
        _CHECKS[type(subject)](subject, beside),
    )
    return sorted(found, key=lambda finding: finding.level)


def _dates(revision: Revision, at: datetime) -> Findings:
    if revision.until is not None and revision.until <= at:
        yield blocks("window_over", _("Its window is over already."))
    if revision.review_on is not None and revision.review_on < at.date():
        yield warns("review_passed", _("Its review date has passed."))


def _nobody(subject: fusion.Decision, empty: Collection[UUID]) -> Findings:
    if subject.scope.segment in empty:
        yield warns("matches_nobody", _("Nobody is in its segment now."))
    if subject.lineage in empty:
        yield warns("matches_nobody", _("No member is like that now."))


def _situations(subject: fusion.Decision, at: datetime) -> Findings:
    """What keeps a decision from ever holding although it stands in its window."""
    hours, window = subject.who.hours, subject.window
    start = max(at, window.starts) if window.starts else at
    over = window.ends is not None and window.ends <= start
    if hours is not None and not over and not opens_before(hours, start, window.ends):
        yield warns("never_opens", _("Its hours never come while it is in force."))
    if subject.who.member == NOBODY:
        yield warns("attribute_gone", _("It asks for an attribute of members that is gone."))


def _empty_segments(subjects: Iterable[fusion.Decision]) -> set[UUID]:
    named = {row.scope.segment for row in subjects if row.scope.segment}
    if not named:
        return set()
    rows = SegmentMembership.objects.filter(segment__in=named).order_by()
    return named - set(rows.values_list("segment_id", flat=True).distinct())


def _unlike_anybody(subjects: Iterable[fusion.Decision]) -> set[UUID]:
    """The decisions whose conditions on members nobody meets; one that cannot be asked is told otherwise."""
    asked = {
        row.lineage: row.who.member
        for row in subjects
        if row.who.member not in (EVERYTHING, NOBODY)
    }
    some = member_queries.some_match(list(asked.values()))
    return {lineage for lineage, any_ in zip(asked, some, strict=True) if not any_}


def _idle(subjects: Iterable[fusion.Decision]) -> frozenset[UUID]:
    """The rules that name no active item."""
    rules = [row for row in subjects if isinstance(row, fusion.Rule)]
    some = some_match([rule.what for rule in rules])
    return frozenset(rule.lineage for rule, any_ in zip(rules, some, strict=True) if not any_)


def _greedy(subjects: Iterable[fusion.Decision], idle: Collection[UUID]) -> frozenset[UUID]:
    """The rules that leave no active item to show; the first item that one spares tells that it is none."""
    rules = [
        row
        for row in subjects
        if isinstance(row, fusion.Rule) and takes(row.effect) and row.lineage not in idle
    ]
    spared = some_match([Not(rule.what) for rule in rules])
    return frozenset(rule.lineage for rule, any_ in zip(rules, spared, strict=True) if not any_)
