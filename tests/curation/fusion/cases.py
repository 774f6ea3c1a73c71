"""Cases for the fusion engine: small ones drawn by hypothesis, and the pieces of hand-worked ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
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
    Decision,
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

THOROUGH = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def item(number: int) -> UUID:
    """The id of a test item; ids ascend with their numbers."""
    return UUID(int=number)


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

    def with_policy(self, **changes: object) -> Case:
        return replace(self, policy=replace(self.policy, **changes))

    def with_rules(self, *rules: Rule) -> Case:
        return self.with_policy(rules=(*self.policy.rules, *rules))

    def with_surface(self, **changes: object) -> Case:
        return self.with_policy(surface=replace(self.policy.surface, **changes))


def make_candidates(
    scores: dict[str, Sequence[float | None]], *, numbers: Sequence[int] = (), **rest: object
) -> Candidates:
    """Candidates 1, 2, … (or of the given numbers) with these raw scores, None unknown."""
    size = len(next(iter(scores.values())))
    raw = {name: np.array(values, np.float64) for name, values in scores.items()}
    given: dict[str, object] = {
        "ids": pack_ids(item(number) for number in numbers or range(1, size + 1)),
        "scores": raw,
        "statistics": {name: statistics_of(values) for name, values in raw.items()},
        "active": np.ones(size, np.bool_),
    }
    return Candidates(**(given | rest))


def simple_case(*utilities: float, **rest: object) -> Case:
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


def rule(number: int, effect: object, what: Query = EVERYTHING, **rest: object) -> Rule:
    """A rule that holds everywhere unless told otherwise."""
    given = {"lineage": decision_id(number), "published_at": NOW} | rest
    return Rule(effect=effect, what=what, **given)


def pin(number: int, pinned: int, slot: int, **rest: object) -> Pin:
    """A pin of an item, by number, that holds everywhere unless told otherwise."""
    given = {"lineage": decision_id(number), "published_at": NOW} | rest
    return Pin(item=item(pinned), slot=slot, **given)


def block(number: int, blocked: int, **rest: object) -> Block:
    """A block of an item, by number, that holds everywhere unless told otherwise."""
    given = {"lineage": decision_id(number), "published_at": NOW, "item": item(blocked)} | rest
    return Block(**given)


def items_of(*numbers: int) -> ItemList:
    """The query that names these items."""
    return ItemList(tuple(item(number) for number in numbers))


def genre(name: str) -> Comparison:
    """The query for a genre."""
    return Comparison("genres", Kind.TAGS, "has", name)


# ---------------------------------------------------------------- strategies

_numbers = st.integers(1, 9)
_scores = st.sampled_from([None, 0.0, 0.0, 0.5, 0.5, 1.0, 2.0, -1.0, 0.1])
_strengths = st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.0])


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Queries over genres, year, studio and ids, with an occasional combination."""
    leaf = st.one_of(
        st.builds(genre, st.sampled_from(GENRES)),
        st.builds(
            Comparison,
            st.just("year"),
            st.just(Kind.NUMBER),
            st.sampled_from(["lt", "ge", "ne"]),
            st.sampled_from([1980.0, 1990.0]),
        ),
        st.lists(_numbers, max_size=4).map(lambda numbers: items_of(*numbers)),
        st.just(EVERYTHING),
    )
    shape = draw(st.integers(0, 5))
    if shape > 2:
        return draw(leaf)
    if shape == 2:
        return Not(draw(leaf))
    return (All if shape else AnyOf)((draw(leaf), draw(leaf)))


def _effects() -> st.SearchStrategy[object]:
    return st.one_of(
        st.builds(Boost, _strengths),
        st.builds(Bury, _strengths),
        st.just(BuryToBottom()),
        st.just(Exclude()),
        st.builds(
            Only,
            st.sampled_from(Fallback),
            st.lists(_numbers.map(item), max_size=3).map(tuple),
        ),
        st.builds(Cap, st.integers(0, 2), st.integers(1, 6), st.sampled_from(["", "genres"])),
        st.builds(Quota, st.integers(1, 3), st.integers(1, 6)),
        st.builds(PinMatch, st.integers(1, 5)),
    )


_scopes = st.sampled_from(
    [
        Scope(),
        Scope(),
        Scope(surface=SURFACE),
        Scope(surface=SURFACE),
        Scope(surface="elsewhere"),
        Scope(segment=SEGMENT),
        Scope(segment=OTHER_SEGMENT),
        Scope(member=MEMBER),
        Scope(member=STRANGER),
    ]
)
_windows = st.sampled_from(
    [
        Window(),
        Window(),
        Window(),
        Window(NOW - DAY, NOW + DAY),
        Window(ends=NOW + DAY),
        Window(ends=NOW),
    ]
)


