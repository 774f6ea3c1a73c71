"""The data of a run, taken out of PostgreSQL once: Parquet files with their counts and hashes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from curation.models import Attribute, Item, SegmentMembership
from feedback import export
from recsys.models import Run

TAGS: Final = pa.list_(pa.string())


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


def take(run: Run) -> dict[str, Any]:
    """Write the files of a run and return what they hold, for `Run.snapshot`."""
    run_folder(run).mkdir(parents=True, exist_ok=True)
    facts = export.snapshot(interactions_path(run))
    items = write_catalogue(catalogue_path(run))
    write_members(members_path(run))
    return {**facts, "catalogue": items, "digest": _digest(run)}


def write_catalogue(path: Path) -> int:
    """Write the active items with their tags ("attribute:value"); counts them."""
    keys = list(Attribute.objects.filter(kind=Attribute.Kind.TAGS).values_list("key", flat=True))
    active = Item.objects.filter(active=True).order_by("id")
    rows = list(active.values_list("id", "attributes"))
    tags = [[f"{key}:{tag}" for key in keys for tag in told.get(key) or ()] for _, told in rows]
    ids = pa.array([str(item) for item, _ in rows], pa.string())
    pq.write_table(pa.table({"item_id": ids, "tags": pa.array(tags, TAGS)}), path)
    return len(rows)


def write_members(path: Path) -> None:
    """Write the segments of each member who is in any, by slug, as of now."""
    rows = SegmentMembership.objects.order_by("subject", "segment__slug")
    segments: dict[UUID, list[str]] = {}
    for subject, slug in rows.values_list("subject", "segment__slug"):
        segments.setdefault(subject, []).append(slug)
    subjects = pa.array([subject.bytes for subject in segments], pa.binary(16))
    named = pa.array(list(segments.values()), TAGS)
    pq.write_table(pa.table({"subject": subjects, "segments": named}), path)


def still_there(run: Run) -> bool:
    """Whether the files that an earlier attempt wrote are whole, so that it can be resumed on the same data."""
    paths = (interactions_path(run), catalogue_path(run))
    return (
        bool(run.snapshot)
        and all(path.exists() for path in paths)
        and _digest(run) == run.snapshot["digest"]
    )


def _digest(run: Run) -> str:
    sha = hashlib.sha256()
    for path in (interactions_path(run), catalogue_path(run)):
        sha.update(path.read_bytes())
    return sha.hexdigest()
