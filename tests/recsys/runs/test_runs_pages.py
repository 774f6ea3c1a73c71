"""The pages of runs, as operators and others see them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from recsys.models import Job, LiveModel, Run, RunProgress
from tests.factories import UserFactory


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


def test_launching_with_the_defaults_leads_to_the_page_of_the_run(desk, operator):
    url = reverse("runs:launch") + "?family=dot"
    form = desk.get(url).context["form"]
    values = {name: form.get_initial_for_field(each, name) for name, each in form.fields.items()}
    answer = desk.post(url, values | {"note": "a try"})
    run = Run.objects.get()
    assert answer.url == reverse("runs:detail", args=[run.id])
    assert (run.family, run.requested_by) == ("dot", operator)


def test_impossible_settings_are_shown_at_their_fields(desk):
    url = reverse("runs:launch") + "?family=ease"
    answer = desk.post(url, {"regularization": "-3", "decay": "2", "option-threads": "0"})
    errors = answer.context["form"].errors
    assert {"regularization", "decay", "option-threads"} <= errors.keys()
    assert not Run.objects.exists()


@pytest.mark.parametrize("state", [Job.State.QUEUED, Job.State.RUNNING])
def test_the_page_of_an_open_run_renews_itself(desk, make_run, state):
    run = make_run(state=state)
    assert "hx-trigger" in desk.get(reverse("runs:progress", args=[run.id])).content.decode()


@pytest.mark.parametrize("state", [Job.State.SUCCEEDED, Job.State.FAILED, Job.State.CANCELLED])
def test_the_page_of_a_run_that_is_over_stops_renewing_itself(desk, make_run, state):
    run = make_run(state=state)
    assert "hx-trigger" not in desk.get(reverse("runs:progress", args=[run.id])).content.decode()


def test_the_loss_is_drawn_and_stands_in_a_table(desk, make_run):
    run = make_run(family="dot", state=Job.State.RUNNING)
    curve = [{"part": "final", "epoch": each, "loss": 4.0 / each} for each in (1, 2)]
    RunProgress.objects.filter(run=run).update(curve=curve)
    page = desk.get(reverse("runs:detail", args=[run.id])).content.decode()
    assert "<polyline" in page
    assert "final fit, epoch 2: 2" in page
    assert "The loss of final fit went from 4 to 2" in page
    assert page.count('<td class="number">2.0000</td>') == 1


def test_cancelling_from_the_page_asks_the_run_to_stop(desk, make_run):
    run = make_run(state=Job.State.RUNNING)
    desk.post(reverse("runs:cancel", args=[run.id]))
    assert Run.objects.get(pk=run.pk).cancel_requested


def test_promoting_asks_first_and_wants_a_reason(desk, make_version):
    version = make_version()
    url = reverse("runs:promote", args=[version.id])
    assert "first live version" in desk.get(url).content.decode()
    assert desk.post(url, {"reason": ""}).context["form"].errors
    assert not LiveModel.objects.exists()
    desk.post(url, {"reason": "better"})
    assert LiveModel.objects.get().version == version
    again = desk.get(url)
    assert again["Location"] == reverse("runs:version", args=[version.id])


def test_rolling_back_from_the_page_goes_to_the_version_before(desk, make_version):
    first, second = make_version(), make_version()
    for version in (first, second):
        desk.post(reverse("runs:promote", args=[version.id]), {"reason": "newer"})
    page = desk.get(reverse("runs:models")).content.decode()
    assert "Roll back to popularity 1" in page
    desk.post(reverse("runs:roll_back", args=["popularity"]), {"reason": "worse"})
    assert LiveModel.objects.get().version == first


def test_a_refused_promotion_says_why(desk, make_version):
    version = make_version(report={})
    answer = desk.post(reverse("runs:promote", args=[version.id]), {"reason": "better"})
    assert "never evaluated" in answer.content.decode()


@pytest.mark.parametrize("name", ["runs:list", "runs:models"])
def test_the_lists_keep_a_fixed_number_of_queries(
    desk, make_version, name, django_assert_max_num_queries
):
    for _ in range(5):
        version = make_version()
        desk.post(reverse("runs:promote", args=[version.id]), {"reason": "newer"})
    with django_assert_max_num_queries(8):
        desk.get(reverse(name))


@pytest.mark.parametrize("role", ["curator", "analyst"])
def test_curators_and_analysts_read_and_change_nothing(client, make_version, role):
    client.force_login(UserFactory(roles=[role], is_staff=True))
    version = make_version()
    assert client.get(reverse("runs:list")).status_code == 200
    assert client.get(reverse("runs:detail", args=[version.run_id])).status_code == 200
    assert client.get(reverse("runs:launch")).status_code == 403
    assert (
        client.post(reverse("runs:promote", args=[version.id]), {"reason": "x"}).status_code == 403
    )
    assert client.post(reverse("runs:cancel", args=[version.run_id])).status_code == 403


def test_members_do_not_see_runs(client, db):
    client.force_login(UserFactory(roles=["member"]))
    assert client.get(reverse("runs:list")).status_code == 403
