"""The scorers that serve, as this worker process holds them: artifacts mapped into memory, shared by all."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from recsys.live.artifacts import artifact_path
from recsys.ml import artifact
from recsys.ml.scorer import Scorer
from recsys.models import LiveModel, ModelVersion

log = logging.getLogger(__name__)

MOST_HELD: Final = 16
TRY_AGAIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Live:
    """The live version of each family, and its scorer: None where the artifact is damaged."""

    versions: Mapping[str, UUID]
    scorers: Mapping[str, Scorer | None]


class _Shelf:
    """What this process has loaded, or failed to load, by version; the oldest go first."""

    def __init__(self) -> None:
        self.scorers: dict[UUID, Scorer] = {}
        self.failures: dict[UUID, tuple[float, str]] = {}
        self.pointers: tuple[int, dict[str, UUID]] = (-1, {})
        self.lock = threading.Lock()


_shelf = _Shelf()


def models(counter: int) -> Live:
    """The live scorers; `counter` is the version of the live set, read in the caller's snapshot."""
    known, pointers = _shelf.pointers
    if known != counter:
        pointers = dict(LiveModel.objects.values_list("family", "version"))
        _shelf.pointers = (counter, pointers)
    scorers = {family: hold(version) for family, version in sorted(pointers.items())}
    return Live(dict(sorted(pointers.items())), scorers)


def with_version(serving: Live, version: ModelVersion) -> Live:
    """The live scorers with another version in the place of its family's."""
    return Live(
        dict(sorted({**serving.versions, version.family: version.pk}.items())),
        {**serving.scorers, version.family: hold(version.pk)},
    )


def hold(version: UUID) -> Scorer | None:
    """Load a version unless it is loaded; None where it cannot be, told once a minute and in the heartbeat."""
    scorer = _shelf.scorers.get(version)
    if scorer is not None:
        return scorer
    with _shelf.lock:
        failed_at, _why = _shelf.failures.get(version, (-TRY_AGAIN_S, ""))
        if version not in _shelf.scorers and time.monotonic() - failed_at >= TRY_AGAIN_S:
            _load(version)
        return _shelf.scorers.get(version)


def held() -> list[UUID]:
    """The versions that this process could serve at once."""
    return list(_shelf.scorers)


def problems() -> list[str]:
    """What could not be loaded, and why."""
    return [why for _, why in _shelf.failures.values()]


def preload() -> None:
    """Hold all live versions, before the first slate asks for them."""
    keep(LiveModel.objects.values_list("version", flat=True))


def keep(versions: Iterable[UUID]) -> None:
    """Hold these versions."""
    for version in versions:
        hold(version)


def _load(version: UUID) -> None:
    row = ModelVersion.objects.filter(pk=version).first()
    if row is None:
        return
    try:
        scorer = artifact.load(artifact_path(row), row.digest)
    except artifact.CorruptArtifact as damage:
        log.exception("%s serves no slate", row)
        _shelf.failures[version] = (time.monotonic(), f"{row}: {damage}")
        return
    _shelf.failures.pop(version, None)
    while len(_shelf.scorers) >= MOST_HELD:
        del _shelf.scorers[next(iter(_shelf.scorers))]
    _shelf.scorers[version] = scorer
