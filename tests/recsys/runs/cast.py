"""A small world of two tastes, and the files of a run that learns it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.runs.fitting import Job

DAY_S = 86_400.0
SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write_snapshot(
    folder: Path,
    members: int = 60,
    items: int = 16,
    each: int = 8,
    value: float = 1.0,
    day_s: float = DAY_S,
) -> None:
    """Interactions of members who take even or odd items only, and the catalogue of those items."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(0)
    step_s = 1.0 if day_s else 0.0
    ids = [uuid.UUID(int=place + 1) for place in range(items)]
    rows = [
        (uuid.UUID(int=1_000 + member), ids[item], at)
        for member in range(members)
        for at, item in enumerate(chance.permutation(np.arange(member % 2, items, 2))[:each])
    ]
    table = pa.table(
        {
            "subject": pa.array([member.bytes for member, _, _ in rows], pa.binary(16)),
            "item_id": pa.array([item.bytes for _, item, _ in rows], pa.binary(16)),
            "value": pa.array([value] * len(rows)),
            "occurred_at": pa.array(
                [day_s * at + step_s * place for place, (*_, at) in enumerate(rows)]
            ),
        }
    )
    pq.write_table(table, folder / "interactions.parquet")
    pq.write_table(pa.table({"item_id": [str(each) for each in ids]}), folder / "catalogue.parquet")


def write_job(
    folder: Path,
    family: str,
    attempt: int = 1,
    options: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> Path:
    """The job of a fit on the snapshot in a folder."""
    job = Job(
        family=family,
        parameters=parameters,
        options=options or {},
        interactions=str(folder / "interactions.parquet"),
        catalogue=str(folder / "catalogue.parquet"),
        artifact=str(folder / f"version-{attempt}" / "model"),
        validation=str(folder / f"version-{attempt}" / "validation"),
        checkpoints=str(folder / "checkpoints"),
    )
    path = folder / "job.json"
    path.write_text(json.dumps(asdict(job)))
    return path
