"""A pytest plugin: one PostgreSQL and two Valkeys of our own for the whole run, shared by all its workers.

Loaded by `-p tests.services`, so that they run before Django reads its settings. Their data lies in a private
temporary folder that goes when the run ends, however it ends.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.config.embedded.account import database_account
from recsys.config.embedded.places import private_folder
from recsys.config.embedded.postgres import OWNER, prepare
from recsys.config.embedded.services import Services, plan
from recsys.config.supervisor.family import Family
from recsys.config.supervisor.programs import foundation
from recsys.config.translations import compile_catalogues

# The controller leaves word here for its workers.
FOLDER = "TANDEM_TEST_FOLDER"
_LONG_S = 60.0
_family: Family | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Start the services, and compile the translations, before pytest-django imports the settings."""
    if FOLDER not in os.environ:
        _start()
    _take_a_cache()
    try:
        return (yield)
    except BaseException:
        _stop()
        raise


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop what this process started."""
    _stop()


def _take_a_cache() -> None:
    """Each worker of a run keeps what it caches to itself: their members and slates go by the same names."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        place, _, _ = os.environ["CACHE_URL"].partition("?")
        os.environ["CACHE_URL"] = f"{place}?db={int(worker.removeprefix('gw')) + 1}"


def _stop() -> None:
    global _family  # noqa: PLW0603
    if _family is not None:
        _family.stop()
        _family = None
        os.environ.pop(FOLDER)


def _start() -> None:
    global _family  # noqa: PLW0603
    compile_catalogues()
    folder = private_folder("test", database_account(Path("/none")))
    family = _family = Family(folder / "log")
    family.remove_at_end(folder)
    try:
        services = plan(folder, {}, family.private_folder, ephemeral=True)
        programs = foundation(services, dict(os.environ))
        for program in programs:
            family.start(program)
        family.wait_ready([program.name for program in programs], _LONG_S)
    except BaseException:
        family.stop()
        raise
    _announce(services, folder)


def _announce(services: Services, folder: Path) -> None:
    assert services.postgres is not None
    prepare(services.postgres, for_tests=True)
    # The owner makes the test databases and empties their tables; the run-time role could do neither.
    os.environ.update(services.environment | {"DATABASE_URL": services.postgres.url(OWNER)})
    os.environ.update({"SECRET_KEY": "a key for the tests alone", FOLDER: str(folder)})
    os.environ.update({"TANDEM_PROCESS": "command", "TANDEM_DEMO": "0"})
    # The workers of a run keep every core busy: threads within one would spin while they wait for a core.
    os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    _keep_inside(folder)


def _keep_inside(folder: Path) -> None:
    """Lead whatever a test, a tool or a browser leaves behind into the folder that is removed at the end."""
    # Chromium's renderers give up root's right to pass through a folder that is another user's.
    folder.chmod(0o711)
    names = {"TANDEM_VAR": "var", "TMPDIR": "tmp", "PYTEST_DEBUG_TEMPROOT": "tmp", "HOME": "home"}
    for name, place in names.items():
        (folder / place).mkdir(exist_ok=True)
        os.environ[name] = str(folder / place)
    (folder / "var" / "static").mkdir(exist_ok=True)
    tempfile.tempdir = None
