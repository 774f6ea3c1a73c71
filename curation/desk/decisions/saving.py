"""What the form of a decision does when it is saved: a draft, and a publish where no change set was named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.db import transaction

from curation import actions
from curation.actions import Draft
from curation.desk.decisions import revising
from curation.desk.decisions.forms import BlendForm, DecisionForm, RuleForm
from curation.models import Decision, User


def save(actor: User, kind: str, form: DecisionForm) -> Draft:
    """Draft, and publish where no change set was named: both or, when either is refused, neither."""
    return _saved(actor, form, lambda: _DRAFTERS[kind](actor, form))


def save_revision(actor: User, one: Decision, form: DecisionForm) -> Draft:
    """The same with the next revision of a decision."""
    return _saved(actor, form, lambda: revising.revise(actor, one, form))


def _saved(actor: User, form: DecisionForm, drafted: Callable[[], Draft]) -> Draft:
    with transaction.atomic():
        draft = drafted()
        if not form.cleaned_data["change_set"].strip():
            actions.publish_decision(actor=actor, draft=draft)
    return draft


def _draft_pin(actor: User, form: DecisionForm) -> Draft:
    data = form.cleaned_data
    where = {"surface": data["surface"], "item": data["item"], "slot": data["slot"]}
    return actions.pin_item(actor=actor, terms=form.terms(actor), **where)


def _draft_block(actor: User, form: DecisionForm) -> Draft:
    data = form.cleaned_data
    where = {"surface": data["surface"], "item": data["item"], "safety": data["safety"]}
    return actions.block_item(actor=actor, terms=form.terms(actor), **where)


def _draft_blend(actor: User, form: DecisionForm) -> Draft:
    if not isinstance(form, BlendForm):
        raise TypeError("a blend is written in its own form")
    data = form.cleaned_data
    return actions.set_blend(
        actor=actor,
        surface=data["surface"],
        weights=form.weights(),
        scales=form.scales(),
        beta=data["beta"],
        terms=form.terms(actor),
    )


def _draft_rule(actor: User, form: DecisionForm) -> Draft:
    if not isinstance(form, RuleForm):
        raise TypeError("a rule is written in its own form")
    return actions.add_rule(
        actor=actor,
        surface=form.cleaned_data["surface"],
        effect=form.made_effect(),
        what=form.query(),
        terms=form.terms(actor),
    )


_DRAFTERS: Final[Mapping[str, Callable[[User, DecisionForm], Draft]]] = {
    "pin": _draft_pin,
    "block": _draft_block,
    "blend": _draft_blend,
    "rule": _draft_rule,
}
