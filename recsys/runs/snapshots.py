"""The data of a run, taken out of PostgreSQL once: Parquet files with their counts and hashes."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi
from django.conf import settings

from curation.catalogue.texts import text_of, worded_attributes
from curation.models import Attribute, Item, SegmentMembership
from feedback.learning import export
from recsys.embeddings import encoders
from recsys.ml.families import registry
from recsys.models import Run

TAGS: Final = pa.list_(pa.string())
TEXTS: Final = pa.schema([("item_id", pa.string()), ("text", pa.string())])
AT_ONCE: Final = 2_000
_VECTORS: Final = """
SELECT embedding.item_id::text AS item_id, embedding.vector::real[] AS vector
FROM curation_embedding AS embedding JOIN curation_item AS item ON item.id = embedding.item_id
WHERE embedding.encoder = $1 AND item.active
ORDER BY embedding.item_id
"""


def run_folder(run: Run) -> Path:
    """Where the files of a run lie: its snapshot and the log of its fit."""
    return Path(settings.VAR_DIR) / "runs" / str(run.id)


def interactions_path(run: Run) -> Path:
    """The Parquet file of interactions."""
    return run_folder(run) / "interactions.parquet"


def catalogue_path(run: Run) -> Path:
    """The Parquet file of active items and their tags."""
    return run_folder(run) / "catalogue.parquet"


def members_path(run: Run) -> Path:
    """The Parquet file of members in segments."""
    return run_folder(run) / "members.parquet"


def members_file(run: Run) -> str:
    """That file by name; empty where a snapshot of older code has none."""
    path = members_path(run)
    return str(path) if path.exists() else ""


def vectors_path(run: Run) -> Path:
    """The Parquet file of the vectors of active items, for the runs that read them."""
    return run_folder(run) / "vectors.parquet"


def vectors_file(run: Run) -> str:
    """That file by name; empty where a run reads no vectors."""
    return str(vectors_path(run)) if _needs_vectors(run) else ""


def texts_path(run: Run) -> Path:
    """The Parquet file of the texts of active items, for the families that read their words."""
    return run_folder(run) / "texts.parquet"


def texts_file(run: Run) -> str:
    """That file by name; empty where a family reads no words."""
    return str(texts_path(run)) if registry.family(run.family).reads_words else ""


def take(run: Run) -> dict[str, Any]:
    """Write the files of a run and return what they hold, for `Run.snapshot`."""
    run_folder(run).mkdir(parents=True, exist_ok=True)
    for half_written in run_folder(run).glob(".*"):
        half_written.unlink()
    facts = export.snapshot(interactions_path(run))
    items = write_catalogue(catalogue_path(run))
    write_members(members_path(run))
    if _needs_vectors(run):
        write_vectors(vectors_path(run), encoders.current().name)
    if registry.family(run.family).reads_words:
        write_texts(texts_path(run))
    return {**facts, "catalogue": items, "digest": _digest(run)}


def write_catalogue(path: Path) -> int:
    """Write the active items with their tags ("attribute:value"); counts them."""
    rows = tagged_items()
    ids = pa.array([str(item) for item in rows], pa.string())
    tags = pa.array(list(rows.values()), TAGS)
    pq.write_table(pa.table({"item_id": ids, "tags": tags}), path)
    return len(rows)


def tagged_items() -> dict[UUID, list[str]]:
    """The active items with their tags ("attribute:value"), in the order that every catalogue has."""
    keys = list(Attribute.objects.filter(kind=Attribute.Kind.TAGS).values_list("key", flat=True))
    rows = Item.objects.filter(active=True).order_by("id").values_list("id", "attributes")
    return {
        item: [f"{key}:{tag}" for key in keys for tag in told.get(key) or ()] for item, told in rows
    }


def write_members(path: Path) -> None:
    """Write the segments of each member who is in any, by slug, as of now."""
    rows = SegmentMembership.objects.order_by("subject", "segment__slug")
    segments: dict[UUID, list[str]] = {}
    for subject, slug in rows.values_list("subject", "segment__slug"):
        segments.setdefault(subject, []).append(slug)
    subjects = pa.array([subject.bytes for subject in segments], pa.binary(16))
    named = pa.array(list(segments.values()), TAGS)
    pq.write_table(pa.table({"subject": subjects, "segments": named}), path)


def write_vectors(path: Path, encoder: str) -> int:
    """Write the vectors that an encoder gave active items; counts them."""
    with closing(dbapi.connect(export.uri())) as database, closing(database.cursor()) as cursor:
        cursor.execute(_VECTORS, (encoder,))
        table = cursor.fetch_arrow_table()
    pq.write_table(table, path)
    return int(table.num_rows)


def write_texts(path: Path) -> int:
    """Write the texts of the active items that have one; counts them."""
    attributes = worded_attributes()
    fields = ("title", "description", "attributes")
    active = Item.objects.filter(active=True).order_by("id").only(*fields)
    told = [(str(item.pk), text_of(item, attributes)) for item in active.iterator(AT_ONCE)]
    rows = [{"item_id": item, "text": text} for item, text in told if text]
    pq.write_table(pa.Table.from_pylist(rows, TEXTS), path)
    return len(rows)


def still_there(run: Run) -> bool:
    """Whether the files that an earlier attempt wrote are whole, so that it can be resumed on the same data."""
    return (
        bool(run.snapshot)
        and all(path.exists() for path in _learnt(run))
        and _digest(run) == run.snapshot["digest"]
    )


def _learnt(run: Run) -> list[Path]:
    """The files that a model is made of."""
    vectors = [vectors_path(run)] if _needs_vectors(run) else []
    texts = [texts_path(run)] if registry.family(run.family).reads_words else []
    return [interactions_path(run), catalogue_path(run), *vectors, *texts]


def _needs_vectors(run: Run) -> bool:
    return registry.needs_vectors(run.family, run.parameters)


def _digest(run: Run) -> str:
    sha = hashlib.sha256()
    for path in _learnt(run):
        sha.update(path.read_bytes())
    return sha.hexdigest()
