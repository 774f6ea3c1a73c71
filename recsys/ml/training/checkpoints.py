"""What an iterative fit needs to go on where it stopped: arrays and the losses so far. Needs numpy only."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.ml import artifact
from recsys.ml.scorer import Arrays


class ForeignCheckpoint(ValueError):
    """A checkpoint belongs to other settings or data than this run's."""


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The folder of a fit, of which only the newest checkpoint is kept; None keeps nothing.

    ``fingerprint`` names settings and data, so that a checkpoint of other ones is refused.
    """

    folder: Path | None
    fingerprint: str

    def keep(self, arrays: Arrays, losses: Sequence[float]) -> None:
        """Write a checkpoint, one loss for each epoch so far, then drop the older ones."""
        if self.folder is None:
            return
        described = {
            "format": artifact.FORMAT,
            "fingerprint": self.fingerprint,
            "losses": list(losses),
        }
        older = self._kept()
        artifact.write_folder(self.folder / f"{len(losses):06d}", arrays, described, {})
        for each in older:
            shutil.rmtree(each)

    def newest(self) -> tuple[dict[str, NDArray[Any]], list[float]] | None:
        """The newest checkpoint, None where there is none.

        Raises ForeignCheckpoint, and CorruptArtifact where a file of it is damaged.
        """
        kept = self._kept()
        if not kept:
            return None
        described = artifact.read_folder(kept[-1])
        if described["fingerprint"] != self.fingerprint:
            raise ForeignCheckpoint(f"{kept[-1]} belongs to other settings or data")
        arrays = artifact.mapped(kept[-1] / artifact.ARRAYS)
        return arrays, [float(loss) for loss in described["losses"]]

    def _kept(self) -> list[Path]:
        if self.folder is None:
            return []
        return sorted(each for each in self.folder.glob("[0-9]*") if each.is_dir())


def fingerprint(told: Mapping[str, object], *arrays: NDArray[Any]) -> str:
    """SHA-256 of settings and data."""
    sha = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for array in arrays:
        sha.update(np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()
