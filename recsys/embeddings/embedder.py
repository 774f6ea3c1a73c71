"""The worker side of embedding: which texts are new, their vectors by the encoder, a batch at a time.

The rows are the progress: whatever stops a job, the next one goes on with what has no vector yet. A job
gives its worker back after a while, so that other work of the queue has its turn.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from curation import counters
from curation.catalogue.texts import hash_of, text_of, worded_attributes
from curation.models import Embedding, Item, Likeness
from recsys.embeddings import encoders
from recsys.embeddings import standing as embeddings
from recsys.embeddings.encoder_process import EncoderFailed, EncoderProcess
from recsys.embeddings.encoders import Encoder
from recsys.jobs import leases
from recsys.jobs.failures import Failure, trouble_of
from recsys.jobs.leases import Lease
from recsys.models import EmbeddingJob, Job

log = logging.getLogger(__name__)

BATCH: Final = 64
TURN_S: Final = 60.0
AT_ONCE: Final = 2_000


def embed(job_id: UUID) -> None:
    """Do a job, or a turn of it; returns at once where another worker has it or it is over."""
    lease = leases.claim(EmbeddingJob, job_id)
    if lease is None:
        return
    try:
        _perform(lease)
    except leases.Fenced:
        log.warning("embedding %s: the lease is lost", job_id)
    except EncoderFailed as trouble:
        lease.finish(Job.State.FAILED, failure=Failure.CONFIGURATION, error=str(trouble))
    except Exception as error:
        lease.finish(Job.State.FAILED, failure=trouble_of(error).failure, error=str(error))
        raise


def _perform(lease: Lease) -> None:
    encoder = encoders.current()
    if EmbeddingJob.objects.get(pk=lease.id).encoder != encoder.name:
        lease.finish(Job.State.CANCELLED, error=f"the encoder is {encoder.name} now")
        return
    catalogue = counters.read()["catalogue"]
    written = list(_written(encoder))
    known = embeddings.covers(catalogue) if written else None
    texts, waiting = (known.total, []) if known else _waiting(encoder)
    done = texts - len(waiting)
    if lease.beat(catalogue=catalogue, done=done, total=texts):
        lease.finish(Job.State.CANCELLED)
    elif not waiting and not written:
        lease.finish(Job.State.SUCCEEDED)
    else:
        _work_off(lease, encoder, waiting, done)


def _written(encoder: Encoder) -> QuerySet[Likeness]:
    """The texts of curators that have no vector yet."""
    return Likeness.objects.filter(encoder=encoder.name, vector=None).order_by("created_at")


def _waiting(encoder: Encoder) -> tuple[int, list[UUID]]:
    """How many active items have a text, and those of them whose vector is missing or of another text.

    Vectors of items whose text is gone go too.
    """
    held = dict(Embedding.objects.filter(encoder=encoder.name).values_list("item", "text_hash"))
    attributes = worded_attributes()
    texts, waiting, blank = 0, [], []
    for item in _items().iterator(AT_ONCE):
        text = text_of(item, attributes)
        if not text:
            blank.append(item.pk)
            continue
        texts += 1
        if held.get(item.pk) != hash_of(text):
            waiting.append(item.pk)
    Embedding.objects.filter(encoder=encoder.name, item__in=blank).delete()
    return texts, waiting


def _work_off(lease: Lease, encoder: Encoder, waiting: Sequence[UUID], done: int) -> None:
    """Embed until nothing waits, the job is cancelled or its turn is over."""
    over = time.monotonic() + TURN_S
    attributes = worded_attributes()
    with EncoderProcess(encoder) as child:
        for row in _written(encoder):
            (vector,) = child.encode([row.text])
            Likeness.objects.filter(pk=row.pk).update(vector=vector)
        for start in range(0, len(waiting), BATCH):
            ids = waiting[start : start + BATCH]
            items = _items().filter(pk__in=ids)
            _write(child, encoder, [(item.pk, text_of(item, attributes)) for item in items])
            done += len(ids)
            if lease.beat(done=done):
                lease.finish(Job.State.CANCELLED)
                return
            if time.monotonic() > over and start + BATCH < len(waiting):
                lease.hand_back()
                return
    _end(lease, encoder)


def _end(lease: Lease, encoder: Encoder) -> None:
    """Have columns of what items are like read anew; this job covers the version by which they are held."""
    if not Likeness.objects.filter(encoder=encoder.name).exists():
        lease.finish(Job.State.SUCCEEDED)
        return
    with transaction.atomic():
        lease.finish(Job.State.SUCCEEDED)
        embeddings.reread()


def _write(child: EncoderProcess, encoder: Encoder, texts: Iterable[tuple[UUID, str]]) -> None:
    told = {item: text for item, text in texts if text}
    if not told:
        return
    vectors = dict(zip(told, child.encode(list(told.values())), strict=True))
    with transaction.atomic():
        # Held still for a moment: an item may be deleted while its text is read.
        there = Item.objects.select_for_update(no_key=True).filter(pk__in=told).order_by("pk")
        rows = [
            Embedding(
                item_id=item,
                encoder=encoder.name,
                dimension=child.dimension,
                text_hash=hash_of(told[item]),
                vector=vectors[item],
            )
            for item in there.values_list("pk", flat=True)
        ]
        Embedding.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["item", "encoder"],
            update_fields=["dimension", "text_hash", "vector", "embedded_at"],
        )


def _items() -> QuerySet[Item]:
    fields = ("title", "description", "attributes")
    return Item.objects.filter(active=True).order_by("pk").only(*fields)
