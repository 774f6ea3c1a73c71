"""Worker side of a simulation: logged requests replayed with drafts, or what is proposed, and what that changes.

Each slate's stored inputs are arranged as things stand and as drafted. Models, members and their histories are those
of the request, so nothing differs but the decisions.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from curation import counters
from curation.models import Revision, Surface
from curation.policies import approvals
from curation.policies.loading import drafts_of, touches
from recsys.jobs import stints
from recsys.jobs.stints import Watch
from recsys.models import Simulation
from recsys.proposed import drafts as proposal_drafts
from recsys.simulations.expected import Expected
from recsys.simulations.exposure import Exposure
from recsys.slates import catalogue, gathering, logged
from recsys.slates.catalogue import Catalogue
from recsys.slates.logged import Request
from recsys.slates.replaying import Played, Stage, replay


class NotSimulable(ValueError):
    """There is nothing to replay; the message says what to do."""


def execute(simulation_id: UUID) -> None:
    """Do a simulation from claim to end; returns at once where it is another worker's or over."""
    stints.work(Simulation, simulation_id, _made)


Steps = Callable[[str, int, int], None]
"""Is told a stage, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What drafts would change: the report, the version of each surface that they touch, and requests by surface.

    `slates` tells by slug how many requests were replayed and how many of them changed.
    """

    report: dict[str, Any]
    versions: dict[str, list[int]]
    slates: dict[str, list[int]]


def replayed(
    drafts: Mapping[UUID, Revision], *, asked: int, simulated: bool, watch: Steps
) -> Replayed:
    """Replay the latest requests with drafts, which need not be saved. Raises NotSimulable.

    `asked` is how many at most, `simulated` whether those of simulated members count too.
    """
    began = time.monotonic()
    watch("requests", 0, 1)
    with gathering.snapshot():
        stages, items, statistics = _stages(drafts)
        found = logged.latest(stages, asked, simulated=simulated)
    if not found.requests:
        raise NotSimulable(_nothing(found.bare))
    tally = _Tally(items)
    by_slate: dict[UUID, list[Request]] = defaultdict(list)
    for request in found.requests:
        by_slate[request.slate].append(request)
    for done, (slate, played) in enumerate(replay(list(by_slate), stages), start=1):
        watch("replaying", done, len(by_slate))
        for request in by_slate[slate]:
            tally.add(request, played)
    if not tally.requests:
        raise NotSimulable(_("What was stored of these slates is damaged: none can be replayed."))
    seconds = round(time.monotonic() - began, 3)
    return Replayed(
        {**tally.told(statistics), "bare": found.bare, "seconds": seconds},
        {slug: _stamp(stage.surface) for slug, stage in stages.items()},
        {slug: [n, tally.changed[slug]] for slug, n in tally.requests.items()},
    )


def _made(simulation_id: UUID, watch: Watch) -> dict[str, Any]:
    """The columns of a finished simulation."""
    named = ("change_set", *(f"proposal__{each}" for each in ("surface", "segment", "decision")))
    simulation = Simulation.objects.select_related(*named).get(pk=simulation_id)
    drafts, home = _drafts(simulation), simulation.change_set
    told = replayed(drafts, asked=simulation.asked, simulated=simulation.simulated, watch=watch)
    names = sorted(str(row.pk) for row in drafts.values() if home)
    # Members whom a script plays do not tell whether a second person is needed.
    if home and (settings.DEMO or not simulation.simulated):
        approvals.note_simulation(
            home,
            asked=simulation.asked,
            drafts=names,
            versions=told.versions,
            slates=told.slates,
        )
    return {"drafts": names, "versions": told.versions, "report": told.report}


def _drafts(simulation: Simulation) -> dict[UUID, Revision]:
    """What is replayed: the drafts of the change set, or what the proposal would be."""
    if simulation.change_set:
        return drafts_of(simulation.change_set)
    assert simulation.proposal is not None  # noqa: S101 - the database holds it
    return proposal_drafts.supposed(simulation.proposal)


def _stages(drafts: Mapping[UUID, Revision]) -> tuple[dict[str, Stage], Catalogue, int]:
    """What to replay with, by surface: those that a draft touches."""
    if not drafts:
        raise NotSimulable(_("There is no draft in this change set any more."))
    now = counters.read()
    items = catalogue.at(now["catalogue"])
    stages = {}
    for surface in Surface.objects.order_by("slug"):
        here = {key: row for key, row in drafts.items() if touches(row, surface)}
        if here:
            stages[surface.slug] = Stage.of(surface, here, items, now["statistics"])
    return stages, items, now["statistics"]


def _stamp(surface: Surface) -> list[int]:
    return [surface.policy_version, surface.blocks_version]


def _nothing(bare: int) -> str:
    if bare:
        return _(
            "No slate of these surfaces keeps what it takes to replay it. Raise the surfaces' replay share, and "
            "come back when members have been there."
        )
    return _(
        "Nobody has asked for these surfaces within the retention of slates. Come back when members "
        "have been there, or count simulated members."
    )


@dataclass
class _Tally:
    """What is counted of the requests."""

    items: Catalogue
    requests: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    partial: int = 0
    slates: set[UUID] = field(default_factory=set)
    expected: Expected = field(default_factory=Expected)

    def __post_init__(self) -> None:
        self.exposure = Exposure.of(self.items)

    def add(self, request: Request, played: Played) -> None:
        """Count one request: as many slots of it as were served."""
        size = max(request.slots, default=0)
        before, after = (played.standing(each, size) for each in (played.present, played.drafted))
        self.exposure.add(before, after, 1)
        self.requests[request.surface] += 1
        self.changed[request.surface] += before.tolist() != after.tolist()
        self.partial += not played.is_whole
        self.slates.add(request.slate)
        if request.shown:
            self.expected.add(request, played)

    def told(self, statistics: int) -> dict[str, Any]:
        """The report."""
        return {
            "requests": self.requests.total(),
            "slates": len(self.slates),
            "changed": self.changed.total(),
            "partial": self.partial,
            "surfaces": [
                {"surface": slug, "requests": n, "changed": self.changed[slug]}
                for slug, n in sorted(self.requests.items())
            ],
            **self.exposure.told(statistics),
            "effect": self.expected.told(),
        }
