"""What a curator decides about slates: pins, blocks, blends, rules; revising and ending them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from curation.actions.drafts import Draft, Terms, add, start
from curation.decisions import specs
from curation.decisions.differences import clashes
from curation.fusion.effects import Effect
from curation.fusion.query import Query
from curation.models import ChangeSet, Decision, Item, Revision, Surface, User
from curation.people.access import acting, require
from curation.policies.loading import in_force
from curation.problems import Conflict, Missing, Problem

_NO_TERMS: Final = Terms()


def pin_item(
    *, actor: User, surface: Surface | None, item: Item, slot: int, terms: Terms = _NO_TERMS
) -> Draft:
    """Draft a pin of an item to a slot (from 1)."""
    with acting(actor, "pin_item", terms.reason), transaction.atomic():
        content = {"item": item, "spec": specs.pin_spec(slot)}
        return start(actor, Decision.Kind.PIN, surface, content, terms)


def block_item(
    *,
    actor: User,
    item: Item,
    surface: Surface | None = None,
    safety: bool = False,
    terms: Terms = _NO_TERMS,
) -> Draft:
    """Draft a block of an item; only an administrator may make it a safety block."""
    with acting(actor, "block_item", terms.reason), transaction.atomic():
        content = {"item": item, "spec": specs.block_spec(safety=safety)}
        return start(actor, Decision.Kind.BLOCK, surface, content, terms)


def set_blend(
    *,
    actor: User,
    surface: Surface | None,
    weights: Mapping[str, float],
    scales: Mapping[str, str] | None = None,
    beta: float | None = None,
    terms: Terms = _NO_TERMS,
) -> Draft:
    """Draft a blend: the weights of live scorers; one that it does not name weighs 0."""
    with acting(actor, "set_blend", terms.reason), transaction.atomic():
        content = {"spec": specs.blend_spec(weights, scales or {}, beta)}
        return start(actor, Decision.Kind.BLEND, surface, content, terms)


def add_rule(
    *, actor: User, surface: Surface | None, effect: Effect, what: Query, terms: Terms = _NO_TERMS
) -> Draft:
    """Draft a rule: an effect on the items that a query names."""
    with acting(actor, "add_rule", terms.reason), transaction.atomic():
        content = {"spec": specs.rule_spec(effect, what)}
        return start(actor, Decision.Kind.RULE, surface, content, terms)


def revise_decision(
    *,
    actor: User,
    decision: Decision,
    base: int,
    terms: Terms,
    spec: Mapping[str, Any] | None = None,
    item: Item | None = None,
) -> Draft:
    """Draft the next revision of a decision, written on top of revision number `base`.

    A spec or item that is not given stays. When somebody has revised it since: `Conflict`, with the
    fields that differ.
    """
    with acting(actor, "revise_decision", terms.reason), transaction.atomic():
        last = _last(decision)
        if last.number != base:
            raise _stale(decision, base, item, spec, terms)
        if last.ends and last.change_set.discarded_at is None:
            raise Conflict("already_ended", _("The decision has been ended."))
        if last.spec.get("safety"):
            require(actor, "administrator")
        content = {"item": item or last.item, "spec": dict(spec or last.spec)}
        return add(actor, decision, content | terms.columns(), terms.change_set)


_CONTENT: Final = (
    *("item_id", "segment_id", "member_id", "spec", "priority", "starts_at", "until"),
    *("review_on", "holdback", "traffic", "who"),
)


def _stale(
    decision: Decision,
    base: int,
    item: Item | None,
    spec: Mapping[str, Any] | None,
    terms: Terms,
) -> Problem:
    """What others wrote since a revision beside what one wants to write: nothing is overwritten."""
    rows = _standing(decision).select_related("item", "segment", "member", "author")
    seen = decision.revisions.select_related("item", "segment", "member").filter(number=base)
    start, since = seen.first(), list(rows.filter(number__gt=base).order_by("number"))
    if start is None or not since:
        return Missing("no_such_revision", _("There is no revision %(base)d.") % {"base": base})
    content = {"item": item or start.item, "spec": dict(spec or start.spec), "number": base}
    mine = Revision(decision=decision, **content, **terms.columns())
    newest = {"base": base, "theirs": since[-1].number, "by": since[-1].author.username}
    text = _("%(by)s has revised it since revision %(base)d: it is at %(theirs)d.") % newest
    row = {"field": "revision", "code": "theirs", "message": text, "mine": base, **newest}
    told = [clash.as_json() for clash in clashes(start, since, mine)]
    return Conflict("stale_decision", text, [row, *told])


def end_decision(
    *, actor: User, decision: Decision, reason: str, change_set: ChangeSet | None = None
) -> Draft:
    """Draft the end of a decision that is in force; publishing it takes the decision out."""
    with acting(actor, "end_decision", reason), transaction.atomic():
        last = _last(decision)
        if not in_force(decision):
            code = "already_ended" if last.ends else "not_in_force"
            raise Conflict(code, _("The decision is not in force."))
        home = last.change_set
        if last.ends and home.published_at is None and home.discarded_at is None:
            raise Conflict(
                "end_drafted", _("Its end is drafted already, and waits to be published.")
            )
        content = {name: getattr(last, name) for name in _CONTENT}
        return add(actor, decision, content | {"reason": reason, "ends": True}, change_set)


def _last(decision: Decision) -> Revision:
    """The newest revision that stands, with the decision locked against others who would add one."""
    Decision.objects.select_for_update(no_key=True).get(pk=decision.pk)
    rows = _standing(decision) if _standing(decision).exists() else decision.revisions
    return rows.select_related("change_set", "item").latest("number")


def _standing(decision: Decision) -> QuerySet[Revision]:
    """The revisions that nobody has thrown away."""
    return decision.revisions.filter(withdrawal=None, change_set__discarded_at=None)
