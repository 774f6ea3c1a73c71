"""What lint looks for in quotas: others, or caps, beside which no slate can meet them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curation.fusion import policy as fusion
from curation.fusion.effects import Cap, Quota
from curation.lint.beside import Beside
from curation.lint.findings import Findings, warns
from curation.lint.overlaps import all_of_it, whatever
from curation.lint.reach import meet


def quota_findings(rule: fusion.Rule, quota: Quota, beside: Beside) -> Findings:
    """What asks, beside a quota, for more than a slate holds, or allows less than it asks for."""
    pairs = list(_crowded(rule, quota, beside))
    yield from pairs or _together(rule, quota, beside)
    yield from _capped(rule, quota, beside)


def _crowded(rule: fusion.Rule, quota: Quota, beside: Beside) -> Findings:
    """Quotas that ask, together with this one, for more items than there are slots; an item may count for both."""
    for each in beside.overlaps(rule, whatever, Quota):
        theirs = _quota(each.other)
        shared = min(each.shared, quota.least, theirs.least)
        slots = max(quota.first, theirs.first)
        if quota.least + theirs.least - shared > slots:
            text = _("Together with another quota it asks for more than %(slots)d slots hold.")
            yield warns("quotas_collide", text % {"slots": slots}, each.other.lineage)


def _together(rule: fusion.Rule, quota: Quota, beside: Beside) -> Findings:
    """Several quotas of which no two, but all with this one, ask for more items than there are slots."""
    others = list(beside.others(rule, beside.group(Quota).rules))
    for slots in sorted({quota.first} | {_quota(each).first for each in others}):
        within = [each for each in others if _quota(each).first <= slots]
        if quota.first > slots or quota.least + _asked(within) <= slots:
            continue
        crowd = _crowd(rule, within, slots, beside)
        if crowd:
            text = ngettext(
                "Together with %(n)d other quota it asks for more than %(slots)d slots hold.",
                "Together with %(n)d other quotas it asks for more than %(slots)d slots hold.",
                len(crowd),
            )
            told = {"n": len(crowd), "slots": slots}
            yield warns("quotas_collide", text % told, crowd[0].lineage)
            return


def _crowd(
    rule: fusion.Rule, others: Sequence[fusion.Rule], slots: int, beside: Beside
) -> list[fusion.Rule]:
    """Quotas that hold beside a rule and each other and need more items than there are slots, if there are such.

    An item may count for several: what a quota adds is what it asks for, less what it shares with each before it.
    """
    adds = {each.lineage: _quota(each).least for each in others}
    needed, chosen, last = _quota(rule).least, list[fusion.Rule](), rule
    left = list(others)
    while needed <= slots and left:
        left = _beside(last, left, adds, beside)
        if not left:
            break
        last = max(left, key=lambda each: adds[each.lineage])
        needed += adds[last.lineage]
        chosen.append(last)
    return chosen if needed > slots else []


def _beside(
    last: fusion.Rule, left: Sequence[fusion.Rule], adds: dict[UUID, int], beside: Beside
) -> list[fusion.Rule]:
    """Those that may hold beside the quota that was chosen last and still add something to it."""
    group = beside.group(Quota)
    shared = dict(zip((each.lineage for each in group.rules), group.shared(last), strict=True))
    for each in left:
        least = min(_quota(each).least, _quota(last).least)
        adds[each.lineage] -= min(int(shared[each.lineage]), least)
    return [
        each
        for each in left
        if each.lineage != last.lineage and adds[each.lineage] > 0 and meet(each, last)
    ]


def _asked(rules: Sequence[fusion.Rule]) -> int:
    return sum(_quota(each).least for each in rules)


def _capped(rule: fusion.Rule, quota: Quota, beside: Beside) -> Findings:
    """Caps that leave less than this quota asks for."""
    for each in beside.overlaps(rule, all_of_it, Cap):
        cap = each.other.effect
        assert isinstance(cap, Cap)  # noqa: S101 - they were picked by it
        if cap.limit < quota.least and cap.first >= quota.first and not cap.field:
            text = _("A cap allows %(limit)d of these in the first %(first)d.")
            told = {"limit": cap.limit, "first": cap.first}
            yield warns("quota_over_cap", text % told, each.other.lineage)


def _quota(rule: fusion.Rule) -> Quota:
    assert isinstance(rule.effect, Quota)  # noqa: S101 - they were picked by it
    return rule.effect
