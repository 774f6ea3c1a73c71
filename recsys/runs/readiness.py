"""Whether a training would come to something: looked at before a launch, and again where a worker takes the run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from feedback.models import Interaction, Kind, Rating
from recsys.embeddings import standing as embeddings
from recsys.jobs.failures import Failure, Trouble
from recsys.jobs.leases import LIVES
from recsys.ml.configuration import ConfigError, Problem
from recsys.ml.families import registry
from recsys.ml.sufficiency import LEAST_INTERACTIONS, LEAST_ITEMS, LEAST_MEMBERS, Amount
from recsys.models import Heartbeat, Job, ModelVersion, Run

LEAST_FREE: Final = 256 * 2**20
COPIES: Final = 6
COUNTED: Final = 10_000
DECIDING: Final = ("seed", "device", "precision", "processes")
"""The options that make a model another one."""
LIKED: Final = (
    Q(stars__gte=3)
    | Q(thumb=1)
    | Q(favourite=True)
    | Q(clicked=True)
    | Q(shared=True)
    | Q(viewed__isnull=False)
    | Q(purchased__isnull=False)
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a training needs: a code of `run_words`, whether it is there, what its words name."""

    code: str
    ok: bool
    facts: Mapping[str, Any] = field(default_factory=dict)


def checks(
    family: str,
    device: str = "auto",
    parameters: Mapping[str, Any] | None = None,
    processes: int = 1,
) -> list[Check]:
    """What a launch of a family with these settings would find now; counts go no further than matters."""
    workers = _workers()
    gpus = [gpu for gpu, _ in workers if gpu]
    return [
        *_data(),
        *_texts(family, parameters or {}),
        *_size(family),
        _disk(family),
        Check("writable", writable()),
        Check("worker", ok=bool(workers), facts={"n": len(workers)}),
        Check("device", ok=device != "cuda" or bool(gpus), facts={"gpus": gpus}),
        *_room(workers, device, processes),
    ]


def check_processes(given: Mapping[str, Any]) -> None:
    """Raise ConfigError where options ask for more processes than any worker that lives has room for."""
    options = registry.parse_options(given)
    if options.processes == 1:
        return
    for check in _room(_workers(), options.device, options.processes):
        if not check.ok:
            wrong = f"{options.processes} processes are more than there is room for"
            expected = f"{check.facts['most']} or fewer: one for each GPU, or each core without one"
            raise ConfigError((Problem("processes", wrong, expected),))


def _workers() -> list[tuple[str, int]]:
    """Of each training worker that lives its GPU and its room."""
    alive = Heartbeat.objects.filter(role="training", beat_at__gt=Now() - LIVES)
    return list(alive.values_list("device", "room"))


def _room(workers: Sequence[tuple[str, int]], device: str, processes: int) -> list[Check]:
    """Whether a worker has room for several processes; one with a GPU does not tell of its cores."""
    unknown = device == "cpu" and any(gpu for gpu, _ in workers)
    if processes == 1 or unknown or not workers:
        return []
    most = max(room for _, room in workers)
    return [Check("processes", ok=processes <= most, facts={"n": processes, "most": most})]


def trouble_at_claim(run: Run, gpu: str, room: int = 1) -> Trouble | None:
    """What keeps this worker, with room for so many processes, from doing a run, before any of its data is read."""
    if run.options.get("device") == "cuda" and not gpu:
        return Trouble(Failure.CONFIGURATION, {"reason": "no_gpu"})
    if (asked := run.options.get("processes", 1)) > room:
        on_gpus = gpu and run.options.get("device") != "cpu"
        reason = "few_gpus" if on_gpus else "few_cores"
        return Trouble(Failure.CONFIGURATION, {"reason": reason, "asked": asked, "there": room})
    disk = _disk(run.family)
    if not disk.ok:
        return Trouble(Failure.DISK_FULL, {"reason": "little_space", **disk.facts})
    return None if writable() else Trouble(Failure.NOT_WRITABLE, {"detail": str(_folder())})


def same_before(
    family: str, parameters: Mapping[str, Any], options: Mapping[str, Any]
) -> Run | None:
    """The last version's run with these very settings, if no feedback has come in since its data was taken.

    Where it is None, a new run may well make another model; two queries.
    """
    runs = Run.objects.filter(family=family, state=Job.State.SUCCEEDED, parameters=parameters)
    last = runs.select_related("version").order_by("-finished_at").first()
    if last is None or any(last.options.get(name, 1) != options.get(name, 1) for name in DECIDING):
        return None
    watermark = last.snapshot.get("watermark")
    return None if watermark is None or _came_since(datetime.fromisoformat(watermark)) else last


def _came_since(instant: datetime) -> bool:
    """Whether an interaction that training reads was received later; ids are made then, and sort by time."""
    first = UUID(int=(int(instant.timestamp() * 1000) + 1) << 80)
    since = Interaction.objects.filter(id__gte=first, simulated=False, mark__isnull=True)
    return since.exclude(kind=Kind.COMMENT).exists()


def writable() -> bool:
    """Whether a file can be made where artifacts are kept."""
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=_folder()):
            return True
    except OSError:
        return False


def _data() -> list[Check]:
    there = amount()
    demands = {
        "interactions": (there.interactions, LEAST_INTERACTIONS),
        "members": (there.members, LEAST_MEMBERS),
        "items": (there.items, LEAST_ITEMS),
        "liked": (there.liked, 1),
    }
    return [
        Check(name, ok=n >= least, facts={"n": n, "least": least, "more": n == COUNTED})
        for name, (n, least) in demands.items()
    ]


def _texts(name: str, parameters: Mapping[str, Any]) -> list[Check]:
    """What a family that reads texts, always or with these settings, needs besides."""
    if not registry.needs_vectors(name, parameters):
        return []
    there = embeddings.coverage().embedded
    return [Check("embeddings", ok=there > 0, facts={"n": there})]


def _size(name: str) -> list[Check]:
    """What a family whose memory grows with the square of the items finds; settings may leave some out."""
    if not (most := registry.family(name).most_items):
        return []
    rated = Rating.objects.values("item_id").distinct()[: most + 1].count()
    return [Check("size", ok=rated <= most, facts={"n": min(rated, most), "most": most})]


def amount() -> Amount:
    """What there is to learn from, each counted up to `COUNTED`."""
    rows: QuerySet[Rating] = Rating.objects.all()
    return Amount(
        interactions=rows[:COUNTED].count(),
        members=rows.values("subject").distinct()[:COUNTED].count(),
        items=rows.values("item_id").distinct()[:COUNTED].count(),
        liked=rows.filter(LIKED)[:COUNTED].count(),
    )


def _disk(family: str) -> Check:
    """Room for the snapshot, checkpoints and artifacts of one more run of the size of the last."""
    last = ModelVersion.objects.filter(family=family).order_by("-number").first()
    needed = max(LEAST_FREE, COPIES * int((last.report if last else {}).get("bytes", 0)))
    free = shutil.disk_usage(settings.VAR_DIR).free
    return Check("disk", ok=free >= needed, facts={"free": free, "needed": needed})


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "artifacts"
