"""Worker side of a round of proposals: what the evidence speaks for, beside what is proposed and decided already.

What is found is proposed unless it waits already, a decision on the same is in force or drafted, or a person has
decided on it and there is not clearly more to go by since. What waits and is no longer found is withdrawn.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, Final
from uuid import UUID

import pghistory
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from curation.decisions.lineages import now_in_force
from curation.models import Revision, Surface
from recsys.jobs import stints
from recsys.jobs.stints import Watch
from recsys.models import DecisionProposal, ProposalRound, ProposalVerdict
from recsys.proposals import opinions
from recsys.proposals.opinions import Opinion
from recsys.proposals.spent import Spent, spent
from recsys.proposed.standing import (
    WAITING,
    Standing,
    Withdrawal,
    decisions,
    hold_targets,
    standing_in,
    standing_of,
)
from recsys.simulations.actions import simulate_proposal
from recsys.slates import logged

CLEARLY_MORE: Final = 1.5
"""So many times the votes or slates of when a person decided are clearly newer evidence."""
STATEMENT: Final = timedelta(minutes=30)
"""A statement over all votes may take so long, in which no word of the worker's life comes."""
MOST_WAITING: Final = 20
"""So many proposals of a kind wait at most: an inbox that nobody can read through is read by nobody."""
MOST_OF_SEGMENT: Final = 5
MOST_SIMULATED: Final = 8
"""So many simulations a round asks for by itself at most: the worker has others to do, and the next round asks on."""

