"""Runs over HTTP: ask, look, cancel."""

from __future__ import annotations

import uuid

import pytest

from curation.models import Outbox
from recsys.models import Job, Run

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/runs/"


@pytest.fixture
def operator(caller):
    return caller("operator")


def test_a_run_is_asked_for_and_announced(operator):
    status, run = operator.post(RUNS, {"family": "ease", "parameters": {"regularization": 100}})
    assert status == 202, run
    assert (run["state"], run["family"]) == ("queued", "ease")
    assert run["parameters"]["regularization"] == 100
    assert Outbox.objects.get().arguments == [run["id"]]
    assert operator.get(f"{RUNS}{run['id']}/") == (200, run)
    assert [each["id"] for each in operator.get(RUNS)[1]] == [run["id"]]


def test_a_run_is_asked_for_with_a_place_in_the_queue(operator):
    for asked, told in (({}, 100), ({"priority": 200}, 200), ({"priority": 0}, 0)):
        status, run = operator.post(RUNS, {"family": "ease", **asked})
        assert (status, run["priority"]) == (202, told)
    shapes = operator.get("/api/schema/")[1]["components"]["schemas"]["LaunchRequest"]["oneOf"]
    assert {one["properties"]["priority"]["maximum"] for one in shapes} == {1000}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "family"),
        ({"family": "oracle"}, "family"),
        ({"family": "ease", "colour": "red"}, "colour"),
        ({"family": "ease", "parameters": []}, "parameters"),
        ({"family": "ease", "parameters": {"regularization": -1}}, "regularization"),
        ({"family": "ease", "parameters": {"regularization": "much"}}, "regularization"),
        ({"family": "ease", "parameters": {"regularization": 1e300}}, "regularization"),
        ({"family": "ease", "parameters": {"epochs": 3}}, "epochs"),
        ({"family": "dot", "parameters": {"dimension": 0}}, "dimension"),
        ({"family": "dot", "options": {"device": "abacus"}}, "device"),
        ({"family": "ease", "priority": -1}, "priority"),
        ({"family": "ease", "priority": 1001}, "priority"),
        ({"family": "ease", "priority": "soon"}, "priority"),
        ({"family": "ease", "priority": None}, "priority"),
    ],
)
def test_impossible_parameters_are_refused_by_name(operator, body, field):
    status, problem = operator.post(RUNS, body)
    assert status == 400
    assert field in {error["field"] for error in problem["errors"]}
    assert not Run.objects.exists()


@pytest.mark.parametrize("body", [[], "ease", 7, None])
def test_a_body_that_is_no_object_is_refused(operator, body):
    assert operator.post(RUNS, body)[0] == 400


def test_a_waiting_run_is_cancelled_at_once_and_only_once(operator):
    _status, run = operator.post(RUNS, {"family": "ease"})
    status, cancelled = operator.post(f"{RUNS}{run['id']}/cancel/")
    assert (status, cancelled["state"]) == (200, "cancelled")
    status, problem = operator.post(f"{RUNS}{run['id']}/cancel/")
    assert (status, problem["code"]) == (409, "not_possible")


def test_a_running_run_is_asked_to_stop(operator):
    _status, run = operator.post(RUNS, {"family": "ease"})
    Run.objects.update(state=Job.State.RUNNING)
    status, asked = operator.post(f"{RUNS}{run['id']}/cancel/")
    assert (status, asked["state"], asked["cancel_requested"]) == (200, "running", True)


def test_a_run_that_never_was_is_not_there(operator):
    for path in (f"{RUNS}{uuid.uuid4()}/", f"{RUNS}{uuid.uuid4()}/cancel/"):
        status, body = operator.send("POST" if "cancel" in path else "GET", path)
        assert (status, body["code"]) == (404, "not_found")


def test_the_list_costs_the_same_for_many_runs(operator, django_assert_num_queries):
    for _ in range(5):
        operator.post(RUNS, {"family": "ease"})
    operator.get(RUNS)
    with django_assert_num_queries(4):
        assert len(operator.get(RUNS)[1]) == 5
