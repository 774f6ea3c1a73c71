"""Signs of life: each process says that it is there, which models it holds, and what ails it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models.functions import Now

from recsys.jobs.leases import worker_name
from recsys.models import Heartbeat

BEAT_S: Final = 15.0
FORGOTTEN_AFTER: Final = timedelta(minutes=10)


def beat(
    role: str,
    loaded: Sequence[UUID] = (),
    problems: Sequence[str] = (),
    device: str = "",
    room: int = 1,
) -> None:
    """Write that this process lives."""
    told = {"beat_at": Now(), "loaded": list(loaded), "problem": "\n".join(problems)}
    born = {"role": role, "pid": os.getpid(), "started_at": Now(), "device": device, "room": room}
    Heartbeat.objects.update_or_create(
        name=worker_name(), defaults=told, create_defaults={**born, **told}
    )


def forget() -> int:
    """Remove the rows of processes that are long gone; counts them."""
    return Heartbeat.objects.filter(beat_at__lt=Now() - FORGOTTEN_AFTER).delete()[0]
