"""Stored inputs under other policies: as things stand now, and as drafts would make them.

A window is taken as it is today: what is in force now was in force for every request, and a draft holds as if its
window were open. Recurring hours stay on the clock of the request. Dims: n candidates.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.utils import timezone

from curation.decisions.recurrence import clock
from curation.fusion import codec
from curation.fusion.candidates import MOST_CANDIDATES, Candidates, pack_ids
from curation.fusion.codec import Inputs
from curation.fusion.columns import Column, Kind
from curation.fusion.context import Context
from curation.fusion.derived import D, having
from curation.fusion.effects import Boost, Only, PinMatch, Quota
from curation.fusion.engine import Arrangement, arrange
from curation.fusion.fixed import Mask, Rows
from curation.fusion.matching import Table
from curation.fusion.policy import Pin, Policy, Rule, Window
from curation.models import Revision, Surface
from curation.policies.loading import policy_with
from curation.queries.members import traits_of
from feedback.models import Rating
from recsys.models import Slate
from recsys.slates.catalogue import Catalogue

log = logging.getLogger(__name__)

AT_ONCE: Final = 50
NO_TRAITS: Final[Mapping[str, Column]] = {}

BRINGING = (Boost, Only, PinMatch, Quota)
"""The effects by which a rule can bring in what did not stand among the candidates."""


@dataclass(frozen=True, slots=True)
class Played:
    """One slate's inputs arranged thrice, over the same candidates: as it was logged, as now, and as drafted.

    `rows` [n] places the candidates in the catalogue. `is_whole` is False where what was no candidate then, and
    of which no score is kept, could have stood in the drafted slate.
    """

    logged: Arrangement
    present: Arrangement
    drafted: Arrangement
    rows: Rows
    is_whole: bool

    def standing(self, arrangement: Arrangement, size: int) -> Rows:
        """The catalogue's rows of what stands in the first slots of one of them, by slot."""
        return self.rows[first(arrangement, size)]


@dataclass(frozen=True, eq=False)
class Stage:
    """What a surface's slates are replayed with."""

    surface: Surface
    present: Policy
    drafted: Policy
    items: Catalogue
    statistics: int
    columns: Mapping[str, Column]
    named: Mask
    nevers: Mapping[UUID, frozenset[UUID]]

    @classmethod
    def of(
        cls, surface: Surface, drafts: Mapping[UUID, Revision], items: Catalogue, statistics: int
    ) -> Stage:
        """Read both policies of a surface as of now, and what they ask of the catalogue."""
        at = timezone.now()
        present = _as_of(policy_with(surface, at, {}), at, ())
        drafted = _as_of(policy_with(surface, at, drafts), at, drafts)
        columns = items.columns(present.fields | drafted.fields, statistics)
        return cls(
            surface=surface,
            present=present,
            drafted=drafted,
            items=items,
            statistics=statistics,
            columns=columns,
            named=_named(drafted, drafts, Table(len(items), columns, items.index)),
            nevers=_nevers({pin.item for pin in (*present.pins, *drafted.pins)}),
        )

    def play(self, inputs: Inputs, traits: Mapping[str, Column] = NO_TRAITS) -> Played:
        """Arrange a slate again. Its own policy is asked only where it is not the present one.

        `traits` are of its member, for what the slate did not ask; see `gathering.traits_of`.
        """
        context = self._context(inputs, traits)
        now, then = self._candidates(inputs)
        present = arrange(now, self.present, context, inputs.seed)
        drafted = arrange(then, self.drafted, context, inputs.seed)
        logged = present
        if not self._is_present(inputs):
            logged = arrange(then, inputs.policy, context, inputs.seed)
        rows = self._rows(drafted.candidates)
        return Played(logged, present, drafted, rows, self._is_whole(present, drafted, rows))

    def _is_whole(self, present: Arrangement, drafted: Arrangement, rows: Rows) -> bool:
        """Whether nothing that was no candidate could stand in the drafted slate.

        Candidates are the best by the blend, so what a rule names beyond them stands below those that it names
        among them: where these could fill the slate, the others have no part in it. What is pinned has its place
        among them, unless there was no room.
        """
        if any(self._lacks(drafted.candidates, pin) for pin in self.drafted.pins):
            return False
        among = int(np.count_nonzero(self.named[rows]))
        enough = min(int(np.count_nonzero(self.named)), self.drafted.surface.depth)
        return among >= enough and len(drafted.rows) >= min(len(present.rows), len(self.items))

    def _is_present(self, inputs: Inputs) -> bool:
        """Whether the slate was fused with what holds now."""
        stored = inputs.policy
        versions = (self.surface.policy_version, self.surface.blocks_version)
        if (stored.version, stored.blocks_version) != versions:
            return False
        now = {each.lineage for each in self.present.decisions()}
        instant = inputs.context.instant
        return all(
            each.window.holds(instant) == (each.lineage in now) for each in stored.decisions()
        )

    @property
    def member_fields(self) -> dict[str, Kind]:
        """What its policies ask of members."""
        return {**self.present.member_fields, **self.drafted.member_fields}

    def _context(self, inputs: Inputs, traits: Mapping[str, Column]) -> Context:
        zones = (self.present.zones | self.drafted.zones) - inputs.context.clocks.keys()
        more = {zone: clock(zone, inputs.context.instant) for zone in zones}
        return replace(
            inputs.context,
            clocks={**inputs.context.clocks, **more},
            attributes={**traits, **inputs.context.attributes},
        )

    def _candidates(self, inputs: Inputs) -> tuple[Candidates, Candidates]:
        """The candidates as now and as drafted: with the fields that are read, and with what is pinned."""
        stored = inputs.candidates
        known = np.flatnonzero(self._rows(stored) >= 0)
        if len(known) < len(stored):
            stored = stored.take(known)
        lacking = {
            side: {pin.item for pin in policy.pins if self._lacks(stored, pin)}
            for side, policy in (("now", self.present), ("then", self.drafted))
        }
        added = sorted(lacking["now"] | lacking["then"])[: MOST_CANDIDATES - len(stored)]
        nevers = self.nevers.get(inputs.context.subject or UUID(int=0), frozenset())
        whole = replace(self._with(stored, added), nevers=stored.nevers | (nevers & set(added)))
        if not added:
            return whole, whole
        now, then = (_without(whole, set(added) - each) for each in lacking.values())
        return now, then

    def _rows(self, candidates: Candidates) -> Rows:
        """The catalogue's row of each candidate, -1 for what it does not hold any more."""
        found = map(self.items.index.get, candidates.index)
        return np.array([-1 if row is None else row for row in found], np.intp)

    def _lacks(self, stored: Candidates, pin: Pin) -> bool:
        return stored.row(pin.item) is None and pin.item.bytes in self.items.index

    def _with(self, stored: Candidates, added: list[UUID]) -> Candidates:
        """Candidates with more items, of which no scorer tells anything, and all the fields."""
        rows = np.concatenate([self._rows(stored), self.items.rows(added)])
        read = self.columns.keys()
        if not added:
            columns = {name: self.columns[name].take(rows) for name in read - stored.columns.keys()}
            return replace(stored, columns={**stored.columns, **columns})
        whole = self.items.columns(read | stored.columns.keys(), self.statistics)
        n = len(added)
        return replace(
            stored,
            ids=np.vstack([stored.ids, pack_ids(added)]),
            scores={name: _more(each, n, np.nan) for name, each in stored.scores.items()},
            active=np.concatenate([stored.active, self.items.active[rows[len(stored) :]]]),
            rated=_more(stored.rated, n, fill=False),
            interacted=_more(stored.interacted, n, fill=False),
            shown=_more(stored.shown, n, 0),
            similarities=stored.similarities and stored.similarities.widened(n),
            columns={name: column.take(rows) for name, column in whole.items()},
        )


