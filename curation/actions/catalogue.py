"""What curators decide about many items at once, and taking exactly that back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curation import counters
from curation.actions.change_sets import withdraw
from curation.actions.decisions import add_rule, end_decision
from curation.actions.drafts import Terms
from curation.actions.opening import lock_set, new_change_set
from curation.actions.publishing import Publication, publish
from curation.decisions import specs
from curation.fusion.effects import Effect
from curation.fusion.query import ItemList
from curation.given import Readings, in_each_language
from curation.models import Block, ChangeSet, Decision, Item, Revision, Surface, User
from curation.people.access import acting, require
from curation.policies.loading import in_force
from curation.problems import Invalid

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 200


@dataclass(frozen=True)
class Bulk:
    """What was done to many items: the decisions that were made, or the items that were changed."""

    way: str
    keys: list[UUID] = field(default_factory=list)
    publication: Publication | None = None


def block_items(
    *, actor: User, items: Sequence[Item], surface: Surface | None, terms: Terms
) -> Bulk:
    """Block items, those left out that a block of the same reach holds already.

    Without a change set in the terms the blocks are published at once. Raises `Invalid` where none is left.
    """
    require(actor, "curator")
    with acting(actor, "block_item", terms.reason), transaction.atomic():
        left = _unblocked(items, surface)
        if not left:
            raise Invalid("blocked_already", _("All of these items are blocked already."))
        home = lock_set(terms.change_set or new_change_set(actor, _block_of(len(left))))
        made = _blocks(actor, home, left, surface, terms)
        return _published(actor, home, [row.pk for row in made], terms)


def rule_over_items(
    *,
    actor: User,
    items: Sequence[Item],
    surface: Surface | None,
    effect: Effect,
    terms: Terms,
) -> Bulk:
    """One rule over a list of items; without a change set in the terms it is published at once."""
    require(actor, "curator")
    with transaction.atomic():
        what = ItemList(tuple(item.pk for item in _some(items)))
        draft = add_rule(actor=actor, surface=surface, effect=effect, what=what, terms=terms)
        home = draft.revision.change_set
        return _published(actor, home, [draft.decision.pk], terms)


def set_active(*, actor: User, items: Sequence[Item], active: bool, reason: str) -> Bulk:
    """Take items out of all slates, or let them in again; answers those that were not so before."""
    require(actor, "curator")
    with acting(actor, "set_active", reason), transaction.atomic():
        keys = [item.pk for item in _some(items)]
        rows = Item.objects.select_for_update(no_key=True).filter(pk__in=keys, active=not active)
        changed = list(rows.order_by("pk").values_list("pk", flat=True))
        if not changed:
            raise Invalid("nothing_changes", _("All of these items are so already."))
        Item.objects.filter(pk__in=changed).update(active=active, updated_at=timezone.now())
        counters.bump("catalogue")
    facts = {"actor": str(actor.pk), "active": active, "items": len(changed), "reason": reason}
    log.info("items were switched", extra=facts)
    return Bulk("activated" if active else "deactivated", changed)


def undo_bulk(*, actor: User, done: Bulk, reason: str) -> int:
    """Take back exactly what was done, as far as it still stands; answers how many that were."""
    require(actor, "curator")
    with transaction.atomic():
        return _UNDOING[done.way](actor, done.keys, reason)


def _some(items: Sequence[Item]) -> Sequence[Item]:
    if not 0 < len(items) <= MOST_AT_ONCE:
        text = _("Choose at least one item and at most %(most)d.")
        raise Invalid("bad_number", text % {"most": MOST_AT_ONCE})
    return items


def _unblocked(items: Sequence[Item], surface: Surface | None) -> list[Item]:
    """The items without a block, for everybody and open-ended, on this surface or everywhere."""
    here = Q(surface=surface) | Q(surface=None)
    same = Block.objects.filter(here, ended_at=None, segment=None, member=None, until=None)
    blocked = set(same.filter(item__in=_some(items)).values_list("item_id", flat=True))
    return [item for item in items if item.pk not in blocked]


def _blocks(
    actor: User, home: ChangeSet, items: Sequence[Item], surface: Surface | None, terms: Terms
) -> list[Decision]:
    kind, spec = Decision.Kind.BLOCK, specs.block_spec(safety=False)
    decisions = Decision.objects.bulk_create(
        Decision(kind=kind, surface=surface, author=actor) for _item in items
    )
    common = {"number": 1, "change_set": home, "author": actor, "spec": spec, **terms.columns()}
    Revision.objects.bulk_create(
        Revision(decision=decision, item=item, **common)
        for decision, item in zip(decisions, items, strict=True)
    )
    return decisions


def _block_of(n: int) -> Readings:
    return in_each_language(lambda: ngettext("Block %(n)d item", "Block %(n)d items", n) % {"n": n})


def _published(actor: User, home: ChangeSet, keys: list[UUID], terms: Terms) -> Bulk:
    if terms.change_set is not None:
        return Bulk("drafted", keys)
    done = publish(actor=actor, change_set=home, reason=terms.reason)
    return Bulk("decided", keys, done)


def _end(actor: User, keys: Sequence[UUID], reason: str) -> int:
    """End the decisions that are still in force, in one publish."""
    rows = [row for row in Decision.objects.filter(pk__in=keys).order_by("pk") if in_force(row)]
    if not rows:
        return 0
    home = new_change_set(actor, in_each_language(lambda: _("Undo")))
    for row in rows:
        end_decision(actor=actor, decision=row, reason=reason, change_set=home)
    publish(actor=actor, change_set=home, reason=reason)
    return len(rows)


def _take_out(actor: User, keys: Sequence[UUID], reason: str) -> int:
    """Take the drafts out that still wait in an open change set."""
    rows = Revision.objects.select_related("change_set").filter(
        decision__in=keys,
        number=1,
        withdrawal=None,
        change_set__published_at=None,
        change_set__discarded_at=None,
    )
    drafts = list(rows.order_by("pk"))
    for draft in drafts:
        withdraw(actor=actor, draft=draft, reason=reason)
    return len(drafts)


def _switch_back(active: bool) -> Callable[[User, Sequence[UUID], str], int]:
    def switch(actor: User, keys: Sequence[UUID], reason: str) -> int:
        rows = Item.objects.filter(pk__in=keys, active=not active)
        items = list(rows)
        if not items:
            return 0
        done = set_active(actor=actor, items=items, active=active, reason=reason)
        return len(done.keys)

    return switch


_UNDOING: Final[Mapping[str, Callable[[User, Sequence[UUID], str], int]]] = {
    "decided": _end,
    "drafted": _take_out,
    "activated": _switch_back(active=False),
    "deactivated": _switch_back(active=True),
}
