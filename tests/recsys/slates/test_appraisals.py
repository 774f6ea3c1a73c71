"""Decisions appraised: members reached against members spared, exposure given and taken, and the price."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from curation.actions import (
    Terms,
    add_rule,
    block_item,
    end_decision,
    pin_item,
    publish_decision,
    revise_decision,
)
from curation.fusion.effects import Boost, Exclude
from curation.fusion.parsing import parse
from curation.fusion.shares import withheld
from curation.models import Outbox, Surface
from curation.people.access import issue_token
from curation.queries.items import schema
from feedback.actions import record
from feedback.models import Impression, Kind
from feedback.partitions import ensure_months
from recsys.appraisals import worker as appraising
from recsys.appraisals.actions import KEPT, NotPossible, forget, request_all, request_appraisal
from recsys.models import Appraisal, Job, Slate
from recsys.slates import fusing
from recsys.slates.places import Place
from tests.factories import SOURCE
from tests.feedback.cast import told
from tests.recsys.slates.asking import new_member, person, rate

COMEDY = {"field": "genres", "op": "has", "value": "Comedy"}
SIZE = 10
ENOUGH = 90


@pytest.fixture(autouse=True)
def demo(world):
    """Every slate keeps its inputs."""
    ensure_months("feedback_impression", [timezone.now()])
    with override_settings(DEMO=True):
        yield


@pytest.fixture
def curator(world):
    return person("curator")


@pytest.fixture
def home(world):
    return Surface.objects.get(pk="home")


@pytest.fixture
def rule(curator, home):
    """A boost of comedies in force, of which half of the members are spared."""
    return live(curator, home, holdback=0.5)


def live(curator, home, effect=None, **terms):
    draft = add_rule(
        actor=curator,
        surface=home,
        effect=effect or Boost(2.0),
        what=parse(COMEDY, schema()),
        terms=Terms(reason="so", **terms),
    )
    publish_decision(actor=curator, draft=draft)
    return draft.decision


def visit(member, clicks=0, *, simulated=False):
    """A slate for a member, of which they click the first so many."""
    slate = fusing.make(fusing.read(Place("home", SOURCE, member.outside_id)))
    placed = slate.body["placements"][:SIZE]
    seen = Impression.objects.create(
        slate=slate.slate.pk,
        subject=member.subject,
        surface="home",
        mode="fresh",
        served_at=timezone.now(),
        items=[each["item"] for each in placed],
        slots=[each["slot"] for each in placed],
        propensities=[1.0] * len(placed),
        curated=[False] * len(placed),
        simulated=simulated,
    )
    for each in placed[:clicks]:
        click(member, each["item"], seen)
    return seen


def click(member, item, seen, event=""):
    event = event or str(uuid.uuid4())
    clicked = told(member, event, Kind.CLICK, uuid.UUID(str(item)), impression=seen.pk)
    record([clicked], source=SOURCE)


def is_spared(rule, member, share=0.5):
    return withheld(rule.pk, member.subject, share, 1.0) == "holdback"


def crowd(rule, clicks_reached, clicks_spared):
    """So many members that something can be told, each with one visit."""
    members = [new_member() for _ in range(ENOUGH)]
    for member in members:
        visit(member, clicks_spared if is_spared(rule, member) else clicks_reached)
    return members


def appraised(decision, **more):
    made = request_appraisal(decision=decision, actor=None, **more)
    appraising.execute(made.pk)
    made.refresh_from_db()
    return made


def report(decision, **more):
    made = appraised(decision, **more)
    assert made.state == Job.State.SUCCEEDED, made.error
    return made.report


def lift(found, name="clicks"):
    return next(each for each in found["lifts"] if each["name"] == name)


# What it brought --------------------------------------------------------------------------------------


def test_members_whom_it_reaches_are_set_against_those_whom_a_hash_spares(rule, world):
    members = crowd(rule, 2, 1)
    found = report(rule)
    spared = sum(is_spared(rule, member) for member in members)
    assert found["members"] == {"reached": ENOUGH - spared, "spared": spared}
    assert found["slates"] == found["members"]
    assert found["fired"] == ENOUGH - spared
    clicks = lift(found)
    assert (clicks["reached"], clicks["spared"], clicks["verdict"]) == (2.0, 1.0, "more")
    assert lift(found, "likes")["why"] == "few_answers"
    assert found["verdict"] == "more"


def test_no_difference_is_called_none(rule, world):
    crowd(rule, 1, 1)
    assert lift(report(rule))["verdict"] == "unsure"


def test_of_few_members_nothing_is_told(rule, world):
    visit(new_member(), 3)
    found = report(rule)
    assert found["verdict"] == "cannot_tell"
    assert lift(found)["low"] is None


def test_an_undone_click_and_one_that_answers_nothing_do_not_count(rule, world):
    member = new_member()
    seen = visit(member)
    click(member, world.war[0].pk, seen, event="regretted")
    record([told(member, "no", Kind.UNDO, None, undoes="regretted")], source=SOURCE)
    rate(member, world.war[1], event="elsewhere")
    click(member, world.war[2].pk, seen)
    click(member, world.war[2].pk, seen)
    found = lift(report(rule))
    assert {found["reached"], found["spared"]} == {1.0, None}


def test_simulated_members_count_where_asked(rule, world):
    visit(new_member(), simulated=True)
    assert sum(report(rule)["members"].values()) == 0
    assert sum(report(rule, simulated=True)["members"].values()) == 1


def test_revisions_that_spare_others_are_not_pooled(curator, rule, world):
    visit(new_member())
    same = revise_decision(
        actor=curator, decision=rule, base=1, terms=Terms(reason="other words", holdback=0.5)
    )
    publish_decision(actor=curator, draft=same)
    visit(new_member())
    assert sum(report(rule)["members"].values()) == 2
    wider = revise_decision(
        actor=curator, decision=rule, base=2, terms=Terms(reason="more", holdback=0.6)
    )
    publish_decision(actor=curator, draft=wider)
    visit(new_member())
    assert sum(report(rule)["members"].values()) == 1


def test_members_who_were_merged_across_the_sides_count_in_neither(rule, world):
    members = [new_member() for _ in range(20)]
    one = next(each for each in members if is_spared(rule, each))
    other = next(each for each in members if not is_spared(rule, each))
    for member in (one, other):
        visit(member)
    Impression.objects.update(subject=one.subject)
    found = report(rule)
    assert found["crossed"] == 1
    assert sum(found["members"].values()) == 0


def test_a_share_of_traffic_gives_a_comparison_too(curator, home, world):
    rule = live(curator, home, traffic=0.5)
    for _ in range(12):
        visit(new_member())
    found = report(rule)["members"]
    assert found["reached"] > 0
    assert found["spared"] > 0


def test_slates_say_nothing_of_decisions_that_spare_nobody(curator, home, world):
    live(curator, home)
    visit(new_member())
    assert Slate.objects.get().arms == {}


# Exposure and price -----------------------------------------------------------------------------------


def test_exposure_given_is_exposure_taken_and_relevance_is_the_price(rule, world):
    members = crowd(rule, 0, 0)
    price = report(rule)["price"]
    reached = sum(not is_spared(rule, member) for member in members)
    assert (price["requests"], price["changed"]) == (ENOUGH, reached)
    won, lost = (
        sum(abs(each["after"] - each["before"]) for each in price[side])
        for side in ("winners", "losers")
    )
    assert won == lost > 0
    comedies = {item.title for item in world.comedy}
    assert {each["title"] for each in price["winners"]} <= comedies
    assert price["given_up"]["mean"] > 0


def test_what_moves_nothing_costs_nothing(curator, home, world):
    rule = live(curator, home, effect=Boost(0.000001), holdback=0.5)
    for _ in range(4):
        visit(new_member())
    price = report(rule)["price"]
    assert (price["changed"], price["winners"], price["given_up"]["mean"]) == (0, [], None)


def test_what_ended_is_not_replayed_but_what_it_brought_is_told(curator, rule, world):
    crowd(rule, 2, 1)
    publish_decision(actor=curator, draft=end_decision(actor=curator, decision=rule, reason="done"))
    found = report(rule)
    assert found["price"] is None
    assert found["verdict"] == "more"


# Asking for it ----------------------------------------------------------------------------------------


def test_only_published_pins_and_rules_are_appraised(curator, home, world):
    block = block_item(actor=curator, item=world.war[0], surface=home, terms=Terms(reason="so"))
    with pytest.raises(NotPossible, match="pins and rules"):
        request_appraisal(decision=block.decision, actor=curator)
    drafted = pin_item(
        actor=curator, surface=home, item=world.war[0], slot=1, terms=Terms(reason="so")
    )
    made = appraised(drafted.decision)
    assert made.state == Job.State.FAILED
    assert "never published" in made.error


def test_one_that_waits_is_enough(curator, rule):
    one = request_appraisal(decision=rule, actor=curator)
    assert request_appraisal(decision=rule, actor=curator) == one
    assert Outbox.objects.filter(task="recsys.appraise").count() == 1


def test_one_with_simulated_members_is_another(curator, rule):
    one = request_appraisal(decision=rule, actor=curator)
    other = request_appraisal(decision=rule, actor=curator, simulated=True)
    assert (one.simulated, other.simulated) == (False, True)
    assert request_appraisal(decision=rule, actor=curator, simulated=True) == other


def test_old_appraisals_go_but_the_latest_that_is_done(curator, rule):
    rows = [
        Appraisal.objects.create(decision=rule, state=state)
        for state in (Job.State.SUCCEEDED, Job.State.SUCCEEDED, Job.State.FAILED)
    ]
    assert forget() == 0
    Appraisal.objects.update(requested_at=timezone.now() - KEPT - timedelta(days=1))
    waiting = request_appraisal(decision=rule, actor=curator)
    assert forget() == 2
    assert set(Appraisal.objects.values_list("pk", flat=True)) == {rows[1].pk, waiting.pk}


def test_the_night_asks_for_those_of_which_there_is_something_to_tell(curator, home, rule, world):
    live(curator, home)
    due = live(curator, home, review_on=timezone.localdate())
    assert request_all(timezone.now()) == 2
    asked = set(Appraisal.objects.values_list("decision", flat=True))
    assert asked == {rule.pk, due.pk}
    Appraisal.objects.update(state=Job.State.RUNNING)
    assert request_all(timezone.now()) == 0
    Appraisal.objects.update(state=Job.State.QUEUED)
    for made in Appraisal.objects.all():
        appraising.execute(made.pk)
    assert request_all(timezone.now()) == 0
    assert request_all(timezone.now() + timedelta(days=1)) == 2


# Pages and API ----------------------------------------------------------------------------------------


def test_the_page_tells_what_it_brought_in_few_queries(
    client, curator, rule, world, django_assert_max_num_queries
):
    client.force_login(curator)
    url = reverse("appraisals:detail", args=[rule.pk])
    assert url in client.get(reverse("desk:decision", args=[rule.pk])).content.decode()
    assert "Nothing was counted yet" in client.get(url).content.decode()
    crowd(rule, 2, 1)
    answer = client.post(reverse("appraisals:count", args=[rule.pk]))
    assert answer.url == url
    waits = reverse("appraisals:progress", args=[rule.pk])
    assert "HX-Refresh" not in client.get(waits).headers
    appraising.execute(Appraisal.objects.get().pk)
    assert client.get(waits).headers["HX-Refresh"] == "true"
    with django_assert_max_num_queries(15):
        shown = client.get(url).content.decode()
    assert "Members whom it reaches answer surely better" in shown
    assert "of relevance (between" in shown
    csv = client.get(reverse("appraisals:table", args=[rule.pk, "lift"]))
    assert csv.headers["Content-Type"].startswith("text/csv")
    assert "Clicks per 100 slates,200" in csv.content.decode()
    assert client.get(reverse("appraisals:table", args=[rule.pk, "other"])).status_code == 404
    again = revise_decision(
        actor=curator, decision=rule, base=1, terms=Terms(reason="more", holdback=0.6)
    )
    publish_decision(actor=curator, draft=again)
    assert "has been revised since" in client.get(url).content.decode()


def test_the_page_says_why_nothing_is_told(client, curator, home, world):
    client.force_login(curator)
    nobody, excluded = live(curator, home), live(curator, home, effect=Exclude(), holdback=0.1)
    for decision, words in ((nobody, "It spares nobody"), (excluded, "holds for everybody")):
        report(decision)
        shown = client.get(reverse("appraisals:detail", args=[decision.pk])).content.decode()
        assert words in shown


def test_the_api_asks_for_it_and_answers_the_report(curator, home, rule, world):
    visit(new_member())
    header = {"authorization": f"Token {issue_token(curator, SOURCE)}"}
    url = f"/api/v1/decisions/{rule.pk}/appraisals/"

    def ask(**body):
        return Client().post(url, body, headers=header, content_type="application/json")

    assert ask(since="yesterday").status_code == 400
    made = ask(simulated=False)
    assert (made.status_code, made.json()["state"]) == (202, "queued")
    appraising.execute(uuid.UUID(made.json()["id"]))
    (found,) = Client().get(url, headers=header).json()
    assert found["report"]["price"]["requests"] == 1
    block = block_item(actor=curator, item=world.war[0], surface=home, terms=Terms(reason="so"))
    url = f"/api/v1/decisions/{block.decision.pk}/appraisals/"
    assert ask().status_code == 409
