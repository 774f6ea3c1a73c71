"""The first page of the staff: what waits for each role, counted, and the numbers of the rail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Terms
from curation.models import Block, Inspection, Surface
from feedback.models import Comment
from recsys.models import BlendProposal, Heartbeat, LiveModel, ModelVersion, Run
from tests.factories import ItemFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_nobody_beats")]
INDEX = reverse("admin:index")


def staff(client, role):
    user = UserFactory.create(username=role, roles=[role], is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def home(db):
    return Surface.objects.get(slug="home")


@pytest.fixture
def film(db):
    return ItemFactory.create(outside_id="film", title="A film")


def text(client, url=INDEX):
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_curator_sees_the_change_sets_that_wait(client):
    curator = staff(client, "curator")
    assert "wait to be published" not in text(client)
    actions.open_change_set(actor=curator, name="Spring")
    assert "A change set is open and waits to be published." in text(client)
    planned = actions.open_change_set(actor=curator, name="Summer")
    tomorrow = timezone.now() + timedelta(days=1)
    actions.schedule(actor=curator, change_set=planned, at=tomorrow)
    assert "A change set publishes itself." in text(client)


def test_another_curator_sees_what_waits_for_their_approval(client, home, film):
    curator, bob = (staff(client, "curator"), staff(client, "bob"))
    bob.groups.add(*curator.groups.all())
    spring = actions.open_change_set(actor=curator, name="Spring")
    terms = Terms(change_set=spring)
    actions.pin_item(actor=curator, surface=home, item=film, slot=1, terms=terms)
    actions.ask_approval(actor=curator, change_set=spring)
    counts = reverse("rail-counts")
    assert "A change set waits for your approval." in text(client)
    assert "1 for your approval" in text(client, counts)
    client.force_login(curator)
    assert "waits for your approval" not in text(client)
    assert "for your approval" not in text(client, counts)
    client.force_login(bob)
    terms = Terms(change_set=spring)
    other = actions.pin_item(actor=curator, surface=home, item=film, slot=2, terms=terms)
    assert "waits for your approval" not in text(client), "it has changed since"
    actions.ask_approval(actor=curator, change_set=spring)
    assert "waits for your approval" in text(client)
    actions.withdraw(actor=bob, draft=other.revision, reason="one is enough")
    actions.ask_approval(actor=curator, change_set=spring)
    assert "waits for your approval" not in text(client), "who changed it last approves nothing"


def test_a_curator_sees_what_the_nightly_lint_kept_and_since_when(client, home):
    staff(client, "curator")
    found = [{"level": "B", "code": "x", "text": "x"}, {"level": "W", "code": "y", "text": "y"}]
    Inspection.objects.create(surface=home, at=timezone.now(), findings=found)
    page = text(client)
    assert "Findings in what is published." in page
    assert "1 would stop a publish. As of" in page


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"until": timedelta(days=3)}, "A decision ends within a week."),
        ({"review_on": timedelta(0)}, "A decision has reached its review date."),
        ({"until": timedelta(days=30), "review_on": timedelta(days=30)}, ""),
    ],
)
@pytest.mark.parametrize("act", ["pin", "block"])
def test_a_curator_sees_decisions_that_end_or_want_a_review(client, home, film, terms, words, act):
    curator = staff(client, "curator")
    now = timezone.now()
    days = {"review_on": now.date() + terms["review_on"]} if "review_on" in terms else {}
    until = {"until": now + terms["until"]} if "until" in terms else {}
    given = Terms(reason="for a while", **until, **days)
    draft = (
        actions.pin_item(actor=curator, surface=home, item=film, slot=1, terms=given)
        if act == "pin"
        else actions.block_item(actor=curator, item=film, terms=given)
    )
    due = reverse("desk:due")
    assert "A film" not in text(client, due), "a draft is not in force"
    actions.publish_decision(actor=curator, draft=draft)
    assert (words in text(client)) if words else (due not in text(client))
    assert ("A film" in text(client, due)) is bool(words)


def test_an_ended_decision_waits_for_nobody(client, home, film):
    curator = staff(client, "curator")
    terms = Terms(reason="for a while", until=timezone.now() + timedelta(days=1))
    draft = actions.block_item(actor=curator, item=film, terms=terms)
    actions.publish_decision(actor=curator, draft=draft)
    end = actions.end_decision(actor=curator, decision=draft.decision, reason="over")
    actions.publish_decision(actor=curator, draft=end)
    assert Block.objects.get().ended_at is not None
    assert reverse("desk:due") not in text(client)


def test_a_curator_sees_items_that_scorers_hardly_know_and_new_comments(client, film):
    staff(client, "curator")
    Comment.objects.create(
        interaction=film.pk, subject=film.pk, item_id=film.pk, text="Good.", public=True,
        written_at=timezone.now() - timedelta(days=1),
    )  # fmt: skip
    page = text(client)
    assert "An active item has no rating yet" in page
    assert "An active item has no embedding" in page
    assert "A comment was written in the last seven days." in page


def test_a_proposal_waits_until_it_is_judged_or_overtaken(client, home):
    staff(client, "curator")
    for _each in range(2):
        BlendProposal.objects.create(surface=home, state="succeeded")
    assert "A proposed blend waits for a decision." in text(client)


def test_an_operator_sees_failed_runs_that_no_later_one_made_good(client):
    staff(client, "operator")
    now = timezone.now()
    Run.objects.create(family="ease", state="failed", finished_at=now - timedelta(hours=2))
    Run.objects.create(family="als", state="failed", finished_at=now - timedelta(hours=2))
    Run.objects.create(family="als", state="succeeded", finished_at=now)
    assert "A run failed, and no later one of its family succeeded." in text(client)
    Run.objects.create(family="ease", state="succeeded", finished_at=now)
    assert "A run failed" not in text(client)


def test_an_operator_sees_runs_that_do_not_move(client):
    staff(client, "operator")
    now = timezone.now()
    Run.objects.create(family="ease", state="running", lease_until=now + timedelta(minutes=1))
    assert "stuck" not in text(client)
    Run.objects.create(family="als", state="running", lease_until=now - timedelta(minutes=1))
    assert "A run is stuck" in text(client)


def compared(low, live):
    """An evaluation beside a version: how much better it ranks, at least."""
    change = {"n": 9, "mean": 0.1, "low": low, "high": 0.2}
    part = {"members": {"n": 9, "ndcg": 0.5}, "newcomers": {"n": 0}}
    beside = {"version": str(live), "label": "ease 1", "report": part}
    beside["difference"] = {"members": {"ndcg": change}, "groups": {}}
    return {"test": {"last": part}, "beside": beside}


def test_an_operator_sees_versions_that_surely_rank_better_than_the_live_one(client):
    staff(client, "operator")
    runs = [Run.objects.create(family="ease") for _each in range(3)]
    told = {"family": "ease", "artifact": "ease", "digest": "0" * 64}
    live = ModelVersion.objects.create(number=1, run=runs[0], **told)
    LiveModel.objects.create(family="ease", version=live)
    report = compared(-0.01, live.pk)
    ModelVersion.objects.create(number=2, run=runs[1], report=report, **told)
    assert "nobody promoted it" not in text(client), "the interval holds zero"
    better = ModelVersion.objects.create(
        number=3, run=runs[2], report=compared(0.01, live.pk), **told
    )
    assert "A model version ranks better than the live one, and nobody promoted it." in text(client)
    LiveModel.objects.update(version=better)
    assert "nobody promoted it" not in text(client)


def test_an_operator_sees_missing_workers(client):
    staff(client, "operator")
    assert "Kinds of workers are missing" in text(client)
    for role in ("relay", "realtime", "upkeep", "bulk"):
        Heartbeat.objects.create(
            name=role, role=role, pid=1, started_at=timezone.now(), beat_at=timezone.now()
        )
    assert "A kind of worker is missing" in text(client)


def test_each_role_sees_its_own_rooms(client):
    staff(client, "analyst")
    page = text(client)
    assert 'id="todo-read"' in page
    assert 'id="todo-curate"' not in page
    assert 'id="todo-operate"' not in page
    assert reverse("admin:tables") not in page


def test_all_tables_are_for_administrators(client):
    staff(client, "curator")
    assert client.get(reverse("admin:tables")).status_code == 403
    staff(client, "administrator")
    assert reverse("admin:curation_item_changelist") in text(client, reverse("admin:tables"))


def test_the_first_page_asks_few_questions_of_an_administrator(
    client, home, film, django_assert_max_num_queries
):
    administrator = staff(client, "administrator")
    actions.open_change_set(actor=administrator, name="Spring")
    run = Run.objects.create(family="ease")
    first = ModelVersion.objects.create(family="ease", number=1, run=run, artifact="a", digest="0")
    LiveModel.objects.create(family="ease", version=first)
    client.get(INDEX)
    with django_assert_max_num_queries(15):
        client.get(INDEX)


def test_the_rail_is_told_its_numbers_in_words(client, home, django_assert_max_num_queries):
    curator = staff(client, "curator")
    actions.open_change_set(actor=curator, name="Spring")
    assert reverse("rail-counts") in text(client)
    with django_assert_max_num_queries(7):
        told = text(client, reverse("rail-counts"))
    assert "1 open" in told
    assert 'id="rail-findings" hx-swap-oob="true"></span>' in told, "nothing found says nothing"
    assert 'id="rail-runs"' not in told, "runs are the operators'"
