"""Every benchmark, one after the other, each in a process of its own: `python -m bench [NAME…]`.

Words from the first option on go to the benchmark that is named: `python -m bench peers --protocol leave_one_out`.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import takewhile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BY_NAME_ALONE = {"peers"}
"""What fetches packages runs only where it is named."""


def main(words: list[str]) -> int:
    """Run the named benchmarks, or all; returns how many failed."""
    names = list(takewhile(lambda word: not word.startswith("-"), words))
    options = words[len(names) :]
    if options and len(names) != 1:
        print("Options go to a single benchmark: name one before them.")
        return 1
    known = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(known)}.")
        return 1
    asked = names or [name for name in known if name not in BY_NAME_ALONE]
    failed = [name for name in asked if _run(name, options)]
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    return len(failed)


def _run(name: str, options: list[str]) -> int:
    print(f"\n== {name}", flush=True)
    return subprocess.run(
        [sys.executable, str(HERE / f"{name}.py"), *options], cwd=HERE.parent, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
