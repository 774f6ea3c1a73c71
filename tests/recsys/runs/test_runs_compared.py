"""The list of runs with its filter, and runs beside each other."""

from __future__ import annotations

import pytest
from django.urls import reverse

from recsys.models import Job, RunProgress
from tests.recsys.runs.conftest import FIGURES, PART, REPORT

TOLD = FIGURES | {"ndcg_low": 0.2, "ndcg_high": 0.3}
GAIN = {"n": 9, "mean": 0.02, "low": 0.01, "high": 0.03}


def report(cuts=0, gain=None):
    part = PART | {"members": TOLD}
    beside = {"label": "ease 1", "report": part, "difference": {"members": {"ndcg": gain}}}
    told = REPORT | {"test": {"last": part, "all": part}, "cuts": cuts}
    return told | ({"beside": beside} if gain else {})


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


def compare(desk, *runs):
    return desk.get(reverse("runs:compare"), {"run": [str(run.id) for run in runs]})


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"state": "failed"}, ["ease"]),
        ({"family": "dot"}, ["dot"]),
        ({"state": "", "family": ""}, ["popularity", "dot", "ease"]),
        ({"family": "dot", "state": "failed"}, []),
    ],
)
def test_the_filter_is_the_address(desk, make_run, asked, shown):
    make_run(family="ease", state=Job.State.FAILED)
    make_run(family="dot")
    make_run(family="popularity", state=Job.State.SUCCEEDED)
    page = desk.get(reverse("runs:list"), asked)
    assert [card.run.family for card in page.context["cards"]] == shown


def test_the_runs_of_a_schedule_can_be_shown_alone(desk, make_run, make_schedule):
    schedule = make_schedule()
    make_run(family="ease")
    make_run(family="dot", schedule=schedule)
    page = desk.get(reverse("runs:list"), {"schedule": str(schedule.pk)})
    assert [card.run.family for card in page.context["cards"]] == ["dot"]


def test_a_filter_that_cannot_be_says_so_at_its_field(desk, make_run):
    make_run()
    page = desk.get(reverse("runs:list"), {"state": "asleep"})
    assert "state" in page.context["form"].errors
    assert "errorlist" in page.content.decode()


def test_paging_keeps_the_filter(desk, make_run):
    for _ in range(51):
        make_run(family="dot", state=Job.State.FAILED)
    make_run(family="ease", state=Job.State.FAILED)
    page = desk.get(reverse("runs:list"), {"family": "dot"})
    older = page.context["older"]
    assert f"family=dot&amp;before={older}" in page.content.decode()
    rest = desk.get(reverse("runs:list"), {"family": "dot", "before": older})
    assert len(rest.context["cards"]) == 1
    assert "Newest runs" in rest.content.decode()


def test_the_list_stops_renewing_itself_when_nothing_runs(desk, make_run):
    make_run(state=Job.State.FAILED)
    part = {"headers": {"HX-Request": "true"}}
    assert "hx-trigger" not in desk.get(reverse("runs:list"), **part).content.decode()
    make_run(state=Job.State.RUNNING)
    assert "hx-trigger" in desk.get(reverse("runs:list"), **part).content.decode()


def test_an_empty_list_leads_to_the_first_launch(desk):
    assert "Launch the first run" in desk.get(reverse("runs:list")).content.decode()


def test_a_score_stands_against_the_live_version_in_words_and_with_its_interval(desk, make_run):
    make_run(state=Job.State.SUCCEEDED, report=report(gain=GAIN))
    page = desk.get(reverse("runs:list")).content.decode()
    assert "better than ease 1" in page
    assert "[0.0100, 0.0300]" in page


def test_runs_stand_beside_each_other_with_the_settings_in_which_they_differ(desk, make_run):
    alike = {"state": Job.State.SUCCEEDED, "report": report(), "options": {"seed": 0}}
    few = make_run(family="dot", parameters={"epochs": 2, "decay": 0.8}, **alike)
    many = make_run(family="dot", parameters={"epochs": 9, "decay": 0.8}, **alike)
    compared = compare(desk, few, many).context["compared"]
    (difference,) = compared.differences
    assert (difference.name, list(difference.values)) == ("Epochs", ["2", "9"])
    assert compared.scores.finding.endswith("0.2500")


def test_each_family_has_its_losses_on_a_chart_of_its_own(desk, make_run):
    runs = [make_run(family=family) for family in ("dot", "dot", "als", "ease")]
    curve = [{"part": "final", "epoch": each, "loss": 4.0 / each} for each in (1, 2)]
    RunProgress.objects.filter(run__in=runs[:3]).update(curve=curve)
    charts = compare(desk, *runs).context["compared"].curves
    assert [len(chart.drawings[0].strokes) for chart in charts] == [2, 1]


def test_runs_that_answered_different_tests_are_said_to(desk, make_run):
    told = [report(), report(cuts=1)]
    runs = [make_run(state=Job.State.SUCCEEDED, report=each) for each in told]
    assert "judged on different data" in compare(desk, *runs).content.decode()
    assert "judged on different data" not in compare(desk, runs[0]).content.decode()


def test_at_most_five_are_compared_and_the_page_says_which_are_left_out(desk, make_run):
    runs = [make_run() for _ in range(7)]
    page = compare(desk, *runs)
    assert [card.run for card in page.context["cards"]] == runs[:5]
    assert "2 runs more were chosen" in page.content.decode()


def test_without_a_choice_the_page_leads_back_to_the_runs(desk):
    assert "No run was chosen" in compare(desk).content.decode()


@pytest.mark.parametrize("run", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_run_that_is_not_there_is_not_found(desk, run):
    assert desk.get(reverse("runs:compare"), {"run": run}).status_code == 404


def test_comparing_five_keeps_to_few_queries(desk, make_run, django_assert_max_num_queries):
    runs = [make_run() for _ in range(5)]
    with django_assert_max_num_queries(15):
        compare(desk, *runs)
