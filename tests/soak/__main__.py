"""`make soak`: mixed traffic on a stack of its own while its processes are killed, then everything is counted.

Run: python -m tests.soak [--minutes 10 | --matrix] [--folder var/soak] [--calm 3]
The exit status is the number of promises that were not kept.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

from tests.acceptance.client import Client
from tests.processes import ROOT, LiveStack, start_stack, stop_stack, wait_until
from tests.soak.disturbance import Disturber
from tests.soak.ledger import Ledger
from tests.soak.plans import Planner, planned
from tests.soak.reconciliation import Row, reconcile, rest
from tests.soak.traffic import Curator, Importer, Members, Operator, Person, Reader
from tests.soak.visitors import Visitor, visited

START_S = 900.0
JOIN_S = 180.0
SHOWN = 5
KINDS = "import json; from feedback.models import Kind; print(json.dumps({k.value: k.name.lower() for k in Kind}))"


def main() -> int:
    """Disturb, settle, reconcile; answers how many promises were missed."""
    asked = _arguments()
    ledger = Ledger()
    prefix = f"soak-{uuid.uuid4().hex[:8]}"
    with _stack(Path(asked.folder)) as stack:
        client = Client(**json.loads((stack.var / "demo.json").read_text()))
        kinds = json.loads(stack.manage("shell", "-v", "0", "-c", KINDS).splitlines()[-1])
        failures = _storm(stack, client, ledger, prefix, asked)
        rows = [rest(stack)]
        rows += reconcile(stack, ledger, prefix, {int(k): name for k, name in kinds.items()})
        rows += [*visited(stack, ledger), *planned(stack, ledger)]
    rows.append(Row("everybody went on to the end", 1, failures))
    _report(ledger, rows)
    return sum(bool(row.missed) for row in rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--folder", default=str(ROOT / "var" / "soak"))
    parser.add_argument("--calm", type=float, default=3, help="seconds between disturbances")
    parser.add_argument("--matrix", action="store_true", help="every disturbance once")
    return parser.parse_args()


@contextlib.contextmanager
def _stack(var: Path) -> Iterator[LiveStack]:
    var.mkdir(mode=0o711, parents=True, exist_ok=True)
    print(f"Starting the product on {var} …", flush=True)
    stack = start_stack(var, TANDEM_DEMO="1")
    try:
        wait_until((var / "demo.json").exists, "the demo is ready", START_S)
        # The supervisor takes demo.json away when it stops; the tokens stay good.
        yield stack
    finally:
        stop_stack(stack)


def _storm(
    stack: LiveStack, client: Client, ledger: Ledger, prefix: str, asked: argparse.Namespace
) -> list[str]:
    """Let everybody work for the time, then settle; answers who could not go on, and why."""
    seen: deque[str] = deque(maxlen=200)
    crew = [Members, Members, Members, Importer, Curator, Curator, Operator, Reader]
    crew += [Visitor, Planner]
    people: list[Person] = [
        kind(f"{prefix}-{number}", ledger, client, seen) for number, kind in enumerate(crew)
    ]
    failures = []
    for person in people:
        person.start()
    try:
        disturber = Disturber(stack, client, ledger, asked.calm)
        disturber.once() if asked.matrix else disturber.run(asked.minutes * 60)
    except AssertionError as failure:
        failures.append(str(failure))
    for person in people:
        person.over.set()
    for person in people:
        person.join(JOIN_S)
    failures += [f"{each.name} does not end" for each in people if each.is_alive()]
    return failures + [f"{each.name}: {each.failure!r}" for each in people if each.failure]


def _report(ledger: Ledger, rows: list[Row]) -> None:
    modes = Counter(seen.mode for seen in ledger.sightings)
    total = max(1, sum(modes.values()))
    print(f"\n{sum(ledger.requests.values())} requests: {dict(ledger.requests)}")
    print("slates: " + ", ".join(f"{mode} {count / total:.1%}" for mode, count in modes.items()))
    print(f"{len(ledger.disturbances)} disturbances; load average {os.getloadavg()[0]:.1f}\n")
    for row in rows:
        print(f"{'missed' if row.missed else 'kept':7} {row.checked:>8}  {row.promise}")
        for text in row.missed[:SHOWN]:
            print(f"{'':16}  {text}")
        if len(row.missed) > SHOWN:
            print(f"{'':16}  … {len(row.missed)} in all")


if __name__ == "__main__":
    sys.exit(main())
