"""What a launch finds: on the page, over the API, and again where a worker takes the run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from curation.people.access import issue_token
from recsys.jobs.failures import Failure
from recsys.ml.configuration import ConfigError
from recsys.ml.families import registry
from recsys.models import Heartbeat, Run
from recsys.runs import actions, readiness
from recsys.runs import words as run_words
from tests.recsys.runs.test_runs_launching import values


def found(family="ease", device="auto", **parameters):
    return {check.code: check.ok for check in readiness.checks(family, device, parameters)}


@pytest.fixture
def worker(db):
    def live(device="", room=1):
        now = timezone.now()
        told = {"role": "training", "pid": 1, "started_at": now, "beat_at": now, "room": room}
        return Heartbeat.objects.create(name=f"w {device}", device=device, **told)

    return live


def test_an_empty_installation_is_told_everything_that_it_lacks(db):
    lacking = {code for code, ok in found().items() if not ok}
    assert lacking == {"interactions", "members", "items", "liked", "worker"}


@pytest.mark.django_db(transaction=True)
def test_with_feedback_and_a_worker_all_is_ready(ratings, worker):
    worker()
    assert all(found().values())


def test_a_gpu_is_there_where_a_worker_has_one(worker):
    worker()
    assert not found("dot", "cuda")["device"]
    worker("NVIDIA H100")
    assert found("dot", "cuda")["device"]


@pytest.mark.django_db(transaction=True)
def test_too_many_items_for_the_memory_of_a_family_are_told_beforehand(ratings, monkeypatch):
    few = replace(registry.FAMILIES["ease"], most_items=11)
    monkeypatch.setitem(registry.FAMILIES, "ease", few)
    check = next(each for each in readiness.checks("ease") if each.code == "size")
    assert not check.ok
    text, remedy = run_words.check_of(check)
    assert "11 items, of 11" in text
    assert "train nearest items" in remedy
    assert "size" not in found("item_knn")


def test_a_disk_that_is_nearly_full_stops_a_run_before_it_reads_any_data(make_run, monkeypatch):
    monkeypatch.setattr(readiness, "LEAST_FREE", 2**62)
    run = make_run()
    assert not found()["disk"]
    trouble = readiness.trouble_at_claim(run, "")
    assert trouble is not None
    assert (trouble.failure, trouble.facts["reason"]) == (Failure.DISK_FULL, "little_space")


def test_a_folder_that_cannot_be_written_stops_a_run(make_run, var):
    (var / "artifacts").write_text("a file where the folder should be")
    assert not found()["writable"]
    trouble = readiness.trouble_at_claim(make_run(), "")
    assert trouble is not None
    assert trouble.failure == Failure.NOT_WRITABLE


def test_a_worker_that_can_do_a_run_finds_nothing_against_it(make_run):
    assert readiness.trouble_at_claim(make_run(), "") is None
    assert readiness.trouble_at_claim(make_run(options={"device": "cuda"}), "a GPU") is None


def test_more_processes_than_a_worker_has_room_for_are_told_beforehand(worker):
    def told(device="auto", processes=3):
        checks = readiness.checks("dot", device, {}, processes)
        return {check.code: check.ok for check in checks}.get("processes")

    assert told() is None, "nobody knows of room before a worker lives"
    worker(room=2)
    assert (told(processes=1), told(processes=2), told(processes=3)) == (None, True, False)
    worker("NVIDIA H100", room=4)
    assert (told(processes=4), told(processes=5)) == (True, False)
    assert told("cpu", processes=5) is None, "a worker with GPUs does not tell of its cores"


def test_more_processes_than_there_is_room_for_are_refused_at_the_field(client, operator, worker):
    worker(room=2)
    client.force_login(operator)
    address = reverse("runs:launch") + "?family=dot"
    form = values(client.get(address).context["form"])
    page = client.post(address, {**form, "option-processes": 3})
    assert "2 or fewer: one for each GPU" in page.content.decode()
    assert not Run.objects.exists()
    headers = {"Authorization": f"Token {issue_token(operator, 'demo')}"}
    asked = {"family": "dot", "options": {"processes": 3}}
    answer = client.post("/api/v1/runs/", asked, content_type="application/json", headers=headers)
    assert answer.status_code == 400
    assert "2 or fewer" in answer.content.decode()


def test_a_family_that_one_process_fits_is_refused_more(operator):
    with pytest.raises(ConfigError, match="ease does not train by gradient"):
        actions.request_run(family="ease", parameters={}, options={"processes": 2}, actor=operator)


@pytest.mark.parametrize(
    ("device", "gpu", "room", "reason"),
    [
        ("auto", "a GPU", 1, "few_gpus"),
        ("cpu", "a GPU", 1, "few_cores"),
        ("auto", "", 1, "few_cores"),
    ],
)
def test_a_worker_without_room_for_all_processes_refuses_the_run(
    make_run, device, gpu, room, reason
):
    run = make_run(family="dot", options={"device": device, "processes": 2})
    trouble = readiness.trouble_at_claim(run, gpu, room)
    assert trouble is not None
    assert trouble.facts == {"reason": reason, "asked": 2, "there": 1}
    assert readiness.trouble_at_claim(run, gpu, 2) is None


def test_the_page_of_a_launch_says_what_to_do(client, operator):
    client.force_login(operator)
    page = client.get(reverse("runs:launch")).content.decode()
    assert "start a training worker" in page
    assert "Collect or import feedback." in page


def test_the_api_tells_the_same(client, operator):
    headers = {"Authorization": f"Token {issue_token(operator, 'demo')}"}
    answer = client.get("/api/v1/runs/readiness/?family=ease", headers=headers)
    checks = {check["code"]: check for check in json.loads(answer.content)}
    assert checks["worker"]["ok"] is False
    assert checks["worker"]["remedy"]
    for query in ("", "?family=magic", "?family=ease&device=abacus"):
        assert client.get(f"/api/v1/runs/readiness/{query}", headers=headers).status_code == 400


def test_a_run_over_the_api_tells_its_failure_in_words_and_by_code(client, operator, make_run):
    headers = {"Authorization": f"Token {issue_token(operator, 'demo')}"}
    run = make_run()
    Run.objects.filter(pk=run.pk).update(state="failed", failure=Failure.DISK_FULL)
    told = client.get(f"/api/v1/runs/{run.pk}/", headers=headers).json()
    assert told["failure"] == "disk_full"
    assert "Free some space" in told["error"]


@pytest.mark.django_db
def test_settings_that_ask_for_texts_find_that_none_is_embedded():
    assert found("dot", begins="texts")["embeddings"] is False
    assert "embeddings" not in found("dot")
