"""What lint looks for in rules and blends."""

from __future__ import annotations

import numpy as np
from django.utils.translation import gettext as _

from curation.fusion import policy as fusion
from curation.fusion.effects import Boost, Cap, Effect, Exclude, PinMatch, Quota
from curation.fusion.query import canonical
from curation.lint.beside import PULLS, Beside
from curation.lint.findings import Findings, warns
from curation.lint.reach import beats, covers
from curation.lint.targets import leaves_any, share_any

_NEED_ITEMS = (*PULLS, Quota, PinMatch)


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
    elif isinstance(rule.effect, _NEED_ITEMS):
        yield from _denied(rule, beside)
    if rule.lineage in beside.greedy:
        yield warns("leaves_nothing", _("It takes every item there is: nothing is left to show."))
    if isinstance(rule.effect, Quota):
        yield from _crowded(rule, rule.effect, beside)
        yield from _capped(rule, rule.effect, beside)
    if isinstance(rule.effect, PinMatch):
        yield from _slot_taken(rule, rule.effect, beside)
    if isinstance(rule.effect, PULLS):
        yield from _opposed(rule, beside)


def takes(effect: Effect) -> bool:
    """Whether none of the items of a rule may be shown."""
    nothing = isinstance(effect, Cap) and effect.limit == 0 and not effect.field
    return isinstance(effect, Exclude) or nothing


def _denied(rule: fusion.Rule, beside: Beside) -> Findings:
    """Rules that take all items of this one."""
    for other in beside.others(rule, beside.excludes):
        if covers(other, rule):
            found = beside.catalogue
            if not leaves_any(found.of(rule), found.of(other)):
                text = _("Another rule excludes all of its items.")
                yield warns("always_beaten", text, other.lineage)
    for other in beside.others(rule, beside.allow_lists):
        if covers(other, rule):
            found = beside.catalogue
            if not share_any(found.of(rule), found.of(other)):
                text = _("Another rule allows none of its items.")
                yield warns("always_beaten", text, other.lineage)


def _crowded(rule: fusion.Rule, quota: Quota, beside: Beside) -> Findings:
    """Quotas that ask, together with this one, for more items than there are slots; an item may count for both."""
    found = beside.catalogue
    for other in beside.others(rule, beside.quotas):
        theirs = other.effect
        assert isinstance(theirs, Quota)  # noqa: S101 - they were picked by it
        both = np.count_nonzero(found.of(rule) & found.of(other))
        shared = min(int(both), quota.least, theirs.least)
        slots = max(quota.first, theirs.first)
        if quota.least + theirs.least - shared > slots:
            text = _("Together with another quota it asks for more than %(slots)d slots hold.")
            yield warns("quotas_collide", text % {"slots": slots}, other.lineage)


def _capped(rule: fusion.Rule, quota: Quota, beside: Beside) -> Findings:
    """Caps that leave less than this quota asks for."""
    found = beside.catalogue
    for other in beside.others(rule, beside.caps):
        cap = other.effect
        assert isinstance(cap, Cap)  # noqa: S101 - they were picked by it
        narrow = cap.limit < quota.least and cap.first >= quota.first and not cap.field
        if narrow and not leaves_any(found.of(rule), found.of(other)):
            text = _("A cap allows %(limit)d of these in the first %(first)d.")
            told = {"limit": cap.limit, "first": cap.first}
            yield warns("quota_over_cap", text % told, other.lineage)


def _slot_taken(rule: fusion.Rule, effect: PinMatch, beside: Beside) -> Findings:
    for pin in beside.others(rule, beside.pins_in.get(effect.slot, ())):
        if beats(pin, rule):
            text = _("A pin that outranks it always has slot %(slot)d.") % {"slot": effect.slot}
            yield warns("always_beaten", text, pin.lineage)


def _opposed(rule: fusion.Rule, beside: Beside) -> Findings:
    up = isinstance(rule.effect, Boost)
    for other in beside.others(rule, beside.pulls_on[canonical(rule.what)]):
        if isinstance(other.effect, Boost) != up:
            text = _("Another rule pulls the same items the other way.")
            yield warns("boost_against_bury", text, other.lineage)
