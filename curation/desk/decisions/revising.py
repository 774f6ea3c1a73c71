"""Revising a decision in the form in which it was written: what stands in it, and what it says when saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from curation import actions
from curation.actions import Draft
from curation.decisions import specs
from curation.desk.decisions.forms import (
    FORMS,
    BlendForm,
    BlockForm,
    DecisionForm,
    PinForm,
    RuleForm,
)
from curation.desk.decisions.situation_forms import fields_of
from curation.fusion.effects import Fallback
from curation.models import Decision, Revision, User
from curation.problems import Conflict

_TERMS: Final = (
    *("reason", "segment", "priority", "starts_at", "until", "review_on", "holdback", "traffic"),
)


def form_on(
    decision: Decision,
    last: Revision,
    data: QueryDict | None = None,
    typed: Mapping[str, Any] | None = None,
) -> DecisionForm:
    """The form of a decision's kind, filled from a revision, or bound to what was typed.

    `typed` is shown in place of what the revision says, and checked by nobody yet.

    Its hidden `base` is the revision on top of which it is written. Raises `Conflict` where the
    form has no fields for what the revision says.
    """
    if last.spec.get("fallback") == Fallback.LIST:
        raise Conflict("beyond_the_form", _("A rule with a fallback list is revised by the API."))
    form = FORMS[decision.kind](data, initial=typed or _initial(decision, last))
    if isinstance(form, BlendForm) and typed is None:
        unnamed = {f"weight-{name}": 0 for name in form.scorers}
        form.initial = {**unnamed, **form.initial}
    del form.fields["surface"]
    form.fields["base"] = forms.IntegerField(widget=forms.HiddenInput, initial=last.number)
    if typed is not None:
        form.fields["base"].initial = typed.get("base", last.number)
    return form


def rebased(decision: Decision, last: Revision, data: QueryDict) -> DecisionForm:
    """The same form with what was typed, to be saved on top of a newer revision."""
    typed = data.copy()
    typed["base"] = str(last.number)
    return form_on(decision, last, typed)


def revise(actor: User, decision: Decision, form: DecisionForm) -> Draft:
    """Draft what a valid form says."""
    return actions.revise_decision(
        actor=actor,
        decision=decision,
        base=form.cleaned_data["base"],
        terms=form.terms(actor),
        spec=_SPECS[type(form)](form),
        item=form.cleaned_data.get("item"),
    )


def _initial(decision: Decision, last: Revision) -> dict[str, Any]:
    """A revision as the values of the form."""
    home = last.change_set
    waits = home.published_at is None and home.discarded_at is None
    return {
        **{name: getattr(last, name) for name in _TERMS},
        "member": last.member.outside_id if last.member else "",
        "item": last.item.outside_id if last.item else "",
        "change_set": str(home) if waits else "",
        **fields_of(last.who),
        **_CONTENT[Decision.Kind(decision.kind)](last.spec),
    }


def _blend_initial(spec: Mapping[str, Any]) -> dict[str, Any]:
    weights = {f"weight-{name}": weight for name, weight in spec["weights"].items()}
    scales = {f"scale-{name}": scale for name, scale in spec["scales"].items()}
    return {**weights, **scales, "beta": spec["beta"]}


def _blend_spec(form: Any) -> dict[str, Any]:  # noqa: ANN401 - the form of its kind
    return specs.blend_spec(form.weights(), form.scales(), form.cleaned_data["beta"])


def _rule_spec(form: Any) -> dict[str, Any]:  # noqa: ANN401 - the form of its kind
    return specs.rule_spec(form.made_effect(), form.query())


_CONTENT: Final[Mapping[Decision.Kind, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    Decision.Kind.PIN: lambda spec: {"slot": spec["slot"]},
    Decision.Kind.BLOCK: lambda spec: {"safety": spec["safety"]},
    Decision.Kind.BLEND: _blend_initial,
    Decision.Kind.RULE: dict,
}
_SPECS: Final[Mapping[type[DecisionForm], Callable[[Any], dict[str, Any]]]] = {
    PinForm: lambda form: specs.pin_spec(form.cleaned_data["slot"]),
    BlockForm: lambda form: specs.block_spec(safety=form.cleaned_data["safety"]),
    BlendForm: _blend_spec,
    RuleForm: _rule_spec,
}
