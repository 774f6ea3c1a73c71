"""Slates held against what is expected of them: by a worker, by the command, before a publish and a promotion."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Expected, Terms, add_rule, block_item, end_decision, open_change_set
from curation.actions.change_sets import PATIENCE
from curation.actions.gates import EXPECTATIONS
from curation.desk.expectations import cards as expectation_cards
from curation.fusion.effects import Boost, Exclude
from curation.fusion.parsing import parse
from curation.models import (
    Expectation,
    ExpectationReport,
    MemberStats,
    Outbox,
    Segment,
    SegmentMembership,
    Surface,
)
from curation.policies import fulfilment
from curation.policies.fulfilment import Target
from curation.problems import Conflict, Denied, Invalid
from curation.queries.items import schema
from recsys.expectations import checks as expectation_checks
from recsys.expectations import worker as expecting
from recsys.live import preloading
from recsys.models import ExpectationCheck, Job, LiveModel
from recsys.runs import actions as operating
from recsys.runs import promotion
from recsys.runs.promotion import NotPossible
from recsys.slates import fusing
from recsys.workers import tasks
from tests.recsys.slates.asking import new_member, person, rate
from tests.recsys.slates.conftest import version_of

COMEDY = {"field": "genres", "op": "has", "value": "Comedy"}


@pytest.fixture
def curator(world):
    return person("curator")


@pytest.fixture
def chief(world):
    return person("administrator")


@pytest.fixture
def home(world):
    return Surface.objects.get(pk="home")


@pytest.fixture
def spring(curator):
    return open_change_set(actor=curator, name="Spring")


def query(text):
    return parse(text, schema())


def expect(curator, home, name="Some comedy", **more):
    """At least one comedy among the first five, for nobody known, unless said otherwise."""
    parts = {"way": "at_least", "count": 1, "first": 5, **more.pop("claim", {})}
    claim = actions.read_claim(
        parts["way"], query(more.pop("where", COMEDY)), parts["count"], parts["first"]
    )
    content = {"who": Expectation.Who.NOBODY, **more}
    return actions.add_expectation(
        actor=curator, expected=Expected(name=name, surface=home, claim=claim, **content)
    )


def draft(curator, home, change_set, effect=None, what=COMEDY):
    """A rule that takes comedies out, unless said otherwise."""
    return add_rule(
        actor=curator,
        surface=home,
        effect=effect or Exclude(),
        what=query(what),
        terms=Terms(reason="to try", change_set=change_set),
    )


def check(target=None):
    made = expectation_checks.request_check(target or Target(), by_worker=False)
    assert made is not None
    expecting.execute(made.pk)
    made.refresh_from_db()
    assert made.state == Job.State.SUCCEEDED, made.error
    return made.report


def states(target=None):
    return [each.state for each in fulfilment.of(target or Target()).held]


def shown(home, size=5):
    return [each.item for each in fusing.preview(home.slug, None).placements[:size]]


def test_a_check_tells_of_drafts_what_would_stand_and_of_things_as_they_are_what_stands(
    curator, home, spring
):
    expect(curator, home)
    draft(curator, home, spring)
    assert states() == ["unchecked"]
    check()
    assert states() == ["met"]
    target = Target(change_set=spring)
    assert states(target) == ["unchecked"]
    report = check(target)
    assert states(target) == ["unmet"]
    assert states() == ["met"]
    (slate,) = report.results[0]["slates"]
    assert (slate["held"], slate["whom"]) == (0, {"kind": "nobody"})
    assert [each["slot"] for each in slate["told"]] == [1, 2, 3, 4, 5]


def test_it_judges_the_very_slate_that_members_get(curator, home, world):
    first = shown(home, 1)[0]
    expect(
        curator,
        home,
        "Never the first",
        claim={"way": "never", "count": None, "first": None},
        where={"items": [str(first)]},
    )
    (slate,) = check().results[0]["slates"]
    assert [(each["slot"], each["item"]) for each in slate["told"]] == [(1, str(first))]


def test_each_kind_of_people_is_asked(curator, home, world):
    ada, bob = new_member(), new_member()
    rate(ada, world.war[0], event=str(uuid.uuid4()))
    MemberStats.objects.update_or_create(subject=bob.subject, defaults={"ratings": 0})
    segment = Segment.objects.create(slug="fans", name="Fans", kind=Segment.Kind.MANUAL)
    SegmentMembership.objects.create(segment=segment, subject=bob.subject)
    empty = Segment.objects.create(slug="none", name="None", kind=Segment.Kind.MANUAL)
    who = Expectation.Who
    expect(curator, home, "A", who=who.ANYONE)
    expect(curator, home, "B", who=who.MEMBER, member=ada)
    expect(curator, home, "C", who=who.SEGMENT, segment=segment)
    expect(curator, home, "D", who=who.SEGMENT, segment=empty)
    anyone, member, fans, nobody = check().results
    kinds = {slate["whom"]["kind"] for slate in anyone["slates"]}
    assert {"nobody", "newcomer", "segment"} <= kinds
    assert [slate["whom"]["subject"] for slate in member["slates"]] == [str(ada.subject)]
    assert [slate["whom"] for slate in fans["slates"]] == [
        {"kind": "segment", "subject": str(bob.subject), "segment": "Fans"}
    ]
    assert (nobody["people"], nobody["met"]) == (0, False)


def test_an_expectation_whose_field_is_gone_is_told_apart_and_stops(curator, home, spring, world):
    row = expect(curator, home)
    Expectation.objects.filter(pk=row.pk).update(
        claim={**row.claim, "where": {"field": "gone", "op": "exists"}}
    )
    draft(curator, home, spring)
    check(Target(change_set=spring))
    assert states(Target(change_set=spring)) == ["unreadable"]
    with pytest.raises(Conflict, match="no longer be read"):
        actions.publish(actor=curator, change_set=spring)


def test_a_report_of_drafts_is_worth_nothing_once_they_or_their_plan_change(curator, home, spring):
    expect(curator, home)
    made = draft(curator, home, spring)
    target = Target(change_set=spring)
    check(target)
    draft(curator, home, spring, Boost(1.0))
    assert states(target) == ["unchecked"]
    check(target)
    actions.schedule(actor=curator, change_set=spring, at=timezone.now() + timedelta(days=2))
    spring.refresh_from_db()
    target = Target(change_set=spring)
    assert states(target) == ["unchecked"]
    assert check(target).instant == spring.publish_at
    actions.withdraw(actor=curator, draft=made.revision, reason="no")
    assert states(target) == ["unchecked"]


def test_whatever_changed_is_followed_once_and_what_waits_is_not_asked_again(
    curator, home, spring, world
):
    assert expectation_checks.follow() == 0
    expect(curator, home)
    draft(curator, home, spring)
    assert Outbox.objects.filter(task=fulfilment.FOLLOW).count() == 2
    assert expectation_checks.follow() == 2
    assert expectation_checks.follow() == 0
    for waiting in ExpectationCheck.objects.filter(state=Job.State.QUEUED):
        expecting.execute(waiting.pk)
    assert expectation_checks.follow() == 0
    newer = version_of("ease", world)
    assert expectation_checks.follow() == 1
    assert ExpectationCheck.objects.get(state=Job.State.QUEUED).version == newer


def test_a_draft_has_its_own_change_set_checked_however_many_are_open(
    curator, home, spring, monkeypatch
):
    monkeypatch.setattr(expectation_checks, "MOST_FOLLOWED", 1)
    expect(curator, home)
    open_change_set(actor=curator, name="Newer")
    draft(curator, home, spring)
    asked = Outbox.objects.filter(task=fulfilment.FOLLOW).latest("pk")
    assert asked.arguments == [str(spring.pk)]
    tasks.follow_expectations(*asked.arguments)
    assert ExpectationCheck.objects.get().change_set == spring


def test_a_check_that_ends_late_does_not_hide_what_a_newer_one_found(curator, home, spring):
    expect(curator, home)
    draft(curator, home, spring)
    target = Target(change_set=spring)
    report = check(target)
    report.pk, report.basis = uuid.uuid4(), report.basis | {"models": 0}
    report.save(force_insert=True)
    assert states(target) == ["unmet"]


def test_a_change_set_that_is_published_meanwhile_is_not_checked(curator, home, spring):
    expect(curator, home, blocks=False)
    draft(curator, home, spring)
    waiting = expectation_checks.request_check(Target(change_set=spring), by_worker=False)
    assert waiting is not None
    actions.publish(actor=curator, change_set=spring, reason="now")
    expecting.execute(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.report) == (Job.State.SUCCEEDED, None)


def test_a_change_set_of_blocks_asks_for_no_check(curator, home, spring, world):
    expect(curator, home)
    Outbox.objects.all().delete()
    block_item(actor=curator, item=world.war[0], terms=Terms(reason="bad", change_set=spring))
    assert not Outbox.objects.filter(task=fulfilment.FOLLOW).exists()


# The publish ------------------------------------------------------------------------------------------


def test_what_stops_stops_until_it_is_checked_and_met(curator, home, spring):
    expect(curator, home)
    made = draft(curator, home, spring)
    with pytest.raises(Conflict) as refusal:
        actions.publish(actor=curator, change_set=spring)
    assert refusal.value.code == "expectations_unchecked"
    check(Target(change_set=spring))
    with pytest.raises(Conflict) as refusal:
        actions.publish(actor=curator, change_set=spring)
    assert refusal.value.code == "expectations_unmet"
    assert "Some comedy" in str(refusal.value)
    assert refusal.value.errors[0]["code"] == "unmet"
    actions.withdraw(actor=curator, draft=made.revision, reason="no")
    draft(curator, home, spring, Boost(1.0))
    check(Target(change_set=spring))
    assert actions.publish(actor=curator, change_set=spring).unmet == []


def test_what_only_warns_is_told_with_the_publish(curator, home, spring):
    expect(curator, home, blocks=False)
    draft(curator, home, spring)
    check(Target(change_set=spring))
    done = actions.publish(actor=curator, change_set=spring)
    assert len(done.unmet) == 1
    assert "Some comedy" in done.unmet[0]


def test_what_only_warns_and_was_not_checked_yet_is_told_with_the_publish(curator, home, spring):
    expect(curator, home, blocks=False)
    draft(curator, home, spring)
    (warned,) = actions.publish(actor=curator, change_set=spring).unmet
    assert warned == "“Some comedy” is not checked yet."


def test_what_only_warns_of_several_sets_at_once_is_not_checked(curator, chief, home, spring):
    """Each is checked by itself, which tells nothing of both."""
    row = expect(curator, home, blocks=False)
    summer = open_change_set(actor=curator, name="Summer")
    for each in (spring, summer):
        draft(curator, home, each)
        check(Target(change_set=each))
    (warned,) = actions.publish(actor=curator, surface=home).unmet
    assert warned == "“Some comedy” is not checked yet."
    Expectation.objects.filter(pk=row.pk).update(blocks=True)
    for at in range(2):
        draft(curator, home, open_change_set(actor=curator, name=f"Autumn {at}"))
    with pytest.raises(Conflict):
        actions.publish(actor=curator, surface=home)
    told = {"surface": home, "despite": [EXPECTATIONS], "reason": "so"}
    assert actions.publish(actor=chief, **told).unmet == ["“Some comedy” is not checked yet."]


def test_what_nobody_is_there_to_check_is_not_called_met_and_stops_nothing(curator, home, spring):
    empty = Segment.objects.create(slug="none", name="None", kind=Segment.Kind.MANUAL)
    expect(curator, home, who=Expectation.Who.SEGMENT, segment=empty)
    draft(curator, home, spring)
    check(Target(change_set=spring))
    assert states(Target(change_set=spring)) == ["empty"]
    assert called("--change-set", "Spring") == (
        0,
        "empty      stops Some comedy (home): nobody to check\n",
    )
    told = expectation_cards.summary(fulfilment.of(Target(change_set=spring)))
    assert told == "Nobody is there to check it with."
    (warned,) = actions.publish(actor=curator, change_set=spring).unmet
    assert "nobody is there to check it with" in warned


def test_an_administrator_may_publish_all_the_same_for_a_reason_that_is_kept(
    curator, chief, home, spring
):
    expect(curator, home)
    draft(curator, home, spring)
    check(Target(change_set=spring))
    told = {"change_set": spring, "despite": [EXPECTATIONS]}
    with pytest.raises(Denied):
        actions.publish(actor=curator, reason="I want it", **told)
    with pytest.raises(Invalid):
        actions.publish(actor=chief, reason=" ", **told)
    done = actions.publish(actor=chief, reason="The festival is cancelled", **told)
    assert "Some comedy" in done.unmet[0]
    event = apps.get_model("curation", "ChangeSetEvent")._default_manager.latest("pgh_id")
    assert event.pgh_context["action"] == "publish_despite_expectations"
    assert event.pgh_context["reason"] == "The festival is cancelled"


def test_blocks_endings_and_roll_backs_are_never_stopped(curator, chief, home, world):
    rule = draft(curator, home, None, Boost(1.0))
    actions.publish_decision(actor=curator, draft=rule)
    expect(
        curator,
        home,
        "Nothing at all",
        claim={"way": "never", "count": None, "first": None},
        where={"all": []},
    )
    with pytest.raises(Conflict):
        actions.publish_decision(actor=curator, draft=draft(curator, home, None, Boost(1.0)))
    blocked = block_item(actor=curator, item=world.war[0], terms=Terms(reason="bad"))
    actions.publish_decision(actor=curator, draft=blocked)
    safe = block_item(actor=chief, item=world.war[1], safety=True, terms=Terms(reason="bad"))
    actions.publish_decision(actor=chief, draft=safe)
    ended = end_decision(actor=curator, decision=rule.decision, reason="over")
    actions.publish_decision(actor=curator, draft=ended)
    actions.roll_back(actor=curator, surface=home)


def test_expectations_of_another_surface_stop_nothing(curator, home, spring):
    expect(curator, Surface.objects.get(pk="similar"))
    draft(curator, home, spring)
    actions.publish(actor=curator, change_set=spring)


def test_several_sets_at_once_cannot_be_known_to_meet_what_stops(curator, home, spring):
    expect(curator, home)
    for place in (spring, open_change_set(actor=curator, name="Summer")):
        draft(curator, home, place, Boost(1.0))
        check(Target(change_set=place))
    with pytest.raises(Conflict, match="one by one"):
        actions.publish(actor=curator, surface=home)


def test_a_planned_publish_waits_for_its_check_and_is_refused_where_it_is_not_met(
    curator, home, spring
):
    expect(curator, home)
    draft(curator, home, spring)
    at = timezone.now() + timedelta(hours=1)
    actions.schedule(actor=curator, change_set=spring, at=at)
    assert actions.publish_due(at) == []
    spring.refresh_from_db()
    assert spring.publish_at == at
    spring.publish_at = timezone.now()
    spring.save()
    check(Target(change_set=spring))
    assert actions.publish_due(timezone.now()) == [spring]
    spring.refresh_from_db()
    assert (spring.publish_at, spring.refusal["code"]) == (None, "expectations_unmet")


def test_a_planned_publish_does_not_wait_for_its_check_for_ever(curator, home, spring):
    expect(curator, home)
    draft(curator, home, spring)
    at = timezone.now() + timedelta(hours=1)
    actions.schedule(actor=curator, change_set=spring, at=at)
    assert actions.publish_due(at + PATIENCE) == [spring]
    spring.refresh_from_db()
    assert spring.refusal["code"] == "expectations_unchecked"


# The promotion ----------------------------------------------------------------------------------------


@pytest.fixture
def newer(world, monkeypatch):
    monkeypatch.setattr(promotion, "check", lambda _version: None)
    monkeypatch.setattr(preloading, "everywhere", lambda _version: None)
    return version_of("ease", world)


def promote(version, actor, **more):
    told = {"version_id": version.pk, "actor": actor, "reason": "better"}
    return operating.promote(**told, **more)


def test_a_promotion_asks_for_its_check_and_passes_once_it_is_met(curator, home, newer):
    operator = person("operator")
    expect(curator, home)
    with pytest.raises(NotPossible, match="not checked yet"):
        promote(newer, operator)
    waiting = ExpectationCheck.objects.get(version=newer)
    expecting.execute(waiting.pk)
    promote(newer, operator)
    assert LiveModel.objects.get(family="ease").version == newer


def test_a_promotion_that_would_not_meet_what_stops_takes_an_administrator(
    curator, chief, home, newer
):
    operator = person("operator")
    expect(curator, home, claim={"way": "never", "count": None, "first": None})
    check(Target(version=newer.pk))
    with pytest.raises(NotPossible, match="is not met"):
        promote(newer, operator)
    with pytest.raises(Denied):
        promote(newer, operator, override=True)
    promote(newer, chief, override=True)
    assert LiveModel.objects.get(family="ease").version == newer
    operating.roll_back(family="ease", actor=operator, reason="worse")


def test_what_lets_a_version_pass_takes_a_reason_over_the_api_too(client, chief, home, newer):
    expect(chief, home, claim={"way": "never", "count": None, "first": None})
    check(Target(version=newer.pk))
    client.force_login(chief)
    url = reverse("api:promote-model", args=[newer.pk])
    told = client.post(url, {"override": True}, content_type="application/json")
    assert (told.status_code, told.json()["code"]) == (400, "reason_required")
    told = client.post(url, {"override": True, "reason": "why"}, content_type="application/json")
    assert told.status_code == 200


def test_a_publish_while_workers_load_a_version_has_it_checked_again(
    curator, home, spring, newer, monkeypatch
):
    operator = person("operator")
    expect(curator, home)
    check(Target(version=newer.pk))
    draft(curator, home, spring, effect=Boost(1.0))
    check(Target(change_set=spring))
    monkeypatch.setattr(
        preloading,
        "everywhere",
        lambda _version: actions.publish(actor=curator, change_set=spring, reason="now"),
    )
    with pytest.raises(NotPossible, match="is not checked yet"):
        promote(newer, operator)
    assert LiveModel.objects.get(family="ease").version != newer


# The command ------------------------------------------------------------------------------------------


def called(*arguments):
    out, status = StringIO(), 0
    try:
        call_command("check_expectations", *arguments, stdout=out)
    except SystemExit as leaving:
        status = int(leaving.code or 0)
    return status, out.getvalue()


def test_the_command_fails_where_what_stops_is_not_met_and_says_why(curator, home, spring):
    assert called() == (0, "nothing is expected\n")
    expect(curator, home)
    draft(curator, home, spring)
    status, text = called()
    assert (status, text) == (0, "met        stops Some comedy (home): 1 slates\n")
    status, text = called("--change-set", "Spring")
    assert status == 1
    assert "unmet      stops Some comedy (home): 1 of 1 slates" in text
    assert "nobody: 0 held; 1 Film" in text
    status, text = called("--change-set", str(spring.pk), "--format", "json")
    assert (status, json.loads(text)["results"][0]["met"]) == (1, False)
    status, _text = called("--model-version", "ease:1")
    assert status == 0


def test_the_command_does_what_waits_itself_and_refuses_what_is_not_there(curator, home, spring):
    expect(curator, home, blocks=False)
    draft(curator, home, spring)
    expectation_checks.request_check(Target(change_set=spring))
    assert called("--change-set", "Spring")[0] == 0
    for wrong in (
        ["--change-set", "Autumn"],
        ["--model-version", "ease:99"],
        ["--model-version", "x"],
    ):
        with pytest.raises(CommandError):
            called(*wrong)


def test_reports_are_forgotten_in_time(curator, home):
    expect(curator, home)
    report = check()
    long_ago = timezone.now() - expectation_checks.KEPT - timedelta(days=1)
    ExpectationCheck.objects.update(requested_at=long_ago)
    ExpectationReport.objects.filter(pk=report.pk).update(checked_at=long_ago)
    kept = check()
    assert expectation_checks.forget() == 1
    assert list(ExpectationReport.objects.all()) == [kept]
