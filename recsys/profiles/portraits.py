"""Members as numbers: what they do, the factors of a live model, and the tags of what they liked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

import numpy as np
import pyarrow.parquet as pq
from django.conf import settings
from numpy.typing import NDArray
from scipy import sparse

from curation.catalogue.columns import columns
from curation.fusion.columns import Kind
from curation.models import Item, MemberStats
from curation.queries.items import schema
from feedback.learning import export
from recsys.live import scorers as live
from recsys.ml.data.interactions import Id, Interactions
from recsys.ml.data.tables import read_table
from recsys.ml.scorer import Embedding
from recsys.models import LiveModel, ModelVersion
from recsys.profiles.traits import FIELDS

Floats = NDArray[np.float64]

LEAST: Final = 5
"""Members with fewer interactions say too little to be clustered."""
LIKED: Final = 0.75
"""The reward from which an item counts as liked."""
MOST_TAGS: Final = 200
_COUNTS: Final = frozenset({"ratings", "interactions"})
_FAMILIES: Final = ("als", "dot")


@dataclass(frozen=True, eq=False)
class Portraits:
    """M members: behaviour [M, F] (see FIELDS; counts as their logarithm), factors [M, D]."""

    subjects: list[UUID]
    behaviour: Floats
    factors: Floats

    @property
    def numbers(self) -> Floats:
        """Behaviour and factors side by side."""
        return np.hstack([self.behaviour, self.factors])


def eligible() -> list[UUID]:
    """The members who did enough to be clustered, by subject in order."""
    rows = MemberStats.objects.filter(features__interactions__gte=LEAST).order_by("subject")
    return list(rows.values_list("subject", flat=True))


def factor_model() -> ModelVersion | None:
    """The live model to ask for factors, if there is one: als before dot."""
    rows = LiveModel.objects.filter(family__in=_FAMILIES).select_related("version")
    found = {row.family: row.version for row in rows}
    return next((found[family] for family in _FAMILIES if family in found), None)


def embedding_of(version: ModelVersion | None) -> Embedding | None:
    """The scorer of a version, if it can be loaded and has factors."""
    scorer: object = live.hold(version.pk) if version else None
    return scorer if isinstance(scorer, Embedding) else None


def feedback_now() -> Interactions:
    """What all members say of items now."""
    with TemporaryDirectory(prefix="portraits-", dir=settings.VAR_DIR) as folder:
        path = Path(folder) / "feedback.parquet"
        export.snapshot(path)
        return read_table(pq.read_table(path))


def portray(
    subjects: Sequence[UUID], embedding: Embedding | None, told: Interactions | None
) -> Portraits:
    """The portraits of members, in their order; factors only with an embedding and what they said."""
    stats = MemberStats.objects.in_bulk(list(subjects))
    behaviour = np.array([_behaviour(stats.get(each)) for each in subjects], np.float64)
    return Portraits(
        subjects=list(subjects),
        behaviour=behaviour.reshape(-1, len(FIELDS)),
        factors=_factors(subjects, embedding, told),
    )


def liked_tags(subjects: Sequence[UUID], told: Interactions) -> tuple[Floats, list[str]]:
    """How many items with each tag members liked [M, T], and the tags: the commonest of the catalogue."""
    known = schema()
    fields = [name for name, kind in known.items() if kind is Kind.TAGS]
    ids, found = columns(Item.objects.all(), fields, known)
    names, carried = _carried(len(ids), list(found.values()))
    places: dict[Id, int] = {each: place for place, each in enumerate(subjects)}
    members = np.array([places.get(each, -1) for each in told.member_ids.ids], np.intp)
    rows: dict[Id, int] = {each: row for row, each in enumerate(ids)}
    items = np.array([rows.get(each, -1) for each in told.item_ids.ids], np.intp)
    who, what = members[told.members], items[told.items]
    kept = (told.values >= LIKED) & (who >= 0) & (what >= 0)
    shape = (len(subjects), len(ids))
    liked = sparse.csr_array((np.ones(kept.sum()), (who[kept], what[kept])), shape=shape)
    return np.asarray((liked @ carried).toarray(), np.float64), names


def _carried(items: int, columns_of_tags: Sequence[Any]) -> tuple[list[str], sparse.csr_array]:
    """The commonest tags, and which items carry them [I, T]."""
    names = [name for column in columns_of_tags for name in column.vocabulary]
    rows = [column.tag_rows for column in columns_of_tags]
    shifts = np.cumsum([0, *(len(column.vocabulary) for column in columns_of_tags)])
    codes = [column.data + shift for column, shift in zip(columns_of_tags, shifts, strict=False)]
    row = np.concatenate(rows) if rows else np.zeros(0, np.intp)
    code = np.concatenate(codes) if codes else np.zeros(0, np.intp)
    all_tags = sparse.csr_array((np.ones(len(row)), (row, code)), shape=(items, len(names)))
    common = np.argsort(-np.bincount(code, minlength=len(names)), kind="stable")[:MOST_TAGS]
    return [names[at] for at in common], all_tags[:, common]


def _behaviour(stats: MemberStats | None) -> list[float]:
    told: dict[str, Any] = {**stats.features, "ratings": stats.ratings} if stats else {}
    numbers = [float(told.get(field, np.nan)) for field in FIELDS]
    paired = zip(FIELDS, numbers, strict=True)
    return [float(np.log1p(number)) if field in _COUNTS else number for field, number in paired]


def _factors(
    subjects: Sequence[UUID], embedding: Embedding | None, told: Interactions | None
) -> Floats:
    """The direction of each member's vector, length 1."""
    if embedding is None or told is None:
        return np.zeros((len(subjects), 0))
    vectors = embedding.vectors([told.history(each) for each in subjects]).astype(np.float64)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1.0))
