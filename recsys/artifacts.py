"""Where the files of model versions and of unfinished fits lie, under the data folder."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from recsys.models import ModelVersion, Run


def artifact_path(version: ModelVersion) -> Path:
    """The artifact that serves."""
    return _root() / version.artifact


def validation_path(version: ModelVersion) -> Path:
    """The artifact of the model that was fitted before the validation cut, on which blends are chosen."""
    return artifact_path(version).with_name("validation")


def checkpoints(run: Run) -> Path:
    """Where a fit keeps what it needs to resume, until its run ends."""
    return _root() / "checkpoints" / str(run.id)


def _root() -> Path:
    return Path(settings.VAR_DIR) / "artifacts"
