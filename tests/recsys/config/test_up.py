"""The whole product under its supervisor: lean, there once, and back with its database.

That each of its processes may be killed is held where it is killed under load (`tests/acceptance/test_main_job.py`).
"""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.processes import (
    ROOT,
    STALE,
    LiveStack,
    bare_environment,
    said,
    wait_until,
)


def answers(stack: LiveStack, path: str) -> bool:
    return answer(stack, path).startswith("200")


def answer(stack: LiveStack, path: str) -> str:
    """The status of a page, with how its body begins where it is not 200; or why there was none."""
    try:
        with urllib.request.urlopen(f"{stack.url}{path}", timeout=10) as response:
            return str(response.status)
    except urllib.error.HTTPError as refused:
        return f"{refused.code}: {refused.read(500)!r}"
    except OSError as silence:
        return repr(silence)


def family_of(pid: int) -> list[int]:
    """A process and its descendants."""
    below = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and parent_of(entry) == pid
    ]
    return [pid, *(found for child in below for found in family_of(child))]


def parent_of(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return -1


def up(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "up"]
    told = bare_environment() | environment
    return subprocess.run(
        command, cwd=ROOT, env=told, capture_output=True, text=True, check=False, timeout=60
    )


def test_pages_answer_as_soon_as_the_database_is_back(live_stack: LiveStack):
    with ThreadPoolExecutor(
        8
    ) as many:  # so that its connections are many, each of which will be cut
        assert set(many.map(lambda _: answer(live_stack, "/"), range(40))) == {"200"}
        live_stack.kill("postgres")
        wait_until(lambda: answers(live_stack, "/readyz"), "the database is back")
        assert set(many.map(lambda _: answer(live_stack, "/"), range(40))) == {"200"}


def test_web_processes_stay_small_and_never_map_torch(live_stack: LiveStack):
    wait_until(
        lambda: answers(live_stack, "/"),
        "the home page answers",
        why=lambda: answer(live_stack, "/"),
    )
    for pid in family_of(live_stack.pid("web")):
        assert "libtorch" not in Path(f"/proc/{pid}/maps").read_text()
        fields = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        )
        assert int(fields["VmRSS"].split()[0]) <= 200 * 1024


def test_a_way_in_that_an_earlier_start_left_is_gone(live_stack: LiveStack):
    assert not (live_stack.var / STALE).exists()


def test_a_second_supervisor_is_refused_and_says_who_runs(live_stack: LiveStack):
    done = up(TANDEM_VAR=str(live_stack.var), PORT="8000")
    assert done.returncode == 2
    assert f"already running on the data folder {live_stack.var}" in done.stderr


def test_a_taken_port_is_said_before_anything_starts(live_stack: LiveStack, public_folder):
    done = up(TANDEM_VAR=str(public_folder / "other"), PORT=str(live_stack.port))
    assert done.returncode == 2
    assert f"Port {live_stack.port} is taken" in done.stderr
    assert not (public_folder / "other" / "postgres").exists()


def test_the_address_is_printed_before_the_workers_are_there(live_stack: LiveStack):
    words = said(live_stack)
    assert live_stack.url in words
    assert words.index(live_stack.url) < words.index("workers")


def test_a_command_run_by_hand_finds_the_running_services(live_stack: LiveStack):
    asked = "from django.db import connection as c; print(c.cursor().execute('select current_user').fetchone()[0])"
    assert live_stack.manage("shell", "-c", asked).strip().endswith("tandem_app")
    assert "No planned migration" in live_stack.manage("migrate", "--plan")
