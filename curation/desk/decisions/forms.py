"""The forms in which curators write decisions: content and terms of each kind, checked before an action is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from curation.actions import SPARED, Terms, open_change_set
from curation.decisions.specs import PARAMETERS, make_effect
from curation.desk.decisions.situation_forms import SituationMixin
from curation.desk.pickers import ItemField, MemberField, moment
from curation.desk.queries.forms import ConditionsMixin
from curation.field_words import EFFECT_WORDS, FALLBACK_WORDS, SCALES, scorer_called
from curation.fusion.effects import Effect, Fallback
from curation.fusion.policy import CAP_KINDS, Scale
from curation.given import Readings, given, in_each_language, reading
from curation.models import Attribute, Scorer, Segment, Surface, User
from curation.queries.items import labels

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class DecisionForm(forms.Form):
    """What every decision has: where, why, for whom, when; and whether it goes live now or into a draft."""

    surface = forms.ModelChoiceField(
        Surface.objects.all(), label=_("Surface"), required=False, empty_label=_("everywhere")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        help_text=_("Why: your colleagues, and you in a month, will read it."),
    )
    segment = forms.ModelChoiceField(
        Segment.objects.filter(archived_at=None),
        label=_("Segment"),
        required=False,
        empty_label=_("everyone"),
    )
    member = MemberField(label=_("Member (id)"), required=False)
    priority = forms.IntegerField(
        label=_("Priority"),
        initial=100,
        help_text=_("Of two that claim the same, the higher wins."),
    )
    starts_at = moment(_("In force from"))
    until = moment(_("In force until"), _("Empty means until it is ended."))
    review_on = forms.DateField(
        label=_("Review on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    holdback = forms.FloatField(
        label=_("Holdback share"),
        initial=0,
        min_value=0,
        max_value=0.99,
        help_text=_("This share of members is spared, so that the effect can be measured."),
    )
    traffic = forms.FloatField(label=_("Share of traffic"), initial=1, min_value=0.001, max_value=1)
    change_set = forms.CharField(
        label=_("Keep as draft in"),
        required=False,
        max_length=120,
        help_text=_("The name of a change set. Left empty, the decision goes live when saved."),
    )

    offered: Readings | None = None
    content: tuple[str, ...] = ()
    for_whom = ("segment", "member", "holdback", "traffic")
    when = ("starts_at", "until", "review_on", "priority")
    condition_fields: ClassVar[frozenset[str]] = frozenset()
    situation_names: ClassVar[Sequence[str]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say on whose clock the window is read."""
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name()
        self.fields["starts_at"].help_text = _("On the clock of %(zone)s.") % {"zone": zone}

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """What all kinds share, in groups: for whom, and when and before what."""
        groups = (
            (_("For whom"), self.for_whom),
            (_("When, and before which others"), self.when),
        )
        return [(str(title), [self[name] for name in names]) for title, names in groups]

    def content_fields(self) -> Iterator[forms.BoundField]:
        """The fields of this kind of decision."""
        names = ("surface", *self.content, "reason")
        return (self[name] for name in names if name in self.fields)

    def terms_fields(self) -> Iterator[forms.BoundField]:
        """The fields that all kinds share and that mostly stay as they are."""
        shown = {"surface", "reason", "base", "then", *self.content, *self.condition_fields}
        apart = shown | set(self.situation_names)
        return (field for field in self if field.name not in apart)

    def clean(self) -> dict[str, Any]:
        """A segment or a member, not both; a window that ends after it starts."""
        data = super().clean() or self.cleaned_data
        if data.get("segment") and data.get("member"):
            self.add_error("member", _("Name a segment or a member, not both."))
        if data.get("starts_at") and data.get("until") and data["until"] <= data["starts_at"]:
            self.add_error("until", _("The window ends before it starts."))
        return data

    def who(self) -> dict[str, Any]:
        """In which situations it holds, beside segment and member: in all."""
        return {}

    def terms(self, actor: User) -> Terms:
        """The terms for an action."""
        names = ("reason", "segment", "member", "priority", "starts_at", "until", "review_on")
        data = self.cleaned_data
        name, ours = data["change_set"].strip(), self.offered
        return Terms(
            **{each: data[each] for each in (*names, "holdback", "traffic")},
            who=self.who(),
            change_set=open_change_set(actor=actor, name=name, offered=ours) if name else None,
        )


class PinForm(SituationMixin, DecisionForm):
    """An item in a slot."""

    item = ItemField(label=_("Item"))
    slot = forms.IntegerField(label=_("Slot"), min_value=1, help_text=_("Slots count from 1."))
    content = ("item", "slot")


class BlockForm(DecisionForm):
    """An item that may not be shown."""

    item = ItemField(label=_("Item"))
    safety = forms.BooleanField(
        label=_("Safety block"),
        required=False,
        help_text=_("Only an administrator sets and lifts it."),
    )
    content = ("item", "safety")


