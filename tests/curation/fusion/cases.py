"""Cases for the fusion engine: small ones drawn by hypothesis, and the pieces of hand-worked ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any
from uuid import UUID

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from curation.fusion.candidates import Candidates, Similarities, pack_ids, statistics_of
from curation.fusion.columns import Column, Kind
from curation.fusion.context import Context
from curation.fusion.effects import (
    Boost,
    Bury,
    BuryToBottom,
    Cap,
    Effect,
    Exclude,
    Fallback,
    Only,
    PinMatch,
    Quota,
)
from curation.fusion.policy import (
    Audience,
    Blend,
    Block,
    Diversity,
    DiversityKind,
    Pin,
    Policy,
    RepeatPolicy,
    Rule,
    Scale,
    Scope,
    SurfaceSettings,
    Window,
)
from curation.fusion.query import EVERYTHING, All, AnyOf, Comparison, ItemList, Not, Query

NOW = datetime(2025, 6, 4, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MEMBER, STRANGER = UUID(int=0xA11CE), UUID(int=0xB0B)
SEGMENT, OTHER_SEGMENT = UUID(int=0x5E61), UUID(int=0x5E62)
SURFACE = "home"
GENRES = ("War", "war", "Drama", "Comedy")

EXAMPLES = 500
"""Of each promise of fusion, at least."""

THOROUGH = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@cache
def item(number: int) -> UUID:
    """The id of a test item; ids ascend with their numbers."""
    return UUID(int=number)


@cache
def decision_id(number: int) -> UUID:
    """The lineage of a test decision; ids ascend with their numbers."""
    return UUID(int=0xDEC0000 + number)


@dataclass(frozen=True)
class Case:
    """The arguments of one fuse."""

    candidates: Candidates
    policy: Policy
    context: Context
    seed: int = 1

    @property
    def arguments(self) -> tuple[Candidates, Policy, Context, int]:
        return self.candidates, self.policy, self.context, self.seed

    def with_policy(self, **changes: Any) -> Case:
        return replace(self, policy=replace(self.policy, **changes))

    def with_rules(self, *rules: Rule) -> Case:
        return self.with_policy(rules=(*self.policy.rules, *rules))

    def with_surface(self, **changes: Any) -> Case:
        return self.with_policy(surface=replace(self.policy.surface, **changes))


def make_candidates(
    scores: dict[str, Sequence[float | None]], *, numbers: Sequence[int] = (), **rest: Any
) -> Candidates:
    """Candidates 1, 2, … (or of the given numbers) with these raw scores, None unknown."""
    size = len(next(iter(scores.values())))
    raw = {name: np.array(values, np.float64) for name, values in scores.items()}
    given: dict[str, Any] = {
        "ids": pack_ids(item(number) for number in numbers or range(1, size + 1)),
        "scores": raw,
        "statistics": {name: statistics_of(values) for name, values in raw.items()},
        "active": np.ones(size, np.bool_),
    }
    return Candidates(**(given | rest))


def simple_case(*utilities: float, **rest: Any) -> Case:
    """Items 1, 2, … whose utilities are just these, on a surface as deep as there are items."""
    candidates = make_candidates({"plain": utilities}, **rest)
    blend = Blend(
        lineage=decision_id(900),
        published_at=NOW,
        weights={"plain": 1.0},
        scales={"plain": Scale.NONE},
    )
    surface = SurfaceSettings(SURFACE, depth=max(len(utilities), 1), reserve=0)
    return Case(candidates, Policy(surface, blends=(blend,)), Context(SURFACE, NOW, MEMBER))


def rule(number: int, effect: Effect, what: Query = EVERYTHING, **rest: Any) -> Rule:
    """A rule that holds everywhere unless told otherwise."""
    given: dict[str, Any] = {"lineage": decision_id(number), "published_at": NOW} | rest
    return Rule(effect=effect, what=what, **given)


def pin(number: int, pinned: int, slot: int, **rest: Any) -> Pin:
    """A pin of an item, by number, that holds everywhere unless told otherwise."""
    given: dict[str, Any] = {"lineage": decision_id(number), "published_at": NOW} | rest
    return Pin(item=item(pinned), slot=slot, **given)


def block(number: int, blocked: int, **rest: Any) -> Block:
    """A block of an item, by number, that holds everywhere unless told otherwise."""
    given: dict[str, Any] = {
        "lineage": decision_id(number),
        "published_at": NOW,
        "item": item(blocked),
    } | rest
    return Block(**given)


def items_of(*numbers: int) -> ItemList:
    """The query that names these items."""
    return ItemList(tuple(item(number) for number in numbers))


def genre(name: str) -> Comparison:
    """The query for a genre."""
    return Comparison("genres", Kind.TAGS, "has", name)


# ---------------------------------------------------------------- drawn cases
# Hypothesis draws the sizes and a seed; the rest follows from the seed, evenly, so that few
# examples meet many situations.

SCORES = (None, 0.0, 0.0, 0.5, 0.5, 1.0, 2.0, -1.0, 0.1)
STRENGTHS = (0.0, 0.1, 0.5, 1.0, 2.0)
SCOPES = (
    *[Scope()] * 4,
    *[Scope(surface=SURFACE)] * 4,
    Scope(surface="elsewhere"),
    Scope(segment=SEGMENT),
    Scope(segment=OTHER_SEGMENT),
    Scope(member=MEMBER),
    Scope(member=STRANGER),
)
WINDOWS = (
    *[Window()] * 4,
    Window(NOW - DAY, NOW + DAY),
    Window(ends=NOW + DAY),
    Window(ends=NOW),
)
AUDIENCES = (Audience(), Audience(), Audience(), Audience(devices=frozenset({"tv"})))
NUMBERS = range(1, 10)

Adding = Callable[[Random], list[Rule | Pin]]


def some_items(chance: Random, most: int = 4) -> ItemList:
    """A list of one to four items."""
    return items_of(*chance.sample(NUMBERS, chance.randint(1, most)))


def a_query(chance: Random) -> Query:
    """A query over genres, year and ids, now and then a combination."""
    year = Comparison(
        "year", Kind.NUMBER, chance.choice(["lt", "ge", "ne"]), chance.choice([1980.0, 1990.0])
    )
    leaves: list[Query] = [genre(chance.choice(GENRES)), year, some_items(chance), EVERYTHING]
    leaf = chance.choice(leaves)
    other = genre(chance.choice(GENRES))
    combined: list[Query] = [Not(leaf), All((leaf, other)), AnyOf((leaf, other))]
    return chance.choice([leaf, leaf, leaf, *combined])


def a_cap(chance: Random) -> Cap:
    """A cap in the first few slots."""
    return Cap(chance.randint(0, 2), chance.randint(1, 6), chance.choice(["", "genres"]))


def an_effect(chance: Random) -> Effect:
    """Any effect, most often a boost or a bury."""
    others: list[Callable[[], Effect]] = [
        BuryToBottom,
        Exclude,
        lambda: an_allow_list(chance),
        lambda: a_cap(chance),
        lambda: Quota(chance.randint(1, 3), chance.randint(1, 6)),
        lambda: PinMatch(chance.randint(1, 5)),
    ]
    moved: list[Callable[[], Effect]] = [
        lambda: Boost(chance.choice(STRENGTHS)),
        lambda: Bury(chance.choice(STRENGTHS)),
    ]
    return chance.choice(moved * 2 + others)()


def an_allow_list(chance: Random) -> Only:
    """An allow-list; where it leaves nothing, it says what stands instead."""
    return Only(chance.choice(list(Fallback)), some_items(chance, 3).items)


def decided(chance: Random, number: int) -> dict[str, Any]:
    """What every decision has; most hold."""
    return {
        "lineage": decision_id(number),
        "published_at": NOW - chance.randint(1, 3) * DAY,
        "scope": chance.choice(SCOPES),
        "who": chance.choice(AUDIENCES),
        "priority": chance.choice([100, 100, 100, 50, 200]),
        "window": chance.choice(WINDOWS),
        "holdback": chance.choice([0.0, 0.0, 0.0, 0.5]),
    }


def a_blend(chance: Random, number: int) -> Blend:
    """A blend of both scorers, or of one."""
    scaled = {name: chance.choice(list(Scale)) for name in ("a", "b") if chance.random() < 0.6}
    return Blend(
        weights={"a": chance.choice([1.0, 0.3]), "b": chance.choice([0.0, 2.0])},
        scales=scaled,
        beta=chance.choice([None, 0.7, 3.0]),
        **decided(chance, number),
    )


def a_policy(chance: Random, surface: SurfaceSettings, most: int) -> Policy:
    """A policy whose few items, slots and genres make its decisions meet."""
    blocks = [
        block(
            number, chance.choice(NUMBERS), safety=chance.random() < 0.5, **decided(chance, number)
        )
        for number in range(chance.randint(0, min(most, 2)))
    ]
    pins = [
        pin(number, chance.choice(NUMBERS), chance.randint(1, 5), **decided(chance, number))
        for number in range(100, 100 + chance.randint(0, most))
    ]
    rules = [
        rule(number, an_effect(chance), a_query(chance), **decided(chance, number))
        for number in range(200, 200 + chance.randint(0, most))
    ]
    blends = [
        a_blend(chance, number) for number in range(300, 300 + chance.randint(0, min(most, 2)))
    ]
    return Policy(surface, 1, 1, tuple(blocks), tuple(pins), tuple(rules), tuple(blends))


def a_surface(chance: Random) -> SurfaceSettings:
    """A shallow surface, perhaps exploring, perhaps diverse."""
    kind = chance.choice([DiversityKind.NONE, *DiversityKind])
    return SurfaceSettings(
        SURFACE,
        depth=chance.randint(1, 8),
        reserve=chance.randint(0, 3),
        exploring=frozenset(chance.choice([(), (), (1,), (2, 3)])),
        temperature=chance.choice([0.5, 1.0, 5.0]),
        repeat=RepeatPolicy(rated=chance.random() < 0.5),
        diversity=Diversity(kind, chance.choice([0, 300, 800]), "genres"),
    )


def some_candidates(chance: Random, size: int) -> Candidates:
    """Candidates, many of equal score, some unknown to a scorer or to both."""
    similar = np.array([chance.choice([0.0, 0.5]) for _ in range(size**2)])
    similar = np.triu(similar.reshape(size, size), 1)
    return make_candidates(
        {name: [chance.choice(SCORES) for _ in range(size)] for name in ("a", "b")},
        numbers=chance.sample(NUMBERS, size),
        active=np.array([chance.random() < 0.85 for _ in range(size)], np.bool_),
        rated=np.array([chance.random() < 0.3 for _ in range(size)], np.bool_),
        columns={
            "genres": Column.of(
                Kind.TAGS, [chance.sample(GENRES, chance.randint(0, 2)) for _ in range(size)]
            ),
            "year": Column.of(
                Kind.NUMBER, [chance.choice([None, 1975.0, 1990.0, 2001.0]) for _ in range(size)]
            ),
        },
        nevers=frozenset({item(chance.choice(NUMBERS))} if chance.random() < 0.3 else ()),
        similarities=Similarities.of(similar + similar.T),
        profile={"War": 0.6, "Drama": 0.4},
    )


def a_context(chance: Random) -> Context:
    """A member, or nobody."""
    return Context(
        SURFACE,
        NOW,
        subject=chance.choice([MEMBER, MEMBER, MEMBER, None]),
        device=chance.choice(["", "tv"]),
        segments=frozenset({SEGMENT}),
        versions={"policy": 1},
        models={"a": "a-1", "b": "b-1"},
    )


def nothing(chance: Random) -> list[Rule | Pin]:
    """No more decisions."""
    return []


def capped(chance: Random) -> list[Rule | Pin]:
    """Two caps that hold."""
    return [rule(400 + at, a_cap(chance), a_query(chance)) for at in range(2)]


def quota_bound(chance: Random) -> list[Rule | Pin]:
    """A quota that holds, of a few items."""
    effect = Quota(chance.randint(1, 3), chance.randint(2, 5))
    return [rule(500, effect, some_items(chance))]


def buried(chance: Random) -> list[Rule | Pin]:
    """A rule that buries to the bottom and holds."""
    return [rule(600, BuryToBottom(), a_query(chance))]


def crowded(chance: Random) -> list[Rule | Pin]:
    """Five pins on the first two slots."""
    return [
        pin(700 + at, number, chance.randint(1, 2))
        for at, number in enumerate(chance.sample(NUMBERS, 5))
    ]


def listed(chance: Random) -> list[Rule | Pin]:
    """An allow-list that holds, of a few items."""
    return [rule(800, an_allow_list(chance), some_items(chance))]


def sparing(chance: Random) -> list[Rule | Pin]:
    """A pin, a boost, an exclusion and a cap, each of which spares half of the members or reaches half."""

    def half() -> dict[str, float]:
        return chance.choice([{"holdback": 0.5}, {"traffic": 0.5}])

    # Who is spared follows from the ids.
    first = 1000 + 4 * chance.randrange(1000)
    effects: list[Effect] = [Boost(1.0), Exclude(), a_cap(chance)]
    rules = [
        rule(first + at, each, some_items(chance), **half()) for at, each in enumerate(effects)
    ]
    return [pin(first + 3, chance.choice(NUMBERS), chance.randint(1, 5), **half()), *rules]


@st.composite
def cases(
    draw: st.DrawFn,
    also: Adding = nothing,
    settled: Mapping[str, Any] = MappingProxyType({}),
) -> Case:
    """Whole cases, with decisions that hold in each, and settings of the surface that hold in all."""
    size, most = draw(st.sampled_from((9, 8, 7, 5, 1, 0))), draw(st.sampled_from((6, 5, 4)))
    chance = Random(draw(st.integers(0, 2**32 - 1)))
    surface = replace(a_surface(chance), **settled)
    policy, added = a_policy(chance, surface, most), also(chance)
    policy = replace(
        policy,
        pins=(*policy.pins, *(each for each in added if isinstance(each, Pin))),
        rules=(*policy.rules, *(each for each in added if isinstance(each, Rule))),
    )
    candidates = some_candidates(chance, size)
    return Case(candidates, policy, a_context(chance), chance.getrandbits(64))


def without_effects(case: Case, *kinds: type) -> Case:
    """The case without the rules of these effects."""
    kept = (each for each in case.policy.rules if not isinstance(each.effect, kinds))
    return case.with_policy(rules=tuple(kept))
