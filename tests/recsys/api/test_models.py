"""Model versions over HTTP: which there are, which serve, and putting one in another's place."""

from __future__ import annotations

import uuid

import pytest

from recsys.models import LiveModel, ModelVersion, Promotion, Run
from recsys.runs import promotion

pytestmark = pytest.mark.django_db
MODELS = "/api/v1/models/"


@pytest.fixture
def operator(caller):
    return caller("operator")


@pytest.fixture
def versions(monkeypatch):
    """Two versions of one family whose artifacts are taken to be whole."""
    monkeypatch.setattr(promotion, "check", lambda version: None)
    runs = [Run.objects.create(family="ease") for _ in range(2)]
    return [
        ModelVersion.objects.create(
            family="ease",
            number=n + 1,
            run=run,
            artifact=f"ease/{n}",
            digest="0" * 64,
            report={"n": 1},
        )
        for n, run in enumerate(runs)
    ]


def test_a_version_is_promoted_and_rolled_back(operator, versions):
    old, new = versions
    assert operator.post(f"{MODELS}{old.id}/promote/", {"reason": "the first"})[0] == 200
    status, live = operator.post(f"{MODELS}{new.id}/promote/")
    assert (status, live["version"], live["number"]) == (200, str(new.id), 2)
    status, live = operator.post(f"{MODELS}{new.id}/rollback/", {"reason": "it was worse"})
    assert (status, live["version"], live["reason"]) == (200, str(old.id), "it was worse")
    assert LiveModel.objects.get().version == old
    assert Promotion.objects.count() == 3


def test_the_list_says_which_version_serves(operator, versions):
    operator.post(f"{MODELS}{versions[0].id}/promote/")
    status, listed = operator.get(MODELS)
    assert status == 200
    assert {each["number"]: each["live"] for each in listed} == {1: True, 2: False}


def test_there_is_nothing_to_roll_back_to_before_a_second_promotion(operator, versions):
    operator.post(f"{MODELS}{versions[0].id}/promote/")
    status, problem = operator.post(f"{MODELS}{versions[0].id}/rollback/")
    assert (status, problem["code"]) == (409, "not_possible")


def test_a_version_whose_artifact_is_damaged_is_not_promoted(operator, versions, monkeypatch):
    monkeypatch.undo()
    status, problem = operator.post(f"{MODELS}{versions[0].id}/promote/")
    assert (status, problem["code"]) == (409, "not_possible")
    assert not LiveModel.objects.exists()


@pytest.mark.parametrize("body", [{"reason": 7}, {"why": "x"}, [], {"reason": "x" * 1001}])
def test_a_reason_is_a_text(operator, versions, body):
    assert operator.post(f"{MODELS}{versions[0].id}/promote/", body)[0] == 400


@pytest.mark.parametrize("what", ["promote", "rollback"])
def test_a_version_that_never_was_is_not_there(operator, what):
    assert operator.post(f"{MODELS}{uuid.uuid4()}/{what}/")[0] == 404
