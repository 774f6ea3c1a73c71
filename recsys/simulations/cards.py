"""A simulation as its page shows it: what would change in one sentence, whose exposure, and what the log can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.models import ChangeSet, Surface
from curation.policies.loading import drafts_of
from curation.queries.items import labels as attribute_labels
from recsys.models import Job, Simulation

Told = Mapping[str, Any]

VERDICTS: Final[Mapping[str, str | Promise]] = {
    "better": gettext_lazy("More good answers are to be expected."),
    "worse": gettext_lazy("Fewer good answers are to be expected."),
    "unsure": gettext_lazy("The log shows no difference that chance could not make."),
    "same": gettext_lazy(
        "No difference: what was shown would have been shown with the same chances."
    ),
    "cannot_tell": gettext_lazy("Cannot tell."),
}
WHYS: Final[Mapping[str, str | Promise]] = {
    "not_shown": gettext_lazy(
        "None of these slates was told to have been shown, so no answer to them says anything."
    ),
    "not_tried": gettext_lazy(
        "The drafts show items in slots where the log never tried them; nobody knows how they would be answered. "
        "Exploring slots would try them."
    ),
    "thin": gettext_lazy(
        "Too few of the logged placements are such as the drafts would make. Replay more requests, or wait for more."
    ),
}


@dataclass(frozen=True, slots=True)
class Change:
    """The exposure of an item or a value, as now and as drafted."""

    name: str
    before: int
    after: int
    item: str = ""

    @property
    def by(self) -> int:
        """How much it changes."""
        return self.after - self.before

    @property
    def fall(self) -> int:
        """How much less it is."""
        return -self.by


@dataclass(frozen=True, slots=True)
class Card:
    """What a finished simulation says; `is_stale` once drafts or policies are others than those replayed."""

    report: Told
    is_stale: bool

    @property
    def share(self) -> float:
        """The share of slates that change, in percent."""
        return 100 * float(self.report["changed"]) / float(self.report["requests"])

    @property
    def surfaces(self) -> list[dict[str, Any]]:
        """Requests and changes by surface."""
        names = dict(Surface.objects.values_list("slug", "name"))
        return [
            {**each, "name": names.get(each["surface"], each["surface"])}
            for each in self.report["surfaces"]
        ]

    @property
    def winners(self) -> list[Change]:
        """The items that are shown more."""
        return [_change(each) for each in self.report["winners"]]

    @property
    def losers(self) -> list[Change]:
        """The items that are shown less."""
        return [_change(each) for each in self.report["losers"]]

    @property
    def fields(self) -> list[tuple[str, list[Change]]]:
        """By field its values whose exposure changes, the provider first."""
        labels = attribute_labels() | {"provider": _("Provider")}
        return [
            (
                labels.get(each["field"], each["field"]),
                [Change(row["value"], row["before"], row["after"]) for row in each["values"]],
            )
            for each in sorted(self.report["fields"], key=lambda each: each["field"] != "provider")
        ]

    @property
    def effect(self) -> dict[str, Any]:
        """The estimate per 100 placements, with the verdict in words."""
        told = self.report["effect"]
        scaled = {
            name: {end: 100 * told[name][end] for end in ("mean", "low", "high")}
            for name in ("present", "target", "difference")
        }
        words = {"words": VERDICTS[told["verdict"]], "because": WHYS.get(told["why"], "")}
        known = told["verdict"] != "cannot_tell"
        return {**told, **scaled, **words, "known": known, "support": 100 * told["support"]}


def card_of(simulation: Simulation) -> Card | None:
    """The card of a simulation; None until it is done."""
    if simulation.state != Job.State.SUCCEEDED:
        return None
    return Card(simulation.report, Now.of(simulation.change_set).is_past(simulation))


@dataclass(frozen=True)
class Now:
    """The drafts of a change set and the versions of all surfaces, as they are: one reading serves for many."""

    drafts: Sequence[str]
    versions: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, home: ChangeSet | None) -> Now:
        """Read them; a proposal is replayed without any."""
        rows = Surface.objects.values_list("slug", "policy_version", "blocks_version")
        drafts = sorted(str(row.pk) for row in drafts_of(home).values()) if home else []
        return cls(drafts, {slug: [policy, blocks] for slug, policy, blocks in rows})

    def is_past(self, simulation: Simulation) -> bool:
        """Whether the set held other drafts when it was simulated, or the surfaces were at other versions."""
        versions = {slug: self.versions.get(slug) for slug in simulation.versions}
        return bool(self.drafts != simulation.drafts or versions != simulation.versions)


def _change(told: Told) -> Change:
    return Change(told["title"], told["before"], told["after"], told["item"])
