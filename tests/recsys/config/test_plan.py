"""What the environment may ask of `manage.py up`."""

from __future__ import annotations

import py_compile
import socket
import sys
from importlib.machinery import PathFinder

import pytest
from django.core.management import call_command

from recsys.config.embedded.trouble import Trouble
from recsys.config.supervisor import programs
from recsys.config.supervisor.plan import check_port, read_plan
from recsys.config.supervisor.programs import Web, demo
from recsys.management.commands import write_bytecode


def test_told_nothing_it_is_the_demo_on_this_machine_alone():
    told = read_plan({})
    assert (told.demo, told.web.host, told.web.port) == (True, "127.0.0.1", 8000)


@pytest.mark.parametrize(
    "told", [{"DATABASE_URL": "postgresql://db/x"}, {"TANDEM_BIND": "0.0.0.0"}]
)
def test_the_demo_is_refused_where_others_could_use_its_logins(told):
    assert not read_plan(told).demo
    with pytest.raises(Trouble, match="TANDEM_DEMO=0"):
        read_plan(told | {"TANDEM_DEMO": "1"})


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8001"),
        ("127.0.0.2", "http://127.0.0.2:8001"),
        ("::1", "http://[::1]:8001"),
    ],
)
def test_the_demo_is_opened_where_the_web_listens(host, url):
    told = read_plan({"TANDEM_BIND": host, "PORT": "8001"})
    assert told.demo
    words = demo({}, told.web).words
    assert words[words.index("--url") + 1] == url


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80 80", "٨٠"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(Trouble, match="PORT is"):
        read_plan({"PORT": port})


def test_a_taken_port_is_said_with_another_to_choose():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Trouble, match=f"Port {port} is taken.*PORT={port + 1} make run"):
            check_port(Web(port=port))


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(Trouble, match="TANDEM_BIND"):
        check_port(Web(host="192.0.2.1", port=8000))


def test_bytecode_is_asked_for_until_the_heaviest_library_has_some(tmp_path, monkeypatch):
    module = tmp_path / "torch.py"
    module.touch()
    monkeypatch.setattr(
        programs, "find_spec", lambda name: PathFinder.find_spec(name, [str(tmp_path)])
    )
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert programs.has_bytecode()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert not programs.has_bytecode()
    py_compile.compile(str(module))
    assert programs.has_bytecode()


def test_writing_bytecode_imports_the_project_and_what_fits_import(monkeypatch):
    monkeypatch.setattr(write_bytecode, "PROJECT", ("recsys.demo",))
    monkeypatch.setattr(write_bytecode, "HEAVY", ("colorsys",))
    for name in ("recsys.demo.loading", "colorsys"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    call_command("write_bytecode")
    assert {"recsys.demo.loading", "colorsys"} <= sys.modules.keys()
