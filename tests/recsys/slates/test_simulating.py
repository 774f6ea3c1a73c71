"""A change set replayed over logged requests: what it would change, whom it exposes, and what the log can tell."""

from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from curation.actions import (
    Terms,
    add_rule,
    block_item,
    discard,
    open_change_set,
    pin_item,
    publish,
    publish_decision,
    set_blend,
)
from curation.fusion import codec
from curation.fusion.effects import Boost, Exclude
from curation.fusion.parsing import parse
from curation.models import (
    ChangeSet,
    Counter,
    Decision,
    Item,
    Outbox,
    Revision,
    Scorer,
    SegmentMembership,
    Surface,
)
from curation.people.access import issue_token
from curation.policies import approvals
from curation.policies.files import export
from curation.policies.loading import drafts_of
from curation.problems import Conflict
from curation.queries.items import schema
from feedback.actions import record
from feedback.models import Impression, Kind
from feedback.partitions import ensure_months
from recsys.models import DecisionProposal, Job, Simulation, Slate
from recsys.proposed import drafts as proposal_drafts
from recsys.simulations import cards as simulation_cards
from recsys.simulations import worker as simulating
from recsys.simulations.actions import (
    NotPossible,
    cancel_simulation,
    request_simulation,
    simulate_proposal,
)
from recsys.slates import catalogue, fusing
from recsys.slates.places import Place
from recsys.slates.replaying import Stage
from tests.factories import SOURCE, SegmentFactory
from tests.feedback.cast import told
from tests.recsys.slates.asking import new_member, person, rate, refuse
from tests.recsys.slates.conftest import bump

COMEDY = {"field": "genres", "op": "has", "value": "Comedy"}
SIZE = 10


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
def spring(curator):
    return open_change_set(actor=curator, name="Spring")


@pytest.fixture
def members(world):
    """Three who like war films, each with one opinion."""
    found = [new_member() for _ in range(3)]
    for member in found:
        rate(member, world.war[0], event=str(uuid.uuid4()))
    return found


def served(member, *, shown=True, **more):
    """A slate for a member, as it was logged."""
    slate = fusing.make(fusing.read(Place("home", SOURCE, member.outside_id)))
    placed = slate.body["placements"][:SIZE]
    now = timezone.now()
    return Impression.objects.create(
        slate=slate.slate.pk,
        subject=member.subject,
        surface="home",
        mode="fresh",
        served_at=now,
        shown_at=now if shown else None,
        items=[each["item"] for each in placed],
        slots=[each["slot"] for each in placed],
        propensities=[float(each["propensity"]) for each in placed],
        curated=[False] * len(placed),
        **more,
    )


def simulated(change_set, **more):
    """A simulation, done."""
    made = request_simulation(change_set=change_set, actor=None, **more)
    simulating.execute(made.pk)
    made.refresh_from_db()
    return made


def report(change_set, **more):
    made = simulated(change_set, **more)
    assert made.state == Job.State.SUCCEEDED, made.error
    return made.report


def pinned(curator, home, item, spring, **terms):
    why = Terms(reason="so", change_set=spring, **terms)
    return pin_item(actor=curator, surface=home, item=item, slot=1, terms=why)


def boosted(curator, home, spring, strength=2.0):
    terms = Terms(reason="so", change_set=spring)
    what = parse(COMEDY, schema())
    return add_rule(actor=curator, surface=home, effect=Boost(strength), what=what, terms=terms)


# What a publish is told of it --------------------------------------------------------------------------


def test_a_simulation_tells_the_publish_how_many_slates_change(
    curator, home, spring, members, world, monkeypatch
):
    monkeypatch.setattr(approvals, "LEAST", len(members))
    Surface.objects.filter(slug="home").update(approval="above", approval_share=0.5)
    for member in members:
        served(member)
    pinned(curator, home, world.comedy[-1], spring)
    with pytest.raises(Conflict) as unknown:
        publish(actor=curator, change_set=spring)
    assert unknown.value.code == "simulation_needed"
    simulated(spring)
    (ask,) = approvals.of(spring).asks
    assert (ask.why, ask.share) == ("above", 1.0)
    with pytest.raises(Conflict) as refusal:
        publish(actor=curator, change_set=spring)
    assert refusal.value.code == "approval_needed"
    Surface.objects.filter(slug="home").update(approval_share=1.0)
    publish(actor=curator, change_set=spring)


# What it changes --------------------------------------------------------------------------------------


