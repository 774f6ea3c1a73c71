"""Blend proposals over HTTP: asked for by operators, read by staff."""

from __future__ import annotations

import uuid

import pytest

from curation.models import Surface
from recsys.models import BlendProposal, LiveModel, ModelVersion, Run

pytestmark = pytest.mark.django_db
PROPOSALS = "/api/v1/proposals/"


@pytest.fixture
def operator(caller):
    return caller("operator")


@pytest.fixture
def live(operator):
    run = Run.objects.create(family="ease")
    version = ModelVersion.objects.create(
        family="ease", number=1, run=run, artifact="ease/1", digest="0" * 64
    )
    return LiveModel.objects.create(family="ease", version=version)


def test_a_proposal_is_asked_for_and_read(operator, live):
    status, made = operator.post(PROPOSALS, {"surface": "home"})
    assert (status, made["surface"], made["state"], made["outcome"]) == (
        202,
        "home",
        "queued",
        None,
    )
    assert operator.get(f"{PROPOSALS}{made['id']}/") == (200, made)
    assert operator.get(PROPOSALS) == (200, [made])


def test_without_a_live_model_there_is_a_conflict(operator):
    status, problem = operator.post(PROPOSALS, {"surface": "home"})
    assert (status, problem["code"]) == (409, "not_possible")


@pytest.mark.parametrize("body", [{}, {"surface": "moon"}, {"surface": "home", "more": 1}])
def test_what_cannot_be_asked_is_refused_with_the_field(operator, live, body):
    status, problem = operator.post(PROPOSALS, body)
    assert status == 400
    assert problem["errors"]
    assert not BlendProposal.objects.exists()


def test_an_unknown_one_is_not_found(operator):
    assert operator.get(f"{PROPOSALS}{uuid.uuid4()}/")[0] == 404


def test_a_stale_one_says_so(operator, live):
    BlendProposal.objects.create(
        surface=Surface.objects.get(pk="home"),
        state="succeeded",
        versions={"ease": str(uuid.uuid4())},
        report={"left_out": [], "labels": {"ease": "ease 0"}},
    )
    assert operator.get(PROPOSALS)[1][0]["stale"] is True
