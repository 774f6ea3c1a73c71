"""Memory of the web processes, seconds of a cold and a warm start, and whether the second start keeps everything.

Run: python bench/footprint.py
Cold: a fresh clone whose packages were downloaded before and are installed, then an empty data folder; database, data,
migrations and first models are made. Warm: the same folder again. A start ends with the first fresh personal slate.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._load import get, load
from bench._product import ROOT, Product, busy, product

MOST_MB, MOST_WARM_S, MOST_COLD_S = 200, 15, 120
REQUESTS = 500
_KEPT = """
SELECT (SELECT count(*) FROM curation_item), (SELECT count(*) FROM feedback_interaction),
       (SELECT count(*) FROM recsys_run), (SELECT count(*) FROM curation_decision),
       (SELECT string_agg(family || version_id, ' ' ORDER BY family) FROM recsys_livemodel)
"""


def main() -> int:
    """Start twice and print; fails on a torch in a web process, a failed request, and what came or went between."""
    installed_s = _install()
    with product(anew=True) as cold:
        whole_s = installed_s + cold.ready_s
        print(f"cold: {_start(cold)}; packages are installed in {installed_s:.1f} s", flush=True)
        print(f"both: {whole_s:.1f} s (wanted at most {MOST_COLD_S})   {busy()}", flush=True)
        before = cold.rows(_KEPT)
    with product() as warm:
        print(f"warm: {_start(warm)} (wanted at most {MOST_WARM_S})   {busy()}", flush=True)
        after = warm.rows(_KEPT)
        good = _use(warm)
        processes = _family(warm.pid("web"))
        for process in processes:
            print(f"{process} (wanted at most {MOST_MB} resident)")
    torch = [process.name for process in processes if process.maps_torch]
    print(f"{good} of {2 * REQUESTS} requests answered well; torch is mapped by {torch or 'none'}")
    print(
        "everything was kept, nothing was made again"
        if before == after
        else f"{before} became {after}"
    )
    return int(bool(torch) or good < 2 * REQUESTS or before != after)


def _install() -> float:
    """Seconds to make the environment of a fresh clone, by packages that an attempt before has downloaded."""
    for _ in range(2):
        with TemporaryDirectory(prefix="tandem-clone-") as folder:
            clone = ["git", "clone", "--quiet", str(ROOT), folder]
            subprocess.run(clone, check=True)
            told = {"PIP_CACHE_DIR": str(ROOT / ".cache" / "pip"), **os.environ}
            started = time.monotonic()
            subprocess.run(["make", "worker-environment"], cwd=folder, env=told, check=True)
            took_s = time.monotonic() - started
    return took_s


@dataclass(frozen=True)
class Process:
    """A process of the web server, its memory in MB: resident, and its fair share of what several map."""

    name: str
    resident: float
    share: float
    maps_torch: bool

    def __str__(self) -> str:
        return f"{self.name:16} {self.resident:6.0f} MB resident, {self.share:6.0f} MB its share"


def _start(running: Product) -> str:
    return f"answers after {running.answered_s:.1f} s, a fresh personal slate after {running.ready_s:.1f} s"


def _use(running: Product) -> int:
    """Ask for slates and pages, since a process that did nothing yet is small; returns how many came."""
    token = running.tokens["client"]
    path = "/api/v1/recommendations/?surface=home&size=10&wait_ms=10000&member="
    slates = [get(f"{path}{member}", token) for member in running.members(REQUESTS)]
    pages = [get("/login/"), get("/api/schema/", token)] * (REQUESTS // 2)
    return load(running.port, slates, _is_good).good + load(running.port, pages, _is_good).good


def _is_good(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 200")


def _family(parent: int) -> list[Process]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    named = [(parent, "web, parent"), *((int(child), "web, worker") for child in children)]
    return [_process(pid, name) for pid, name in named]


def _process(pid: int, name: str) -> Process:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    maps = Path(f"/proc/{pid}/maps").read_text()
    return Process(name, sizes["Rss"], sizes["Pss"], "libtorch" in maps)


if __name__ == "__main__":
    sys.exit(main())