def test_a_pin_changes_every_slate_and_takes_the_exposure_that_it_gives(
    curator, home, spring, members, world
):
    for member in members:
        served(member)
        served(member)
    pinned(curator, home, world.comedy[-1], spring)
    found = report(spring)
    assert (found["requests"], found["slates"], found["changed"]) == (6, 6, 6)
    assert found["placements"] == 6 * SIZE
    winner = next(each for each in found["winners"] if each["title"] == world.comedy[-1].title)
    assert winner["after"] == 6
    won, lost = (
        sum(abs(each["after"] - each["before"]) for each in found[side])
        for side in ("winners", "losers")
    )
    assert won == lost
    assert found["fields"] == [
        {
            "field": "genres",
            "values": [
                {"value": "Comedy", "before": mixed(found, "Comedy"), "after": _more(found)},
                {"value": "War", "before": mixed(found, "War"), "after": _fewer(found)},
            ],
        }
    ]


def test_exposure_is_told_by_provider_first_and_by_the_values_of_each_attribute(
    client, curator, home, spring, members, world
):
    for name, films in (("North", world.war), ("South", world.comedy)):
        Item.objects.filter(pk__in=[film.pk for film in films]).update(provider=name)
    bump("catalogue")
    for member in members:
        served(member)
    pinned(curator, home, world.comedy[-1], spring)
    made = simulated(spring)
    told = {
        field["field"]: {row["value"]: (row["before"], row["after"]) for row in field["values"]}
        for field in made.report["fields"]
    }
    assert set(told) == {"genres", "provider"}
    assert told["provider"] == {
        "South": told["genres"]["Comedy"],
        "North": told["genres"]["War"],
    }
    before, after = told["provider"]["South"]
    assert (after - before, sum(told["provider"]["North"]) + before + after) == (3, 6 * SIZE)
    client.force_login(curator)
    page = client.get(reverse("simulations:detail", args=[made.pk])).content.decode()
    shown = [page.index(f"Exposure by {name}") for name in ("Provider", "genres")]
    assert shown == sorted(shown)
    rows = re.findall(r"<tr>.*?South.*?</tr>", page, re.DOTALL)
    figures = [re.sub(r"<[^>]+>", " ", row).split() for row in rows]
    assert any({"South", str(before), str(after)} <= set(each) for each in figures), figures


def mixed(found, value):
    (field,) = found["fields"]
    return next(each["before"] for each in field["values"] if each["value"] == value)


def _more(found):
    return mixed(found, "Comedy") + 6


def _fewer(found):
    return mixed(found, "War") - 6


def test_drafts_that_reach_nobody_change_nothing(curator, home, spring, members, world):
    served(members[0])
    pinned(curator, home, world.comedy[-1], spring, member=members[1])
    found = report(spring)
    assert found["changed"] == 0
    assert found["winners"] == found["losers"] == found["fields"] == []
    assert found["effect"]["verdict"] == "same"


def test_the_replayed_slate_is_the_one_that_a_preview_shows(curator, home, spring, members, world):
    for member in members:
        served(member)
    terms = Terms(reason="so", change_set=spring)
    boosted(curator, home, spring, 0.7)
    pinned(curator, home, world.comedy[3], spring)
    block_item(actor=curator, surface=home, item=world.war[4], terms=terms)
    what = parse({"field": "title", "op": "eq", "value": "Film 6"}, schema())
    add_rule(actor=curator, surface=home, effect=Exclude(), what=what, terms=terms)
    Scorer.objects.bulk_create(Scorer(name=name, live=True) for name in ("ease", "popularity"))
    set_blend(actor=curator, surface=home, weights={"ease": 2.0, "popularity": 1.0}, terms=terms)
    stage = Stage.of(home, drafts_of(spring), catalogue.at(_version("catalogue")), 0)
    for member, slate in zip(members, Slate.objects.order_by("pk"), strict=True):
        played = stage.play(codec.decode_inputs(bytes(slate.inputs or b"")))
        for side, change_set in (("present", None), ("drafted", spring)):
            arranged = getattr(played, side)
            shown = fusing.preview("home", member.subject, change_set=change_set)
            assert [arranged.candidates.item(row) for _, row in sorted(arranged.rows.items())] == [
                each.item for each in shown.placements
            ]


def _version(name):
    return Counter.objects.get(pk=name).value


