"""The page of a run while it lasts: stages, how long still, what a screen reader is told, the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from recsys.models import Job, RunProgress
from recsys.runs import pace as run_pace
from tests.factories import UserFactory


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


@pytest.fixture
def running(make_run):
    """A run of dot that has run for a minute and is halfway through its second fit."""

    def make(**progress):
        began = timezone.now() - timedelta(minutes=1)
        run = make_run(family="dot", state=Job.State.RUNNING, started_at=began)
        told = {"part": "test", "stage": "training", "done": 50, "total": 100} | progress
        RunProgress.objects.filter(run=run).update(**told)
        return run

    return make


def steps(page):
    return [step.standing for step in page.context["steps"]]


def test_the_stage_where_a_run_stands_is_marked(desk, running):
    page = desk.get(reverse("runs:detail", args=[running().id]))
    assert steps(page) == ["done", "done", "done", "now", "later", "later"]
    assert page.content.decode().count('aria-current="step"') == 1


@pytest.mark.parametrize("state", [Job.State.FAILED, Job.State.CANCELLED])
def test_a_run_that_ended_early_shows_where_it_stopped(desk, make_run, state):
    run = make_run(family="dot", state=state)
    RunProgress.objects.filter(run=run).update(part="test", stage="training")
    assert steps(desk.get(reverse("runs:detail", args=[run.id])))[3] == "stopped"


def left(run):
    """What is said of a run a minute after it began."""
    run.refresh_from_db()
    before = run_pace.usual(run.family, run.parameters)
    return run_pace.left(run, run.progress, before, run.started_at + timedelta(minutes=1))


def took(make_run, *seconds, **fields):
    now = timezone.now()
    for each in seconds:
        times = {"started_at": now - timedelta(seconds=each), "finished_at": now}
        make_run(family="dot", state=Job.State.SUCCEEDED, **times, **fields)


def test_without_earlier_runs_the_pace_says_how_long_is_left(desk, running):
    run = running()
    assert left(run) == "About 1 min 0 s left, by its pace so far."
    page = desk.get(reverse("runs:detail", args=[run.id]))
    assert "by its pace so far" in page.context["left"]


@pytest.mark.parametrize(
    "told", [{"done": 0, "total": 0, "part": ""}, {"stage": "evaluate", "done": 1, "total": 2}]
)
def test_a_run_that_counts_no_steps_says_that_nothing_is_known(running, told):
    assert "not known yet" in left(running(**told))


def test_earlier_runs_with_the_same_settings_say_how_long_is_left(make_run, running):
    took(make_run, 80, 90, 100)
    assert left(running()) == "About 30 s left, by earlier runs with these settings."


def test_a_run_that_takes_longer_than_all_before_it_says_so(make_run, running):
    took(make_run, 10, parameters={"epochs": 1})
    run = running(stage="evaluate", done=1, total=2)
    assert left(run) == "It takes longer than earlier runs did: they took 10 s."


def test_a_screen_reader_is_told_of_every_tenth_and_not_of_every_step(desk, running):
    run = running(done=52)
    url = reverse("runs:progress", args=[run.id])
    said = desk.get(url).context["spoken"]
    assert said == "fit for the test: training, 50 %"
    assert "hx-swap-oob" not in desk.get(url, {"said": said}).content.decode()
    RunProgress.objects.filter(run=run).update(done=60)
    assert "60 %</p>" in desk.get(url, {"said": said}).content.decode()


def test_the_whole_page_is_loaded_anew_once_the_run_is_in_another_state(desk, running):
    url = reverse("runs:progress", args=[running().id])
    assert "HX-Refresh" not in desk.get(url, {"state": "running"}).headers
    assert desk.get(url, {"state": "queued"}).headers["HX-Refresh"] == "true"


def test_the_log_shows_its_last_lines_and_all_on_demand(desk, running):
    lines = [
        {"at": timezone.now().isoformat(), "code": "", "text": f"line {at}."} for at in range(20)
    ]
    run = running(log=lines)
    url = reverse("runs:detail", args=[run.id])
    page = desk.get(url).content.decode()
    assert "line 19." in page
    assert "line 3." not in page
    assert "Show 12 earlier lines" in page
    assert "line 3." in desk.get(url, {"log": "all"}).content.decode()


def test_the_whole_log_is_a_file_with_what_the_program_wrote(desk, running, var):
    run = running(log=[{"at": timezone.now().isoformat(), "code": "began", "part": "test"}])
    folder = var / "runs" / str(run.id)
    folder.mkdir(parents=True)
    (folder / "fit.log").write_text("a warning of the library")
    answer = desk.get(reverse("runs:log", args=[run.id]))
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "fit for the test: begun." in answer.content.decode()
    assert "a warning of the library" in answer.content.decode()


def test_cancelling_asks_first_and_says_what_it_costs(desk, running):
    page = desk.get(reverse("runs:detail", args=[running().id])).content.decode()
    assert "thrown away" in page
    assert "Cancel this run for good" in page


def test_an_analyst_is_offered_no_cancel(client, running):
    client.force_login(UserFactory(roles=["analyst"], is_staff=True))
    page = client.get(reverse("runs:detail", args=[running().id])).content.decode()
    assert "Cancel" not in page


def test_the_page_of_a_run_keeps_to_few_queries(desk, running, django_assert_max_num_queries):
    url = reverse("runs:detail", args=[running().id])
    with django_assert_max_num_queries(15):
        desk.get(url)
