"""Worker side of an appraisal: what a pin or rule brought, whose exposure it gave and took, and what it cost.

- What it brought: members reached against members spared (`arms`, `lifts`), over the slates still kept, of the
  revisions that decide the same for the same members and spare as many: pooling others would compare days rather
  than members.
- Exposure and price: the latest requests replayed with and without it (`recsys.slates.replaying`), so that nothing
  differs but the decision. What it costs in relevance is the sum, over the slots that were served, of what the blend
  alone makes of the items there: without it less with it, in utility.

Everything is counted again from impressions, interactions and slates; nothing is added to an older figure.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from curation import counters
from curation.decisions.lineages import shown, with_state
from curation.fusion.engine import Arrangement
from curation.fusion.fixed import ONE
from curation.models import Decision, Revision, Surface
from curation.policies.loading import in_force
from feedback.reporting.chance import ratio, student
from recsys.appraisals.arms import arms
from recsys.appraisals.lifts import lifts, verdict_of
from recsys.jobs import stints
from recsys.jobs.stints import Watch
from recsys.models import Appraisal
from recsys.simulations.exposure import Exposure
from recsys.slates import catalogue, gathering, logged
from recsys.slates.catalogue import Catalogue
from recsys.slates.logged import Request
from recsys.slates.replaying import Played, Stage, first, replay

REPLAYED: Final = 300
"""So many of the latest requests are replayed."""

_SAME: Final = ("spec", "item_id", "segment_id", "member_id", "holdback", "traffic", "who")


class NotAppraisable(ValueError):
    """There is nothing to measure; the message says what to do."""


def execute(appraisal_id: UUID) -> None:
    """Do an appraisal from claim to end; returns at once where it is another worker's or over."""
    stints.work(Appraisal, appraisal_id, _made)


def _made(appraisal_id: UUID, watch: Watch) -> dict[str, Any]:
    """The columns of a finished appraisal."""
    appraisal = Appraisal.objects.get(pk=appraisal_id)
    decision = with_state(timezone.now()).select_related("surface").get(pk=appraisal.decision_id)
    newest = shown(decision)
    alike = _alike(newest)
    watch("counting", 0, 1)
    since = _since(alike)
    found = arms(decision.pk, [row.number for row in alike], since, simulated=appraisal.simulated)
    told = lifts(found.reached, found.spared)
    sides = {"reached": found.reached, "spared": found.spared}
    report = {
        "revision": newest.number,
        "holdback": newest.holdback,
        "traffic": newest.traffic,
        "exempt": newest.spec.get("effect") == "exclude",
        "since": since.isoformat(),
        "members": {name: len(members) for name, members in sides.items()},
        "slates": {name: sum(m.slates for m in members) for name, members in sides.items()},
        "fired": found.fired,
        "crossed": found.crossed,
        "lifts": [asdict(each) for each in told],
        "verdict": verdict_of(told),
        "price": _price(decision, watch, simulated=appraisal.simulated),
    }
    return {"report": report}


def _alike(newest: Revision) -> list[Revision]:
    """The published revisions that decide what this one decides, and spare as many."""
    rows = newest.decision.revisions.filter(
        ends=False, withdrawal=None, change_set__published_at__isnull=False
    ).select_related("change_set")
    found = [row for row in rows if all(getattr(row, n) == getattr(newest, n) for n in _SAME)]
    if not found:
        raise NotAppraisable(_("It was never published: there is nothing to measure yet."))
    return found


def _since(alike: list[Revision]) -> datetime:
    """From when on is counted: the first publish, or as long as slates are kept."""
    published = [row.change_set.published_at for row in alike if row.change_set.published_at]
    return max(min(published), timezone.now() - timedelta(days=settings.SLATE_RETENTION_DAYS))


def _price(decision: Decision, watch: Watch, *, simulated: bool) -> dict[str, Any] | None:
    """Exposure given and taken, and relevance given up; None where it is not in force."""
    if not in_force(decision):
        return None
    with gathering.snapshot():
        stages, items, statistics = _stages(decision)
        found = logged.latest(stages, REPLAYED, simulated=simulated)
    by_slate: dict[UUID, list[Request]] = defaultdict(list)
    for request in found.requests:
        by_slate[request.slate].append(request)
    price = _Price(items)
    for done, (slate, played) in enumerate(replay(list(by_slate), stages), start=1):
        watch("replaying", done, len(by_slate))
        for request in by_slate[slate]:
            price.add(request, played)
    return {**price.told(statistics), "bare": found.bare}


def _stages(decision: Decision) -> tuple[dict[str, Stage], Catalogue, int]:
    """What to replay with, by surface: its policy now, and without the decision."""
    now = counters.read()
    items = catalogue.at(now["catalogue"])
    without = {decision.pk: Revision(decision=decision, ends=True)}
    here = Surface.objects.filter(pk=decision.surface_id) if decision.surface_id else None
    surfaces = Surface.objects.all() if here is None else here
    stages = {
        each.slug: Stage.of(each, without, items, now["statistics"])
        for each in surfaces.order_by("slug")
    }
    return stages, items, now["statistics"]


@dataclass
class _Price:
    """What is counted of the requests, `given_up` by member over the requests that it changes."""

    items: Catalogue
    requests: int = 0
    changed: int = 0
    given_up: defaultdict[UUID, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.exposure = Exposure.of(self.items)

    def add(self, request: Request, played: Played) -> None:
        """Count one request: as many slots of it as were served."""
        size = max(request.slots, default=0)
        without, with_it = played.drafted, played.present
        before, after = (played.standing(each, size) for each in (without, with_it))
        self.exposure.add(before, after, 1)
        self.requests += 1
        if before.tolist() != after.tolist():
            self.changed += 1
            cost = _relevance(without, size) - _relevance(with_it, size)
            self.given_up[request.subject].append(cost)

    def told(self, statistics: int) -> dict[str, Any]:
        """The figures; relevance per slate that it changes, with Student's interval over members."""
        told = {"requests": self.requests, "changed": self.changed}
        given_up = ratio((sum(each), len(each)) for each in self.given_up.values())
        bounds = student(given_up) if given_up.n > 1 else None
        cost = {
            "mean": given_up.mean if self.changed else None,
            "low": bounds.low if bounds else None,
            "high": bounds.high if bounds else None,
        }
        return {**told, "given_up": cost, **self.exposure.told(statistics)}


def _relevance(arrangement: Arrangement, size: int) -> float:
    """What the blend alone makes of the items in the first slots, in utility."""
    return float(arrangement.relevance[first(arrangement, size)].sum()) / ONE