def test_what_was_published_since_counts_as_present(curator, home, spring, members, world):
    served(members[0])
    live = pin_item(
        actor=curator, surface=home, item=world.comedy[-1], slot=1, terms=Terms(reason="so")
    )
    publish_decision(actor=curator, draft=live)
    pinned(curator, home, world.comedy[-2], spring, priority=200)
    found = report(spring)
    before = {each["title"]: each["before"] for each in (*found["winners"], *found["losers"])}
    assert found["changed"] == 1
    assert before[world.comedy[-2].title] == 0
    assert world.comedy[-1].title not in {
        each["title"] for each in found["winners"] if each["before"] == 0
    }


def test_a_draft_whose_window_is_to_come_is_tried_as_if_it_were_open(
    curator, home, spring, members, world
):
    served(members[0])
    pinned(curator, home, world.comedy[-1], spring, starts_at=timezone.now() + timedelta(days=3))
    assert report(spring)["changed"] == 1


def test_an_item_that_is_newer_than_the_request_can_be_pinned(curator, home, spring, members):
    for member in members:
        served(member)
    new = Item.objects.create(source="test", outside_id="new", title="New", attributes={})
    bump("catalogue")
    refuse(members[0], new, event=str(uuid.uuid4()))
    pinned(curator, home, new, spring)
    found = report(spring)
    (winner,) = (each for each in found["winners"] if each["title"] == "New")
    assert (winner["before"], winner["after"]) == (0, 2)


# Which requests ---------------------------------------------------------------------------------------


def test_the_latest_requests_are_replayed_and_those_of_simulated_members_where_asked(
    curator, home, spring, members, world
):
    served(members[0], simulated=True)
    for member in members:
        served(member)
    pinned(curator, home, world.comedy[-1], spring)
    assert report(spring, asked=2)["requests"] == 2
    assert report(spring)["requests"] == 3
    assert report(spring, simulated=True)["requests"] == 4


def test_requests_without_inputs_are_counted_and_damaged_ones_left_out(
    curator, home, spring, members, world
):
    first, second, third = (served(member) for member in members)
    Slate.objects.filter(pk=second.slate).update(inputs=None)
    Slate.objects.filter(pk=third.slate).update(inputs=b"TFI1 damaged")
    pinned(curator, home, world.comedy[-1], spring)
    found = report(spring)
    assert (found["requests"], found["bare"]) == (1, 1)
    Slate.objects.filter(pk=first.slate).update(inputs=b"TFI1 damaged")
    assert "damaged" in simulated(spring).error


def test_where_nothing_can_be_replayed_it_is_said_what_to_do(curator, home, spring, members, world):
    pinned(curator, home, world.comedy[-1], spring)
    assert "Nobody has asked" in simulated(spring).error
    served(members[0])
    Slate.objects.update(inputs=None)
    made = simulated(spring)
    assert made.state == Job.State.FAILED
    assert "replay share" in made.error


# What the log can tell --------------------------------------------------------------------------------


def test_where_no_chance_was_at_work_the_effect_cannot_be_told(
    curator, home, spring, members, world
):
    for member in members:
        served(member)
    pinned(curator, home, world.comedy[-1], spring)
    found = report(spring)["effect"]
    assert (found["verdict"], found["why"]) == ("cannot_tell", "not_tried")
    Impression.objects.update(shown_at=None)
    found = report(spring)["effect"]
    assert (found["verdict"], found["why"]) == ("cannot_tell", "not_shown")


def test_a_boost_of_what_members_like_is_better_and_of_too_few_cannot_be_told(
    curator, home, spring, world
):
    Surface.objects.filter(pk="home").update(explore_every=1, temperature=5, depth=SIZE)
    for number in range(40):
        member = new_member()
        seen = served(member)
        comedy = {item.pk for item in world.comedy}
        liked = [item for item in seen.items if uuid.UUID(str(item)) in comedy]
        record(
            [
                told(member, f"{number}-{at}", Kind.LIKE, uuid.UUID(str(item)), impression=seen.pk)
                for at, item in enumerate(liked)
            ],
            source=SOURCE,
        )
    boosted(curator, home, spring)
    found = report(spring)["effect"]
    assert (found["verdict"], found["support"]) == ("better", pytest.approx(1.0, abs=0.05))
    assert found["n"] == 40 * SIZE
    assert 0 < found["difference"]["low"] < found["difference"]["mean"]
    assert found["present"]["mean"] == pytest.approx(
        found["target"]["mean"] - found["difference"]["mean"]
    )
    few = report(spring, asked=10)["effect"]
    assert (few["verdict"], few["why"]) == ("cannot_tell", "thin")


