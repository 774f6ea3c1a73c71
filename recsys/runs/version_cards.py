"""A model version beside the live one of its family: verdict, cost, and what members would get of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from recsys.models import LiveModel, ModelVersion
from recsys.runs.scorecards import Figure, Scorecard, card, scorecards

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """What a version cost, and what the version that it is compared with did."""

    label: str
    value: str
    live: str


@dataclass(frozen=True, slots=True)
class AfterPolicy:
    """The figures of slates fused with a surface's policy: a sample of `n` of the test's members."""

    surface: str
    policy: int
    n: int
    of: int
    figures: Sequence[Figure]
    beside: str
    stand_ins: Sequence[str]
    absent: Sequence[str]


@dataclass(frozen=True, slots=True)
class VersionCard:
    """The scorecard of a version. `other` is the version that was live when it was trained, if any."""

    version: ModelVersion
    other: ModelVersion | None
    is_live: bool

    @property
    def label(self) -> str:
        """How the other version is called."""
        return str(self.version.report.get("beside", {}).get("label", ""))

    @property
    def is_compared(self) -> bool:
        """Whether both were asked the same."""
        return "difference" in self.version.report.get("beside", {})

    @property
    def is_incomparable(self) -> bool:
        """Whether nothing of the other was left that had not seen the answers."""
        return bool(self.label) and not self.is_compared

    @property
    def verdict(self) -> str:
        """Whether it ranks surely "better" or "worse"; empty where the interval holds zero."""
        figures = self.parts[0].figures if self.parts and self.is_compared else ()
        return next((each.verdict for each in figures if each.key == "ndcg"), "")

    @property
    def parts(self) -> list[Scorecard]:
        """The figures of each part of its evaluation."""
        return scorecards(self.version.report)

    @property
    def facts(self) -> list[Fact]:
        """How long the last fit took, and how large the artifact is."""
        theirs = self.other.report if self.other else {}
        words: dict[str, tuple[str, Callable[[Any], str]]] = {
            "fit_seconds": (_("Fit"), lambda told: _("%(seconds).1f s") % {"seconds": told}),
            "bytes": (_("Size"), filesizeformat),
        }
        return [
            Fact(label, say(self.version.report[key]), say(theirs[key]) if key in theirs else "")
            for key, (label, say) in words.items()
            if key in self.version.report
        ]

    @property
    def after_policy(self) -> list[AfterPolicy]:
        """What came of it after each surface's policy."""
        told = self.version.report.get("after_policy", {})
        return [_after_policy(each) for each in told.get("surfaces", ())]

    @property
    def after_policy_trouble(self) -> str:
        """Why nothing came of it; empty where something did."""
        return str(self.version.report.get("after_policy", {}).get("trouble", ""))


def card_of(version: ModelVersion) -> VersionCard:
    """The scorecard of a version, as its run left it."""
    compared = version.report.get("beside", {}).get("version")
    other = ModelVersion.objects.filter(pk=compared).first() if compared else None
    live = other is not None and LiveModel.objects.filter(version=other).exists()
    return VersionCard(version, other, live)


def is_worse_than_live(version: ModelVersion) -> bool:
    """Whether it ranked surely worse than the version that serves now, on the same cases."""
    told = card_of(version)
    return told.is_live and told.verdict == "worse"


def _after_policy(told: Told) -> AfterPolicy:
    figures = card("", told["own"], told)
    return AfterPolicy(
        told["surface"],
        told["policy"],
        told["n"],
        told["of"],
        figures.figures,
        figures.beside,
        told["stand_ins"],
        told["absent"],
    )