class BlendForm(SituationMixin, DecisionForm):
    """The weights of the live scorers; β and scales are taken from the blend below where left empty."""

    beta = forms.FloatField(
        label=_("β"),
        required=False,
        min_value=0,
        help_text=_("Makes the utility a logit. Empty: as in the blend that this one replaces."),
    )
    then = forms.ChoiceField(choices=[("draft", "draft"), ("live", "live")], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """One weight and one scale for each live scorer."""
        super().__init__(*args, **kwargs)
        self.scorers = list(Scorer.objects.filter(live=True).values_list("name", flat=True))
        scales = [("", _("as before")), *((str(scale), SCALES[scale]) for scale in Scale)]
        for name in self.scorers:
            self.fields[f"weight-{name}"] = forms.FloatField(
                label=_("Weight of %(scorer)s") % {"scorer": scorer_called(name)},
                min_value=0,
                initial=1,
            )
            self.fields[f"scale-{name}"] = forms.ChoiceField(
                label=_("Scale of %(scorer)s") % {"scorer": scorer_called(name)},
                choices=scales,
                required=False,
            )
        pairs = ((f"weight-{name}", f"scale-{name}") for name in self.scorers)
        self.content = (*(field for pair in pairs for field in pair), "beta")
        self.fields["change_set"].help_text = _(
            "The name of a change set; a new one is made of it."
        )

    def weights(self) -> dict[str, float]:
        """Scorer to weight."""
        return {name: self.cleaned_data[f"weight-{name}"] for name in self.scorers}

    def scales(self) -> dict[str, str]:
        """Scorer to the scale that was chosen for it."""
        chosen = {name: self.cleaned_data[f"scale-{name}"] for name in self.scorers}
        return {name: scale for name, scale in chosen.items() if scale}

    def clean(self) -> dict[str, Any]:
        """Some scorer must speak; what goes live does so alone, not with all that its change set holds."""
        data = super().clean()
        if data.get("then") == "live":
            data["change_set"] = ""
        elif data.get("then") == "draft" and not data.get("change_set", "").strip():
            self.offered = in_each_language(lambda: str(_("Weights of the scorers")))
            data["change_set"] = reading(self.offered)
        weights = [data.get(f"weight-{name}") for name in self.scorers]
        if None not in weights and not any(weights):
            raise forms.ValidationError(_("At least one weight must be above 0."))
        return data


class RuleForm(ConditionsMixin, SituationMixin, DecisionForm):
    """An effect on the items that conditions name."""

    effect = forms.ChoiceField(
        label=_("Effect"),
        choices=list(EFFECT_WORDS.items()),
    )
    strength = forms.FloatField(
        label=_("Strength"),
        required=False,
        min_value=0,
        max_value=2,
        help_text=_("For boost and bury, in logits: 1 means e times the odds."),
    )
    at_most = forms.IntegerField(label=_("At most"), required=False, min_value=0)
    at_least = forms.IntegerField(label=_("At least"), required=False, min_value=1)
    first = forms.IntegerField(label=_("In the first"), required=False, min_value=1)
    attribute = forms.CharField(
        label=_("Of each value of"),
        required=False,
        widget=forms.Select,
        help_text=_(
            "For a cap: the attribute whose values it counts apart; empty counts all together."
        ),
    )
    fallback = forms.ChoiceField(
        label=_("If none is left"),
        required=False,
        choices=[(each, FALLBACK_WORDS[each]) for each in (Fallback.ORGANIC, Fallback.EMPTY)],
    )
    slot = forms.IntegerField(label=_("Slot"), required=False, min_value=1)
    content = ("effect",)
    parameters = ("strength", "at_most", "at_least", "first", "attribute", "fallback", "slot")
    condition_fields = ConditionsMixin.condition_fields | frozenset(parameters)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A cap counts by attributes that have a few values; a rule spares some, so that its effect can be told."""
        super().__init__(*args, **kwargs)
        self.fields["holdback"].initial = SPARED
        rows = Attribute.objects.filter(kind__in=CAP_KINDS).values_list("key", "label")
        choices = [("", _("all together")), *((key, given(label)) for key, label in rows)]
        self.fields["attribute"].widget.choices = choices

    def field_words(self) -> Mapping[str, StrPromise | str]:
        """What the fields of items are called, attributes by their labels."""
        return {**super().field_words(), **labels()}

    def parameter_fields(self) -> list[tuple[forms.BoundField, str]]:
        """The fields of effects, each with the effects that need it."""
        return [
            (self[name], " ".join(key for key, names in PARAMETERS.items() if name in names))
            for name in self.parameters
        ]

    def made_effect(self) -> Effect:
        """The effect with the parameters that it takes."""
        return self._effect

    def clean(self) -> dict[str, Any]:
        """Each effect wants parameters of its own."""
        data = super().clean()
        if "effect" not in data:
            return data
        given = {
            name: data.get(name) for name in PARAMETERS[data["effect"]] if name != "fallback_items"
        }
        missing = [name for name, value in given.items() if value is None and name in self.fields]
        for name in missing:
            if name not in self.errors:
                self.add_error(name, _("This effect needs it."))
        if missing or self.errors:
            return data
        try:
            self._effect = make_effect(data["effect"], given)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return data


class SafetyForm(forms.Form):
    """An item that may not be shown to anybody, anywhere."""

    item = ItemField(label=_("Item"))
    reason = forms.CharField(label=_("Reason"), max_length=1000)


FORMS: Final[dict[str, type[DecisionForm]]] = {
    "pin": PinForm,
    "block": BlockForm,
    "blend": BlendForm,
    "rule": RuleForm,
}
