"""What a supervisor's children go through: readiness, restarts, stops, and its own sudden death."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from recsys.config.embedded.trouble import Trouble
from recsys.config.supervisor.child import Program, python
from recsys.config.supervisor.family import Family, Stopped
from tests.processes import wait_until
from tests.recsys.config.small_products import PATIENT, SmallProduct, an_ordinary_user, members

# A parent that leaves a child of its own behind, like a web server whose main process is killed.
WITH_CHILD = (
    f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {PATIENT!r}]); {PATIENT}"
)
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {PATIENT}"


@pytest.fixture
def family(tmp_path) -> Iterator[Family]:
    made = Family(tmp_path / "log", first_wait_s=0.02)
    yield made
    made.stop()


def program(name: str, code: str, stage: int = 1, **more) -> Program:
    return Program(
        name=name,
        words=python("-c", code),
        environment=dict(os.environ),
        stage=stage,
        ready=lambda child: "ready" in child.new_output(),
        **{"grace_s": 5.0, **more},
    )


def test_a_child_is_ready_only_when_it_says_so_after_this_start(family):
    child = family.start(program("one", PATIENT))
    family.wait_ready(["one"], 30)
    os.kill(child.pid, signal.SIGKILL)
    wait_until(lambda: not child.running(), "it is dead")
    family.tend()
    assert not child.check_ready()
    family.wait_ready(["one"], 30)


def test_a_killed_child_comes_back_and_its_own_child_goes(family, tmp_path):
    mark = f"mark-{tmp_path}"
    one = program("one", WITH_CHILD)
    child = family.start(Program(**{**vars(one), "environment": {**os.environ, "MARK": mark}}))
    wait_until(lambda: len(members(mark)) == 2, "parent and child run")
    before = set(members(mark))
    os.kill(child.pid, signal.SIGKILL)

    def replaced() -> bool:
        family.tend()
        return len(members(mark)) == 2 and not before & set(members(mark))

    wait_until(replaced, "both are new")


def test_a_child_that_dies_again_and_again_stops_everything_with_its_last_words(family):
    family.start(program("poor", "raise SystemExit('no paper in the printer')"))
    with pytest.raises(Trouble, match=r"poor ended 6 times(.|\n)*no paper in the printer"):
        family.wait_ready(["poor"], 60)


def test_a_full_disk_is_named_as_the_reason(family):
    family.start(program("poor", "raise SystemExit('could not write: No space left on device')"))
    with pytest.raises(Trouble, match="The disk is full"):
        family.wait_ready(["poor"], 60)


def test_a_child_that_never_becomes_ready_is_named(family):
    family.start(program("mute", "import time; time.sleep(600)"))
    with pytest.raises(Trouble, match="mute was not ready after 1 s"):
        family.wait_ready(["mute"], 1)


def test_stages_stop_in_reverse_order(tmp_path):
    diary = tmp_path / "diary"
    code = (
        "import os, signal, sys, time\n"
        f"signal.signal(signal.SIGTERM, lambda *_: (open({str(diary)!r}, 'a').write(sys.argv[1]), sys.exit()))\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.1)"
    )
    family = Family(tmp_path / "log")
    for stage, name in enumerate("abc"):
        one = program(name, code, stage)
        family.start(Program(**{**vars(one), "words": [*one.words, name]}))
    family.wait_ready("abc", 30)
    family.stop()
    assert diary.read_text() == "cba"


def test_a_child_that_ignores_a_polite_signal_gets_a_harder_one(family):
    child = family.start(program("deaf", STUBBORN, grace_s=0.5))
    family.wait_ready(["deaf"], 30)
    process = child.process
    family.stop_one("deaf")
    assert process is not None
    assert process.returncode == -signal.SIGKILL


def test_asked_to_stop_it_stops_at_the_next_chance(family):
    family.ask_to_stop()
    with pytest.raises(Stopped):
        family.tend()


def test_asked_twice_it_does_not_wait(family):
    child = family.start(program("deaf", STUBBORN, grace_s=600))
    family.wait_ready(["deaf"], 30)
    family.ask_to_stop()
    family.ask_to_stop()
    family.stop()
    assert not child.running()


def test_a_program_that_ends_by_itself_returns_its_code(family):
    assert family.run_once(program("step", "raise SystemExit(3)")) == 3


@pytest.fixture
def small_product(public_folder, request) -> Iterator[SmallProduct]:
    made = SmallProduct(public_folder / request.node.name[:40])
    yield made
    made.stop()


def folder_of(database_url: str) -> Path:
    return Path(database_url.partition("host=")[2])


def test_ctrl_c_leaves_no_process_and_no_temporary_folder(small_product):
    database_url, _ = small_product.wait_ready()
    small_product.stop()
    assert small_product.process.returncode == 0
    assert small_product.everyone() == []
    assert not folder_of(database_url).exists()
    assert not (small_product.var / "postgres" / "postmaster.pid").exists()


def test_an_ordinary_user_runs_and_ends_it_all(public_folder):
    user = an_ordinary_user()
    product = SmallProduct(public_folder / "ordinary", by=user)
    try:
        product.wait_ready()
        uid = user.account.uid or os.geteuid()
        assert uid != 0
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in product.everyone()} == {uid}
        assert {path.stat().st_uid for path in product.var.rglob("*")} == {uid}
    finally:
        product.stop()
    assert product.process.returncode == 0
    assert product.everyone() == []


def test_a_second_ctrl_c_waits_for_nobody_and_leaves_nothing_behind(public_folder):
    product = SmallProduct(public_folder / "hurried", STUBBORN)
    database_url, _ = product.wait_ready()
    with psycopg.connect(database_url):  # that somebody is connected holds nothing up
        for _ in range(2):
            product.process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        asked = time.monotonic()
        product.process.communicate(timeout=60)
    assert time.monotonic() - asked < 10
    assert product.process.returncode == 0
    assert product.everyone() == []
    assert not folder_of(database_url).exists()
    assert not (product.var / "postgres" / "postmaster.pid").exists()


def test_kill_9_of_the_supervisor_leaves_nothing_behind(small_product):
    database_url, _ = small_product.wait_ready()
    small_product.process.kill()
    small_product.process.communicate()
    wait_until(lambda: small_product.everyone() == [], "everything ended", 30)
    wait_until(lambda: not folder_of(database_url).exists(), "the folder is gone", 30)
    # PostgreSQL had the time to shut down cleanly.
    assert not (small_product.var / "postgres" / "postmaster.pid").exists()


def test_what_refuses_to_die_with_the_supervisor_is_killed(public_folder):
    product = SmallProduct(public_folder / "stubborn", STUBBORN)
    product.wait_ready()
    product.process.kill()
    product.process.communicate()
    wait_until(lambda: product.everyone() == [], "everything ended", 40)


def test_a_next_supervisor_waits_for_what_the_killed_one_left(small_product):
    small_product.wait_ready()
    small_product.process.kill()
    small_product.process.communicate()
    successor = SmallProduct(small_product.var)
    successor.wait_ready()
    successor.stop()


def test_a_second_supervisor_on_the_same_data_folder_is_refused(small_product):
    small_product.wait_ready()
    second = SmallProduct(small_product.var)
    _, errors = second.process.communicate(timeout=30)
    assert (
        f"already running on the data folder {small_product.var} (pid {small_product.process.pid})"
        in errors
    )


def test_what_was_acknowledged_survives_kill_9_of_the_database_and_of_the_queues(small_product):
    database_url, broker_url = small_product.wait_ready()
    owner = database_url.replace("tandem_app", "tandem_owner")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    with redis.Redis.from_url(broker_url) as broker:
        broker.lpush("queue", "message")
        time.sleep(1.1)  # the log of the queues reaches the disk every second
    for name in ("postgres", "broker"):
        kill_from_outside(small_product, name)
    wait_until(lambda: _answers(owner), "the database is back")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]
    wait_until(lambda: _length(broker_url, "queue") == 1, "the message is there")


def kill_from_outside(product: SmallProduct, name: str) -> None:
    wanted = {"postgres": f"{product.var}/postgres", "broker": "broker.sock"}[name]
    leaders = [pid for pid in members(wanted) if _parent(pid) == product.process.pid]
    assert len(leaders) == 1
    os.kill(leaders[0], signal.SIGKILL)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except FileNotFoundError:  # it ended since it was listed
        return 0


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _length(url: str, name: str) -> int:
    try:
        with redis.Redis.from_url(url) as client:
            return int(client.llen(name))
    except redis.RedisError:
        return -1
