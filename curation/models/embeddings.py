"""What texts of items mean, as vectors of a language model."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import VectorField

from curation.ids import new_id
from curation.models.audit import NEVER_DELETED
from curation.models.catalogue import Item
from curation.models.people import User


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


class Likeness(models.Model):
    """A text that curators wrote, so that queries may ask how near the texts of items come to it.

    Queries call it `like.KEY`; the key is made of the text and of the encoder, so that neither ever changes. The
    vector is made once; until then nothing is like it, and items of another encoder never are. One that nothing asks
    may be retired: it is offered no more, and stays for what asked it once, since that may be rolled back to.
    """

    key = models.CharField(_("key"), primary_key=True, max_length=60)
    text = models.TextField(_("text"))
    encoder = models.CharField(_("encoder"), max_length=160)
    vector = VectorField(null=True)
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    retired_at = models.DateTimeField(_("retired"), null=True)

    class Meta:
        verbose_name = _("likeness")
        verbose_name_plural = _("likenesses")
        ordering = ["-created_at"]
        triggers = [
            NEVER_DELETED,
            pgtrigger.ReadOnly(name="text_stays", fields=["key", "text", "encoder", "author"]),
        ]

    def __str__(self) -> str:
        return self.text
