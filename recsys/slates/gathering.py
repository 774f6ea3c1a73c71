"""Step 0, outside the engine: everything that a fuse asks, read in one snapshot, and the candidates chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from curation.decisions.recurrence import clock
from curation.fusion.candidates import Candidates, Similarities, statistics_of
from curation.fusion.columns import Column
from curation.fusion.context import Context
from curation.fusion.fixed import Floats, Rows
from curation.fusion.policy import DiversityKind, Policy
from curation.fusion.seeds import seed_of
from curation.models import ChangeSet, Surface
from curation.people import members
from curation.policies import loading as policies
from curation.queries.members import ROLLED_UP, reads_the_row, traits_of
from feedback.learning.history import MemberFeedback, Reacted, states_of
from feedback.rewards import tables as rewards
from recsys.live import scorers as live
from recsys.live.scorers import Live
from recsys.ml.data.interactions import History
from recsys.slates import catalogue, checks
from recsys.slates.catalogue import STATISTICS, Catalogue
from recsys.slates.checks import Check
from recsys.slates.choosing import Whole, choose
from recsys.slates.places import Place

Scores = Mapping[str, Floats]
"""Scorer to its scores of the whole catalogue."""
ALIKE: Final = 200
"""How many of the best candidates the diversity knob compares with each other."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What one snapshot says of a place."""

    place: Place
    surface: Surface
    check: Check
    instant: datetime
    policy: Policy
    live: Live
    catalogue: Catalogue
    feedback: MemberFeedback
    segments: frozenset[UUID]
    attributes: Mapping[str, Column] = field(default_factory=dict)

    @property
    def anchor(self) -> UUID | None:
        """The item that a similar-items surface starts from."""
        return UUID(self.place.anchor) if self.place.anchor else None

    @property
    def reads_statistics(self) -> bool:
        """Whether a decision of the policy reads what the roll-up writes, of items or of members."""
        of_items = any(name.startswith(STATISTICS) for name in self.policy.fields)
        return of_items or not ROLLED_UP.isdisjoint(self.policy.member_fields)

    @property
    def reads_profile(self) -> bool:
        """Whether a decision of the policy asks what stands in a member's own row."""
        return reads_the_row(self.policy.member_fields)


@dataclass(frozen=True, eq=False)
class Gathered:
    """The inputs of a fuse."""

    candidates: Candidates
    policy: Policy
    context: Context
    seed: int


