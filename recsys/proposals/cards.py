"""A blend proposal as its page shows it: weights now and proposed, gains with intervals, and whether it is stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recsys.models import BlendProposal, BlendSweep, Job, LiveModel, ModelVersion

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One scorer: the version that spoke, its weight and scale now and proposed, and how it ranks alone."""

    scorer: str
    version: str
    now: float
    scale_now: str
    proposed: float
    scale: str
    alone: Told


@dataclass(frozen=True, slots=True)
class ProposalCard:
    """What a finished proposal says; `changed` names what serves otherwise now than what it is made from."""

    proposal: BlendProposal
    changed: Sequence[str]

    @property
    def rows(self) -> list[Row]:
        """The scorers, heaviest first."""
        blend, now, report = self.proposal.blend, self.proposal.present, self.proposal.report
        rows = [
            Row(
                scorer=name,
                version=report["labels"].get(name, name),
                now=now["weights"].get(name, 0.0),
                scale_now=now["scales"].get(name, ""),
                proposed=weight,
                scale=blend["scales"][name],
                alone=report["ndcg"][name],
            )
            for name, weight in blend["weights"].items()
        ]
        return sorted(rows, key=lambda row: (-row.proposed, row.scorer))

    @property
    def proposed(self) -> Told:
        """NDCG@10 of the proposed blend, with its interval."""
        return self.proposal.report["ndcg"]["proposed"]  # type: ignore[no-any-return]

    @property
    def present(self) -> Told:
        """That of the blend that held."""
        return self.proposal.report["ndcg"]["present"]  # type: ignore[no-any-return]

    @property
    def is_sure(self) -> bool:
        """Whether it gains over the blend of that day beyond the interval."""
        return bool(self.proposal.report["over_present"]["low"] > 0)

    @property
    def since(self) -> datetime:
        """From when on the feedback is that it is fitted and judged on."""
        return datetime.fromtimestamp(self.proposal.report["cut"], UTC)


def card_of(proposal: BlendProposal) -> ProposalCard | None:
    """The card of a proposal; None until it is made."""
    if proposal.state != Job.State.SUCCEEDED:
        return None
    return ProposalCard(proposal, changed_since(proposal))


def changed_since(proposal: BlendProposal | BlendSweep) -> list[str]:
    """The live versions that are not those which a proposal or sweep is made from, and those gone since."""
    live = {
        each.family: each.version
        for each in LiveModel.objects.select_related("version").order_by("family")
    }
    known = proposal.versions
    others = [version for family, version in live.items() if _is_new(proposal, family, version)]
    gone = [proposal.report["labels"][family] for family in known if family not in live]
    return [str(version) for version in others] + gone


def _is_new(proposal: BlendProposal | BlendSweep, family: str, version: ModelVersion) -> bool:
    left_out = family in proposal.report["left_out"]
    return not left_out and proposal.versions.get(family) != str(version.id)
