"""Which files of versions and runs are kept, and the deletion of the rest; the rows stay and say so.

Kept are the artifacts that serve, the last promoted and the newest of each family, those that were live
while a stored slate was made, and all of runs that are not over. The data of a run is kept with its version.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Min, Q
from django.utils import timezone

from recsys.live.artifacts import artifact_path, checkpoints
from recsys.models import Job, LiveModel, ModelVersion, Promotion, Run, Slate
from recsys.runs import promotion, snapshots

log = logging.getLogger(__name__)

SETTLED: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted, or would be: versions, runs, folders that no row names, and how much they held."""

    versions: list[ModelVersion]
    runs: list[Run]
    strays: list[Path]
    bytes: int


def prune(*, dry_run: bool = False) -> Pruned:
    """Delete what nothing can need any more; with `dry_run` only say what that is."""
    versions, runs, strays = _versions(), _runs(), _strays()
    folders = [*map(_folder_of, versions), *(place for run in runs for place in _places_of(run))]
    pruned = Pruned(versions, runs, strays, sum(map(_size, [*folders, *strays])))
    if not dry_run:
        _delete(pruned)
    return pruned


def kept() -> set[UUID]:
    """The versions whose artifacts stay."""
    families = ModelVersion.objects.values_list("family", flat=True).distinct()
    live = set(LiveModel.objects.values_list("version", flat=True))
    return live.union(_served_stored_slates(), *(_lately(family) for family in families))


def _lately(family: str) -> set[UUID]:
    """The last that were promoted, and the newest that nobody has promoted yet."""
    flips = Promotion.objects.filter(family=family).order_by("-at")
    promoted = list(dict.fromkeys(flips.values_list("version", flat=True)))
    newest = ModelVersion.objects.filter(family=family).exclude(pk__in=promoted)
    others = newest.order_by("-number").values_list("pk", flat=True)
    return {*promoted[: settings.PROMOTED_KEPT], *others[: settings.UNPROMOTED_KEPT]}


def _served_stored_slates() -> set[UUID]:
    """The versions that were live at some time since the oldest slate that can be replayed."""
    oldest = Slate.objects.aggregate(oldest=Min("fused_at"))["oldest"]
    if oldest is None:
        return set()
    since = Promotion.objects.filter(at__gte=oldest)
    return {*since.values_list("version", flat=True), *since.values_list("replaced", flat=True)}


def _versions() -> list[ModelVersion]:
    whole = ModelVersion.objects.filter(pruned_at__isnull=True)
    return list(whole.exclude(pk__in=kept()).select_related("run").order_by("family", "number"))


def _runs() -> list[Run]:
    """The runs whose data goes: that of a version which goes or is gone, and that of a run without one, in time."""
    until = timezone.now() - timedelta(days=settings.RUN_RETENTION_DAYS)
    over = Run.objects.exclude(state__in=Job.OPEN).filter(pruned_at__isnull=True)
    unused = Q(version__isnull=True, finished_at__lt=until)
    forgotten = Q(version__isnull=False) & ~Q(version__in=kept())
    return list(over.filter(unused | forgotten).order_by("id"))


def _strays() -> list[Path]:
    """Folders that no row names: what a killed worker left behind; none that is being written."""
    named = {
        _folder_of(version).resolve()
        for version in ModelVersion.objects.filter(pruned_at__isnull=True)
    }
    busy = {str(run) for run in Run.objects.filter(state__in=Job.OPEN).values_list("pk", flat=True)}
    root = Path(settings.VAR_DIR) / "artifacts"
    families = [each for each in root.glob("*") if each.is_dir() and each.name != "checkpoints"]
    found = [*(folder for each in families for folder in each.iterdir())]
    left = [*(root / "checkpoints").glob("*")]
    return [
        folder
        for folder in sorted([*found, *left])
        if folder.resolve() not in named and not _is_of(folder, busy) and _has_settled(folder)
    ]


def _is_of(folder: Path, busy: Iterable[str]) -> bool:
    return any(folder.name.startswith(run) for run in busy)


def _has_settled(folder: Path) -> bool:
    """Whether nobody has changed it lately: the row of a version comes after its folder."""
    try:
        return timezone.now().timestamp() - folder.stat().st_mtime > SETTLED.total_seconds()
    except FileNotFoundError:
        return False


def _delete(pruned: Pruned) -> None:
    """The row first: a version whose files are gone must never seem whole."""
    now = timezone.now()
    for version in pruned.versions:
        if promotion.give_up(version, now):
            shutil.rmtree(_folder_of(version), ignore_errors=True)
    for run in pruned.runs:
        Run.objects.filter(pk=run.pk).update(pruned_at=now)
        for place in _places_of(run):
            shutil.rmtree(place, ignore_errors=True)
    for stray in pruned.strays:
        shutil.rmtree(stray, ignore_errors=True)
    counts = (len(pruned.versions), len(pruned.runs), len(pruned.strays), pruned.bytes)
    log.info("pruned %d versions, %d runs and %d strays: %d bytes", *counts)


def _folder_of(version: ModelVersion) -> Path:
    """The artifact that serves and those beside it."""
    return artifact_path(version).parent


def _places_of(run: Run) -> list[Path]:
    return [snapshots.run_folder(run), checkpoints(run)]


def _size(folder: Path) -> int:
    return sum(_bytes(Path(place, name)) for place, _, names in os.walk(folder) for name in names)


def _bytes(path: Path) -> int:
    """The size of a file, which another who prunes may have deleted since it was listed."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