# Asking for it ----------------------------------------------------------------------------------------


def test_only_open_sets_with_drafts_are_simulated(curator, home, spring, world):
    with pytest.raises(NotPossible, match="no draft"):
        request_simulation(change_set=spring, actor=curator)
    pinned(curator, home, world.comedy[-1], spring)
    for asked in (0, 10_001):
        with pytest.raises(NotPossible, match="Replay from"):
            request_simulation(change_set=spring, actor=curator, asked=asked)
    discard(actor=curator, change_set=spring, reason="no")
    with pytest.raises(NotPossible, match="closed"):
        request_simulation(change_set=ChangeSet.objects.get(pk=spring.pk), actor=curator)
    assert not Outbox.objects.filter(task="recsys.simulate").exists()


def test_a_simulation_that_waits_is_cancelled_and_publishes_nothing(curator, home, spring, world):
    pinned(curator, home, world.comedy[-1], spring)
    made = request_simulation(change_set=spring, actor=curator)
    assert Outbox.objects.filter(task="recsys.simulate").count() == 1
    cancel_simulation(simulation_id=made.pk, actor=curator)
    simulating.execute(made.pk)
    assert Simulation.objects.get(pk=made.pk).state == Job.State.CANCELLED
    with pytest.raises(NotPossible):
        cancel_simulation(simulation_id=made.pk, actor=curator)
    assert ChangeSet.objects.get(pk=spring.pk).published_at is None


# Pages, API and command -------------------------------------------------------------------------------


def test_the_pages_ask_for_it_and_tell_what_would_change(
    client, curator, home, spring, members, world
):
    client.force_login(curator)
    url = reverse("simulations:of-set", args=[spring.pk])
    assert "not simulated yet" in client.get(url).content.decode()
    assert "no draft" in client.post(url, {"asked": 10}).content.decode()
    served(members[0])
    pinned(curator, home, world.comedy[-1], spring)
    assert url in client.get(reverse("desk:publish", args=[spring.pk])).content.decode()
    answer = client.post(url, {"asked": 10})
    made = Simulation.objects.get()
    page = reverse("simulations:detail", args=[made.pk])
    assert answer.url == page
    waits = reverse("simulations:progress", args=[made.pk])
    assert "HX-Refresh" not in client.get(waits).headers
    simulating.execute(made.pk)
    assert client.get(waits).headers["HX-Refresh"] == "true"
    shown = client.get(page).content.decode()
    assert "100.0\N{NO-BREAK SPACE}% of slates would change" in shown
    assert "Cannot tell." in shown
    assert "Exploring slots would try them" in shown
    assert "have changed since" not in shown
    pinned(curator, home, world.comedy[-2], spring, priority=200)
    assert "have changed since" in client.get(page).content.decode()
    assert page in client.get(url).content.decode()


def test_a_simulation_that_failed_says_why_on_its_page(client, curator, home, spring, world):
    client.force_login(curator)
    pinned(curator, home, world.comedy[-1], spring)
    made = simulated(spring)
    shown = client.get(reverse("simulations:detail", args=[made.pk])).content.decode()
    assert "Nobody has asked for these surfaces" in shown
    answer = client.post(reverse("simulations:cancel", args=[made.pk]), follow=True)
    assert "is over" in answer.content.decode()


def test_the_api_asks_for_it_and_answers_the_report(curator, home, spring, members, world):
    served(members[0])
    header = {"authorization": f"Token {issue_token(curator, SOURCE)}"}
    url = f"/api/v1/change-sets/{spring.pk}/simulations/"

    def ask(**body):
        return Client().post(url, body, headers=header, content_type="application/json")

    assert ask().status_code == 409
    pinned(curator, home, world.comedy[-1], spring)
    assert ask(asked=0).status_code == 400
    assert ask(requests=3).status_code == 400
    made = ask(asked=3)
    assert (made.status_code, made.json()["state"]) == (202, "queued")
    simulating.execute(uuid.UUID(made.json()["id"]))
    found = Client().get(f"/api/v1/simulations/{made.json()['id']}/", headers=header).json()
    assert (found["report"]["changed"], found["stale"]) == (1, False)
    assert Client().get(url, headers=header).json() == [found]


