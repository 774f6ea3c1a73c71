"""The files that run the product in containers, and the hooks that look at a commit."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.processes import ROOT


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker/compose.yml").read_text())["services"]


@pytest.mark.parametrize("name", ["web", "upkeep", "realtime", "bulk", "training"])
def test_whoever_reads_or_writes_artifacts_has_the_data_folder(services, name):
    [folder] = re.findall(r"TANDEM_VAR=(\S+)", (ROOT / "docker/Dockerfile").read_text())
    assert f"data:{folder}" in services[name]["volumes"]


def test_the_hook_that_refuses_large_files_lets_the_demo_s_data_through():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    [allowed] = [hook["exclude"] for hook in hooks if hook["id"] == "small-files"]
    data = [path.relative_to(ROOT) for path in (ROOT / "recsys/demo").glob("*.csv.gz")]
    assert data
    assert all(re.search(allowed, str(path)) for path in data)
