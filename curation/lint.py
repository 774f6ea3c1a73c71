"""What is wrong, or probably not meant, with a decision: looked for at save, at publish and on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from curation import queries
from curation.fusion import policy as fusion
from curation.fusion.columns import fold
from curation.fusion.effects import Boost, Bury, BuryToBottom, Cap, Exclude, Only, PinMatch, Quota
from curation.fusion.query import All, Not, canonical
from curation.models import Item, Revision, SegmentMembership, Surface
from curation.policies import entries_of, load_policy


class Level(StrEnum):
    """How grave a finding is: B stops a save, W is told with it."""

    BLOCKS = "B"
    WARNS = "W"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that lint found; `decision` is the other decision that it has to do with."""

    level: Level
    code: str
    text: str
    decision: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        """The finding for an API or a page."""
        other = {"decision": str(self.decision)} if self.decision else {}
        return {"level": str(self.level), "code": self.code, "text": self.text} | other


Findings = Iterator[Finding]


def findings(revision: Revision, policy: fusion.Policy, at: datetime) -> list[Finding]:
    """Lint one revision against a policy that holds it already; the gravest first."""
    subject = next(d for d in policy.decisions() if d.lineage == revision.decision_id)
    found = chain(
        _dates(revision, at), _nobody(subject), _CHECKS[type(subject)](subject, policy, at)
    )
    return sorted(found, key=lambda finding: finding.level)


def review(surface: Surface, at: datetime) -> list[tuple[Revision, list[Finding]]]:
    """Lint all that is published on a surface, as it stands now; only what has findings."""
    policy = load_policy(surface, at)
    entries = entries_of(surface.slug, surface.policy_version)
    found = [(row.revision, findings(row.revision, policy, at)) for row in entries]
    return [(revision, told) for revision, told in found if told]


def _block(code: str, text: str, decision: UUID | None = None) -> Finding:
    return Finding(Level.BLOCKS, code, text, decision)


def _warn(code: str, text: str, decision: UUID | None = None) -> Finding:
    return Finding(Level.WARNS, code, text, decision)


def _dates(revision: Revision, at: datetime) -> Findings:
    if revision.until is not None and revision.until <= at:
        yield _block("window_over", _("Its window is over already."))
    if revision.review_on is not None and revision.review_on < at.date():
        yield _warn("review_passed", _("Its review date has passed."))


def _nobody(subject: fusion.Decision) -> Findings:
    segment = subject.scope.segment
    if segment and not SegmentMembership.objects.filter(segment=segment).exists():
        yield _warn("matches_nobody", _("Nobody is in its segment now."))


# How decisions reach ----------------------------------------------------------------------------------


def _overlap(one: fusion.Decision, other: fusion.Decision) -> bool:
    """Whether there is an instant in both windows."""
    first, second = one.window, other.window
    return (first.ends is None or second.starts is None or second.starts < first.ends) and (
        second.ends is None or first.starts is None or first.starts < second.ends
    )


def _covers(wide: fusion.Decision, narrow: fusion.Decision) -> bool:
    """Whether whoever and whenever the narrow one reaches, the wide one does too."""
    who = wide.scope.segment in (None, narrow.scope.segment) and wide.scope.member in (
        None,
        narrow.scope.member,
    )
    starts = wide.window.starts is None or (
        narrow.window.starts is not None and wide.window.starts <= narrow.window.starts
    )
    ends = wide.window.ends is None or (
        narrow.window.ends is not None and wide.window.ends >= narrow.window.ends
    )
    return who and starts and ends


def _always(wide: fusion.Decision) -> bool:
    """Whether no share of members is spared."""
    return wide.holdback == 0 and wide.traffic == 1


def _others(subject: fusion.Decision, rows: tuple[Any, ...]) -> Iterator[Any]:
    return (row for row in rows if row.lineage != subject.lineage and _overlap(row, subject))


# Pins -------------------------------------------------------------------------------------------------


def _pin(pin: fusion.Pin, policy: fusion.Policy, at: datetime) -> Findings:
    item = Item.objects.filter(pk=pin.item).only("active", "title").first()
    if item is None or not item.active:
        yield _block("pin_inactive", _("The item is not active."))
    if pin.slot > policy.surface.depth:
        text = _("The surface ends at slot %(depth)d.") % {"depth": policy.surface.depth}
        yield _block("pin_past_depth", text)
    yield from _blocked(pin, policy)
    yield from _clashes(pin, policy)
    yield from _budget(policy, at)
    yield from _excluded(pin, policy)
    yield from _over_caps(pin, policy)


def _blocked(pin: fusion.Pin, policy: fusion.Policy) -> Findings:
    for block in _others(pin, policy.blocks):
        if block.item != pin.item:
            continue
        if _covers(block, pin):
            yield _block("pin_blocked", _("The item is blocked."), block.lineage)
        else:
            text = _("The item is blocked for some members, or for some of the time.")
            yield _warn("pin_partly_blocked", text, block.lineage)


