"""Whether the database holds what was acknowledged, once each, and nothing that was forbidden was seen."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis

from tests.processes import LiveStack
from tests.soak.ledger import Json, Ledger
from tests.soak.traffic import ENDS

QUIET_S = 240.0
"""The lease of a run whose worker died, and the runs that wait behind it for the one device."""

EVENTS = """
SELECT i.event, k.name, m.outside_id, item.outside_id, i.value, i.undoes, i.occurred_at
  FROM feedback_interaction i JOIN curation_member m USING (subject)
  LEFT JOIN curation_item item ON item.id = i.item_id
  JOIN unnest(%s::smallint[], %s::text[]) AS k (number, name) ON k.number = i.kind
 WHERE i.event LIKE %s
"""
KEYS = "SELECT event, count(*) FROM feedback_eventkey WHERE event LIKE %s GROUP BY event"
RATINGS = """
SELECT m.outside_id, item.outside_id, stars, thumb, favourite, never, clicked, shared,
    viewed, purchased
  FROM feedback_rating r JOIN curation_member m USING (subject)
  JOIN curation_item item ON item.id = r.item_id WHERE m.outside_id LIKE %s
"""
ENTRIES = """
SELECT v.surface_id, v.number, r.decision_id::text FROM curation_policyversion v
  LEFT JOIN curation_policyentry e ON e.version_id = v.id
  LEFT JOIN curation_revision r ON r.id = e.revision_id
"""
BLOCKS = "SELECT decision_id::text, ended_at FROM curation_block"
RUNS = """
SELECT r.id::text, r.state, count(v.id), r.cancel_requested FROM recsys_run r
  LEFT JOIN recsys_modelversion v ON v.run_id = r.id GROUP BY r.id
"""
JOBS = """
SELECT table_name FROM information_schema.columns
 WHERE table_schema = current_schema() GROUP BY table_name
HAVING bool_or(column_name = 'lease_until') AND bool_or(column_name = 'state')
   AND NOT bool_or(column_name = 'pgh_id')
 ORDER BY table_name
