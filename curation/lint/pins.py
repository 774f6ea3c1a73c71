"""What lint looks for in pins, and in the blocks that meet them."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from django.utils.translation import gettext as _

from curation.fusion import policy as fusion
from curation.fusion.effects import Cap
from curation.lint.beside import Beside
from curation.lint.best_matches import matches_before
from curation.lint.findings import Findings, blocks, warns
from curation.lint.reach import beats, covers, spares_nobody


def pin_findings(pin: fusion.Pin, beside: Beside) -> Findings:
    """All that is wrong with a pin."""
    if not beside.active.get(pin.item, False):
        yield blocks("pin_inactive", _("The item is not active."))
    if pin.slot > beside.surface.depth:
        text = _("The surface ends at slot %(depth)d.") % {"depth": beside.surface.depth}
        yield blocks("pin_past_depth", text)
    yield from _blocked(pin, beside)
    yield from _clashes(pin, beside)
    yield from _budget(beside)
    yield from matches_before(pin, pin.slot, beside)
    yield from _excluded(pin, beside)
    yield from _not_listed(pin, beside)
    yield from _over_caps(pin, beside)


def block_findings(block: fusion.Block, beside: Beside) -> Findings:
    """What a block does to pins."""
    for pin in beside.others(block, beside.pins_of.get(block.item, ())):
        text = _("A pin of the item to slot %(slot)d gives way.") % {"slot": pin.slot}
        yield warns("beats_pin", text, pin.lineage)


def _blocked(pin: fusion.Pin, beside: Beside) -> Findings:
    for block in beside.others(pin, beside.blocks_of.get(pin.item, ())):
        if covers(block, pin):
            yield blocks("pin_blocked", _("The item is blocked."), block.lineage)
        else:
            text = _("The item is blocked for some members, or for some of the time.")
            yield warns("pin_partly_blocked", text, block.lineage)


def _clashes(pin: fusion.Pin, beside: Beside) -> Findings:
    for other in beside.others(pin, beside.pins_in[pin.slot]):
        alike = other.scope == pin.scope and other.priority == pin.priority
        if alike and other.who == pin.who:
            text = _("Another pin of the same reach and priority has slot %(slot)d.")
            yield blocks("pin_clash", text % {"slot": pin.slot}, other.lineage)
        elif beats(other, pin):
            text = _("A pin that outranks it always has slot %(slot)d.") % {"slot": pin.slot}
            yield warns("always_beaten", text, other.lineage)
        elif alike and other.who.conditions == pin.who.conditions:
            text = _("Another pin of the same rank may have slot %(slot)d in the same situation.")
            yield warns("pin_meets", text % {"slot": pin.slot}, other.lineage)


def _budget(beside: Beside) -> Findings:
    pins, budget = len(beside.pins), beside.surface.pin_budget
    if pins > budget:
        text = _("That would make %(pins)d pins on a surface of at most %(budget)d.")
        yield blocks("pin_budget", text % {"pins": pins, "budget": budget})


def _excluded(pin: fusion.Pin, beside: Beside) -> Findings:
    for rule in beside.others(pin, beside.excludes):
        if covers(rule, pin) and beside.pinned.names(rule, pin.item):
            yield warns("always_beaten", _("A rule excludes the item."), rule.lineage)


def _not_listed(pin: fusion.Pin, beside: Beside) -> Findings:
    """Allow-lists without the item; one of no active item lets its fallback in."""
    for rule in beside.others(pin, beside.lists):
        denies = covers(rule, pin) and not beside.pinned.names(rule, pin.item)
        if denies and spares_nobody(rule) and beside.named(rule):
            yield warns("always_beaten", _("A rule allows only other items."), rule.lineage)


def _over_caps(pin: fusion.Pin, beside: Beside) -> Findings:
    for rule in beside.others(pin, beside.caps):
        cap = rule.effect
        if not isinstance(cap, Cap) or pin.slot > cap.first:
            continue
        if _pinned(pin, rule, cap, beside) > cap.limit:
            text = _("Pins alone exceed a cap: at most %(limit)d in the first %(first)d.")
            values = {"limit": cap.limit, "first": cap.first}
            yield warns("pin_over_cap", text % values, rule.lineage)


def _pinned(pin: fusion.Pin, rule: fusion.Rule, cap: Cap, beside: Beside) -> int:
    """How many pinned items the cap counts together with this one, itself among them."""
    if not beside.pinned.names(rule, pin.item):
        return 0
    rivals = {row.item for row in beside.others(pin, beside.pins) if row.slot <= cap.first}
    counted = {item for item in rivals | {pin.item} if beside.pinned.names(rule, item)}
    return _most_alike(pin.item, counted, cap, beside) if cap.field else len(counted)


def _most_alike(item: UUID, counted: set[UUID], cap: Cap, beside: Beside) -> int:
    """The size of the largest group that the item is in, by the values that the cap counts apart."""
    sizes = Counter(value for each in counted for value in beside.pinned.values(each, cap.field))
    return max((sizes[value] for value in beside.pinned.values(item, cap.field)), default=0)