def replay(slates: Sequence[UUID], stages: Mapping[str, Stage]) -> Iterator[tuple[UUID, Played]]:
    """Each slate arranged again on its surface's stage; damaged ones are left out, and logged."""
    asked = {name: kind for each in stages.values() for name, kind in each.member_fields.items()}
    for start in range(0, len(slates), AT_ONCE):
        found = list(_decoded(slates[start : start + AT_ONCE]))
        subjects = {each.context.subject for _, _, each in found if each.context.subject}
        traits = traits_of(subjects, asked)
        for key, slug, inputs in found:
            told = traits.get(inputs.context.subject or UUID(int=0), {})
            yield key, stages[slug].play(inputs, told)


def _decoded(slates: Sequence[UUID]) -> Iterator[tuple[UUID, str, Inputs]]:
    """Slates, their surfaces and what they were fused from."""
    rows = Slate.objects.filter(pk__in=slates)
    for key, slug, stored in rows.values_list("pk", "surface_id", "inputs"):
        try:
            yield key, slug, codec.decode_inputs(bytes(stored or b""))
        except codec.CodecError as fault:
            log.warning("slate %s is not replayed: %s", key, fault)


def first(arrangement: Arrangement, size: int) -> list[int]:
    """The candidates' rows of what stands in the first slots, by slot."""
    return [arrangement.rows[slot] for slot in sorted(arrangement.rows) if slot <= size]


def _as_of(policy: Policy, at: datetime, drafts: Collection[UUID]) -> Policy:
    """A policy of which everything holds that is in its window at an instant, and every draft; nothing else."""

    def held(decisions: Iterable[D]) -> tuple[D, ...]:
        return tuple(
            replace(each, window=Window())
            for each in decisions
            if each.lineage in drafts or each.window.holds(at)
        )

    return having(policy, held)


def _named(policy: Policy, drafts: Collection[UUID], table: Table) -> Mask:
    """The items of the catalogue that drafted rules could bring into a slate, bool [items]."""
    named = np.zeros(table.size, np.bool_)
    for rule in policy.rules:
        if rule.lineage in drafts and _brings(rule):
            named |= table.matches(rule.what)
    return named


def _brings(rule: Rule) -> bool:
    return isinstance(rule.effect, BRINGING)


def _nevers(items: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Who never wants to see which of these items."""
    found: dict[UUID, set[UUID]] = {}
    rows = Rating.objects.filter(item_id__in=items, never=True).values_list("subject", "item_id")
    for subject, item in rows:
        found.setdefault(subject, set()).add(item)
    return {subject: frozenset(each) for subject, each in found.items()}


def _without(candidates: Candidates, items: Collection[UUID]) -> Candidates:
    """The same candidates, these out of reach."""
    active = candidates.active.copy()
    for item in items:
        active[candidates.row(item)] = False
    return replace(candidates, active=active)


def _more(array: Any, n: int, fill: Any) -> Any:  # noqa: ANN401 - an array of any type, or none
    return None if array is None else np.concatenate([array, np.full(n, fill, array.dtype)])
