"""Worker side of a sweep: the question of a proposal, put to a whole grid of blends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from recsys.jobs import stints
from recsys.jobs.stints import Watch
from recsys.ml.blends.choosing import Blend
from recsys.ml.blends.grid import sweep
from recsys.ml.data.interactions import Vocabulary
from recsys.ml.evaluation.reports import World
from recsys.models import BlendSweep
from recsys.proposals import proposing
from recsys.runs import snapshots
from recsys.slates.present import blend_of


class NotSweepable(ValueError):
    """There is nothing to weigh; the message says what to do."""


def execute(sweep_id: UUID) -> None:
    """Do a sweep from claim to end; returns at once where it is another worker's or over."""
    stints.work(BlendSweep, sweep_id, _made)


def _made(sweep_id: UUID, watch: Watch) -> dict[str, Any]:
    """The columns of a finished sweep."""
    row = BlendSweep.objects.select_related("surface").get(pk=sweep_id)
    watch("snapshot", 0, 1)
    interactions = proposing.feedback_of(row)
    items = snapshots.tagged_items()
    catalogue = Vocabulary.of(items)
    asked = proposing.question(row.surface, interactions, catalogue)
    if len(asked.scorers) < 2:
        raise NotSweepable(
            _(
                "Only one scorer can be asked (%(name)s), and one alone is no blend. Train and promote another family."
            )
            % {"name": next(iter(asked.scorers))}
        )
    now = blend_of(row.surface, asked.scorers)
    swept = sweep(
        {family: scorer.score for family, scorer in asked.scorers.items()},
        asked.cases,
        catalogue,
        Blend(now["weights"], now["scales"], now["beta"]),
        World.of(interactions.before(asked.cut), catalogue, list(items.values())),
        watch,
    )
    return {
        "versions": {family: str(version.id) for family, version in asked.versions.items()},
        "present": now,
        "report": {
            **swept.as_json(),
            "cut": asked.cut,
            "until": None if asked.until == proposing.FOREVER else asked.until,
            "items": len(catalogue),
            "labels": {family: str(version) for family, version in asked.versions.items()},
            "left_out": asked.left_out,
        },
    }
