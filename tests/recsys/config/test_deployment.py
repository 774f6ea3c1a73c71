"""The files that run the product in containers, and the hooks that look at a commit."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml
from django.http.request import validate_host

from tests.processes import ROOT

SET_ELSEWHERE = {"TANDEM_VAR", "TANDEM_STATIC", "TANDEM_PROCESS", "TANDEM_DEBUG", "TANDEM_BIND"}
"""By the images, per container, for developers, and by the supervisor."""


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker/compose.yml").read_text())["services"]


@pytest.mark.parametrize("name", ["web", "upkeep", "realtime", "bulk", "training"])
def test_whoever_reads_or_writes_artifacts_has_the_data_folder(services, name):
    [folder] = re.findall(r"TANDEM_VAR=(\S+)", (ROOT / "docker/Dockerfile").read_text())
    assert f"data:{folder}" in services[name]["volumes"]


def test_every_setting_of_the_environment_reaches_the_containers(services):
    read = re.findall(r'"(TANDEM_\w+)"', (ROOT / "recsys/config/settings.py").read_text())
    assert read
    for name in ("web", "relay", "beat", "upkeep", "realtime", "bulk", "training"):
        assert set(read) - SET_ELSEWHERE <= set(services[name]["environment"])


def test_all_processes_of_a_web_container_count_in_one_folder():
    web = (ROOT / "docker/Dockerfile").read_text().partition("AS web")[2].partition("AS worker")[0]
    assert re.search(r"^ENV PROMETHEUS_MULTIPROC_DIR=/tmp/", web, re.MULTILINE)
    assert 'ENTRYPOINT ["sh", "docker/start.sh"]' in web


def test_what_an_earlier_start_of_a_container_counted_is_gone(tmp_path):
    counted = tmp_path / "metrics"
    told = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(counted)}
    words = ["sh", str(ROOT / "docker/start.sh"), "sh", "-c", f"ls -A {counted}; touch {counted}/1"]
    for _ in range(2):
        assert subprocess.run(words, env=told, capture_output=True, check=True).stdout == b""
    assert list(counted.iterdir()) == [counted / "1"]


@pytest.fixture
def healthy():
    """The health check of the images."""
    spec = importlib.util.spec_from_file_location("healthy", ROOT / "docker/healthy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class OnlyToItsNames(BaseHTTPRequestHandler):
    """Answers as the product does: 400 to a name that is not among TANDEM_HOSTS."""

    def do_GET(self) -> None:
        names = os.environ["TANDEM_HOSTS"].split(",")
        name = self.headers["Host"]
        self.send_response(200 if self.path == "/readyz" and validate_host(name, names) else 400)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def web(healthy, monkeypatch) -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), OnlyToItsNames) as server:
        monkeypatch.setattr(healthy, "PORT", server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("names", ["your.name", ".your.name,localhost", "*", "[::1]", "127.0.0.1"])
def test_web_is_healthy_whatever_its_names_are(healthy, web, monkeypatch, names):
    monkeypatch.setenv("TANDEM_HOSTS", names)
    assert healthy.main("http") == 0


def test_web_that_is_not_ready_is_not_healthy(healthy, web, monkeypatch):
    monkeypatch.setenv("TANDEM_HOSTS", "your.name")
    monkeypatch.setattr(healthy, "host", lambda: "another.name")
    assert healthy.main("http") == 1


def test_the_hook_that_refuses_large_files_lets_the_demo_s_data_through():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    [allowed] = [hook["exclude"] for hook in hooks if hook["id"] == "small-files"]
    data = [path.relative_to(ROOT) for path in (ROOT / "recsys/demo").glob("*.csv.gz")]
    assert data
    assert all(re.search(allowed, str(path)) for path in data)