def test_the_command_tells_the_same_and_needs_no_worker(
    capsys, curator, home, spring, members, world
):
    served(members[0])
    pinned(curator, home, world.comedy[-1], spring)
    call_command("simulate", "Spring")
    told = capsys.readouterr().out
    assert told.startswith("100.0% of slates change (1 requests, 1 slates")
    assert f"+1 {world.comedy[-1].title} (0 to 1)" in told
    assert "effect: cannot tell (not_tried)" in told
    call_command("simulate", str(spring.pk), "--json")
    assert json.loads(capsys.readouterr().out)["changed"] == 1
    assert not Outbox.objects.filter(task="recsys.simulate").exists()
    with pytest.raises(CommandError, match="no open change set"):
        call_command("simulate", "Autumn")


@pytest.fixture
def path(world, curator, home, spring, tmp_path):
    """A file with a pin on the last comedy, which is drafted nowhere."""
    pinned(curator, home, world.comedy[-1], spring)
    found = tmp_path / "decisions.json"
    found.write_bytes(export(change_set=spring))
    discard(actor=curator, change_set=spring, reason="it is in git")
    return found


def test_a_file_is_replayed_as_if_it_were_published_and_leaves_nothing_behind(
    world, members, path, capsys
):
    served(members[0])
    rows = (ChangeSet, Decision, Revision, Simulation, Outbox)
    before = [model.objects.count() for model in rows]
    call_command("simulate", str(path))
    told = capsys.readouterr().out
    assert told.startswith("1 decisions, 0 findings\n100.0% of slates change (1 requests, 1 slates")
    assert f"+1 {world.comedy[-1].title} (0 to 1)" in told
    call_command("simulate", str(path), "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["findings"], told["report"]["changed"]) == ([], 1)
    assert [model.objects.count() for model in rows] == before

    world.comedy[-1].active = False
    world.comedy[-1].save()
    with pytest.raises(SystemExit) as ended:
        call_command("simulate", str(path))
    assert ended.value.code == 1
    assert "B decisions[0] " in capsys.readouterr().out
    path.write_bytes(path.read_bytes().replace(b'"slot": 1', b'"slot": "first"'))
    with pytest.raises(CommandError, match=r"decisions\[0\].content.slot"):
        call_command("simulate", str(path))
    with pytest.raises(CommandError, match="no file"):
        call_command("simulate", str(path.with_name("other.json")))


# What is proposed -------------------------------------------------------------------------------------


@pytest.fixture
def bored(members):
    """A segment of two of the three."""
    found = SegmentFactory.create(slug="bored", kind="manual")
    for member in members[:2]:
        SegmentMembership.objects.create(segment=found, subject=member.subject)
    return found


def proposed(curator, **target):
    """A proposal, simulated."""
    row = DecisionProposal.objects.create(weight=9, counted_at=timezone.now(), **target)
    made = simulate_proposal(proposal=row, actor=curator)
    simulating.execute(made.pk)
    made.refresh_from_db()
    assert made.state == Job.State.SUCCEEDED, made.error
    return made


def test_a_proposed_bury_is_replayed_for_its_segment_alone_and_is_stored_nowhere(
    curator, home, members, bored, world, monkeypatch
):
    monkeypatch.setattr(proposal_drafts, "HOLDBACK", 0.0)
    monkeypatch.setattr(proposal_drafts, "STRENGTH", 2.0)
    firsts = {str(served(member).items[0]) for member in members}
    film = Item.objects.get(pk=firsts.pop())
    assert not firsts, "all three are served the same film first"
    made = proposed(curator, kind="bury", surface=home, item=film, segment=bored)
    assert (made.report["requests"], made.report["changed"]) == (3, 2)
    assert not Decision.objects.exists()
    assert made.drafts == []
    assert not simulation_cards.Now.of(None).is_past(made)
    publish_decision(actor=curator, draft=block_item(actor=curator, item=world.war[-1]))
    assert simulation_cards.Now.of(None).is_past(made)


def test_a_proposed_end_is_replayed_as_if_the_decision_were_gone(curator, home, members, world):
    draft = pinned(curator, home, world.comedy[-1], None)
    publish_decision(actor=curator, draft=draft)
    for member in members:
        served(member)
    made = proposed(curator, kind="end", surface=home, decision=draft.decision)
    loser = next(each for each in made.report["losers"] if each["title"] == world.comedy[-1].title)
    assert (loser["before"], made.report["changed"]) == (3, 3)