def _clashes(pin: fusion.Pin, policy: fusion.Policy) -> Findings:
    for other in _others(pin, policy.pins):
        if other.slot != pin.slot:
            continue
        if other.scope == pin.scope and other.priority == pin.priority:
            text = _("Another pin of the same reach and priority has slot %(slot)d.")
            yield _block("pin_clash", text % {"slot": pin.slot}, other.lineage)
        elif other.priority > pin.priority and _covers(other, pin) and _always(other):
            text = _("A pin of higher priority always has slot %(slot)d.") % {"slot": pin.slot}
            yield _warn("always_beaten", text, other.lineage)


def _budget(policy: fusion.Policy, at: datetime) -> Findings:
    pins = sum(1 for pin in policy.pins if pin.window.ends is None or pin.window.ends > at)
    budget = policy.surface.pin_budget
    if pins > budget:
        text = _("That would make %(pins)d pins on a surface of at most %(budget)d.")
        yield _block("pin_budget", text % {"pins": pins, "budget": budget})


def _excluded(pin: fusion.Pin, policy: fusion.Policy) -> Findings:
    for rule in _others(pin, policy.rules):
        if not (isinstance(rule.effect, Exclude) and _covers(rule, pin)):
            continue
        if queries.items_matching(rule.what).filter(pk=pin.item).exists():
            yield _warn("always_beaten", _("A rule excludes the item."), rule.lineage)


def _over_caps(pin: fusion.Pin, policy: fusion.Policy) -> Findings:
    for rule in _others(pin, policy.rules):
        cap = rule.effect
        if (
            isinstance(cap, Cap)
            and pin.slot <= cap.first
            and _pinned(pin, rule, policy) > cap.limit
        ):
            text = _("Pins alone exceed a cap: at most %(limit)d in the first %(first)d.")
            values = {"limit": cap.limit, "first": cap.first}
            yield _warn("pin_over_cap", text % values, rule.lineage)


def _pinned(pin: fusion.Pin, rule: fusion.Rule, policy: fusion.Policy) -> int:
    """How many pins the cap counts together with this one, itself among them."""
    cap = rule.effect
    assert isinstance(cap, Cap)  # noqa: S101 - the caller asked
    rivals = {p.item for p in _others(pin, policy.pins) if p.slot <= cap.first} | {pin.item}
    counted = queries.items_matching(rule.what).filter(pk__in=rivals)
    values = {row.pk: _values(row.attributes.get(cap.field)) for row in counted}
    if not cap.field or pin.item not in values:
        return len(values) if pin.item in values else 0
    return max(
        (sum(1 for v in values.values() if each in v) for each in values[pin.item]), default=0
    )


def _values(value: object) -> frozenset[str]:
    texts = value if isinstance(value, list) else [value]
    return frozenset(fold(text) for text in texts if isinstance(text, str))


# Blocks, blends and rules -----------------------------------------------------------------------------


def _block_on(block: fusion.Block, policy: fusion.Policy, at: datetime) -> Findings:
    for pin in _others(block, policy.pins):
        if pin.item == block.item:
            text = _("A pin of the item to slot %(slot)d gives way.") % {"slot": pin.slot}
            yield _warn("beats_pin", text, pin.lineage)


def _blend(blend: fusion.Blend, policy: fusion.Policy, at: datetime) -> Findings:
    for other in _others(blend, policy.blends):
        if other.priority > blend.priority and _covers(other, blend) and _always(other):
            text = _("A blend of higher priority always holds instead.")
            yield _warn("always_beaten", text, other.lineage)


def _rule(rule: fusion.Rule, policy: fusion.Policy, at: datetime) -> Findings:
    if queries.count(rule.what) == 0:
        yield _warn("matches_nothing", _("No active item is like that now."))
    elif isinstance(rule.effect, Boost | Bury | BuryToBottom | Quota | PinMatch):
        yield from _denied(rule, policy)
    for other in _others(rule, policy.rules):
        if _opposed(rule, other) and canonical(rule.what) == canonical(other.what):
            text = _("Another rule pulls the same items the other way.")
            yield _warn("boost_against_bury", text, other.lineage)


def _denied(rule: fusion.Rule, policy: fusion.Policy) -> Findings:
    """Rules that leave this one nothing to act on."""
    for other in _others(rule, policy.rules):
        if not _covers(other, rule):
            continue
        if isinstance(other.effect, Exclude) and not queries.count(
            All((rule.what, Not(other.what)))
        ):
            text = _("Another rule excludes all of its items.")
            yield _warn("always_beaten", text, other.lineage)
        if isinstance(other.effect, Only) and not queries.count(All((rule.what, other.what))):
            text = _("Another rule allows none of its items.")
            yield _warn("always_beaten", text, other.lineage)


def _opposed(rule: fusion.Rule, other: fusion.Rule) -> bool:
    up = isinstance(rule.effect, Boost), isinstance(other.effect, Boost)
    down = (
        isinstance(rule.effect, Bury | BuryToBottom),
        isinstance(other.effect, Bury | BuryToBottom),
    )
    return (up[0] and down[1]) or (down[0] and up[1])


_CHECKS: Final[Mapping[type, Callable[[Any, fusion.Policy, datetime], Findings]]] = {
    fusion.Pin: _pin,
    fusion.Block: _block_on,
    fusion.Blend: _blend,
    fusion.Rule: _rule,
}
