"""The script behind `make`: what it does to an environment that is whole, unfinished, broken or outdated.

A stand-in for the environment's interpreter writes down what it is asked, so that nothing is downloaded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

SCRIPT = Path("recsys") / "config" / "environment.py"
FAKE_PYTHON = """#!/bin/sh
case "$*" in
  *"pip --disable"*) echo "$*" >> {calls}; exit {code};;
  *) exit 0;;
esac
"""


class Clone:
    """A copy of the script with locks of one line and an environment made by hand."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / SCRIPT).parent.mkdir(parents=True)
        shutil.copy(ROOT / SCRIPT, root / SCRIPT)
        for name in ("web", "worker", "dev"):
            (root / f"{name}.lock").write_text("thing==1\n")
        self.packages = root / ".venv" / "lib" / "python3.11" / "site-packages"
        self.calls = root / "calls"
        self.fake_python(0)
        self.add("thing", "1")
        self.add("torch", "2.13.0+cpu")
        self.add("pip", "26.3")

    def fake_python(self, code: int) -> None:
        path = self.root / ".venv" / "bin" / "python"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FAKE_PYTHON.format(calls=self.calls, code=code))
        path.chmod(0o755)

    def add(self, name: str, version: str) -> None:
        info = self.packages / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").touch()
        (info / "RECORD").write_text(f"{name}/__init__.py,,\n{info.name}/METADATA,,\n")
        (self.packages / name).mkdir()

    def run(self, name: str = "web", **environment: str) -> subprocess.CompletedProcess[str]:
        self.calls.write_text("")
        words = [sys.executable, str(self.root / SCRIPT), name]
        told = {**os.environ, **environment}
        return subprocess.run(words, capture_output=True, text=True, check=False, env=told)

    def asked(self) -> list[str]:
        return self.calls.read_text().splitlines()


@pytest.fixture
def clone(tmp_path) -> Clone:
    made = Clone(tmp_path)
    assert made.run().returncode == 0
    return made


def test_a_whole_environment_is_left_alone(clone):
    done = clone.run()
    assert (done.returncode, done.stdout, clone.asked()) == (0, "", [])


def test_the_lock_is_installed_by_hash_and_torch_stays_where_it_is_there(clone):
    clone.run("dev")
    (call,) = clone.asked()
    assert "--require-hashes -r" in call
    assert "torch" not in call


def test_torch_comes_first_and_alone_at_its_exact_version(tmp_path):
    clone = Clone(tmp_path)
    shutil.rmtree(clone.packages / "torch-2.13.0+cpu.dist-info")
    clone.run()
    first, second = clone.asked()
    assert first.endswith(" torch==2.13.0")
    assert "web.lock" in second


def test_an_older_pip_is_renewed_by_hash_before_it_installs_anything(tmp_path):
    clone = Clone(tmp_path)
    shutil.rmtree(clone.packages / "pip-26.3.dist-info")
    clone.run()
    first, second = clone.asked()
    assert "--require-hashes -r /dev/stdin" in first
    assert "web.lock" in second


def test_an_unfinished_environment_is_brought_up_to_date(clone):
    (clone.root / ".venv" / "tandem-web.stamp").unlink()
    done = clone.run()
    assert "unfinished" in done.stdout
    assert len(clone.asked()) == 1
    assert clone.run().stdout == ""


def test_a_changed_lock_is_installed(clone):
    (clone.root / "web.lock").write_text("thing==2\n")
    clone.run()
    assert len(clone.asked()) == 1


def test_a_package_whose_files_are_gone_is_installed_again(clone):
    shutil.rmtree(clone.packages / "thing")
    done = clone.run()
    assert "thing-1.dist-info is not complete" in done.stdout
    assert not (clone.packages / "thing-1.dist-info").exists()
    assert len(clone.asked()) == 1


def test_the_larger_environment_serves_for_the_smaller_one(clone):
    clone.run("dev")
    (clone.root / ".venv" / "tandem-web.stamp").unlink(missing_ok=True)
    assert clone.run("web").stdout == ""


def test_a_failed_installation_says_what_to_do_and_leaves_no_stamp(clone):
    (clone.root / "web.lock").write_text("thing==2\n")
    clone.fake_python(1)
    done = clone.run()
    assert done.returncode == 1
    assert "run the same command again" in done.stderr
    assert not (clone.root / ".venv" / "tandem-web.stamp").exists()
    clone.fake_python(0)
    assert clone.run().returncode == 0


def test_an_interpreter_that_is_gone_means_a_new_environment(clone):
    (clone.root / ".venv" / "bin" / "python").unlink()
    done = clone.run(PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert "does not work; making it anew" in done.stdout
    assert not (clone.packages / "thing").exists()


def test_a_linked_environment_of_another_checkout_is_not_emptied(clone, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / SCRIPT).parent.mkdir(parents=True)
    shutil.copy(ROOT / SCRIPT, other / SCRIPT)
    for lock in clone.root.glob("*.lock"):
        shutil.copy(lock, other)
    (other / ".venv").symlink_to(clone.root / ".venv")
    words = [sys.executable, str(other / SCRIPT), "web"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, "Remove the link" in done.stderr) == (1, True)
    assert clone.run().stdout == ""


def test_downloads_stay_inside_the_project(clone):
    clone.fake_python(0)
    script = clone.root / ".venv" / "bin" / "python"
    script.write_text(f"#!/bin/sh\necho $PIP_CACHE_DIR >> {clone.calls}\n")
    (clone.root / "web.lock").write_text("thing==3\n")
    environment = {name: value for name, value in os.environ.items() if name != "PIP_CACHE_DIR"}
    clone.calls.write_text("")
    words = [sys.executable, str(clone.root / SCRIPT), "web"]
    subprocess.run(words, check=True, env=environment, capture_output=True)
    assert str(clone.root / ".cache" / "pip") in clone.asked()
