"""A trained scorer on disk: arrays as safetensors, the rest as JSON, every file under its hash.

    FOLDER/manifest.json   what it is, and SHA-256 of the other files
    FOLDER/items.json      outside ids in order
    FOLDER/arrays.safetensors

Nothing in it can run code. A folder appears whole or not at all. No member is in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from recsys.ml.configuration import ConfigError
from recsys.ml.data.interactions import Id, Interactions, Vocabulary
from recsys.ml.families import registry
from recsys.ml.scorer import Arrays, Scorer

FORMAT: Final = 1
MANIFEST, ITEMS, ARRAYS = "manifest.json", "items.json", "arrays.safetensors"
LARGEST_HEADER: Final = 100_000_000
_DTYPES: Final = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "U8": "u1",
    "BOOL": "?",
}
_IDS: Final[Mapping[str, Callable[[str], Id]]] = {"uuid": uuid.UUID, "int": int, "str": str}


class CorruptArtifact(Exception):
    """A file of an artifact is missing or not what was saved; the message says which."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Where a model came from: the data learnt, the code, the run's options, the instant (ISO 8601).

    ``learnt_until`` is the epoch second of the last interaction learnt; None where nobody noted it.
    """

    created: str
    code: str
    interactions: int = 0
    members: int = 0
    data: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    learnt_until: float | None = None

    @classmethod
    def of(
        cls, interactions: Interactions, created: str, code: str, options: Mapping[str, Any]
    ) -> Facts:
        """Count and hash what was learnt."""
        members = int((np.diff(interactions.starts) > 0).sum())
        until = float(interactions.times.max()) if len(interactions) else None
        return cls(created, code, len(interactions), members, interactions.digest(), options, until)


def save(folder: Path, scorer: Scorer, facts: Facts) -> str:
    """Write an artifact and return the SHA-256 of its manifest, by which it can be loaded.

    Raises FileExistsError where the folder exists: an artifact is never changed.
    """
    kind = _kind(scorer.items)
    described = {
        "format": FORMAT,
        "family": scorer.family,
        "config": asdict(scorer.config),
        "items": {"count": len(scorer.items), "ids": kind},
        "facts": asdict(facts),
    }
    texts = {ITEMS: json.dumps([str(each) for each in scorer.items.ids])}
    return write_folder(folder, scorer.arrays(), described, texts)


def load(folder: Path, expected: str | None = None) -> Scorer:
    """Read a scorer, its arrays memory-mapped and read-only.

    ``expected`` is the hash that ``save`` returned. Raises CorruptArtifact naming the file that is
    missing, changed or malformed.
    """
    described = read_folder(folder, expected)
    try:
        family = registry.family(described["family"])
        config = registry.parse_config(family.name, described["config"])
        read = _IDS[described["items"]["ids"]]
        items = Vocabulary.of(read(each) for each in json.loads((folder / ITEMS).read_text()))
        scorer: Scorer = registry.scorer_of(family.name).restore(
            config, items, mapped(folder / ARRAYS)
        )
    except (KeyError, TypeError, ConfigError, ValueError, LookupError) as problem:
        raise CorruptArtifact(f"{folder / MANIFEST} does not describe a model: {problem}") from None
    return scorer


def manifest(folder: Path) -> dict[str, Any]:
    """What an artifact says of itself, unchecked; raises CorruptArtifact where it cannot be read."""
    try:
        described = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as problem:
        raise CorruptArtifact(f"{folder / MANIFEST} cannot be read: {problem}") from None
    if not isinstance(described, dict) or not isinstance(described.get("sha256"), dict):
        raise CorruptArtifact(f"{folder / MANIFEST} is no manifest")
    return described


def newest_before(folders: Iterable[Path], cut: float) -> tuple[Path, float] | None:
    """The first artifact that learnt nothing from the cut (epoch seconds) on, and until when it learnt.

    One that is gone, damaged or does not say what it learnt is passed over.
    """
    for folder in folders:
        try:
            until = read_folder(folder).get("facts", {}).get("learnt_until")
        except CorruptArtifact:
            continue
        if isinstance(until, float | int) and until < cut:
            return folder, float(until)
    return None


def write_folder(
    folder: Path, arrays: Arrays, described: Mapping[str, Any], texts: Mapping[str, str]
) -> str:
    """Write arrays, texts and a manifest as one folder, durable, then in its place at once."""
    if folder.exists():
        raise FileExistsError(f"{folder} exists")
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        save_file(
            {name: np.ascontiguousarray(each) for name, each in arrays.items()}, _of(building)
        )
        for name, text in texts.items():
            (building / name).write_text(text)
        hashes = {path.name: _sha256(path) for path in sorted(building.iterdir())}
        manifest_text = json.dumps({**described, "sha256": hashes}, indent=1, sort_keys=True)
        (building / MANIFEST).write_text(manifest_text)
        for path in (*building.iterdir(), building):
            _sync(path)
        building.rename(folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    _sync(folder.parent)
    return _sha256(folder / MANIFEST)


def read_folder(folder: Path, expected: str | None = None) -> dict[str, Any]:
    """Check every file of a folder against its manifest and return that; raises CorruptArtifact."""
    described = manifest(folder)
    if expected is not None and _sha256(folder / MANIFEST) != expected:
        raise CorruptArtifact(f"{folder / MANIFEST} is not the one that was saved")
    if described.get("format") != FORMAT:
        raise CorruptArtifact(f"{folder / MANIFEST} has format {described.get('format')}")
    for name, saved in described["sha256"].items():
        path = folder / Path(name).name
        if not path.is_file():
            raise CorruptArtifact(f"{path} is missing")
        if _sha256(path) != saved:
            raise CorruptArtifact(f"{path} is not what was saved: its hash differs")
    return described


def mapped(path: Path) -> dict[str, NDArray[Any]]:
    """Arrays of a safetensors file as read-only views of the file itself, shared between processes."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > LARGEST_HEADER:
            raise CorruptArtifact(f"{path} has no header")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return {name: _view(path, 8 + size, entry) for name, entry in header.items()}


def _view(path: Path, start: int, entry: Mapping[str, Any]) -> NDArray[Any]:
    dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
    if 0 in shape:
        return np.empty(shape, dtype)
    # A plain view of the map: numpy's own class for it makes each small slice cost ten times as much.
    return np.asarray(np.memmap(path, dtype, "r", start + entry["data_offsets"][0], shape))


def _of(building: Path) -> Path:
    return building / ARRAYS


def _kind(items: Vocabulary) -> str:
    kinds = {type(each).__name__.lower() for each in items.ids}
    if len(kinds) == 1 and (kind := kinds.pop()) in _IDS:
        return kind
    raise ValueError(f"ids of kinds {', '.join(sorted(kinds))} cannot be saved")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
