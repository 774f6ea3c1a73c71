"""The desk's pages of change sets, findings, comparisons and histories; and the same by command and API."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Terms
from curation.fusion.effects import Boost, Bury, Effect
from curation.fusion.parsing import parse
from curation.lint import inspections
from curation.models import ChangeSet, Inspection, Item, Surface
from curation.people.access import issue_token
from curation.queries.items import schema
from tests.factories import SOURCE, ItemFactory, SegmentFactory

WAR = {"field": "genres", "op": "has", "value": "War"}


@pytest.fixture
def desk(client, curator):
    curator.is_staff = True
    curator.save()
    client.force_login(curator)
    return client


@pytest.fixture
def published(curator, home):
    def published(draft):
        actions.publish_decision(actor=curator, draft=draft)
        return draft

    return published


@pytest.fixture
def pin(curator, home, published):
    def pin(slot, item=None, **terms):
        item = item or ItemFactory.create()
        return actions.pin_item(
            actor=curator, surface=home, item=item, slot=slot, terms=Terms(**terms)
        )

    return pin


def words(answer):
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def api(client, user, method, path, body=None):
    return client.generic(
        method,
        f"/api/v1/{path}",
        orjson.dumps(body) if body is not None else b"",
        "application/json",
        headers={"authorization": f"Token {issue_token(user, SOURCE)}"},
    )


# Change sets ------------------------------------------------------------------------------------------


def test_a_set_is_opened_filled_planned_and_given_back_at_the_desk(desk, curator, home, pin):
    desk.post(reverse("desk:change-sets"), {"name": "Spring"})
    spring = ChangeSet.objects.get(name="Spring")
    page = reverse("desk:publish", args=[spring.pk])
    pin(1, change_set=spring)
    assert "Spring" in words(desk.get(reverse("desk:change-sets")))
    plan = {"at": "2150-07-01T09:00", "zone": "Europe/Berlin", "reason": "the fair"}
    desk.post(reverse("desk:schedule", args=[spring.pk]), plan)
    spring.refresh_from_db()
    assert spring.publish_at == datetime(2150, 7, 1, 7, tzinfo=UTC)
    assert "09:00 Europe/Berlin" in words(desk.get(page))
    desk.post(reverse("desk:schedule", args=[spring.pk]), {"cancel": "1", "reason": "no fair"})
    spring.refresh_from_db()
    assert spring.publish_at is None


@pytest.mark.parametrize(
    ("at", "which", "said"),
    [
        ("2150-03-29T02:30", "", "skip"),
        ("2150-10-25T02:30", "", "twice"),
        ("2020-01-01T00:00", "", "to come"),
        ("soon", "", "valid date"),
    ],
)
def test_a_plan_that_no_clock_shows_is_explained(desk, curator, at, which, said):
    spring = actions.open_change_set(actor=curator, name="Spring")
    plan = {"at": at, "zone": "Europe/Berlin", "which": which, "reason": "the fair"}
    answer = desk.post(reverse("desk:schedule", args=[spring.pk]), plan)
    assert said in words(answer)
    spring.refresh_from_db()
    assert spring.publish_at is None


def test_the_second_of_a_doubled_hour_can_be_chosen(desk, curator):
    spring = actions.open_change_set(actor=curator, name="Spring")
    plan = {"at": "2150-10-25T02:30", "zone": "Europe/Berlin", "which": "second", "reason": "so"}
    desk.post(reverse("desk:schedule", args=[spring.pk]), plan)
    spring.refresh_from_db()
    assert spring.publish_at == datetime(2150, 10, 25, 1, 30, tzinfo=UTC)


def test_a_draft_is_moved_and_another_taken_out_at_the_desk(desk, curator, pin):
    spring = actions.open_change_set(actor=curator, name="Spring")
    autumn = actions.open_change_set(actor=curator, name="Autumn")
    moves, goes = pin(1, change_set=spring), pin(2, change_set=spring)
    for draft, to in ((moves, autumn.pk), (goes, "")):
        url = reverse("desk:draft", args=[spring.pk, draft.revision.pk])
        assert desk.get(url).status_code == 200
        assert desk.post(url, {"to": to, "reason": "so"}).status_code == 302
    assert "This change set is empty" in words(desk.get(reverse("desk:publish", args=[spring.pk])))
    assert "slot 1" in words(desk.get(reverse("desk:publish", args=[autumn.pk])))


def test_a_set_is_discarded_after_a_look_at_what_goes(desk, curator, pin):
    spring = actions.open_change_set(actor=curator, name="Spring")
    pin(1, change_set=spring)
    url = reverse("desk:discard", args=[spring.pk])
    assert "throws 1 draft away" in words(desk.get(url))
    assert ChangeSet.objects.get(pk=spring.pk).discarded_at is None
    desk.post(url, {"reason": "no"})
    assert ChangeSet.objects.get(pk=spring.pk).discarded_at is not None


def test_a_set_shows_what_lint_would_stop_and_why_a_plan_failed(desk, curator, pin, published):
    spring = actions.open_change_set(actor=curator, name="Spring")
    pin(1, change_set=spring)
    published(pin(1))
    actions.schedule(
        actor=curator, change_set=spring, at=timezone.now() + timedelta(days=1), reason="so"
    )
    actions.publish_due(timezone.now() + timedelta(days=2))
    page = words(desk.get(reverse("desk:publish", args=[spring.pk])))
    assert "stops a publish" in page
    assert "It was not published as planned" in page


def test_change_sets_are_planned_and_emptied_by_the_api(client, curator, pin):
    made = api(client, curator, "POST", "change-sets/", {"name": "Spring"})
    spring = ChangeSet.objects.get(pk=made.json()["id"])
    draft = pin(1, change_set=spring)
    place = f"change-sets/{spring.pk}/"
    told = api(client, curator, "GET", place).json()
    assert [row["decision"] for row in told["drafts"]] == [str(draft.decision.pk)]
    plan = {"at": "2150-10-25T02:30", "zone": "Europe/Berlin"}
    refused = api(client, curator, "POST", f"{place}schedule/", plan)
    assert (refused.status_code, refused.json()["code"]) == (400, "doubled_hour")
    done = api(client, curator, "POST", f"{place}schedule/", {**plan, "which": "first"})
    assert done.json()["publish_at"] == "2150-10-25T00:30:00Z"
    assert api(client, curator, "DELETE", f"{place}schedule/").json()["publish_at"] is None
    body = {"decision": str(draft.decision.pk), "reason": "so"}
    assert api(client, curator, "POST", f"{place}withdraw/", body).status_code == 200
    again = api(client, curator, "POST", f"{place}withdraw/", body)
    assert (again.status_code, again.json()["code"]) == (409, "draft_gone")
    discarded = api(client, curator, "POST", f"{place}discard/", {"reason": "so"})
    assert discarded.json()["state"] == "discarded"


# Findings ---------------------------------------------------------------------------------------------


@pytest.fixture
def troubled(curator, home, films, pin, published):
    """A pin whose item has gone since, and a boost against a bury."""
    gone = published(pin(1, films[0]))
    Item.objects.filter(pk=films[0].pk).update(active=False)
    what = parse(WAR, schema())
    effects: list[Effect] = [Boost(1), Bury(1)]
    for effect in effects:
        rule = actions.add_rule(actor=curator, surface=home, effect=effect, what=what)
        published(rule)
    return gone


def test_the_page_of_findings_links_the_decision_and_what_it_meets(desk, troubled):
    page = desk.get(reverse("desk:lint")).content.decode()
    assert reverse("desk:decision", args=[troubled.decision.pk]) in page
    assert page.count("the other way") == 2


def test_the_command_lists_findings_and_fails_on_grave_ones(troubled):
    told = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("lint", stdout=told)
    assert stopped.value.code == 1
    assert "B home pin" in told.getvalue()
    assert "pin_inactive" in told.getvalue()
    call_command("lint", surface="similar", stdout=told)


def test_the_command_lints_a_change_set_before_it_is_published(pin, films):
    told = io.StringIO()
    draft = pin(1, until=timezone.now() + timedelta(days=1), review_on=date(2020, 1, 1))
    call_command("lint", change_set=draft.revision.change_set.name, stdout=told)
    assert "review_passed" in told.getvalue()
    with pytest.raises(CommandError, match="no open change set"):
        call_command("lint", change_set="none of this name", stdout=told)


def test_the_command_looks_at_another_instant(pin, published):
    published(pin(1, until=timezone.now() + timedelta(days=1)))
    told = io.StringIO()
    call_command("lint", stdout=told)
    assert "0 findings" in told.getvalue()
    with pytest.raises(SystemExit):
        call_command("lint", at="2199-01-01T00:00Z", stdout=told)
    assert "window_over" in told.getvalue()


@pytest.mark.parametrize("options", [{"surface": "cellar"}, {"at": "soon"}])
def test_the_command_refuses_what_it_cannot_look_at(db, options):
    with pytest.raises(CommandError):
        call_command("lint", **options)


def test_what_was_found_at_night_is_kept_until_the_next(desk, troubled):
    assert inspections.keep(timezone.now()) == 3
    kept = Inspection.objects.get(surface="home")
    assert {row["code"] for row in kept.findings} == {"pin_inactive", "boost_against_bury"}
    assert "Home 3 0 minutes ago" in words(desk.get(reverse("desk:lint"))).replace("\xa0", " ")
    Item.objects.update(active=True)
    assert inspections.keep(timezone.now()) == 2


@pytest.mark.usefixtures("attributes")
def test_looking_all_over_asks_as_many_questions_for_many_decisions_as_for_few(
    desk, curator, home, pin, published, django_assert_max_num_queries
):
    Surface.objects.update(pin_budget=100)
    segment = SegmentFactory.create()
    for slot in range(1, 12):
        published(pin(slot, segment=segment))
        what = parse({"field": "year", "op": "ge", "value": 1950 + slot}, schema())
        published(actions.add_rule(actor=curator, surface=home, effect=Boost(1), what=what))
    with django_assert_max_num_queries(35):
        desk.get(reverse("desk:lint"))


# Comparisons ------------------------------------------------------------------------------------------


@pytest.fixture
def versions(curator, pin, published):
    """Three versions: a pin; the pin elsewhere; another pin alone."""
    first = published(pin(1))
    change = {"actor": curator, "decision": first.decision, "base": 1, "spec": {"slot": 5}}
    published(actions.revise_decision(**change, terms=Terms(priority=7)))
    other = pin(2, change_set=actions.open_change_set(actor=curator, name="Three"))
    actions.end_decision(
        actor=curator,
        decision=first.decision,
        reason="over",
        change_set=other.revision.change_set,
    )
    actions.publish(actor=curator, change_set=other.revision.change_set)
    return first.decision, other.decision


def test_any_two_versions_are_compared_field_by_field(client, curator, versions):
    first, other = versions

    def told(before, after):
        path = f"policy/diff/?surface=home&before={before}&after={after}"
        return api(client, curator, "GET", path).json()

    (changed,) = told(1, 2)["changed"]
    fields = {each["field"]: (each["before"], each["after"]) for each in changed["fields"]}
    assert fields == {"slot": (1, 5), "priority": (100, 7)}
    assert [row["decision"] for row in told(2, 3)["added"]] == [str(other.pk)]
    assert [row["decision"] for row in told(2, 3)["removed"]] == [str(first.pk)]
    assert told(3, 2)["added"] == told(2, 3)["removed"]
    assert told(2, 2) == {"added": [], "removed": [], "changed": []}
    assert [row["decision"] for row in told(0, 1)["added"]] == [str(first.pk)]


def test_a_version_that_never_was_is_missing(client, desk, curator, versions):
    answer = api(client, curator, "GET", "policy/diff/?surface=home&before=1&after=9")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_version")
    assert desk.get(reverse("desk:compare", args=["home", 1, 9])).status_code == 404


def test_the_desk_compares_and_shows_a_roll_back_before_it_is_confirmed(desk, home, versions):
    page = words(desk.get(reverse("desk:compare", args=["home", 1, 2])))
    assert "Priority 100 7" in page
    look = words(desk.get(reverse("desk:roll-back", args=["home", 2])))
    assert "slot 5" in look
    assert "slot 2" in look
    home.refresh_from_db()
    assert home.policy_version == 3


# Histories --------------------------------------------------------------------------------------------


def test_the_history_of_a_decision_says_who_did_what_and_why(desk, curator, pin, published):
    draft = published(pin(1, reason="it is new"))
    change = {"actor": curator, "decision": draft.decision, "base": 1, "spec": {"slot": 5}}
    published(actions.revise_decision(**change, terms=Terms(reason="it is better there")))
    url = reverse("desk:history", args=["curation.decision", draft.decision.pk])
    page = words(desk.get(url))
    for said in ("curator", "pin written", "it is new", "revised", "it is better there", "Film"):
        assert said in page, said


def test_the_history_of_a_surface_says_what_changed_from_what(desk, administrator, home):
    actions.change_surface(
        actor=administrator, surface=home, settings={"pin_budget": 7}, reason="fewer"
    )
    page = words(desk.get(reverse("desk:history", args=["curation.surface", "home"])))
    assert "20 → 7" in page
    assert "administrator" in page
    assert "fewer" in page


@pytest.mark.parametrize("kind", ["changeset", "segment", "block", "policyversion", "revision"])
def test_every_audited_object_has_a_history(desk, curator, home, films, published, kind):
    draft = published(actions.block_item(actor=curator, item=films[0], terms=Terms(reason="bad")))
    actions.pin_item(actor=curator, surface=home, item=films[1], slot=1)
    actions.publish(actor=curator, surface=home)
    home.refresh_from_db()
    keys = {
        "changeset": draft.revision.change_set_id,
        "segment": SegmentFactory.create().pk,
        "block": draft.decision.pk,
        "policyversion": home.versions.get().pk,
        "revision": draft.revision.pk,
    }
    answer = desk.get(reverse("desk:history", args=[f"curation.{kind}", keys[kind]]))
    assert answer.context["entries"], kind


def test_the_history_of_people_is_for_administrators(desk, client, curator, administrator):
    url = reverse("desk:history", args=["curation.user", administrator.pk])
    assert desk.get(url).status_code == 403
    client.force_login(administrator)
    page = words(client.get(url))
    assert "administrator" in page


@pytest.mark.parametrize(
    ("label", "key"),
    [
        *(("curation.surface", "cellar"), ("curation.decision", "x"), ("curation.item", "x")),
        *(("curation.token", "1"), ("auth.group", "1"), ("nothing", "1"), ("no.such", "1")),
    ],
)
def test_what_has_no_history_is_not_found(desk, home, label, key):
    assert desk.get(reverse("desk:history", args=[label, key])).status_code == 404
