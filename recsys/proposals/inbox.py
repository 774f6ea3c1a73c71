"""The inbox of proposals: what is open, snoozed or decided, of every kind, each in one line with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from celery.schedules import crontab
from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.tables import number
from recsys.models import (
    BlendProposal,
    DecisionProposal,
    Job,
    ProposalRound,
    ProposalVerdict,
    Simulation,
)
from recsys.proposals import words as proposal_words
from recsys.proposed.standing import (
    DECIDED,
    Proposal,
    Standing,
    Withdrawal,
    blends,
    decisions,
    last_word,
    standing_in,
    standing_of,
)

SHOWN: Final = 50
NIGHTLY: Final = "propose decisions"
BLEND: Final = "blend"

OPEN, SNOOZED, SETTLED = "open", "snoozed", "decided"
VIEWS: Final[Mapping[str, Sequence[Standing]]] = {
    OPEN: (Standing.OPEN,),
    SNOOZED: (Standing.SNOOZED,),
    SETTLED: DECIDED,
}
"""What the page can be narrowed to, and the standings of each."""
VIEW_NAMES: Final[Mapping[str, str | Promise]] = {
    OPEN: gettext_lazy("To decide"),
    SNOOZED: gettext_lazy("Snoozed"),
    SETTLED: gettext_lazy("Decided"),
}
KINDS: Final[Mapping[str, str | Promise]] = {
    DecisionProposal.Kind.BURY: gettext_lazy("Bury what a segment dislikes"),
    DecisionProposal.Kind.BOOST: gettext_lazy("Boost what a segment loves and hardly sees"),
    DecisionProposal.Kind.END: gettext_lazy("End what brings nothing"),
    BLEND: gettext_lazy("Blend the scorers anew"),
}
"""The groups of the page, in their order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One proposal: what it proposes, what speaks for it, where it stands, and what was said of it last.

    `changes` is the share of slates, in percent, that it changed when it was simulated last; None until then.
    """

    proposal: Proposal
    kind: str
    title: str
    evidence: str
    standing: Standing
    last: ProposalVerdict | None
    changes: float | None = None

    @property
    def surface(self) -> str:
        """The surface that it is for."""
        return str(self.proposal.surface) if self.proposal.surface else _("everywhere")

    @property
    def since(self) -> datetime:
        """Since when it is proposed."""
        if isinstance(self.proposal, BlendProposal):
            return self.proposal.requested_at
        return self.proposal.drafted_at

    @property
    def is_waiting(self) -> bool:
        """Whether something can still be decided."""
        return self.standing in (Standing.OPEN, Standing.SNOOZED)

    @property
    def can_reopen(self) -> bool:
        """Whether what was said last can be taken back."""
        return self.standing in (Standing.SNOOZED, Standing.REJECTED)

    @property
    def why(self) -> str:
        """The reason of what was said last, in words."""
        if self.last is None:
            return ""
        if self.standing is Standing.WITHDRAWN:
            return str(Withdrawal(self.last.reason).label)
        return self.last.reason


@dataclass(frozen=True, slots=True)
class Group:
    """The proposals of one kind."""

    kind: str
    name: str
    entries: list[Entry]


def groups(view: str, at: datetime) -> list[Group]:
    """What a view of the inbox holds, by kind, newest first; a fixed number of queries."""
    found: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
    for entry in entries(_narrowed(decisions(at), view), _narrowed(blends(at), view)):
        found[entry.kind].append(entry)
    return [Group(kind, str(KINDS[kind]), rows) for kind, rows in found.items() if rows]


def _narrowed(rows: QuerySet[Any], view: str) -> QuerySet[Any]:
    return standing_in(rows, *VIEWS[view]).order_by("-pk")[:SHOWN]


def entries(
    proposed: Iterable[DecisionProposal], blended: Iterable[BlendProposal] = ()
) -> Iterator[Entry]:
    """Proposals from `proposal_standing` as they are shown."""
    rows = list(proposed)
    titles, changes = proposal_words.titles(rows), _changes(rows)
    for row in rows:
        words = titles[row.pk], proposal_words.evidence(row)
        said = standing_of(row), last_word(row)
        yield Entry(row, row.kind, *words, *said, changes.get(row.pk))
    for blend in blended:
        title = _("Blend for %(surface)s") % {"surface": blend.surface}
        yield Entry(blend, BLEND, title, _gain(blend), standing_of(blend), last_word(blend))


def _changes(rows: Iterable[DecisionProposal]) -> dict[UUID, float]:
    """The share of slates, in percent, that each changed when it was simulated last, where it was."""
    done = Simulation.objects.filter(proposal__in=list(rows), state=Job.State.SUCCEEDED)
    newest = done.order_by("proposal", "-pk").distinct("proposal")
    told = newest.values_list("proposal", "report__changed", "report__requests")
    return {proposal: 100 * changed / requests for proposal, changed, requests in told}


def entry_of(proposal: Proposal) -> Entry:
    """One proposal from `proposal_standing` as it is shown."""
    if isinstance(proposal, BlendProposal):
        return next(entries((), [proposal]))
    return next(entries([proposal]))


def _gain(proposal: BlendProposal) -> str:
    """What a proposed blend would gain, in one sentence."""
    report = proposal.report
    if not report:
        return ""
    now, gain = report["ndcg"]["present"]["mean"], report["over_present"]
    told = {name: number(gain[name], 4) for name in ("mean", "low", "high")}
    told |= {"n": number(gain["n"]), "now": number(now, 4)}
    sentence = _(
        "NDCG@10 on validation changes by %(mean)s from %(now)s, between %(low)s and %(high)s, over %(n)s members."
    )
    return sentence % told


def latest_round() -> ProposalRound | None:
    """The round that was asked for last."""
    return ProposalRound.objects.select_related("requested_by").order_by("-requested_at").first()


def next_round(at: datetime) -> datetime | None:
    """When the evidence is looked through next by itself."""
    schedule = settings.CELERY_BEAT_SCHEDULE.get(NIGHTLY, {}).get("schedule")
    if not isinstance(schedule, crontab):
        return None
    hour, minute = (min(vars(schedule)[name]) for name in ("hour", "minute"))
    tonight = at.astimezone(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return tonight if tonight > at else tonight + timedelta(days=1)
