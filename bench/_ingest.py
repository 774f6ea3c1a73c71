"""What `bench/ingest.py` measures, once Django stands on a database."""

from __future__ import annotations

import csv
import gc
import logging
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from bench._product import busy
from curation.arrays import CSV, line
from curation.ids import new_id
from curation.imports.importing import Rejects
from curation.models import Item, Member, Segment, User
from curation.people.access import issue_token
from feedback.actions import record
from feedback.imports.importing import import_file
from feedback.imports.reading import Reading
from feedback.models import Kind
from feedback.partitions import ensure_months
from feedback.recording.events import NewInteraction, Status
from feedback.rollups.stats import roll_up

MEMBERS, ITEMS, BODY, ROUNDS = 6_000, 3_000, 1_000, 3
SEGMENTS = {
    "newcomers": {"field": "ratings", "op": "lt", "value": 5},
    "regulars": {"field": "ratings", "op": "ge", "value": 20},
}
LEAST_PER_S, LEAST_OF_COPY = 6_000, 0.25
ONE_BY_ONE = 300
LIMIT_S = 20.0
START = datetime(2025, 1, 1, tzinfo=UTC)


def measure(rows: int) -> int:
    """Print rows per second and ratios; fails where a limit is missed."""
    items = [Item(source="bench", outside_id=f"i{n}", title=f"Item {n}") for n in range(ITEMS)]
    Item.objects.bulk_create(items)
    for slug, query in SEGMENTS.items():
        Segment.objects.create(slug=slug, name=slug, query=query)
    people = [Member(source="bench", outside_id=f"m{n}") for n in range(MEMBERS)]
    Member.objects.bulk_create(people)
    events = make_events(Random(1), rows, items, people)
    # A process that serves holds no such lists: the collector of garbage shall not search them.
    gc.collect()
    gc.freeze()
    gc.set_threshold(settings.COLLECTED_AFTER)  # as in a process that serves
    recorder(events, BODY, "before")()  # so that every measurement finds members who did things
    copied, told = compare(events, people, items)
    whole = timed(lambda: copy(events, rows))
    quickest = timed(lambda: copy(events, BODY, by_hand=True))
    tell("COPY of all rows at once", rows, whole, copied)
    tell("COPY of lines made by hand", rows, quickest, copied)
    recorded = timed(recorder(events, BODY, "body"))
    tell(f"recorded in bodies of {BODY:,}", rows, recorded, copied)
    tell(
        "recorded in bodies of 10,000",
        rows,
        timed(recorder(events, 10_000, "x")),
        copied,
    )
    imported = timed(lambda: import_csv(events))
    tell("imported from CSV", rows, imported, copied)
    per_limit = imported / rows * 100_000
    print(f"{'import of 100,000 rows':34} {per_limit:9.1f} s        limit {LIMIT_S:.0f} s")
    tell_latency(events)
    slow = rows / told < LEAST_PER_S or copied / told < LEAST_OF_COPY
    print(f"limits of the API: {LEAST_PER_S:,} rows/s and {LEAST_OF_COPY} of COPY; {busy()}")
    return int(slow or per_limit > LIMIT_S)


