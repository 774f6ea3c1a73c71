"""The desk: what curators write in forms is what the actions do, and a refusal saves nothing."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.models import Block, Decision, Item, PolicyVersion
from curation.policies.loading import load_policy

TERMS = {"reason": "because", "priority": "100", "holdback": "0", "traffic": "1", "change_set": ""}


@pytest.fixture
def desk(client, curator):
    curator.is_staff = True
    curator.save()
    client.force_login(curator)
    return client


def write(desk, kind, **fields):
    return desk.post(reverse("desk:new", args=[kind]), TERMS | fields)


def policy_of(surface):
    surface.refresh_from_db()
    return load_policy(surface, timezone.now())


def test_a_pin_written_at_the_desk_is_live(desk, home, films):
    answer = write(desk, "pin", surface="home", item=films[0].outside_id, slot="2")
    assert answer.status_code == 302
    (pin,) = policy_of(home).pins
    assert (pin.item, pin.slot) == (films[0].pk, 2)


def test_an_item_is_found_by_its_title_and_near_titles_are_named(desk, home, films):
    write(desk, "pin", surface="home", item=films[0].title.upper(), slot="1")
    assert len(policy_of(home).pins) == 1
    answer = write(desk, "pin", surface="home", item=films[0].title[:4], slot="2")
    assert films[1].title in answer.content.decode()


def test_a_decision_kept_as_a_draft_waits_for_its_publish(desk, home, films):
    write(desk, "pin", surface="home", item=films[0].outside_id, slot="1", change_set="Spring")
    assert policy_of(home).pins == ()
    (draft,) = Decision.objects.all()
    page = desk.get(reverse("desk:decision", args=[draft.pk])).content.decode()
    assert "Spring" in page
    home_set = draft.revisions.get().change_set
    desk.post(reverse("desk:publish", args=[home_set.pk]), {"reason": "ready"})
    assert len(policy_of(home).pins) == 1


def test_a_refused_decision_is_explained_and_leaves_nothing_behind(desk, curator, home, films):
    draft = actions.block_item(actor=curator, item=films[0])
    actions.publish_decision(actor=curator, draft=draft)
    answer = write(desk, "pin", surface="home", item=films[0].outside_id, slot="1")
    assert "blocked" in answer.content.decode()
    assert Decision.objects.filter(kind="pin").count() == 0


def test_only_an_administrator_sets_a_safety_block(desk, films):
    answer = write(desk, "block", item=films[0].outside_id, safety="on")
    assert answer.status_code == 200
    assert not Block.objects.exists()


def test_a_rule_is_written_in_rows_or_as_json(desk, home, films):
    rows = {"match": "all", "field-1": "genres", "op-1": "has", "value-1": "War"}
    write(desk, "rule", surface="home", effect="boost", strength="1", **rows)
    where = '{"not": {"field": "year", "op": "lt", "value": 1951}}'
    answer = write(desk, "rule", surface="home", effect="exclude", match="all", where=where)
    assert answer.status_code == 302, answer.content.decode()
    assert len(policy_of(home).rules) == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"effect": "boost", "strength": "1", "where": '{"field": "colours", "op": "eq"}'},
            "colours",
        ),
        ({"effect": "boost", "strength": "1", "where": "{"}, "valid JSON"),
        ({"effect": "boost", "strength": "1"}, "at least one condition"),
        ({"effect": "boost", "where": '{"all": []}'}, "This effect needs it"),
        ({"effect": "boost", "strength": "9", "where": '{"all": []}'}, "less than or equal to 2"),
        (
            {"effect": "exclude", "field-1": "year", "op-1": "eq", "value-1": "soon"},
            "number",
        ),
    ],
)
def test_a_rule_that_cannot_be_read_says_why(desk, films, fields, words):
    answer = write(desk, "rule", surface="home", match="all", **fields)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Decision.objects.exists()


def test_a_blend_weighs_the_live_scorers(desk, home, scorers):
    weights = {
        "weight-ease": "0",
        "weight-popularity": "2",
        "scale-ease": "z",
        "scale-popularity": "",
    }
    write(desk, "blend", surface="home", **weights)
    (blend,) = policy_of(home).blends
    assert dict(blend.weights) == {"ease": 0.0, "popularity": 2.0}
    answer = write(desk, "blend", surface="home", **(weights | {"weight-popularity": "0"}))
    assert "above 0" in answer.content.decode()


def test_a_decision_ends_with_a_reason_only(desk, home, films):
    write(desk, "pin", surface="home", item=films[0].outside_id, slot="1")
    (pin,) = Decision.objects.all()
    desk.post(reverse("desk:end", args=[pin.pk]), {"reason": ""})
    assert len(policy_of(home).pins) == 1
    desk.post(reverse("desk:end", args=[pin.pk]), {"reason": "over"})
    assert policy_of(home).pins == ()


def test_rolling_back_shows_what_comes_and_goes_and_then_does_it(desk, home, films):
    write(desk, "pin", surface="home", item=films[0].outside_id, slot="1")
    write(desk, "pin", surface="home", item=films[1].outside_id, slot="2")
    url = reverse("desk:roll-back", args=["home", 1])
    assert films[1].title in desk.get(url).content.decode()
    desk.post(url, {"reason": "back"})
    assert [pin.item for pin in policy_of(home).pins] == [films[0].pk]
    assert PolicyVersion.objects.get(surface=home, number=3).restores == 1


def test_a_discarded_change_set_cannot_be_published(desk, home, films):
    write(desk, "pin", surface="home", item=films[0].outside_id, slot="1", change_set="Spring")
    home_set = Decision.objects.get().revisions.get().change_set
    desk.post(reverse("desk:discard", args=[home_set.pk]), {"reason": "no"})
    desk.post(reverse("desk:publish", args=[home_set.pk]), {"reason": "yes"})
    assert policy_of(home).pins == ()


def test_the_desk_asks_a_fixed_number_of_questions(
    desk, home, films, django_assert_max_num_queries
):
    for slot, film in enumerate(films, 1):
        write(desk, "pin", surface="home", item=film.outside_id, slot=str(slot))
    with django_assert_max_num_queries(15):
        desk.get(reverse("desk:surface", args=["home"]))


def test_the_desk_is_for_curators(client, stranger, home):
    assert client.get(reverse("desk:index")).status_code == 302
    client.force_login(stranger)
    assert client.get(reverse("desk:index")).status_code == 403


def test_an_item_saved_in_the_admin_moves_the_catalogue_and_keeps_to_the_schema(
    client, administrator, films
):
    administrator.is_staff = True
    administrator.save()
    client.force_login(administrator)
    url = reverse("admin:curation_item_change", args=[films[0].pk])
    form = {"title": "Renamed", "attributes": '{"year": 1999}', "active": "on"}
    client.post(url, form)
    assert Item.objects.get(pk=films[0].pk).attributes == {"year": 1999}
    answer = client.post(url, form | {"attributes": '{"year": "soon"}'})
    assert "year" in answer.content.decode()
    assert Item.objects.get(pk=films[0].pk).attributes == {"year": 1999}


def test_settings_of_a_surface_come_into_force_in_a_new_version(client, administrator, home):
    administrator.is_staff = True
    administrator.save()
    client.force_login(administrator)
    names = ("name", "depth", "reserve", "explore_every", "temperature", "repeat", "max_shown")
    more = ("diversity", "pin_budget", "stale_limit_s", "replay_share")
    asks = ("approval", "approval_share")
    form = {name: getattr(home, name) for name in (*names, *more, *asks)}
    path = reverse("admin:curation_surface_change", args=["home"])
    client.post(path, form | {"depth": 30, "version": 0})
    assert (policy_of(home).surface.depth, home.policy_version) == (30, 1)
    stale = client.post(path, form | {"depth": 20, "reserve": 3, "version": 0})
    assert "version 0 of home, which is at 1 by now" in stale.content.decode()
    assert (policy_of(home).surface.depth, home.policy_version) == (30, 1)
