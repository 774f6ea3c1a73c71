"""Which decisions stand in a context, and the total order between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from curation.fusion.context import Context
from curation.fusion.derived import D
from curation.fusion.effects import Boost, Bury, Exclude
from curation.fusion.matching import Table
from curation.fusion.policy import (
    Audience,
    Blend,
    Block,
    Decision,
    Hours,
    Pin,
    Policy,
    Rule,
    Scope,
)
from curation.fusion.query import EVERYTHING
from curation.fusion.shares import withheld

_MEMBER, _SEGMENT, _SURFACE_AND_CONTEXT, _SURFACE, _EVERYWHERE = range(5)
_BOUNDED, _OPEN_ENDED = range(2)
_DAY: Final = 1440


def _level(decision: Decision) -> int:
    scope = decision.scope
    if scope.member:
        return _MEMBER
    if scope.segment:
        return _SEGMENT
    if scope.surface is None:
        return _EVERYWHERE
    return _SURFACE_AND_CONTEXT if decision.who.context_conditions else _SURFACE


def _conditions(decision: Decision) -> int:
    """Count what narrows a decision within its level."""
    scope = decision.scope
    wider = (scope.surface, scope.segment if scope.member else None)
    narrowed = sum(1 for part in wider if part) if _level(decision) <= _SEGMENT else 0
    return decision.who.conditions + narrowed


def precedence(decision: Decision) -> tuple[int, int, int, int, float, bytes]:
    """The sort key of the total order: the decision that sorts first beats the others.

    Priority, higher first; scope (member, segment, surface and context, surface, everywhere); more
    conditions; a window with an end; later publish; lineage id.
    """
    return (
        -decision.priority,
        _level(decision),
        -_conditions(decision),
        _OPEN_ENDED if decision.window.ends is None else _BOUNDED,
        -decision.published_at.timestamp(),
        decision.lineage.bytes,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """The decisions that hold in a context, each kind in the total order.

    ``withheld`` are pins and rules and blends that would hold but spare this member, with why.
    Rules of strength 0 are not here: they are as good as no rule.
    """

    blocks: Sequence[Block]
    pins: Sequence[Pin]
    rules: Sequence[Rule]
    blends: Sequence[Blend]
    withheld: Sequence[tuple[Pin | Rule | Blend, str]]


def standing(policy: Policy, context: Context) -> Standing:
    """Pick the decisions that hold: window, scope and conditions first, then holdback and traffic."""
    member = Table(1, context.attributes)
    spared: list[tuple[Pin | Rule | Blend, str]] = []

    def holding(decisions: Sequence[D]) -> list[D]:
        held = [each for each in decisions if _holds(each, context, member)]
        return sorted(held, key=precedence)

    def reaching(decisions: Sequence[D]) -> list[D]:
        kept = []
        for decision in holding(decisions):
            why = _withheld(decision, context)
            if not why:
                kept.append(decision)
            elif isinstance(decision, Pin | Rule | Blend):
                spared.append((decision, why))
        return kept

    rules = [rule for rule in policy.rules if not _is_neutral(rule)]
    return Standing(
        blocks=holding(policy.blocks),
        pins=reaching(policy.pins),
        rules=reaching(rules),
        blends=reaching(policy.blends),
        withheld=spared,
    )


def _is_neutral(rule: Rule) -> bool:
    return isinstance(rule.effect, Boost | Bury) and rule.effect.strength == 0


def _withheld(decision: Decision, context: Context) -> str:
    exempt = isinstance(decision, Rule) and isinstance(decision.effect, Exclude)
    if context.subject is None or exempt:
        return ""
    return withheld(decision.lineage, context.subject, decision.holdback, decision.traffic)


def _holds(decision: Decision, context: Context, member: Table) -> bool:
    return (
        decision.window.holds(context.instant)
        and _in_scope(decision.scope, context)
        and _in_audience(decision.who, context, member)
    )


def _in_scope(scope: Scope, context: Context) -> bool:
    return (
        scope.surface in (None, context.surface)
        and scope.member in (None, context.subject)
        and (scope.segment is None or scope.segment in context.segments)
    )


def _in_audience(who: Audience, context: Context, member: Table) -> bool:
    if who.devices and context.device not in who.devices:
        return False
    if who.languages and context.language not in who.languages:
        return False
    if who.anchors and context.anchor not in who.anchors:
        return False
    if who.hours and not within(who.hours, _clock(who.hours.zone, context)):
        return False
    if who.member == EVERYTHING:
        return True
    return context.subject is not None and bool(member.matches(who.member)[0])


def _clock(zone: str, context: Context) -> datetime:
    if zone not in context.clocks:
        raise ValueError(f"the context has no clock of zone {zone}")
    return context.clocks[zone]


def within(hours: Hours, clock: datetime) -> bool:
    """Whether a clock on the wall of the hours' zone shows them."""
    minute = clock.hour * 60 + clock.minute
    if hours.since < hours.until:
        return hours.since <= minute < hours.until and _on_weekday(hours, clock)
    if minute >= hours.since:
        return _on_weekday(hours, clock)
    return minute < hours.until and _on_weekday(hours, clock - timedelta(days=1))


def _on_weekday(hours: Hours, day: datetime) -> bool:
    return not hours.weekdays or day.isoweekday() in hours.weekdays
