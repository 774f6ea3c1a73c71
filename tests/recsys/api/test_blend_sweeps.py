"""Sweeps of blends over HTTP: asked for by curators, read by staff."""

from __future__ import annotations

import uuid

import pytest

from recsys.models import BlendSweep, LiveModel, ModelVersion, Run
from tests.swept import swept

pytestmark = pytest.mark.django_db
SWEEPS = "/api/v1/blend-sweeps/"


@pytest.fixture
def curator(caller):
    return caller("curator")


@pytest.fixture
def live(curator):
    run = Run.objects.create(family="ease")
    version = ModelVersion.objects.create(
        family="ease", number=1, run=run, artifact="ease/1", digest="0" * 64
    )
    return LiveModel.objects.create(family="ease", version=version)


def test_a_sweep_is_asked_for_and_read(curator, live):
    status, made = curator.post(SWEEPS, {"surface": "home"})
    assert (status, made["surface"], made["state"], made["report"]) == (202, "home", "queued", {})
    assert curator.get(f"{SWEEPS}{made['id']}/") == (200, made)
    status, (listed,) = curator.get(SWEEPS)
    assert (status, listed) == (200, {name: made[name] for name in listed})
    assert "report" not in listed


def test_a_sweep_that_is_done_tells_its_points_and_that_it_is_stale(curator, live):
    status, told = curator.get(f"{SWEEPS}{swept().pk}/")
    assert (status, told["state"], told["stale"]) == (200, "succeeded", True)
    assert [point["front"] for point in told["report"]["points"]] == [
        *(False, True, True, True, False)
    ]


def test_without_a_live_model_no_sweep_can_be_asked_for(curator):
    status, problem = curator.post(SWEEPS, {"surface": "home"})
    assert (status, problem["code"]) == (409, "not_possible")


@pytest.mark.parametrize("body", [{}, {"surface": "moon"}, {"surface": "home", "more": 1}])
def test_what_cannot_be_swept_is_refused_with_the_field(curator, live, body):
    status, problem = curator.post(SWEEPS, body)
    assert status == 400
    assert problem["errors"]
    assert not BlendSweep.objects.exists()


def test_an_unknown_sweep_is_not_found(curator):
    assert curator.get(f"{SWEEPS}{uuid.uuid4()}/")[0] == 404


def test_operators_do_not_ask_for_sweeps(caller, live):
    assert caller("operator").post(SWEEPS, {"surface": "home"})[0] == 403
