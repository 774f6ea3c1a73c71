"""The demo's first blend: chosen on validation among the live models' predecessors, then published by a curator."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

import pyarrow.parquet as pq
from django.db import transaction
from django.utils.translation import gettext_noop

from curation import actions
from curation.models import Decision, Surface, User
from recsys.live.artifacts import validation_path
from recsys.ml import artifact
from recsys.ml.blends.choosing import Choice, choose
from recsys.ml.data.interactions import Vocabulary
from recsys.ml.data.tables import read_table
from recsys.ml.evaluation.asking import LAST, cases_after
from recsys.ml.splits.temporal import temporal_cuts
from recsys.models import LiveModel, ModelVersion
from recsys.runs import snapshots

HOME: Final = "home"
SIMILAR: Final = "similar"
PERSONAL: Final = ("item_knn", "ease", "dot")


def is_wanted() -> bool:
    """Whether nobody has decided on a blend yet."""
    return not Decision.objects.filter(kind=Decision.Kind.BLEND).exists()


def choose_first() -> Choice:
    """Choose scales, weights and β on validation, with the models that were fitted before its cut."""
    live = LiveModel.objects.select_related("version__run").order_by("family")
    versions: Mapping[str, ModelVersion] = {each.family: each.version for each in live}
    run = max((version.run for version in versions.values()), key=lambda run: run.id)
    interactions = read_table(pq.read_table(snapshots.interactions_path(run)))
    ids = pq.read_table(snapshots.catalogue_path(run))["item_id"].to_pylist()
    cuts = temporal_cuts(interactions)
    cases = cases_after(interactions, cuts.validation, cuts.test, LAST)
    scorers = {
        family: artifact.load(validation_path(version)).score
        for family, version in versions.items()
    }
    return choose(scorers, cases, Vocabulary.of(map(uuid.UUID, ids)))


@transaction.atomic
def publish(choice: Choice, curator: User) -> None:
    """Publish the choice on the home surface, and without popularity on the surface of similar items: both or none."""
    blend = choice.blend
    similar = {name: blend.weights.get(name, 0.0) for name in PERSONAL}
    if not sum(similar.values()):
        similar = dict.fromkeys(PERSONAL, 1.0)
    _publish(curator, HOME, blend.weights, choice, reason(choice))
    _publish(
        curator,
        SIMILAR,
        {"popularity": 0.0, **similar},
        choice,
        gettext_noop(
            "The blend of the home surface without popularity, which is alike for every item"
        ),
    )


def reason(choice: Choice) -> str:
    """Why this blend, with its figures."""
    alone = ", ".join(
        f"{family} {report.members.ndcg:.4f}" for family, report in sorted(choice.alone.items())
    )
    figures = choice.report.members
    why = gettext_noop("Chosen on validation by NDCG@10, together and each scorer alone: ")
    return f"{why}{figures.ndcg:.4f} ± {figures.ndcg_se:.4f} (n = {figures.n}); {alone}"


def _publish(
    curator: User, slug: str, weights: Mapping[str, float], choice: Choice, why: str
) -> None:
    draft = actions.set_blend(
        actor=curator,
        surface=Surface.objects.get(pk=slug),
        weights=weights,
        scales=choice.blend.scales,
        beta=choice.blend.beta,
        terms=actions.Terms(reason=why),
    )
    actions.publish_decision(actor=curator, draft=draft)
