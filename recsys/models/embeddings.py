"""The work of giving items their vectors."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.models import User
from recsys.models.jobs import Job


class EmbeddingJob(Job):
    """Embedding the items whose text is new or has changed; `done` counts those that have their vector.

    `catalogue` is the version of the catalogue that it covers.
    """

    encoder = models.CharField(_("encoder"), max_length=160)
    done = models.IntegerField(_("done"), default=0)
    total = models.IntegerField(_("of"), default=0)
    catalogue = models.BigIntegerField(default=0)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )

    class Meta(Job.Meta):
        verbose_name = _("embedding of items")
        verbose_name_plural = _("embeddings of items")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["encoder"],
                name="embedding_open_once",
                condition=models.Q(state__in=["queued", "running"]),
            )
        ]

    @property
    def is_open(self) -> bool:
        """Whether it waits or is worked on."""
        return self.state in (Job.State.QUEUED, Job.State.RUNNING)

    def __str__(self) -> str:
        return f"{self.encoder} {self.state}"
