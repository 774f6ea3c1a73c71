"""A policy as lint sees it: indexed, so that a decision is held against those alone that it may meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from curation.fusion import policy as fusion
from curation.fusion.effects import Cap, Effect, Exclude, Only, PinMatch
from curation.lint.overlaps import Catalogue, Group, Overlap, Which
from curation.lint.reach import meet
from curation.lint.targets import Targets
from curation.models import Item
from curation.queries import sets

D = TypeVar("D", bound=fusion.Decision)
Key = TypeVar("Key", bound=Hashable)


class Beside:
    """What stands beside a decision in a policy, from an instant on; what is over by then is not there.

    What it needs of the catalogue is read when it is first asked for, each thing in one query.
    """

    def __init__(
        self,
        policy: fusion.Policy,
        at: datetime,
        idle: Collection[UUID] = frozenset(),
        greedy: Collection[UUID] = frozenset(),
        catalogue: Catalogue | None = None,
    ) -> None:
        """`idle` are the rules known to name no active item, `greedy` those known to take every one.

        `catalogue` is what several policies share; it is asked only if something is held against something.
        """
        self.policy, self.at, self.idle, self.greedy = policy, at, idle, greedy
        self.surface = policy.surface
        self.pins = self._coming(policy.pins)
        self.blends = self._coming(policy.blends)
        self.blocks = self._coming(policy.blocks)
        self.blocks_of = _grouped(self.blocks, lambda block: block.item)
        self.pins_of = _grouped(self.pins, lambda pin: pin.item)
        self.pins_in = _grouped(self.pins, lambda pin: pin.slot)
        self._rules = self._coming(policy.rules)
        self.excludes = self._with(Exclude)
        self.lists = self._with(Only)
        self.caps = self._with(Cap)
        self.matches_in = _grouped(self._with(PinMatch), _slot_of)
        self._catalogue = catalogue or Catalogue(rule.what for rule in policy.rules)
        self._groups: dict[tuple[type[Effect], ...], Group] = {}

    @cached_property
    def active(self) -> Mapping[UUID, bool]:
        """Whether an item that some pin names is active."""
        rows = Item.objects.filter(pk__in={pin.item for pin in self.policy.pins})
        return dict(rows.values_list("pk", "active"))

    @cached_property
    def pinned(self) -> Targets:
        """The items that pins name, before what excludes, allows and caps."""
        rows = Item.objects.filter(pk__in={pin.item for pin in self.policy.pins})
        return Targets(rows, (*self.excludes, *self.lists, *self.caps))

    @cached_property
    def blocked(self) -> Targets:
        """The active items that blocks name, before all rules."""
        rows = Item.objects.filter(active=True, pk__in={block.item for block in self.blocks})
        return Targets(rows, self._rules)

    def overlaps(
        self, subject: fusion.Rule, which: Which, *effects: type[Effect]
    ) -> Iterator[Overlap]:
        """The rules with one of these effects that the subject meets and shares with it what is asked."""
        return self.group(*effects).overlaps(subject, which)

    def group(self, *effects: type[Effect]) -> Group:
        """The rules with one of these effects."""
        if effects not in self._groups:
            self._groups[effects] = Group(self._with(*effects), self._catalogue)
        return self._groups[effects]

    def named(self, rule: fusion.Rule) -> int:
        """How many active items a rule names."""
        return int(sets.size(self._catalogue.of(rule.what)))

    def others(self, subject: fusion.Decision, rows: Iterable[D]) -> Iterator[D]:
        """Those of some decisions that the subject, which may be among them, meets."""
        return (row for row in rows if row.lineage != subject.lineage and meet(row, subject))

    def _coming(self, rows: Iterable[D]) -> tuple[D, ...]:
        return tuple(row for row in rows if row.window.ends is None or row.window.ends > self.at)

    def _with(self, *effects: type[Effect]) -> tuple[fusion.Rule, ...]:
        return tuple(rule for rule in self._rules if isinstance(rule.effect, effects))


def _slot_of(rule: fusion.Rule) -> int:
    return rule.effect.slot if isinstance(rule.effect, PinMatch) else 0


def _grouped(rows: Iterable[D], key: Callable[[D], Key]) -> dict[Key, list[D]]:
    found: dict[Key, list[D]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found
