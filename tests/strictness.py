"""A pytest plugin: where every tool is there, no test may be left out; what needs a GPU is not asked without one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def has_cuda() -> bool:
    """Whether this machine has a GPU of NVIDIA's; asked without torch, which takes seconds to load."""
    return Path("/dev/nvidiactl").exists()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `gpu(cuda=True)` are of a CUDA machine alone: elsewhere they are no part of the run."""
    if has_cuda():
        return
    alone = [item for item in items if _is_of_cuda_alone(item)]
    config.hook.pytest_deselected(items=alone)
    items[:] = [item for item in items if item not in alone]


def _is_of_cuda_alone(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("gpu")
    return mark is not None and bool(mark.kwargs.get("cuda"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true":
        return
    if skipped := reporter.stats.get("skipped", []):
        reporter.write_line(f"\n{len(skipped)} tests were skipped; with CI=true none may be.")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
