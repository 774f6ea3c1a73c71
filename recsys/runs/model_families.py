"""The models page: family by family, what serves and how every version stands against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.models import Surface
from recsys.jobs import leases
from recsys.ml.families.registry import FAMILIES
from recsys.models import Heartbeat, LiveModel, ModelVersion
from recsys.runs import charts as run_charts
from recsys.runs import promotion, scorecards
from recsys.runs.scorecards import Figure
from recsys.runs.version_cards import AfterPolicy, VersionCard
from recsys.screens.plots import Chart

SHOWN: Final = 10
"""Versions of each family; older ones stand in the list of runs."""
READ: Final = 400
MOST_DRAWN: Final = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One version: its score on the test beside the version that was live then, and what came after policies."""

    version: ModelVersion
    is_live: bool
    score: Figure | None
    beside: str
    after: Sequence[AfterPolicy]


@dataclass(frozen=True, slots=True)
class FamilyCard:
    """One family: the pointer of what serves, where a roll back goes, its newest versions."""

    name: str
    live: LiveModel | None
    before: ModelVersion | None
    rows: Sequence[Row]
    older: int

    @property
    def title(self) -> str:
        """The family as people call it."""
        known = FAMILIES.get(self.name)
        return _(known.title) if known else self.name

    @property
    def chart(self) -> Chart | None:
        """The versions that answered the same questions as the live one, against it."""
        if self.live is None:
            return None
        other = str(self.live.version_id)
        told = [
            (row, row.score)
            for row in self.rows
            if row.version.report.get("beside", {}).get("version") == other
            and row.score
            and row.score.change
        ][:MOST_DRAWN]
        if not told:
            return None
        newest, figure = told[0]
        finding = f"{newest.version}: {run_charts.finding_of(figure, str(self.live.version))}"
        measure = _("NDCG@10 minus that of %(live)s, on the same members, with the 95 %% interval.")
        return run_charts.intervals(
            f"family-{self.name}",
            finding,
            measure % {"live": self.live.version},
            [run_charts.span_of(score, str(row.version)) for row, score in told],
        )


@dataclass(frozen=True, slots=True)
class Touched:
    """What a promotion reaches: surfaces that are fused again, workers that load the version before it serves."""

    surfaces: int
    workers: int


def all_families() -> list[FamilyCard]:
    """Every family that has a version, in the order of the launch form; a fixed number of queries."""
    versions = ModelVersion.objects.select_related("run").order_by("family", "-number")[:READ]
    live = _live()
    before = promotion.versions_before(live.values())
    grouped = {name: list(rows) for name, rows in groupby(versions, lambda each: each.family)}
    order = [*(name for name in FAMILIES if name in grouped), *sorted(set(grouped) - set(FAMILIES))]
    return [_family(name, grouped[name], live.get(name), before.get(name)) for name in order]


def touched() -> Touched:
    """What a promotion would reach now; two queries."""
    alive = Heartbeat.objects.filter(role="realtime", beat_at__gt=Now() - leases.LIVES)
    return Touched(Surface.objects.count(), alive.count())


def _family(
    name: str, versions: list[ModelVersion], live: LiveModel | None, before: ModelVersion | None
) -> FamilyCard:
    rows = [_row(each, live) for each in versions[:SHOWN]]
    return FamilyCard(name, live, before, rows, max(0, len(versions) - SHOWN))


def _row(version: ModelVersion, live: LiveModel | None) -> Row:
    score, beside = scorecards.score_of(version.report)
    is_live = live is not None and live.version_id == version.pk
    after = VersionCard(version, None, is_live).after_policy
    return Row(version, is_live, score, beside, after)


def _live() -> dict[str, LiveModel]:
    rows: QuerySet[LiveModel] = LiveModel.objects.select_related("version", "promoted_by")
    return {each.family: each for each in rows.order_by("family")}
