"""What a proposed decision would be: as a draft, as an unsaved revision to be replayed, and in the form of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone

from curation import actions
from curation.actions import Draft, Terms
from curation.decisions import specs
from curation.desk import shown as desk
from curation.desk.decisions import revising
from curation.desk.decisions.forms import FORMS, DecisionForm
from curation.fusion.effects import Boost, Bury, Effect
from curation.fusion.query import ItemList
from curation.models import ChangeSet, Decision, Revision, User
from recsys.models import BlendProposal, DecisionProposal
from recsys.proposed.standing import Proposal

STRENGTH: Final = 1.0
"""In logits: e times the odds, up or down."""
HOLDBACK: Final = 0.1
"""So many members are spared, so that what comes of it can be measured."""
REVIEW_AFTER: Final = timedelta(days=28)
_EFFECTS: Final[Mapping[str, type[Boost] | type[Bury]]] = {
    DecisionProposal.Kind.BURY: Bury,
    DecisionProposal.Kind.BOOST: Boost,
}


def kind_of(proposal: Proposal) -> str:
    """The kind of decision that it would be."""
    if isinstance(proposal, BlendProposal):
        return Decision.Kind.BLEND
    return proposal.decision.kind if proposal.decision else Decision.Kind.RULE


def draft(proposal: Proposal, *, actor: User, reason: str, home: ChangeSet) -> Draft:
    """Draft what is proposed, in a change set."""
    if isinstance(proposal, BlendProposal):
        return actions.set_blend(
            actor=actor,
            surface=proposal.surface,
            terms=Terms(reason=reason, change_set=home),
            **{name: proposal.blend[name] for name in ("weights", "scales", "beta")},
        )
    if proposal.decision:
        return actions.end_decision(
            actor=actor, decision=proposal.decision, reason=reason, change_set=home
        )
    terms = Terms(reason=reason, change_set=home, segment=proposal.segment, **_terms())
    return actions.add_rule(
        actor=actor,
        surface=proposal.surface,
        effect=_effect(proposal),
        what=_what(proposal),
        terms=terms,
    )


def supposed(proposal: DecisionProposal) -> dict[UUID, Revision]:
    """The draft that it would be, by its decision; nothing is stored."""
    nobody = User(username="")
    if proposal.decision:
        row = Revision(decision=proposal.decision, number=0, ends=True, author=nobody)
        return {proposal.decision.pk: row}
    decision = Decision(kind=Decision.Kind.RULE, surface=proposal.surface, author=nobody)
    row = Revision(
        decision=decision,
        number=1,
        spec=specs.rule_spec(_effect(proposal), _what(proposal)),
        segment=proposal.segment,
        holdback=HOLDBACK,
        author=nobody,
    )
    return {decision.pk: row}


def form_of(
    proposal: Proposal,
    first: Mapping[str, Any],
    data: QueryDict | None = None,
    typed: Mapping[str, Any] | None = None,
) -> DecisionForm:
    """The form of a decision, filled with the proposal and what is given `first`, or bound to what was typed.

    Where the end of a decision is proposed it is the form that revises that decision.
    Raises `Conflict` where the form has no fields for it.
    """
    if isinstance(proposal, DecisionProposal) and proposal.decision:
        newest = desk.newest_of(proposal.decision)
        form = revising.form_on(proposal.decision, newest, data, typed)
        form.initial = {**form.initial, **({} if typed else first)}
        return form
    filled = _of_blend(proposal) if isinstance(proposal, BlendProposal) else _of_rule(proposal)
    return FORMS[kind_of(proposal)](data, initial=typed or {**filled, **first})


def _of_blend(proposal: BlendProposal) -> dict[str, Any]:
    blend = proposal.blend
    weights = {f"weight-{name}": weight for name, weight in blend["weights"].items()}
    scales = {f"scale-{name}": scale for name, scale in blend["scales"].items()}
    return {"surface": proposal.surface_id, "beta": blend["beta"], **weights, **scales}


def _of_rule(proposal: DecisionProposal) -> dict[str, Any]:
    spec = specs.rule_spec(_effect(proposal), _what(proposal))
    return {"surface": proposal.surface_id, "segment": proposal.segment_id, **spec, **_terms()}


def _effect(proposal: DecisionProposal) -> Effect:
    return _EFFECTS[proposal.kind](STRENGTH)


def _what(proposal: DecisionProposal) -> ItemList:
    assert proposal.item_id is not None  # noqa: S101 - the database holds it
    return ItemList((proposal.item_id,))


def _terms() -> dict[str, Any]:
    return {"holdback": HOLDBACK, "review_on": timezone.localdate() + REVIEW_AFTER}
