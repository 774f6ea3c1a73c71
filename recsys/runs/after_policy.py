"""What members would get of a new version: test cases fused with each surface's present policy.

The same gathering and the same fuse as live slates, for a sample of the test's members as they were when they
turned to the target, on each personal surface that has a policy: once with the new version and once with the live
one. Every other family speaks with what it had learnt before the cut.
"""

from __future__ import annotations

import logging
import math
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
import pyarrow.parquet as pq

from curation.fusion.columns import Column
from curation.fusion.engine import fuse
from curation.models import SegmentMembership, Surface
from curation.queries.members import traits_of
from feedback.learning.history import MemberFeedback, Reacted
from recsys.live.artifacts import newest_first, test_path
from recsys.live.scorers import Live
from recsys.ml import artifact
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.data.tables import read_table
from recsys.ml.evaluation.asking import Case, Judged, cases_after, hits_of, places
from recsys.ml.evaluation.judging import segments_of, tags_of
from recsys.ml.evaluation.reports import Comparison, Report, World
from recsys.ml.scorer import Scorer
from recsys.models import LiveModel, ModelVersion, Run
from recsys.runs import snapshots
from recsys.slates import gathering
from recsys.slates.gathering import Reading
from recsys.slates.places import Place

log = logging.getLogger(__name__)

MOST_CASES: Final = 150
"""Members of the test who are fused for, at most, on each surface."""
PATIENCE_S: Final = 30.0
"""How long all surfaces may take together; the sample ends there."""
TROUBLES: Final = (ValueError, LookupError, OSError, artifact.CorruptArtifact)
NOBODY: Final = UUID(int=0)
Told = dict[str, Any]


@dataclass(frozen=True)
class Cast:
    """The scorers that fuse, with the version of a family in question left open."""

    own: Scorer
    live: Scorer | None
    label: str
    others: Mapping[str, Scorer]
    stand_ins: list[str]
    absent: list[str]


def figures(run: Run, version: ModelVersion, report: Told, check: Callable[[], None]) -> Told:
    """The figures by surface, for the report of a run; what went wrong with them stands there, too.

    `check` is called between members, and may raise to stop the run.
    """
    try:
        return {"surfaces": list(_surfaces(run, version, report["cuts"]["test"], check))}
    except TROUBLES as trouble:
        log.exception("run %s: no figures after the policy", run.id)
        return {"surfaces": [], "trouble": f"{type(trouble).__name__}: {trouble}"}


