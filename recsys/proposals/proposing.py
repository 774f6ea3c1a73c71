"""Worker side of a blend proposal: today's feedback, models that learnt nothing of it, and a fit between them."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pyarrow.parquet as pq
from django.conf import settings
from django.utils.translation import gettext as _

from curation.models import Item, Surface
from feedback.learning import export
from recsys.jobs import stints
from recsys.jobs.stints import Watch
from recsys.live.artifacts import newest_first
from recsys.ml import artifact
from recsys.ml.blends.choosing import Blend
from recsys.ml.blends.proposing import from_last_item, propose
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.data.tables import read_table
from recsys.ml.evaluation.asking import Case, cases_after
from recsys.ml.scorer import Scorer
from recsys.ml.splits.temporal import temporal_cuts
from recsys.models import BlendProposal, Job, LiveModel, ModelVersion
from recsys.slates.present import blend_of

LEAST_CASES: Final = 20
FOREVER: Final = math.inf


class NotProposable(ValueError):
    """There is nothing to fit a blend on; the message says what to do."""


@dataclass(frozen=True)
class Question:
    """What the scorers are asked: the cases between two instants, and who may answer.

    `left_out` are live families of which nothing is left that had not seen the answers.
    """

    cut: float
    until: float
    cases: list[Case]
    scorers: Mapping[str, Scorer]
    versions: Mapping[str, ModelVersion]
    left_out: list[str]


def execute(proposal_id: UUID) -> None:
    """Do a proposal from claim to end; returns at once where it is another worker's or over."""
    stints.work(BlendProposal, proposal_id, _made)


def _made(proposal_id: UUID, watch: Watch) -> dict[str, Any]:
    """The columns of a finished proposal."""
    proposal = BlendProposal.objects.select_related("surface").get(pk=proposal_id)
    watch("snapshot", 0, 1)
    interactions = feedback_of(proposal)
    catalogue = Vocabulary.of(
        Item.objects.filter(active=True).order_by("id").values_list("id", flat=True)
    )
    asked = question(proposal.surface, interactions, catalogue)
    now = blend_of(proposal.surface, asked.scorers)
    blend = Blend(now["weights"], now["scales"], now["beta"])
    scores = {family: scorer.score for family, scorer in asked.scorers.items()}
    found = propose(scores, asked.cases, catalogue, blend, watch)
    told = found.as_json()
    return {
        "versions": {family: str(version.id) for family, version in asked.versions.items()},
        "present": now,
        "blend": told.pop("blend"),
        "report": {
            **told,
            "cut": asked.cut,
            "until": None if asked.until == FOREVER else asked.until,
            "labels": {family: str(version) for family, version in asked.versions.items()},
            "left_out": asked.left_out,
        },
    }


def question(surface: Surface, interactions: Interactions, catalogue: Vocabulary) -> Question:
    """The cases after the earliest instant of which every live model has an artifact that knows nothing.

    They end at the test cut, so that what scorecards are told by stays unused, unless too few lie before it.
    Raises NotProposable.
    """
    live = {
        each.family: each.version
        for each in LiveModel.objects.select_related("version").order_by("family")
    }
    ends = {family: _earliest(version) for family, version in live.items()}
    known = {family: end for family, end in ends.items() if end is not None}
    if len(known) < 1:
        raise NotProposable(_("No live model says what it learnt. Train and promote one first."))
    try:
        cuts = temporal_cuts(interactions)
    except ValueError as error:
        raise NotProposable(str(error)) from error
    cut = max(cuts.validation, math.nextafter(max(known.values()), FOREVER))
    scorers = {family: _scorer(live[family], cut) for family in known}
    until, cases = _cases(surface, interactions, catalogue, cut, cuts.test)
    versions = {family: live[family] for family in known}
    return Question(cut, until, cases, scorers, versions, sorted(live.keys() - known.keys()))


def feedback_of(job: Job) -> Interactions:
    """Today's feedback, for a job that reads it; its file is gone as soon as it is read."""
    folder = Path(settings.VAR_DIR) / "proposals" / str(job.pk)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        export.snapshot(folder / "interactions.parquet")
        return read_table(pq.read_table(folder / "interactions.parquet"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _earliest(version: ModelVersion) -> float | None:
    """Until when the least learned artifact of a version learnt; None where none says so."""
    ends = []
    for folder in newest_first(version):
        try:
            ends.append(artifact.manifest(folder).get("facts", {}).get("learnt_until"))
        except artifact.CorruptArtifact:
            continue
    return min((end for end in ends if end is not None), default=None)


def _scorer(version: ModelVersion, cut: float) -> Scorer:
    found = artifact.newest_before(newest_first(version), cut)
    if found is None:
        raise NotProposable(
            _("The artifacts of %(version)s are damaged. Train the family again.")
            % {"version": version}
        )
    return artifact.load(found[0])


def _cases(
    surface: Surface, interactions: Interactions, catalogue: Vocabulary, cut: float, test: float
) -> tuple[float, list[Case]]:
    for until in (test, FOREVER):
        cases = cases_after(interactions, cut, until) if until > cut else []
        if surface.kind == Surface.Kind.SIMILAR:
            cases = from_last_item(cases)
        told = [each for each in cases if len(each.history) and each.targets[-1] in catalogue]
        if len(told) >= LEAST_CASES:
            return until, told
    raise NotProposable(
        _(
            "Only %(n)d members with a history have turned to an item since the models learnt; "
            "%(least)d are needed. Collect more feedback first."
        )
        % {"n": len(told), "least": LEAST_CASES}
    )
