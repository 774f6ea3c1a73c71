"""When a worker is taken for stuck."""

from __future__ import annotations

from functools import partial

from recsys.workers.pool_guard import STUCK_S, Stuck


def test_a_worker_is_stuck_when_a_task_waits_long_and_no_child_is_at_work():
    now = [0.0]
    stuck = Stuck(lambda: now[0])
    assert not stuck.look(1, 0)
    now[0] = STUCK_S + 1
    assert stuck.look(1, 0)


def test_work_or_an_empty_hand_begins_the_count_anew():
    for held in ((1, 1), (0, 0)):
        now = [0.0]
        stuck = Stuck(partial(now.__getitem__, 0))
        stuck.look(1, 0)
        now[0] = STUCK_S - 1
        assert not stuck.look(*held)
        now[0] = STUCK_S + 1
        assert not stuck.look(1, 0)
