"""One implementation in a process of its own: tuned on validation, or fitted on train + validation and asked.

    python -m bench._peers.measure tune LIBRARY.NAME --split DIR --trials N
    python -m bench._peers.measure fit LIBRARY.NAME --split DIR --settings JSON --recs OUT.npz

It runs in our environment and in that of the peers, and prints one line of JSON. Seconds of the fit and of making lists
of 100 for all members of the test, on the clock and of the processor (all threads); reading files and turning
them into a library's own data is not counted. The peak of memory is that of the whole process of ``fit``.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from bench._peers import lists
from bench._peers.search import Asked, Chosen, Implementation, search
from recsys.ml.splits.files import Split, read_folder

Made = TypeVar("Made")


def tune(library: str, name: str, split: Split, trials: int) -> dict[str, object]:
    """Choose settings; our own families bring their own search, which says how many trials the others get."""
    module = import_module(f"bench._peers.{library}")
    choose = getattr(module, "choose", None)
    own: Implementation = module.IMPLEMENTATIONS[name]
    cpu = time.process_time()
    found: Chosen = choose(name, split, trials) if choose else search(own, split, trials)
    return {**asdict(found), "cpu": time.process_time() - cpu}


def fit(
    library: str, name: str, split: Split, settings: dict[str, object], recs: Path
) -> dict[str, object]:
    """Fit on train + validation, list for the members of the test, write the lists."""
    own: Implementation = import_module(f"bench._peers.{library}").IMPLEMENTATIONS[name]
    asked = Asked(split.test_cases(), split)
    data = own.prepare(split.both)
    model, fitting = _timed(lambda: own.fit(data, settings))
    found, scoring = _timed(lambda: own.lists(model, data, asked))
    lists.write(recs, asked.members, found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"fit": fitting, "scoring": scoring, "peak_bytes": peak}


def _timed(work: Callable[[], Made]) -> tuple[Made, dict[str, float]]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def main() -> None:
    """Do one of the two and print what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=("tune", "fit"))
    parser.add_argument("which", metavar="LIBRARY.NAME")
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=0)
    parser.add_argument("--settings", type=json.loads, default={})
    parser.add_argument("--recs", type=Path)
    given = parser.parse_args()
    sys.argv = sys.argv[:1]  # RecBole reads the command line of whoever imports it
    library, _, name = given.which.partition(".")
    split = read_folder(given.split)
    told = (
        tune(library, name, split, given.trials)
        if given.task == "tune"
        else fit(library, name, split, given.settings, given.recs)
    )
    print(json.dumps(told))


if __name__ == "__main__":
    main()