"""
"""Every table of jobs, whatever the next one is called; those of the audit hold none."""
SAME_NUMBER = "SELECT family, number FROM recsys_modelversion GROUP BY 1, 2 HAVING count(*) > 1"


@dataclass(frozen=True)
class Row:
    """One line of the table: what was promised, of how many, and what misses it."""

    promise: str
    checked: int
    missed: list[str]


def reconcile(stack: LiveStack, ledger: Ledger, prefix: str, kinds: dict[int, str]) -> list[Row]:
    """Wait until everything has come to rest, then compare."""
    like = f"{prefix}%"
    numbers, names = list(kinds), [kinds[number] for number in kinds]
    stored = stack.rows(EVENTS, numbers, names, like)
    return [
        Row("every sent event was answered", len(ledger.told), _unanswered(ledger)),
        Row("nothing was refused", len(ledger.told), list(ledger.refused.values())),
        Row(
            "each acknowledged event is there once",
            len(ledger.acknowledged),
            _once(ledger, stored, dict(stack.rows(KEYS, like))),
        ),
        Row("with the content that was sent", len(stored), _content(ledger, stored)),
        *_ratings(stack, ledger, like),
        *_decisions(stack, ledger),
        *_runs(stack, ledger),
        _seen(ledger),
        Row(
            "no error of the server in calm",
            sum(ledger.requests.values()),
            [text for _, text in ledger.errors],
        ),
    ]


def rest(stack: LiveStack) -> Row:
    """The outbox, the queues and the open jobs, once they had time to empty."""
    waits = {
        "outbox": lambda: stack.rows("SELECT count(*) FROM curation_outbox")[0][0],
        **{table: _open(stack, table) for (table,) in stack.rows(JOBS)},
        **{queue: _length(stack, queue) for queue in ("realtime", "upkeep", "bulk", "training")},
    }
    deadline = time.monotonic() + QUIET_S
    while (left := {name: n for name, count in waits.items() if (n := count())}) and (
        time.monotonic() < deadline
    ):
        time.sleep(1)
    told = [f"{name}: {count}" for name, count in left.items()]
    return Row("outbox, queues and jobs come to rest", len(waits), told)


def _open(stack: LiveStack, table: str) -> Callable[[], int]:
    query = f"SELECT count(*) FROM {table} WHERE state IN ('queued', 'running')"  # noqa: S608  a name of ours
    return lambda: int(stack.rows(query)[0][0])


def _length(stack: LiveStack, queue: str) -> Callable[[], int]:
    def count() -> int:
        with redis.Redis.from_url(stack.broker_url) as broker:
            return int(broker.llen(f"tandem:{queue}"))

    return count


def _unanswered(ledger: Ledger) -> list[str]:
    return sorted(ledger.told.keys() - ledger.acknowledged - ledger.refused.keys())


def _once(ledger: Ledger, stored: list[tuple[Any, ...]], keys: dict[str, int]) -> list[str]:
    times = Counter(row[0] for row in stored)
    missed = [
        f"{event}: {times[event]} times"
        for event in sorted(ledger.acknowledged)
        if times[event] != 1 or keys.get(event) != 1
    ]
    return missed + [f"{event} was never sent" for event in times.keys() - ledger.told.keys()]


def _content(ledger: Ledger, stored: list[tuple[Any, ...]]) -> list[str]:
    return [f"{row}" for row in stored if row[0] in ledger.told and not _same(ledger, row)]


def _same(ledger: Ledger, row: tuple[Any, ...]) -> bool:
    event, kind, member, item, value, undoes, occurred_at = row
    sent = ledger.told[event]
    target = ledger.told.get(sent.get("undoes", ""), {})
    return (
        (kind, member, undoes) == (sent["kind"], sent["member"], sent.get("undoes", ""))
        and item in {sent.get("item"), target.get("item")}
        and value == sent.get("value")
        and occurred_at == datetime.fromisoformat(sent["occurred_at"])
    )


FLAGS = ("favourite", "never", "clicked", "shared")
SILENCE: Json = {
    "stars": None,
    "thumb": None,
    **dict.fromkeys(FLAGS, False),
    "viewed": None,
    "purchased": None,
}
Standing = dict[tuple[str, str], dict[str, Any]]


def _ratings(stack: LiveStack, ledger: Ledger, like: str) -> Iterator[Row]:
    """The fold, worked out again from what was sent."""
    found: Standing = {}
    for member, item, *says in stack.rows(RATINGS, like):
        standing = dict(zip(SILENCE, says, strict=True))
        found[member, item] = {
            name: SILENCE[name] if standing[name] is None else standing[name] for name in SILENCE
        }
    expected = _folded(ledger)
    missed = [
        f"{pair}: {found.get(pair)} for {standing}"
        for pair, standing in expected.items()
        if found.get(pair, SILENCE) != standing
    ]
    missed += [f"{pair} has a rating" for pair in found if pair not in expected]
    yield Row("ratings are the fold of the events", len(expected), missed)


def _folded(ledger: Ledger) -> Standing:
    events = [ledger.told[event] for event in ledger.acknowledged]
    undone = {event["undoes"] for event in events if event["kind"] == "undo"}
    standing: Standing = defaultdict(lambda: dict(SILENCE))
    for event in sorted(events, key=lambda each: str(each["occurred_at"])):
        if event["kind"] == "undo":
            continue
        pair = standing[event["member"], event["item"]]
        if event["event"] not in undone:
            pair |= _says(event)
    return standing


def _says(event: Json) -> Json:
    match event["kind"]:
        case "rating":
            return {"stars": float(event["value"])}
        case "like" | "dislike":
            return {"thumb": 1 if event["kind"] == "like" else -1}
        case "favourite":
            return {"favourite": bool(event["value"])}
        case "view" | "purchase":
            return {
                {"view": "viewed", "purchase": "purchased"}[event["kind"]]: float(event["value"])
            }
        case "not_interested":
            return {"never": True}
        case _:
            return {{"click": "clicked", "share": "shared"}[event["kind"]]: True}


def _decisions(stack: LiveStack, ledger: Ledger) -> Iterator[Row]:
    entries: dict[tuple[str, int], set[str]] = defaultdict(set)
    for surface, number, decision in stack.rows(ENTRIES):
        entries[surface, number].add(decision)
    missed = [
        f"{each.kind} {each.decision} is not in {surface} {number}"
        for each in ledger.publications
        if each.kind != "block"
        for surface, number in each.versions.items()
        if each.decision not in entries[surface, number]
    ]
    missed += [f"{key} is no version" for key in ledger.roll_backs if key not in entries]
    yield Row("each decision is in its version", len(ledger.publications), missed)
    blocks = dict(stack.rows(BLOCKS))
    wrong = [
        f"{each.decision}"
        for each in ledger.publications
        if each.kind == "block"
        and (each.decision not in blocks or (each.ended and not blocks[each.decision]))
    ]
    yield Row(
        "each block is kept, and over when ended",
        sum(each.kind == "block" for each in ledger.publications),
        wrong,
    )


def _runs(stack: LiveStack, ledger: Ledger) -> Iterator[Row]:
    rows = {run: (state, versions, asked) for run, state, versions, asked in stack.rows(RUNS)}
    missed = [
        f"{run} is {rows.get(run, ('lost',))[0]}"
        for run in ledger.runs
        if run not in rows or rows[run][0] not in ENDS
    ]
    yield Row("each run came to its end", len(ledger.runs), missed)
    wrong = [
        f"{run}: {state} with {versions} versions"
        for run, (state, versions, _asked) in rows.items()
        if versions != (state == "succeeded")
    ]
    wrong += [str(row) for row in stack.rows(SAME_NUMBER)]
    yield Row("one model for a run that succeeded, else none", len(rows), wrong)


def _seen(ledger: Ledger) -> Row:
    bans: dict[str, list[Any]] = defaultdict(list)
    for ban in ledger.bans:
        bans[ban.item].append(ban)
    broken = [
        f"{item} was shown to {seen.member} ({seen.mode}) {seen.asked - ban.since:.2f} s after it was forbidden"
        for seen in ledger.sightings
        for item in seen.items
        for ban in bans.get(item, ())
        if ban.broken_by(seen)
    ]
    return Row("nothing blocked or refused by its member was shown", len(ledger.sightings), broken)
