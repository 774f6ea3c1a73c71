"""How far the catalogue is embedded, and the jobs that embed the rest. Loads no encoder."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from curation import counters
from curation.models import Embedding, Item, User
from recsys.embeddings import encoders
from recsys.jobs import leases
from recsys.models import EmbeddingJob, Job


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many active items have a vector of the encoder in use."""

    encoder: str
    embedded: int
    active: int


def coverage() -> Coverage:
    """What is embedded now."""
    name = encoders.current().name
    embedded = Embedding.objects.filter(encoder=name, item__active=True).count()
    return Coverage(name, embedded, Item.objects.filter(active=True).count())


def is_behind() -> bool:
    """Whether active items have no vector of the encoder in use."""
    now = coverage()
    return now.embedded < now.active


def request(actor: User | None = None) -> EmbeddingJob:
    """Ask for the items that are new or changed to be embedded; the job that is open, where there is one."""
    name = encoders.current().name
    waiting = EmbeddingJob.objects.filter(encoder=name, state__in=Job.OPEN)
    try:
        with transaction.atomic():
            if job := waiting.first():
                return job
            job = EmbeddingJob.objects.create(encoder=name, requested_by=actor)
            leases.ring(EmbeddingJob, [job.pk])
            return job
    except IntegrityError:
        return waiting.get()


def reread() -> None:
    """Have columns of the catalogue read anew where no text of an item has changed: what covers it still does.

    Texts that curators write are read by the catalogue's version too, and a whole look for new items would find none.
    """
    now = counters.bump("catalogue")
    covering = EmbeddingJob.objects.filter(state=Job.State.SUCCEEDED, catalogue=now - 1)
    covering.update(catalogue=now)


def covers(catalogue: int) -> EmbeddingJob | None:
    """The last job by the encoder in use, if it has read all texts as they are at a version of the catalogue."""
    done = EmbeddingJob.objects.filter(encoder=encoders.current().name, state=Job.State.SUCCEEDED)
    last = done.order_by("-requested_at", "-id").first()
    return last if last is not None and last.catalogue == catalogue else None


def follow_catalogue() -> EmbeddingJob | None:
    """Ask for a job where the catalogue has changed since the last one, once embeddings are in use."""
    jobs = EmbeddingJob.objects.filter(encoder=encoders.current().name)
    if not jobs.filter(state=Job.State.SUCCEEDED).exists():
        return None
    last = jobs.order_by("-requested_at", "-id").first()
    if last is None or last.state in Job.OPEN or last.catalogue == counters.read()["catalogue"]:
        return None
    return request()
