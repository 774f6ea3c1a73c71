"""The restore drill: a backup that was taken under load, put back elsewhere, is the same product."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.client import Client, items, someone
from tests.acceptance.storm import Load, Storm
from tests.processes import (
    ROOT,
    LiveStack,
    bare_environment,
    start_stack,
    stop_stack,
    wait_until,
)

HASHES = "SELECT family, number, digest FROM recsys_modelversion ORDER BY family, number"
KEPT = "SELECT event, count(*) FROM feedback_interaction WHERE event = ANY(%s) GROUP BY event"


def manage(var: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=bare_environment() | {"TANDEM_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_backup_taken_under_load_is_the_same_product_elsewhere(
    client: Client, demo_stack: LiveStack, public_folder: Path
) -> None:
    slate = client.recommend(someone(), size=50)
    storm = Storm(client, items(slate))
    storm.rate(20)
    before = list(storm.acknowledged)
    trace = client.trace(slate["slate"])
    file = public_folder / "drill.tar"
    with Load(storm):
        demo_stack.manage("backup", str(file))

    restored = public_folder / "restored"
    done = manage(restored, "restore", str(file))
    assert done.returncode == 0, done.stderr
    stack = start_stack(restored)
    try:
        elsewhere = Client(stack.url, client.logins, client.tokens)
        assert dict(stack.rows(KEPT, before)) == dict.fromkeys(before, 1)
        assert stack.rows(HASHES) == demo_stack.rows(HASHES)
        assert elsewhere.trace(slate["slate"]) == trace
        replay = elsewhere.call(
            "GET", f"/api/v1/slates/{slate['slate']}/", "analyst", params={"replay": 1}
        )
        assert replay.json()["identical"] is True
        wait_until(lambda: elsewhere.recommend(someone())["mode"] == "fresh", "a fresh slate")
    finally:
        stop_stack(stack)
    assert "is in use" in manage(restored, "restore", str(file)).stderr