def _surfaces(
    run: Run, version: ModelVersion, cut: float, check: Callable[[], None]
) -> Iterator[Told]:
    interactions = read_table(pq.read_table(snapshots.interactions_path(run)))
    table = pq.read_table(snapshots.catalogue_path(run))
    catalogue = Vocabulary.of(map(uuid.UUID, table["item_id"].to_pylist()))
    world = World.of(interactions.before(cut), catalogue, tags_of(table), _segment_names(run))
    asked = _asked(interactions, cut)
    cast = _cast(run, version, cut)
    personal = Surface.objects.exclude(kind=Surface.Kind.SIMILAR).order_by("slug")
    surfaces = personal.exclude(policy_version=0, blocks_version=0)  # nothing was ever decided
    deadline = time.monotonic() + PATIENCE_S
    for surface in surfaces:
        fusing = _Fusing(surface, cast, run.family)
        sample = asked[:: max(1, -(-len(asked) // MOST_CASES))]
        cases, lists = [], []
        for case in sample:
            check()
            if time.monotonic() > deadline:
                break
            cases.append(case)
            lists.append(fusing.lists(case))
        if cases:
            told = _told(cases, lists, catalogue, world, cast)
            yield {**fusing.facts(), **told, "n": len(cases), "of": len(asked)}


def _told(
    cases: list[Case],
    lists: Sequence[tuple[list[UUID], list[UUID] | None]],
    catalogue: Vocabulary,
    world: World,
    cast: Cast,
) -> Told:
    own = _judged(cases, [each for each, _ in lists], catalogue)
    told = {
        "own": Report.of(own, world).as_json(),
        "stand_ins": cast.stand_ins,
        "absent": cast.absent,
    }
    theirs = [each for _, each in lists if each is not None]
    if len(theirs) < len(cases):
        return told
    other = _judged(cases, theirs, catalogue)
    return {
        **told,
        "label": cast.label,
        "report": Report.of(other, world).as_json(),
        "difference": Comparison.of(own, other, world).as_json(),
    }


class _Fusing:
    """Fusing a surface for members as they were, with the policy that holds now."""

    def __init__(self, surface: Surface, cast: Cast, family: str) -> None:
        place = Place(surface.slug)
        with gathering.snapshot():
            self.base = gathering.read(place, gathering.look(place))
        self.cast, self.family = cast, family
        self.traits: dict[UUID, Mapping[str, Column]] = {}
        self.segments: dict[UUID, set[UUID]] = {}
        for subject, segment in SegmentMembership.objects.values_list("subject", "segment_id"):
            self.segments.setdefault(subject, set()).add(segment)

    def facts(self) -> Told:
        """Which policy it was."""
        return {"surface": self.base.surface.slug, "policy": self.base.policy.version}

    def lists(self, case: Case) -> tuple[list[UUID], list[UUID] | None]:
        """The items of the slate with the new version, and with the live one if it is to be had."""
        live = None if self.cast.live is None else self._list(case, self.cast.live)
        return self._list(case, self.cast.own), live

    def _list(self, case: Case, scorer: Scorer) -> list[UUID]:
        inputs = gathering.gather(self._reading(case, scorer))
        slate = fuse(inputs.candidates, inputs.policy, inputs.context, inputs.seed)
        return [placement.item for placement in slate.placements]

    def _reading(self, case: Case, scorer: Scorer) -> Reading:
        """What would have been read for the member before they turned to the target."""
        subject = UUID(str(case.member))
        scorers = {**self.cast.others, self.family: scorer}
        return replace(
            self.base,
            check=replace(self.base.check, subject=subject),
            live=Live(dict.fromkeys(scorers, NOBODY), scorers),
            feedback=_feedback(case.history),
            segments=frozenset(self.segments.get(subject, ())),
            attributes=self._traits(subject),
        )

    def _traits(self, subject: UUID) -> Mapping[str, Column]:
        """What the policy asks of a member, as they are now."""
        if subject not in self.traits:
            told = traits_of([subject], self.base.policy.member_fields)
            self.traits[subject] = told.get(subject, {})
        return self.traits[subject]


def _feedback(history: History) -> MemberFeedback:
    """A history as a member's feedback: everything in it counts as seen."""
    items = [UUID(str(item)) for item in history.items]
    stars = (None if math.isnan(each) else each for each in history.stars.tolist())
    told = zip(items, history.values.tolist(), history.times.tolist(), stars, strict=True)
    reacted = (
        Reacted(item, reward, datetime.fromtimestamp(at, UTC), given)
        for item, reward, at, given in told
    )
    seen = frozenset(items)
    return MemberFeedback(history=tuple(reacted), rated=seen, interacted=seen)


def _cast(run: Run, version: ModelVersion, cut: float) -> Cast:
    own, others, stand_ins, absent = artifact.load(test_path(version)), {}, [], []
    live, label = None, ""
    for row in LiveModel.objects.select_related("version").order_by("family"):
        found = artifact.newest_before(newest_first(row.version), cut)
        scorer = artifact.load(found[0]) if found else None
        if row.family == run.family:
            live, label = scorer, str(row.version)
        elif scorer is None:
            absent.append(str(row.version))
        else:
            others[row.family] = scorer
            stand_ins.append(str(row.version))
    return Cast(own, live, label, others, stand_ins, absent)


def _asked(interactions: Interactions, cut: float) -> list[Case]:
    return [case for case in cases_after(interactions, cut) if len(case.history)]


def _segment_names(run: Run) -> Mapping[Any, Sequence[str]]:
    name = snapshots.members_file(run)
    return segments_of(pq.read_table(name)) if name else {}


def _judged(cases: list[Case], lists: Sequence[list[UUID]], catalogue: Vocabulary) -> Judged:
    found = places(lists, catalogue)
    return Judged(cases, catalogue, found, np.asarray(hits_of(found, cases, catalogue)))
