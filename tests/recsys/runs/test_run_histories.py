"""Runs and model versions have a history: who asked, what became of it, what went live and why."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from recsys.models import Job, ModelVersion, Run
from recsys.runs import actions, promotion
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


def told(desk, one):
    """The rows of an object's history: who, what was done, to what, what changed, why."""
    answer = desk.get(reverse("desk:history", args=[one._meta.label_lower, one.pk]))
    body = re.search(r"<tbody>(.*?)</tbody>", answer.content.decode(), re.DOTALL)
    found = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    cells = (re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in found)
    return [
        [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip() for cell in row][1:]
        for row in cells
    ]


def test_the_history_of_a_run_says_who_asked_moved_and_cancelled_it(desk, operator):
    run = actions.request_run(family="popularity", parameters={}, actor=operator, note="for May")
    actions.reorder_run(run_id=run.pk, actor=operator, priority=300)
    actions.cancel_run(run_id=run.pk, actor=operator)
    rows = told(desk, run)
    assert [[row[0], row[1], row[4]] for row in rows] == [
        ["operator", "run cancelled", ""],
        ["operator", "moved in the queue", ""],
        ["operator", "run asked for", "for May"],
    ]
    assert "State: queued → cancelled" in rows[0][3]
    assert "Cancelled by: operator" in rows[0][3]
    assert "Priority: 100 → 300" in rows[1][3]
    page = desk.get(reverse("runs:detail", args=[run.pk])).content.decode()
    assert reverse("desk:history", args=["recsys.run", run.pk]) in page


def test_what_a_worker_does_to_a_run_is_the_products(desk, make_run):
    run = make_run()
    run.state, run.lease_until = Job.State.RUNNING, timezone.now()
    run.save()
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now(), worker="here")
    assert [row[:2] for row in told(desk, run)] == [
        ["the product", "changed"],
        ["the product", "made"],
    ]


def test_the_history_of_a_version_says_when_it_went_live_and_what_replaced_it(
    desk, operator, make_version
):
    first, second = make_version(), make_version()
    promotion.flip(first, actor=operator, reason="the first", rolls_back=False)
    promotion.flip(second, actor=operator, reason="it ranks better", rolls_back=False)
    rows = told(desk, ModelVersion.objects.get(pk=first.pk))
    # All of a test is one instant: rows of two tables come in either order.
    kinds = [row[2] for row in rows]
    assert sorted(kinds) == ["Model version", "Promotion", "Promotion"]
    newest = rows[kinds.index("Promotion")]
    assert f"Goes live: {second}" in newest[3]
    assert f"Replaces: {first}" in newest[3]
    page = desk.get(reverse("runs:version", args=[first.pk])).content.decode()
    assert reverse("desk:history", args=["recsys.modelversion", first.pk]) in page


def test_the_history_of_a_run_leads_back_to_it_whoever_may_open_it(client, operator):
    run = actions.request_run(family="popularity", parameters={}, actor=operator)
    history, home = (
        reverse("desk:history", args=["recsys.run", run.pk]),
        reverse("runs:detail", args=[run.pk]),
    )
    curator = UserFactory.create(roles=["curator"], is_staff=True)
    for reader, leads in ((operator, True), (curator, False)):
        client.force_login(reader)
        assert (home in client.get(history).content.decode()) is leads
