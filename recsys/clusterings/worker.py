"""Worker side of learned segments: members portrayed, clustered and named; kept segments brought up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _

from curation.models import Segment
from curation.people import memberships
from curation.people.memberships import Cause
from recsys.jobs import stints
from recsys.jobs.stints import Watch
from recsys.ml.data.interactions import Interactions
from recsys.ml.members.clustering import Clusters, Scaling, Unclusterable, cluster, nearest
from recsys.ml.scorer import Embedding
from recsys.models import Clustering
from recsys.profiles import portraits
from recsys.profiles.portraits import Portraits
from recsys.profiles.traits import traits_of

AT_ONCE: Final = 500
MOST_LEARNT_FROM: Final = 20_000
"""More members than these are sampled, by the seed, and all are put into the clusters found."""
LEAST_MEMBERS: Final = 20


class Gone(ValueError):
    """A segment can no longer be brought up to date as it was learned; the message says why."""


def execute(clustering_id: UUID) -> None:
    """Do a clustering from claim to end; returns at once where it is another worker's or over."""
    stints.work(Clustering, clustering_id, _made)


def _made(clustering_id: UUID, watch: Watch) -> dict[str, Any]:
    """The columns of a finished clustering."""
    clustering = Clustering.objects.get(pk=clustering_id)
    watch("snapshot", 0, 1)
    everyone = portraits.eligible()
    if len(everyone) < LEAST_MEMBERS:
        text = _("Only %(n)d members did enough to be clustered; it takes %(least)d.")
        raise Unclusterable(text % {"n": len(everyone), "least": LEAST_MEMBERS})
    told = portraits.feedback_now()
    version = portraits.factor_model()
    embedding = portraits.embedding_of(version)
    learnt = _sample(everyone, clustering.seed)
    portrayed = _portrayed(learnt, embedding, told, watch)
    watch("clusters", 0, 1)
    scaling = Scaling.of((portrayed.behaviour, portrayed.factors))
    found = cluster(scaling.points(portrayed.numbers), clustering.most, clustering.seed)
    return {
        "version": version if embedding else None,
        "model": {"scaling": scaling.as_json(), "centres": found.centres.tolist()},
        "report": _report(portrayed, found, told) | {"members": len(everyone)},
    }


def _sample(everyone: list[UUID], seed: int) -> list[UUID]:
    if len(everyone) <= MOST_LEARNT_FROM:
        return everyone
    chosen = np.random.default_rng(seed).choice(len(everyone), MOST_LEARNT_FROM, replace=False)
    return [everyone[at] for at in np.sort(chosen)]


def _portrayed(
    subjects: Sequence[UUID], embedding: Embedding | None, told: Interactions, watch: Watch
) -> Portraits:
    parts = []
    for start in range(0, len(subjects), AT_ONCE):
        watch("members", start, len(subjects))
        parts.append(portraits.portray(subjects[start : start + AT_ONCE], embedding, told))
    return Portraits(
        subjects=list(subjects),
        behaviour=np.vstack([part.behaviour for part in parts]),
        factors=np.vstack([part.factors for part in parts]),
    )


def _report(portrayed: Portraits, found: Clusters, told: Interactions) -> dict[str, Any]:
    """What is told of the clusters, largest first."""
    likes, tags = portraits.liked_tags(portrayed.subjects, told)
    clusters = []
    for at in range(len(found.centres)):
        inside = found.labels == at
        traits = traits_of(portrayed.behaviour, likes, inside, tags)
        clusters.append({"size": int(inside.sum()), "traits": traits})
    return {
        "clusters": clusters,
        "learnt_from": len(portrayed.subjects),
        "silhouettes": {str(k): round(score, 6) for k, score in found.silhouettes.items()},
    }


# Segments that were kept ------------------------------------------------------------------------------


def settle_learned() -> int:
    """Bring all learned segments in use up to date; answers how many have a new version."""
    rows = Segment.objects.filter(kind=Segment.Kind.LEARNED, archived_at=None)
    by_clustering: dict[str, list[Segment]] = {}
    for segment in rows.order_by("pk"):
        by_clustering.setdefault((segment.learned or {}).get("clustering", ""), []).append(segment)
    return sum(_settle(key, segments) for key, segments in by_clustering.items())


def _settle(clustering_id: str, segments: Sequence[Segment]) -> int:
    """Put members into the segments of one clustering; what stands in the way is told in their states."""
    problem = ""
    try:
        for segment, subjects in zip(segments, members_of(clustering_id, segments), strict=True):
            memberships.keep_only(segment, subjects)
    except Gone as gone:
        problem = str(gone)
    sealed = [memberships.seal(segment, Cause("refreshed"), problem) for segment in segments]
    return sum(version is not None for version in sealed)


def members_of(clustering_id: str, segments: Sequence[Segment]) -> Iterator[list[UUID]]:
    """Who belongs into each of these segments now. Raises Gone."""
    clusters = assign(clustering_id)
    for segment in segments:
        yield clusters.get((segment.learned or {}).get("cluster", -1), [])


def assign(clustering_id: UUID | str) -> Mapping[int, list[UUID]]:
    """The cluster of each member who did enough, by the centres that were learnt. Raises Gone."""
    clustering = Clustering.objects.select_related("version").filter(pk=clustering_id).first()
    if clustering is None or not clustering.model:
        raise Gone(_("What it was learned with is gone. Learn segments again."))
    embedding = portraits.embedding_of(clustering.version)
    if clustering.version is not None and embedding is None:
        text = _("The model %(model)s that it was learned with is gone. Learn segments again.")
        raise Gone(text % {"model": clustering.version})
    scaling = Scaling.of_json(clustering.model["scaling"])
    centres = np.array(clustering.model["centres"], np.float64)
    told = portraits.feedback_now() if embedding else None
    everyone, found = portraits.eligible(), dict[int, list[UUID]]()
    for start in range(0, len(everyone), AT_ONCE):
        part = portraits.portray(everyone[start : start + AT_ONCE], embedding, told)
        labels = nearest(scaling.points(part.numbers), centres)
        for subject, label in zip(part.subjects, labels.tolist(), strict=True):
            found.setdefault(label, []).append(subject)
    return found
