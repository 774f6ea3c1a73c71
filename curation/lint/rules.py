"""What lint looks for in rules and blends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from django.utils.translation import gettext as _

from curation.fusion import policy as fusion
from curation.fusion.effects import (
    Boost,
    Bury,
    BuryToBottom,
    Cap,
    Effect,
    Exclude,
    Only,
    PinMatch,
    Quota,
)
from curation.fusion.query import Query
from curation.lint.beside import Beside
from curation.lint.best_matches import matches_before
from curation.lint.findings import Findings, warns
from curation.lint.overlaps import Overlap, all_of_it, much_of_either, none_of_it
from curation.lint.quotas import quota_findings
from curation.lint.reach import beats, covers, spares_nobody

_DENY: Final = (Exclude, Only)
_OPPOSITE: Final[Mapping[type[Effect], tuple[type[Effect], ...]]] = {
    Boost: (Bury, BuryToBottom),
    Bury: (Boost,),
    BuryToBottom: (Boost,),
}
_AGAINST: Final[Mapping[type[Effect], tuple[type[Effect], ...]]] = {
    **{pull: (*_DENY, *opposite) for pull, opposite in _OPPOSITE.items()},
    Quota: (*_DENY, Quota, Cap),
    PinMatch: (*_DENY, PinMatch),
    Only: _DENY,
}
"""The rules that need items, and those that may leave them none or act against them, by effect."""


def compared(
    subjects: Iterable[fusion.Decision], policies: Iterable[fusion.Policy]
) -> Iterator[Query]:
    """The queries of the rules that may be held against each other, or against pins, to lint some decisions."""
    subjects = list(subjects)
    rules = [
        row for row in subjects if isinstance(row, fusion.Rule) and type(row.effect) in _AGAINST
    ]
    against = set(chain.from_iterable(_AGAINST[type(row.effect)] for row in rules))
    if any(isinstance(row, fusion.Pin) for row in subjects):
        against |= {Only, PinMatch}
    others = chain.from_iterable(policy.rules for policy in policies)
    yield from (row.what for row in rules)
    yield from (row.what for row in others if type(row.effect) in against)


def blend_findings(blend: fusion.Blend, beside: Beside) -> Findings:
    """What keeps a blend from ever holding."""
    for other in beside.others(blend, beside.blends):
        if beats(other, blend):
            text = _("A blend that outranks it always holds instead.")
            yield warns("always_beaten", text, other.lineage)


def rule_findings(rule: fusion.Rule, beside: Beside) -> Findings:
    """What leaves a rule nothing to act on, or acts against it."""
    if rule.lineage in beside.idle:
        yield warns("matches_nothing", _("No active item is like that now."))
    elif type(rule.effect) in _AGAINST:
        yield from _denied(rule, beside)
        yield from _blocked(rule, beside)
    if rule.lineage in beside.greedy:
        yield warns("leaves_nothing", _("It takes every item there is: nothing is left to show."))
    if isinstance(rule.effect, Quota):
        yield from quota_findings(rule, rule.effect, beside)
    if isinstance(rule.effect, PinMatch):
        yield from _slot_taken(rule, rule.effect, beside)
    if type(rule.effect) in _OPPOSITE:
        yield from _opposed(rule, beside)


def takes(effect: Effect) -> bool:
    """Whether none of the items of a rule may be shown."""
    nothing = isinstance(effect, Cap) and effect.limit == 0 and not effect.field
    return isinstance(effect, Exclude) or nothing


def _denied(rule: fusion.Rule, beside: Beside) -> Findings:
    """Rules that take all items of this one."""
    for each in beside.overlaps(rule, all_of_it, Exclude):
        if covers(each.other, rule):
            text = _("Another rule excludes all of its items.")
            yield warns("always_beaten", text, each.other.lineage)
    for each in beside.overlaps(rule, none_of_it, Only):
        if covers(each.other, rule) and spares_nobody(each.other):
            text = _("Another rule allows none of its items.")
            yield warns("always_beaten", text, each.other.lineage)


def _blocked(rule: fusion.Rule, beside: Beside) -> Findings:
    """Blocks that take, together, all items of this one."""
    if not beside.blocks or not beside.blocked.of(rule).any():
        return
    taking = [
        block
        for block in beside.blocks
        if beside.blocked.names(rule, block.item) and covers(block, rule)
    ]
    if taking and len({block.item for block in taking}) == beside.named(rule):
        yield warns("always_beaten", _("All of its items are blocked."), taking[0].lineage)


def _slot_taken(rule: fusion.Rule, effect: PinMatch, beside: Beside) -> Findings:
    for pin in beside.others(rule, beside.pins_in.get(effect.slot, ())):
        if beats(pin, rule):
            text = _("A pin that outranks it always has slot %(slot)d.") % {"slot": effect.slot}
            yield warns("always_beaten", text, pin.lineage)
    yield from matches_before(rule, effect.slot, beside)


def _opposed(rule: fusion.Rule, beside: Beside) -> Findings:
    """Pulls the other way on much of what this one pulls."""
    for each in beside.overlaps(rule, much_of_either, *_OPPOSITE[type(rule.effect)]):
        yield warns("boost_against_bury", _opposition(each), each.other.lineage)


def _opposition(each: Overlap) -> str:
    if each.shared == each.own == each.theirs:
        text = _("Another rule pulls the same items the other way (%(shared)d).")
    else:
        text = _(
            "Another rule, of %(theirs)d items, pulls %(shared)d of the %(own)d of this one the other way."
        )
    return text % {"shared": each.shared, "own": each.own, "theirs": each.theirs}