@st.composite
def _decided(draw: st.DrawFn, number: int) -> dict[str, object]:
    return {
        "lineage": decision_id(number),
        "published_at": NOW - draw(st.integers(1, 3)) * DAY,
        "scope": draw(_scopes),
        "who": draw(st.sampled_from([Audience(), Audience(), Audience(devices=frozenset({"tv"}))])),
        "priority": draw(st.sampled_from([100, 100, 100, 50, 200])),
        "window": draw(_windows),
        "holdback": draw(st.sampled_from([0.0, 0.0, 0.0, 0.5])),
    }


@st.composite
def policies(draw: st.DrawFn, surface: SurfaceSettings) -> Policy:
    """Policies whose few items, slots and genres make their decisions meet."""
    blocks = [
        Block(item=item(draw(_numbers)), safety=draw(st.booleans()), **draw(_decided(number)))
        for number in range(draw(st.sampled_from([2, 1, 0])))
    ]
    pins = [
        Pin(item=item(draw(_numbers)), slot=draw(st.integers(1, 5)), **draw(_decided(100 + number)))
        for number in range(draw(st.sampled_from([4, 2, 3, 0])))
    ]
    rules = [
        Rule(effect=draw(_effects()), what=draw(queries()), **draw(_decided(200 + number)))
        for number in range(draw(st.sampled_from([4, 2, 3, 0])))
    ]
    weights = st.fixed_dictionaries(
        {"a": st.sampled_from([1.0, 0.3]), "b": st.sampled_from([0, 2])}
    )
    blends = [
        Blend(
            weights=draw(weights),
            scales=draw(st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(Scale))),
            beta=draw(st.sampled_from([None, 0.7, 3.0])),
            **draw(_decided(300 + number)),
        )
        for number in range(draw(st.integers(0, 2)))
    ]
    return Policy(surface, 1, 1, tuple(blocks), tuple(pins), tuple(rules), tuple(blends))


@st.composite
def surfaces(draw: st.DrawFn) -> SurfaceSettings:
    """Shallow surfaces, some exploring, some diverse."""
    kind = draw(st.sampled_from([DiversityKind.NONE, *DiversityKind]))
    return SurfaceSettings(
        SURFACE,
        depth=draw(st.integers(1, 8)),
        reserve=draw(st.integers(0, 3)),
        exploring=frozenset(draw(st.sampled_from([(), (), (1,), (2, 3)]))),
        temperature=draw(st.sampled_from([0.5, 1.0, 5.0])),
        repeat=RepeatPolicy(rated=draw(st.booleans())),
        diversity=Diversity(kind, draw(st.sampled_from([0, 300, 800])), "genres"),
    )


@st.composite
def drawn_candidates(draw: st.DrawFn) -> Candidates:
    """Up to nine candidates, many of equal score, some unknown to a scorer or to both."""
    numbers = draw(st.lists(_numbers, min_size=draw(st.sampled_from([6, 0])), unique=True))
    size = len(numbers)

    def column(values: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(values, min_size=size, max_size=size))

    similar = np.zeros((size, size))
    similar[np.triu_indices(size, 1)] = 0.5
    return make_candidates(
        {"a": column(_scores), "b": column(_scores)} if size else {"a": [], "b": []},
        numbers=numbers,
        active=np.array(column(st.sampled_from([True, True, True, False])), np.bool_),
        rated=np.array(column(st.sampled_from([False, False, True])), np.bool_),
        columns={
            "genres": Column.of(Kind.TAGS, column(st.lists(st.sampled_from(GENRES), max_size=2))),
            "year": Column.of(Kind.NUMBER, column(st.sampled_from([None, 1975.0, 1990.0, 2001.0]))),
        },
        nevers=frozenset(draw(st.lists(_numbers.map(item), max_size=1))),
        similarities=Similarities.of(similar + similar.T),
        profile={"War": 0.6, "Drama": 0.4},
    )


@st.composite
def cases(draw: st.DrawFn, **settled: object) -> Case:
    """Whole cases; ``settled`` fixes settings of the surface."""
    surface = replace(draw(surfaces()), **settled)
    context = Context(
        SURFACE,
        NOW,
        subject=draw(st.sampled_from([MEMBER, MEMBER, MEMBER, None])),
        device=draw(st.sampled_from(["", "tv"])),
        segments=frozenset({SEGMENT}),
        versions={"policy": 1},
        models={"a": "a-1", "b": "b-1"},
    )
    return Case(
        draw(drawn_candidates()), draw(policies(surface)), context, draw(st.integers(0, 2**64 - 1))
    )


def without_effects(case: Case, *kinds: type) -> Case:
    """The case without the rules of these effects."""
    kept = (each for each in case.policy.rules if not isinstance(each.effect, kinds))
    return case.with_policy(rules=tuple(kept))


def moved(decision: Decision, **changes: object) -> Decision:
    """A decision with some fields changed."""
    return replace(decision, **changes)