def compare(
    events: Sequence[NewInteraction], people: Sequence[Member], items: Sequence[Item]
) -> tuple[float, float]:
    """COPY in bodies and the API, in turn: the seconds of each in the round whose ratio is the middle one.

    Beside the clock stands the processor, of this process and of the server's for our session: what
    other work does to the machine shows less there.
    """
    rounds = []
    client = make_client()
    for number in range(ROUNDS):
        bodies = make_bodies(events, people, items, f"api{number}")
        copied, copied_cpu = spent(lambda: copy(events, BODY))
        answers: list[Any] = []
        told, told_cpu = spent(partial(send, client, bodies, answers))
        check(answers)
        rounds.append((copied, told))
        tell(f"COPY in bodies of {BODY:,}", len(events), copied, copied)
        tell(f"over the API in bodies of {BODY:,}", len(events), told, copied)
        tell("… by the processor", len(events), told_cpu, copied_cpu)
    return sorted(rounds, key=lambda each: each[0] / each[1])[ROUNDS // 2]


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds that the work takes, and those of the processor in this process and in the server's."""
    before, here = server_cpu_s(), process_time()
    took = timed(work)
    return took, process_time() - here + server_cpu_s() - before


def server_cpu_s() -> float:
    """Seconds of the processor that the server's process of our session has taken; Linux tells."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def tell(what: str, rows: int, took_s: float, copied_s: float) -> None:
    """Print one line: rows per second, and their ratio to COPY."""
    print(f"{what:34} {rows / took_s:9,.0f} rows/s   {copied_s / took_s:.2f} of COPY")


def make_events(
    chance: Random, rows: int, items: Sequence[Item], people: Sequence[Member]
) -> list[NewInteraction]:
    """Ratings of a few popular items and many others, over ten months."""
    return [
        NewInteraction(
            event=f"e{at}",
            subject=people[min(int(chance.expovariate(8 / MEMBERS)), MEMBERS - 1)].subject,
            kind=Kind.RATING,
            item_id=items[min(int(chance.expovariate(8 / ITEMS)), ITEMS - 1)].pk,
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


def recorder(events: Sequence[NewInteraction], body: int, key: str) -> Callable[[], None]:
    """What records the events under keys of their own, so many in a body; the keys are made beforehand."""
    renamed = [replace(event, event=f"{key}{event.event}") for event in events]

    def run() -> None:
        for at in range(0, len(renamed), body):
            outcomes = record(renamed[at : at + body], source="bench")
            assert all(outcome.status is Status.ACCEPTED for outcome in outcomes)

    return run


def copy(events: Sequence[NewInteraction], body: int, *, by_hand: bool = False) -> None:
    """Put the rows into the table of interactions and do nothing else, so many in a transaction.

    The driver writes them row by row, or by hand as recording does, which is quicker.
    """
    ensure_months("feedback_interaction", [instant(event) for event in events])
    columns = "id, occurred_at, received_at, source, event, subject, item_id, kind, value, undoes, curated, simulated"
    statement = f"COPY feedback_interaction ({columns}) FROM STDIN {CSV if by_hand else ''}"
    for at in range(0, len(events), body):
        now = datetime.now(UTC)
        told: list[tuple[Any, ...]] = [
            (new_id(), instant(e), now, "copy", e.event, e.subject, e.item_id, int(e.kind),
             e.value, "", False, False)
            for e in events[at : at + body]
        ]  # fmt: skip
        with connection.cursor() as cursor, cursor.copy(statement) as rows:
            if by_hand:
                rows.write(b"".join(map(line, told)))
                continue
            for row in told:
                rows.write_row(row)


def make_bodies(
    events: Sequence[NewInteraction], people: Sequence[Member], items: Sequence[Item], key: str
) -> list[bytes]:
    """The events as the bodies of requests, under keys of their own."""
    who = {member.subject: member.outside_id for member in people}
    what = {item.pk: item.outside_id for item in items}
    rows = [
        {"event": f"{key}{e.event}", "member": who[e.subject], "item": what[e.item_id],
         "kind": "rating", "value": e.value, "occurred_at": instant(e).isoformat()}
        for e in events if e.item_id
    ]  # fmt: skip
    return [
        orjson.dumps({"interactions": rows[at : at + BODY]}) for at in range(0, len(rows), BODY)
    ]


def make_client() -> Client:
    """A client with a token, of a server that has imported its pages."""
    user = User.objects.create(username="bench")
    user.groups.add(Group.objects.get_or_create(name="client")[0])
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    client = Client(headers={"authorization": f"Token {issue_token(user, 'bench')}"})
    client.get("/livez")
    logging.getLogger("recsys.config.middleware").setLevel(logging.WARNING)
    return client


def send(client: Client, bodies: Sequence[bytes], answers: list[Any]) -> None:
    """Send the bodies to the API, one after the other."""
    post = partial(client.generic, "POST", "/api/v1/interactions/", content_type="application/json")
    answers.extend(post(data=body) for body in bodies)


def check(answers: Sequence[Any]) -> None:
    """All of each body has to be accepted."""
    for answer in answers:
        told = orjson.loads(answer.content)
        assert answer.status_code == HTTPStatus.OK, told
        assert all(result["status"] == "accepted" for result in told["results"])


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
    times = sorted(timed(recorder([event], 1, "one")) for event in events[:ONE_BY_ONE])
    half, most = times[len(times) // 2] * 1000, times[int(len(times) * 0.95)] * 1000
    print(f"{'one event by itself':34} {half:9.1f} ms p50, {most:.1f} ms p95")
