"""What texts of items mean, as vectors of a language model."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import VectorField

from curation.ids import new_id
from curation.models.catalogue import Item


class Embedding(models.Model):
    """The vector that an encoder gave for the text of an item; an item without text has none.

    `text_hash` is the SHA-256 of that text: another text asks for another vector. Vectors have length 1.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="embeddings")
    encoder = models.CharField(_("encoder"), max_length=160)
    dimension = models.PositiveSmallIntegerField(_("dimension"))
    text_hash = models.CharField(max_length=64)
    vector = VectorField()
    embedded_at = models.DateTimeField(_("embedded"), auto_now=True)

    class Meta:
        verbose_name = _("embedding")
        verbose_name_plural = _("embeddings")
        constraints = [
            models.UniqueConstraint(fields=["item", "encoder"], name="embedding_once"),
        ]
        indexes = [models.Index(fields=["encoder"], name="embedding_encoder")]

    def __str__(self) -> str:
        return f"{self.item_id} by {self.encoder}"
