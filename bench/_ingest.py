"""What `bench/ingest.py` measures, once Django stands on a database."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter
from uuid import UUID

from django.db import connection

from curation.ids import new_id, new_subject
from curation.importing import Rejects
from curation.models import Item
from feedback.actions import record
from feedback.events import NewInteraction, Status
from feedback.importing import import_file
from feedback.models import Kind
from feedback.partitions import ensure_months
from feedback.reading import Reading
from feedback.stats import roll_up

MEMBERS, ITEMS = 6_000, 3_000
ONE_BY_ONE = 300
LIMIT_S = 20.0
START = datetime(2025, 1, 1, tzinfo=UTC)


def measure(rows: int) -> int:
    """Print rows per second and ratios; fails if an import of 100,000 rows takes more than 20 s."""
    items = [Item(source="bench", outside_id=f"i{n}", title=f"Item {n}") for n in range(ITEMS)]
    Item.objects.bulk_create(items)
    events = make_events(Random(1), rows, [item.pk for item in items])
    copied = timed(lambda: copy(events))
    tell("COPY of the rows alone", rows, copied, copied)
    for body in (1_000, 10_000):
        took = timed(partial(record_all, events, body, f"body{body}"))
        tell(f"recorded in bodies of {body:,}", rows, took, copied)
    imported = timed(lambda: import_csv(events))
    tell("imported from CSV", rows, imported, copied)
    per_limit = imported / rows * 100_000
    print(f"{'import of 100,000 rows':34} {per_limit:9.1f} s        limit {LIMIT_S:.0f} s")
    tell_latency(events)
    return int(per_limit > LIMIT_S)


def tell(what: str, rows: int, took_s: float, copied_s: float) -> None:
    """Print one line: rows per second, and their ratio to COPY."""
    print(f"{what:34} {rows / took_s:9,.0f} rows/s   {copied_s / took_s:.2f} of COPY")


def make_events(chance: Random, rows: int, items: Sequence[UUID]) -> list[NewInteraction]:
    """Ratings of a few popular items and many others, over ten months."""
    members = [new_subject() for _ in range(MEMBERS)]
    return [
        NewInteraction(
            event=f"e{at}",
            subject=members[min(int(chance.expovariate(8 / MEMBERS)), MEMBERS - 1)],
            kind=Kind.RATING,
            item_id=items[min(int(chance.expovariate(8 / ITEMS)), ITEMS - 1)],
            value=float(chance.randint(1, 5)),
            occurred_at=START + timedelta(seconds=at * 26_000_000 // rows),
        )
        for at in range(rows)
    ]


def instant(event: NewInteraction) -> datetime:
    """When it occurred; every event here says so."""
    return event.occurred_at or START


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    started = perf_counter()
    work()
    return perf_counter() - started


def record_all(events: Sequence[NewInteraction], body: int, key: str) -> None:
    """Record the events under keys of their own, so many in a body."""
    for at in range(0, len(events), body):
        renamed = [replace(event, event=f"{key}{event.event}") for event in events[at : at + body]]
        outcomes = record(renamed, source="bench")
        assert all(outcome.status is Status.ACCEPTED for outcome in outcomes)


def copy(events: Sequence[NewInteraction]) -> None:
    """Put the rows into the table of interactions and do nothing else."""
    ensure_months("feedback_interaction", [instant(event) for event in events])
    columns = "id, occurred_at, received_at, source, event, subject, item_id, kind, value, undoes, curated, simulated"
    now = datetime.now(UTC)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY feedback_interaction ({columns}) FROM STDIN") as rows,
    ):
        for e in events:
            rows.write_row(
                (new_id(), instant(e), now, "copy", e.event, e.subject, e.item_id, int(e.kind),
                 e.value, "", False, False)
            )  # fmt: skip


def import_csv(events: Sequence[NewInteraction]) -> None:
    """Import the events from a file, as `manage.py import_interactions` does."""
    names: dict[UUID | None, str] = dict(Item.objects.values_list("pk", "outside_id"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["event", "member", "item", "value", "occurred_at"])
            writer.writerows(
                (
                    f"file{e.event}",
                    e.subject,
                    names[e.item_id],
                    e.value,
                    int(instant(e).timestamp()),
                )
                for e in events
            )
        with Rejects(None) as rejects:
            *_, progress = import_file(path, Reading("bench"), rejects)
    assert progress.accepted == len(events)
    roll_up()


def tell_latency(events: Sequence[NewInteraction]) -> None:
    """Print how long one event takes by itself."""
    times = sorted(timed(partial(record_all, [event], 1, "one")) for event in events[:ONE_BY_ONE])
    half, most = times[len(times) // 2] * 1000, times[int(len(times) * 0.95)] * 1000
    print(f"{'one event by itself':34} {half:9.1f} ms p50, {most:.1f} ms p95")
