"""Makes .venv whole: a quick pip, torch first and alone, then everything else by hash from a lock.

Run by path with any Python: `python3 recsys/config/environment.py worker` (or web, dev). The stamp that it leaves
names the lock, the torch and the interpreter; it is written last, so a folder without its stamp is an unfinished one.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TORCH = "torch==2.13.0"
# The one that comes with Python 3.11 takes twice as long to find out what to take of a hundred packages.
PIP = "pip==26.3 --hash=sha256:f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
OLDEST = (3, 11)
# A lock of a name holds everything that the locks after it do.
LOCKS = {name: ROOT / f"{name}.lock" for name in ("dev", "worker", "web")}
_TORCH_MB = 3000
_REST_MB = 1000


def main() -> None:
    """Bring the environment of a name to what its lock says, doing nothing where it is there already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=LOCKS)
    name = parser.parse_args().name
    _require_python()
    with LOCKS[name].open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_whole(name):
            _make(name)


def _require_python() -> None:
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606
    _fail(
        f"Tandem needs Python 3.11 or newer; this is {sys.version.split()[0]}. Install one, then: make run PYTHON=…"
    )


def _is_whole(name: str) -> bool:
    if not os.access(PYTHON, os.X_OK):
        return False
    names = list(LOCKS)
    held = names[: names.index(name) + 1]
    return (
        any(_stamp(other).is_file() and _stamp(other).read_text() == _key(other) for other in held)
        and not _damaged()
    )


def _make(name: str) -> None:
    _make_venv()
    for distribution in _damaged():
        print(f"{distribution.name} is not complete; it is installed again.", flush=True)
        shutil.rmtree(distribution)
    for other in LOCKS:
        _stamp(other).unlink(missing_ok=True)
    if not list(_packages().glob("pip-26.3.dist-info")):
        _install("Installing pip", ["--require-hashes", "-r", "/dev/stdin"], PIP)
    if not list(_packages().glob("torch-2.13.0*.dist-info")):
        _need_space(_TORCH_MB)
        _install(f"Installing {TORCH}: once, the largest part", [TORCH])
    _need_space(_REST_MB)
    words = ["--no-deps", "--require-hashes", "-r", str(LOCKS[name])]
    _install(f"Installing the rest, locked by hash ({LOCKS[name].name})", words)
    (_packages() / "tandem.pth").write_text(f"{ROOT}\n")
    _stamp(name).write_text(_key(name))


def _make_venv() -> None:
    if not VENV.exists():
        print("Making the virtual environment .venv", flush=True)
    elif _works():
        print(
            "The environment .venv is unfinished or out of date; bringing it up to date.",
            flush=True,
        )
        return
    else:
        _refuse_a_link()
        print("The environment .venv does not work; making it anew.", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        _fail(
            "Python could not make a virtual environment. On Debian and Ubuntu its module is a package of its own: "
            f"apt-get install python{version}-venv. Then run the same command again."
        )


def _refuse_a_link() -> None:
    """Another checkout's environment, linked here, is that checkout's: making it anew would empty it there."""
    if VENV.is_symlink():
        _fail(
            f".venv is a link to {VENV.resolve()}, which was not made for {ROOT}. Remove the link, then run the same "
            "command again."
        )


def _works() -> bool:
    mark = _packages() / "tandem.pth"
    if mark.is_file() and mark.read_text() != f"{ROOT}\n":
        return False  # the folder was moved, and the scripts in it name the old place
    probe = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    return (
        PYTHON.exists() and subprocess.run(probe, check=False, capture_output=True).returncode == 0
    )


def _install(title: str, words: list[str], said: str = "") -> None:
    """Have pip install what the words ask for; what is said to it are the lines of a file of requirements."""
    print(title, flush=True)
    environment = {"PIP_CACHE_DIR": str(ROOT / ".cache" / "pip"), **os.environ, "PIP_NO_INPUT": "1"}
    environment.pop("PYTHONHOME", None)
    # Most modules are never imported: to compile them all takes as long as to unpack them.
    told = ["--disable-pip-version-check", "install", "-qq", "--no-compile"]
    pip = [str(PYTHON), "-m", "pip", *told, *words]
    if subprocess.run(
        pip, check=False, env=environment, cwd=ROOT, input=said, text=True
    ).returncode:
        _fail(
            "pip could not install everything; its own words stand above. Check the network and the disk "
            f"({_free_mb()} MB are free), then run the same command again: it goes on where it stopped. "
            "To start over: rm -r .venv"
        )


def _need_space(least_mb: int) -> None:
    if _free_mb() < least_mb:
        _fail(
            f"The disk is full: {_free_mb()} MB are free where {ROOT} lies, and the environment needs {least_mb} MB. "
            "Free some, then run the same command again."
        )


def _free_mb() -> int:
    return shutil.disk_usage(ROOT).free // 2**20


def _damaged() -> list[Path]:
    """Distributions of which a top-level folder or module is gone."""
    packages = _packages()
    infos = packages.glob("*.dist-info") if packages.is_dir() else []
    return [info for info in infos if not _is_complete(info)]


def _is_complete(info: Path) -> bool:
    record = info / "RECORD"
    if not record.is_file() or not (info / "METADATA").is_file():
        return False
    names = set(re.findall(r"^\"?([^/,\"\n]+)", record.read_text(), re.MULTILINE))
    return all((info.parent / name).exists() for name in names - {"..", "__pycache__"})


def _packages() -> Path:
    return next((VENV / "lib").glob("python3.*/site-packages"), VENV / "lib" / "none")


def _stamp(name: str) -> Path:
    return VENV / f"tandem-{name}.stamp"


def _key(name: str) -> str:
    """What the environment was made from; another interpreter or another place asks for another environment."""
    told = [TORCH, str(ROOT), str(PYTHON.resolve())]
    return hashlib.sha256("\n".join(told).encode() + LOCKS[name].read_bytes()).hexdigest()


def _fail(message: str) -> None:
    sys.exit(f"\n{message}")


if __name__ == "__main__":
    main()
