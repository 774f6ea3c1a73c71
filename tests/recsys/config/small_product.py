"""A supervisor with the real services and two stand-ins, run as a process of its own by the tests.

`small_product.py VAR PYTHON_CODE_OF_THE_STAND_INS`
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from recsys.config.embedded.postgres import prepare
from recsys.config.embedded.services import plan
from recsys.config.supervisor.child import Program, python
from recsys.config.supervisor.family import Family, Stopped
from recsys.config.supervisor.lock import take_lock
from recsys.config.supervisor.programs import foundation


def main(var: Path, code: str) -> None:
    """Start everything, say so, and look after it until asked to stop."""
    family = Family(var / "log", take_lock(var))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: family.ask_to_stop())
    try:
        _run(family, var, code)
    except Stopped:
        print("stopping", flush=True)
    finally:
        family.stop()


def _run(family: Family, var: Path, code: str) -> None:
    services = plan(var, {}, family.private_folder, ephemeral=True)
    programs = foundation(services, dict(os.environ))
    for program in programs:
        family.start(program)
    family.wait_ready([program.name for program in programs], 60)
    assert services.postgres is not None
    prepare(services.postgres)
    for stage, name in enumerate(("first", "second"), start=1):
        family.start(stand_in(name, code, stage))
    family.wait_ready(["first", "second"], 60)
    print(
        "ready",
        services.environment["DATABASE_URL"],
        services.environment["BROKER_URL"],
        flush=True,
    )
    while True:
        family.tend()
        time.sleep(0.02)


def stand_in(name: str, code: str, stage: int) -> Program:
    return Program(
        name=name,
        words=python("-c", code),
        environment={**os.environ, "NAME": name},
        stage=stage,
        ready=lambda child: "ready" in child.new_output(),
        grace_s=1.0,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
