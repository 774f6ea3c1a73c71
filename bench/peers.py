"""Our families beside implementations that others made, on the same split files and judged by one measure.

    python -m bench peers [--data FILE --protocol P --least N] [--family NAME …] [--library NAME …]
      [--threads N] [--untuned]

It makes an environment of its own from `bench/peers.txt` (a network is needed once), writes the split as files, tunes
each implementation on validation with as many trials as our own family takes, fits it on train + validation in a
process of its own and has it write lists of 100; all lists, ours too, are judged by `bench/_peers/lists.py`.
Seconds are of the processor / on the clock. With --untuned everybody has one trial: the settings they start with.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._peers.lists import Quality, judged
from recsys.ml.splits.canonical_files import PROTOCOLS, TEMPORAL, read_canonical
from recsys.ml.splits.files import BadSplit, Split, read_folder, write_folder

ROOT: Final = Path(__file__).resolve().parent.parent
DEMO: Final = ROOT / "recsys/demo/movietweetings-demo.interactions.csv.gz"
PINS: Final = ROOT / "bench/peers.txt"
FAMILIES: Final[Mapping[str, Sequence[str]]] = {
    "popularity": ("by_rectools.popular",),
    "item_knn": (
        "by_implicit.cosine",
        "by_implicit.bm25",
        "by_lenskit.item_knn",
        "by_recbole.item_knn",
    ),
    "ease": ("by_rectools.ease", "by_lenskit.ease", "by_recbole.ease"),
    "als": ("by_implicit.als", "by_lenskit.als"),
    "dot": ("by_implicit.bpr", "by_lenskit.bpr", "by_recbole.bpr"),
    "sasrec": ("by_rectools.sasrec",),
}
"""Ours, and which implementations of others stand beside it."""
LIBRARIES: Final = ("implicit", "rectools", "lenskit", "recbole")
LINEAR: Final = ("item_knn", "ease", "als", "dot")
HEAD: Final = (
    "| family | implementation | NDCG@10 | recall@10 | trials | fit | scoring | peak memory "
    "| NDCG, ours ÷ theirs | fit | scoring |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Row:
    """What an implementation came to; seconds as `measure` says."""

    family: str
    which: str
    quality: Quality
    chosen: Mapping[str, Any]
    told: Mapping[str, Any]

    def against(self, ours: Row) -> list[str]:
        """What ours comes to beside it: NDCG, processor seconds of the fit and of scoring, as shares of its own."""
        if self.which == ours.which:
            return ["", "", ""]
        pairs = [(ours.quality.ndcg, self.quality.ndcg)]
        pairs += [(ours.told[part]["cpu"], self.told[part]["cpu"]) for part in ("fit", "scoring")]
        return [f"{own / other:.2f}" if other else "–" for own, other in pairs]

    def cells(self, ours: Row) -> str:
        """The row as it is printed."""
        seconds = [
            f"{self.told[part]['cpu']:.2f} / {self.told[part]['wall']:.2f} s"
            for part in ("fit", "scoring")
        ]
        library, _, name = self.which.removeprefix("by_").partition(".")
        told = (
            self.family,
            f"{library} {name}",
            f"{self.quality.ndcg:.4f} ± {self.quality.ndcg_se:.4f}",
            f"{self.quality.recall:.4f}",
            str(self.chosen["trials"]),
            *seconds,
            f"{self.told['peak_bytes'] / 1e9:.2f} GB",
            *self.against(ours),
        )
        return f"| {' | '.join(told)} |"


class Failed(Exception):
    """An implementation did not get through; the message is what it said last."""


def environment(folder: Path) -> Path:
    """The interpreter of the peers' environment, made anew where its packages are not those of `peers.txt`."""
    stamp, wanted = folder / "stamp", hashlib.sha256(PINS.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        print(f"The peers' environment is made in {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        words = ("-m", "pip", "install", "--quiet", "--no-deps", "--requirement", str(PINS))
        subprocess.run([str(folder / "bin/python"), *words], check=True)
        stamp.write_text(wanted)
    return folder / "bin/python"


@dataclass(frozen=True, slots=True)
class Bench:
    """One split for all, in a folder that lists are written to."""

    python: Path
    folder: Path
    split: Split
    threads: int

    def row(self, family: str, which: str, trials: int) -> Row:
        """Tune, fit, list and judge one implementation; raises Failed."""
        chosen = self._measure("tune", which, "--trials", str(trials))
        recs = self.folder / f"{which}.npz"
        settings = json.dumps(chosen["settings"])
        told = self._measure("fit", which, "--settings", settings, "--recs", str(recs))
        return Row(family, which, judged(recs, self.split), chosen, told)

    def _measure(self, task: str, which: str, *words: str) -> Mapping[str, Any]:
        python = sys.executable if which.startswith("ours.") else str(self.python)
        command = [python, "-m", "bench._peers.measure", task, which]
        done = subprocess.run(
            [*command, "--split", str(self.folder / "split"), *words],
            cwd=ROOT,
            env=os.environ | _limits(self.threads),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed((done.stderr.strip() or f"exit {done.returncode}").splitlines()[-1])
        told: Mapping[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return told


def _limits(threads: int) -> dict[str, str]:
    """As many threads for everybody, however a library counts them; waiting threads sleep, freed memory is kept."""
    names = ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON")
    limits = {f"{name}_NUM_THREADS": str(threads) for name in names}
    limits |= {f"LK_NUM_{name}": str(threads) for name in ("THREADS", "BACKEND_THREADS")}
    kept = {"MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_MMAP_THRESHOLD_": "4000000000"}
    return limits | kept | {"LK_NUM_PROCS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def _chosen(
    families: Sequence[str] | None, libraries: Sequence[str] | None
) -> dict[str, list[str]]:
    """Which implementations stand beside which of our families; everything that is not narrowed."""
    return {
        family: [
            which
            for which in FAMILIES[family]
            if which.removeprefix("by_").partition(".")[0] in (libraries or LIBRARIES)
        ]
        for family in families or FAMILIES
    }


def compare(bench: Bench, chosen: Mapping[str, Sequence[str]], untuned: bool) -> list[Row]:
    """Print a row of each implementation, and what could not be measured; returns the rows."""
    rows, missed = [], []
    print(HEAD, flush=True)
    for family in chosen:
        ours = bench.row(family, f"ours.{family}", 1 if untuned else 0)
        rows.append(ours)
        print(ours.cells(ours), flush=True)
        for which in chosen[family]:
            try:
                rows.append(bench.row(family, which, ours.chosen["trials"]))
                print(rows[-1].cells(ours), flush=True)
            except Failed as error:
                missed.append(f"{which} has no row: {error}")
    print(*("", *missed), sep="\n")
    return rows


def conclude(rows: Sequence[Row]) -> None:
    """Print each choice, and how our families stand to the best of the others."""
    for row in rows:
        settings = ", ".join(f"{key} {value}" for key, value in row.chosen["settings"].items())
        print(f"{row.which}: {settings} (tuned in {row.chosen['cpu']:.1f} processor seconds)")
    ours = [row for row in rows if row.which.startswith("ours.")]
    others = [row for row in rows if row not in ours]
    print()
    for own in ours:
        best = _best([row for row in others if row.family == own.family])
        if best:
            less = best.quality.ndcg - own.quality.ndcg
            word = "is behind" if less > own.quality.ndcg_se else "is not behind"
            print(f"{own.family} {word} the best peer, {best.which}: {-less:+.4f}")
    first, linear = _best(ours), _best([row for row in others if row.family in LINEAR])
    if first and linear:
        ratio = first.quality.ndcg / linear.quality.ndcg
        print(f"Our best, {first.family}, has {ratio:.2f} × the best linear peer, {linear.which}")


def _best(rows: Sequence[Row]) -> Row | None:
    return max(rows, key=lambda row: row.quality.ndcg, default=None)


def main() -> int:
    """Split, compare, conclude."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=DEMO, metavar="FILE")
    parser.add_argument("--protocol", choices=PROTOCOLS, default=TEMPORAL)
    parser.add_argument("--least", type=int, default=1, metavar="N")
    parser.add_argument("--family", action="append", choices=tuple(FAMILIES))
    parser.add_argument("--library", action="append", choices=LIBRARIES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--untuned", action="store_true", help="everybody has the start's settings")
    parser.add_argument("--folder", type=Path, default=ROOT / "var/peers", metavar="DIR")
    given = parser.parse_args()
    name = given.data.name.removesuffix(".interactions.csv.gz")
    folder = given.folder / f"{name}-{given.protocol}-{given.least}"
    try:
        found = read_canonical(given.data, None, given.protocol, least=given.least)
    except BadSplit as error:
        print(error)
        return 1
    write_folder(folder / "split", found)
    split = read_folder(folder / "split")
    print(
        f"{name}, {given.protocol}: {len(split.test_cases())} members are asked, threads {given.threads}"
    )
    bench = Bench(environment(given.folder / "environment"), folder, split, given.threads)
    conclude(compare(bench, _chosen(given.family, given.library), given.untuned))
    return 0


if __name__ == "__main__":
    sys.exit(main())
