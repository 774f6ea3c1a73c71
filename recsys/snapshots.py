"""The data of a run, taken out of PostgreSQL once: Parquet files with their counts and hashes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from curation.models import Item
from feedback import export
from recsys.models import Run


def run_folder(run: Run) -> Path:
    """Where the files of a run lie: its snapshot and the log of its fit."""
    return Path(settings.VAR_DIR) / "runs" / str(run.id)


def interactions_path(run: Run) -> Path:
    """The Parquet file of interactions."""
    return run_folder(run) / "interactions.parquet"


def catalogue_path(run: Run) -> Path:
    """The Parquet file of the ids of active items."""
    return run_folder(run) / "catalogue.parquet"


def take(run: Run) -> dict[str, Any]:
    """Write the files of a run and return what they hold, for `Run.snapshot`."""
    run_folder(run).mkdir(parents=True, exist_ok=True)
    facts = export.snapshot(interactions_path(run))
    items = [
        str(item)
        for item in Item.objects.filter(active=True).order_by("id").values_list("id", flat=True)
    ]
    pq.write_table(pa.table({"item_id": pa.array(items, pa.string())}), catalogue_path(run))
    return {**facts, "catalogue": len(items), "digest": _digest(run)}


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
