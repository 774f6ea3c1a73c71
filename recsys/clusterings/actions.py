"""What people decide about learned segments; pages call only these."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from curation import actions
from curation.models import Segment, User
from curation.outbox import announce
from curation.people.access import require
from recsys.jobs import leases
from recsys.models import Clustering
from recsys.runs.promotion import NotPossible

__all__ = ["NotPossible", "cancel_clustering", "keep_cluster", "request_clustering"]

MOST: range = range(2, 13)


def request_clustering(*, actor: User | None, most: int = 8, seed: int = 1) -> Clustering:
    """Ask for members to be clustered; nothing comes of it but a proposal."""
    if most not in MOST:
        raise NotPossible(_("Choose from 2 to 12 segments."))
    with transaction.atomic():
        clustering = Clustering.objects.create(requested_by=actor, most=most, seed=seed)
        leases.ring(Clustering, [clustering.pk])
    return clustering


def cancel_clustering(*, clustering_id: UUID, actor: User) -> None:
    """Cancel a clustering: at once where it waits, within seconds where it runs. Raises NotPossible."""
    require(actor, "curator")
    if not leases.cancel(Clustering, clustering_id):
        raise NotPossible(_("This clustering is over."))


def keep_cluster(
    *, clustering_id: UUID, cluster: int, slug: str, name: str, actor: User, reason: str = ""
) -> Segment:
    """Make a segment of one cluster, under the name that a curator gives it; a worker puts its members in.

    Raises NotPossible, and `Conflict` where the slug is taken.
    """
    clustering = Clustering.objects.get(pk=clustering_id)
    if not 0 <= cluster < len(clustering.report.get("clusters", ())):
        raise NotPossible(_("There is no such cluster."))
    learned = {"clustering": str(clustering.pk), "cluster": cluster}
    with transaction.atomic():
        segment = actions.keep_learned(
            actor=actor, slug=slug, name=name, learned=learned, subjects=(), reason=reason
        )
        announce("recsys.refresh_segment", str(segment.pk))
    return segment
