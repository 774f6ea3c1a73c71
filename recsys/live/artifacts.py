"""Where the files of model versions and of unfinished fits lie, under the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from recsys.models import LiveModel, ModelVersion, Run


def fit_log_path(run: Run) -> Path:
    """Where the program of a run's fit writes what it says besides."""
    return Path(settings.VAR_DIR) / "runs" / str(run.id) / "fit.log"


def artifact_path(version: ModelVersion) -> Path:
    """The artifact that serves."""
    return _root() / version.artifact


def validation_path(version: ModelVersion) -> Path:
    """The artifact of the model that was fitted before the validation cut, on which blends are chosen."""
    return artifact_path(version).with_name("validation")


def test_path(version: ModelVersion) -> Path:
    """The artifact of the model that was fitted before the test cut, with which others are compared."""
    return artifact_path(version).with_name("test")


def newest_first(version: ModelVersion) -> tuple[Path, ...]:
    """All artifacts of a version, by how much they have learnt."""
    return artifact_path(version), test_path(version), validation_path(version)


def rival_of(family: str) -> dict[str, Any]:
    """The live version of a family, as a fit that is compared with it takes it; empty without one."""
    live = LiveModel.objects.select_related("version").filter(family=family).first()
    if live is None:
        return {}
    folders = [str(folder) for folder in newest_first(live.version)]
    return {"version": str(live.version_id), "label": str(live.version), "artifacts": folders}


def checkpoints(run: Run) -> Path:
    """Where a fit keeps what it needs to resume, until its run ends."""
    return _root() / "checkpoints" / str(run.id)


def _root() -> Path:
    return Path(settings.VAR_DIR) / "artifacts"