@contextmanager
def snapshot() -> Iterator[None]:
    """One unchanging view of the database; inside a caller's transaction it is the caller's view."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def look(place: Place) -> Check:
    """The versions of a place, before anything else is read. Raises Surface.DoesNotExist."""
    check = checks.check(place, None)
    if check is None:
        raise Surface.DoesNotExist(place.surface)
    return check


def look_at(places: Sequence[Place]) -> list[Check]:
    """What `look` says of places of one surface, in their order: one statement."""
    found = checks.check_many(places)
    if not found:
        raise Surface.DoesNotExist(places[0].surface)
    return found


def read(
    place: Place,
    check: Check,
    at: datetime | None = None,
    change_set: ChangeSet | None = None,
) -> Reading:
    """Read what fusing for a place asks, as of an instant (None: now), with drafts if given."""
    return read_many([place], [check], at, change_set)[0]


def read_many(
    places: Sequence[Place],
    found: Sequence[Check],
    at: datetime | None = None,
    change_set: ChangeSet | None = None,
) -> list[Reading]:
    """What `read` says of places of one surface, by their checks of one snapshot: as many statements as of one."""
    check = found[0]
    surface = Surface.objects.get(pk=places[0].surface)
    instant = at or datetime.fromtimestamp(check.instant, UTC)
    policy = _policy(surface, check, instant, change_set)
    items = catalogue.at(check.versions["catalogue"])
    items.columns(policy.fields, check.versions["statistics"])
    subjects = {each.subject for each in found if each.subject}
    states = _feedback(subjects, check, instant, policy)
    segments = members.segments_of_many(subjects)
    told = traits_of(subjects, policy.member_fields)
    scorers = live.models(check.versions["models"])
    return [
        Reading(
            place=place,
            surface=surface,
            check=each,
            instant=instant,
            policy=policy,
            live=scorers,
            catalogue=items,
            feedback=states[each.subject] if each.subject else MemberFeedback(),
            segments=segments[each.subject] if each.subject else frozenset(),
            attributes=told.get(each.subject, {}) if each.subject else {},
        )
        for place, each in zip(places, found, strict=True)
    ]


def under(readings: Sequence[Reading], policy: Policy) -> list[Reading]:
    """Readings of one surface with another policy in the place of theirs, and what that asks of their members."""
    subjects = {each.check.subject for each in readings if each.check.subject}
    told = traits_of(subjects, policy.member_fields)
    return [
        replace(each, policy=policy, attributes=told.get(each.check.subject or UUID(int=0), {}))
        for each in readings
    ]


def _feedback(
    subjects: Collection[UUID], check: Check, instant: datetime, policy: Policy
) -> dict[UUID, MemberFeedback]:
    repeat = policy.surface.repeat
    worth = rewards.as_of(check.versions.get("rewards", 0))
    days = repeat.days if repeat.shown else 0
    return states_of(subjects, at=instant, shown_days=days, worth=worth)


def gather(reading: Reading, scores: Scores | None = None) -> Gathered:
    """Score the whole catalogue, unless that was done before, and choose the candidates."""
    context = _context(reading)
    whole = _whole(reading, scores_of(reading) if scores is None else scores)
    rows = choose(whole, reading.policy, context)
    anchor = reading.anchor
    if anchor is not None:
        rows = rows[rows != whole.index.get(anchor.bytes, -1)]
    return Gathered(
        candidates=_candidates(reading, whole, rows),
        policy=reading.policy,
        context=context,
        seed=seed_of(context.surface, context.subject, context.instant),
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """A policy as it was loaded, what it depends on besides the clock, and since when it holds."""

    basis: tuple[object, ...]
    since: datetime
    policy: Policy

    def holds(self, basis: tuple[object, ...], instant: datetime) -> bool:
        until = self.policy.valid_until
        return self.basis == basis and self.since <= instant and (until is None or instant < until)


_policies: dict[str, _Kept] = {}


def _policy(
    surface: Surface, check: Check, instant: datetime, change_set: ChangeSet | None
) -> Policy:
    """The policy, kept until the surface, its versions or the schema change, or a decision starts or ends."""
    if change_set is not None:
        return policies.load_policy(surface, instant, change_set)
    settings = (getattr(surface, each.attname) for each in Surface._meta.concrete_fields)
    basis = (*settings, check.versions["catalogue"])
    kept = _policies.get(surface.slug)
    if kept is None or not kept.holds(basis, instant):
        policy = policies.load_policy(surface, instant)
        kept = _policies[surface.slug] = _Kept(basis, instant, policy)
    return kept.policy


def _context(reading: Reading) -> Context:
    place, instant = reading.place, reading.instant
    return Context(
        surface=place.surface,
        instant=instant,
        subject=reading.check.subject,
        device=place.device,
        language=place.language,
        anchor=reading.anchor,
        segments=reading.segments,
        attributes=reading.attributes,
        clocks={zone: clock(zone, instant) for zone in reading.policy.zones},
        versions=reading.check.versions,
        models={family: str(version) for family, version in reading.live.versions.items()},
    )


def _whole(reading: Reading, scores: Scores) -> Whole:
    items, said = reading.catalogue, reading.feedback
    return Whole(
        ids=items.ids,
        scores=scores,
        statistics={scorer: statistics_of(each) for scorer, each in scores.items()},
        active=items.active,
        columns=items.columns(reading.policy.fields, reading.check.versions["statistics"]),
        rated=items.mask(said.rated),
        interacted=items.mask(said.interacted),
        shown=items.counts(said.shown),
        nevers=said.never,
        places=items.index,
    )


def scores_of(reading: Reading) -> dict[str, Floats]:
    """Raw scores of the whole catalogue by scorer, whatever the policy; a damaged one knows nothing."""
    items = reading.catalogue
    history = history_of(reading.feedback.history, reading.anchor, reading.instant)
    return {
        family: np.full(len(items), np.nan)
        if scorer is None
        else scorer.score([history], items.items)[0].astype(np.float64)
        for family, scorer in reading.live.scorers.items()
    }


def history_of(said: Iterable[Reacted], anchor: UUID | None, instant: datetime) -> History:
    """What scorers fold in: what a member did; on a similar-items surface the anchor, liked now.

    Every scorer then answers what goes with that one item, in the numbers that the blend is used to.
    """
    if anchor is not None:
        return History.of([(anchor, 1.0, instant.timestamp())], instant.timestamp())
    told = ((each.item_id, each.reward, each.occurred_at.timestamp(), each.stars) for each in said)
    return History.of(told, instant.timestamp())


def _candidates(reading: Reading, whole: Whole, ranked: Rows) -> Candidates:
    """The candidates in the catalogue's order, which is by id, as fuse wants them."""
    rows = np.sort(ranked)
    part = {
        name: getattr(whole, name) for name in ("ids", "active", "rated", "interacted", "shown")
    }
    return Candidates(
        **{name: array[rows] for name, array in part.items()},
        scores={scorer: scores[rows] for scorer, scores in whole.scores.items()},
        statistics=whole.statistics,
        columns={name: column.take(rows) for name, column in whole.columns.items()},
        nevers=whole.nevers,
        similarities=_similarities(reading, ranked),
    )


def _similarities(reading: Reading, ranked: Rows) -> Similarities | None:
    """How alike the best candidates are, where the surface asks; in the catalogue's order, too."""
    if reading.policy.surface.diversity.kind is not DiversityKind.MMR:
        return None
    return reading.catalogue.likeness(ranked, ALIKE).take(np.argsort(ranked))
