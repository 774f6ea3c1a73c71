"""Every benchmark, one after the other, each in a process of its own: `python -m bench [NAME…]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; returns how many failed."""
    known = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(known)}.")
        return 1
    failed = [name for name in names or known if _run(name)]
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    return len(failed)


def _run(name: str) -> int:
    print(f"\n== {name}", flush=True)
    return subprocess.run(
        [sys.executable, str(HERE / f"{name}.py")], cwd=HERE.parent, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