_Kind = DecisionProposal.Kind
Target = tuple[str, UUID | None, UUID | None, UUID | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A decision that evidence speaks for, on one surface; the target is what it is told apart by."""

    kind: str
    surface: str | None
    evidence: dict[str, Any]
    weight: int
    item: UUID | None = None
    segment: UUID | None = None
    decision: UUID | None = None

    @property
    def target(self) -> Target:
        """What kind of decision, on what and for whom."""
        return (self.kind, self.item, self.segment, self.decision)


def execute(round_id: UUID) -> None:
    """Do a round from claim to end; returns at once where it is another worker's or over."""
    stints.work(ProposalRound, round_id, _made)


def _made(round_id: UUID, watch: Watch) -> dict[str, Any]:
    """The columns of a finished round."""
    simulated = ProposalRound.objects.values_list("simulated", flat=True).get(pk=round_id)
    at = timezone.now()
    found = []
    watch("disliked", 0, 4, STATEMENT)
    found += [_of_opinion(_Kind.BURY, each) for each in opinions.disliked(at, simulated=simulated)]
    watch("loved", 1, 4, STATEMENT)
    found += [_of_opinion(_Kind.BOOST, each) for each in opinions.loved(at, simulated=simulated)]
    watch("spent", 2, 4)
    found += [_of_spent(each) for each in spent(at, simulated=simulated)]
    watch("proposing", 3, 4)
    report = settle(found, at)
    simulate_what_waits(at)
    return {"report": report}


def simulate_what_waits(at: datetime) -> None:
    """Ask what the surest of the open proposals would change, where no one has asked and requests were logged."""
    bare = decisions(at).filter(simulations=None).order_by("-weight", "pk")
    logged_on = cache(_is_logged)
    told = (row for row in standing_in(bare, Standing.OPEN) if logged_on(row.surface_id))
    for row in islice(told, MOST_SIMULATED):
        simulate_proposal(proposal=row, actor=None)


def _is_logged(surface: str | None) -> bool:
    """Whether a request on a surface, or on any, can be replayed."""
    named = [surface] if surface else list(Surface.objects.values_list("pk", flat=True))
    return bool(logged.latest(named, 1, simulated=settings.DEMO).requests)


def _of_opinion(kind: _Kind, opinion: Opinion) -> Found:
    told = asdict(opinion)
    item, segment, surface = (told.pop(name) for name in ("item", "segment", "surface"))
    return Found(kind, surface, told, opinion.votes, item, segment)


def _of_spent(row: Spent) -> Found:
    told = {"way": row.way, "revision": row.revision.number, **row.figures}
    decision = row.revision.decision
    return Found(_Kind.END, decision.surface_id, told, row.weight, decision=decision.pk)


def settle(found: Iterable[Found], at: datetime) -> dict[str, Any]:
    """Propose, renew and withdraw by what was found; answers how many of each, by kind."""
    with transaction.atomic(), pghistory.context(action="propose_decisions"):
        hold_targets()
        books = _Books.read(at)
        for target, options in _by_target(found).items():
            books.weigh(target, options)
        books.withdraw()
        return books.told()


def _by_target(found: Iterable[Found]) -> dict[Target, list[Found]]:
    """The findings of each target, in the order of the surest of each."""
    kept: dict[Target, list[Found]] = defaultdict(list)
    for each in found:
        kept[each.target].append(each)
    return kept


@dataclass(frozen=True)
class _Taken:
    """What is decided already: by item the places of its decisions; and the decisions in force or drafted."""

    places: Mapping[UUID, Sequence[tuple[str | None, UUID | None]]]
    in_force: frozenset[UUID]
    drafted: frozenset[UUID]

    @classmethod
    def read(cls, at: datetime) -> _Taken:
        """Read them; two queries."""
        drafts = Revision.objects.filter(
            withdrawal=None, change_set__published_at=None, change_set__discarded_at=None
        )
        drafted = list(drafts.select_related("decision"))
        standing = list(now_in_force())
        places: dict[UUID, list[tuple[str | None, UUID | None]]] = defaultdict(list)
        for row in (*standing, *drafted):
            if not row.ends and row.member_id is None and (row.until is None or row.until > at):
                for item in _named(row):
                    places[item].append((row.decision.surface_id, row.segment_id))
        keys = (frozenset(row.decision_id for row in rows) for rows in (standing, drafted))
        return cls(places, *keys)

    def holds(self, one: Found) -> bool:
        """Whether somebody has decided on the same: on the item for whoever is in the segment, or on the decision."""
        if one.decision:
            return one.decision in self.drafted or one.decision not in self.in_force
        assert one.item is not None  # noqa: S101 - the other kinds are of items
        return any(
            surface in (None, one.surface) and segment in (None, one.segment)
            for surface, segment in self.places.get(one.item, ())
        )


def _named(row: Revision) -> Iterator[UUID]:
    """The items that a decision names one by one."""
    if row.item_id:
        yield row.item_id
    where = row.spec.get("where")
    yield from map(UUID, where.get("items", ()) if isinstance(where, dict) else ())


@dataclass
class _Books:
    """What is proposed, decided and taken, and what this round makes of it."""

    at: datetime
    waiting: dict[Target, DecisionProposal]
    settled: Mapping[Target, DecisionProposal]
    taken: _Taken
    held: set[UUID] = field(default_factory=set)
    did: Counter[str] = field(default_factory=Counter)
    drafted: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, at: datetime) -> _Books:
        """Read them, what waits locked against the acts of people."""
        waiting = [row.pk for row in standing_in(decisions(at), *WAITING)]
        rows = DecisionProposal.objects.select_for_update(no_key=True).filter(pk__in=waiting)
        list(rows.order_by("pk"))
        # Read only now: what was said while this waited for the locks counts.
        every = list(decisions(at).order_by("pk"))
        said = (Standing.ACCEPTED, Standing.REJECTED)
        return cls(
            at,
            {_target(row): row for row in every if standing_of(row) in WAITING},
            {_target(row): row for row in every if standing_of(row) in said},
            _Taken.read(at),
        )

    def weigh(self, target: Target, options: Sequence[Found]) -> None:
        """Renew the proposal of a target, or make one, where the evidence and what is decided allow it."""
        options = [each for each in options if not self.taken.holds(each)]
        if proposal := self.waiting.get(target):
            here = [each for each in options if each.surface == proposal.surface_id]
            if here:
                self._renew(proposal, here[0])
        elif options and self._is_news(options[0]) and self._has_room(options[0]):
            self._propose(options[0])

    def withdraw(self) -> None:
        """Withdraw what waits and does not hold any more."""
        for proposal in self.waiting.values():
            if proposal.pk not in self.held:
                is_taken = self.taken.holds(_found(proposal))
                why = Withdrawal.DECIDED if is_taken else Withdrawal.GONE
                ProposalVerdict.objects.create(
                    of_decision=proposal, outcome=ProposalVerdict.Outcome.WITHDRAWN, reason=why
                )
                self.did["withdrawn"] += 1

    def told(self) -> dict[str, Any]:
        """The report."""
        names = ("proposed", "renewed", "withdrawn")
        return {**{name: self.did[name] for name in names}, "kinds": dict(self.drafted)}

    def _is_news(self, one: Found) -> bool:
        """Whether nobody has decided on it, or since then it was revised or there is clearly more to go by."""
        before = self.settled.get(one.target)
        if before is None or one.evidence.get("revision") != before.evidence.get("revision"):
            return True
        return one.weight >= before.weight * CLEARLY_MORE

    def _has_room(self, one: Found) -> bool:
        alike = [row for row in self.waiting.values() if row.kind == one.kind]
        same = [row for row in alike if one.segment and row.segment_id == one.segment]
        return len(alike) < MOST_WAITING and len(same) < MOST_OF_SEGMENT

    def _propose(self, one: Found) -> None:
        made = DecisionProposal.objects.create(
            kind=one.kind,
            surface_id=one.surface,
            item_id=one.item,
            segment_id=one.segment,
            decision_id=one.decision,
            evidence=one.evidence,
            weight=one.weight,
            counted_at=self.at,
        )
        self.waiting[one.target] = made
        self.held.add(made.pk)
        self.did["proposed"] += 1
        self.drafted[one.kind] += 1

    def _renew(self, proposal: DecisionProposal, one: Found) -> None:
        proposal.evidence, proposal.weight, proposal.counted_at = one.evidence, one.weight, self.at
        proposal.save(update_fields=["evidence", "weight", "counted_at"])
        self.held.add(proposal.pk)
        self.did["renewed"] += 1


def _found(row: DecisionProposal) -> Found:
    place = (row.kind, row.surface_id, row.evidence, row.weight)
    return Found(*place, row.item_id, row.segment_id, row.decision_id)


def _target(row: DecisionProposal) -> Target:
    return _found(row).target
