"""The parts of the decision forms that answer while somebody types, and the buttons that stand in without script."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.urls import reverse

from curation.models import Decision, Item, ItemStats, Revision, SegmentMembership
from tests.factories import ItemFactory, MemberFactory, SegmentFactory

TERMS = {"reason": "because", "priority": "100", "holdback": "0", "traffic": "1", "change_set": ""}
WAR = {"match": "all", "field-1": "genres", "op-1": "has", "value-1": "War"}
ROWS = reverse("desk:conditions", args=["items"])
FIND = reverse("desk:find-item")


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def members(db):
    return [MemberFactory.create(source=settings.DEFAULT_SOURCE) for _each in range(10)]


def reach(desk, kind, **fields):
    answer = desk.post(reverse("desk:reach", args=[kind]), TERMS | fields)
    assert answer.status_code == 200
    return answer.context["reach"]


def text(answer):
    return " ".join(answer.content.decode().split())


def test_a_rule_says_how_many_items_and_members_it_would_touch(desk, films, members):
    Item.objects.filter(pk=films[2].pk).update(active=False)
    found = reach(desk, "rule", effect="boost", strength="1", **WAR)
    assert (found.items, found.members, found.everybody) == (1, 10, 10)
    assert [each["item"].pk for each in found.sample] == [films[0].pk]
    assert not Decision.objects.exists(), "asking decides nothing"


def test_the_best_known_items_stand_for_all(desk, films):
    ItemStats.objects.create(item=films[2], ratings=5)
    found = reach(desk, "rule", **WAR)
    assert found.sample[0]["item"].pk == films[2].pk


def test_holdback_and_traffic_are_told_in_people(desk, films, members):
    found = reach(desk, "rule", holdback="0.2", traffic="0.5", **WAR)
    assert (found.spared, found.left_out) == (2, 5)


def test_a_decision_for_a_segment_or_a_member_reaches_them_alone(desk, films, members):
    segment = SegmentFactory.create()
    SegmentMembership.objects.create(segment=segment, subject=members[0].subject)
    pin = {"item": films[0].outside_id, "slot": "1"}
    assert reach(desk, "pin", segment=str(segment.pk), **pin).members == 1
    assert reach(desk, "pin", member=members[3].outside_id, **pin).members == 1
    assert reach(desk, "pin", **pin).items == 1


@pytest.mark.parametrize(
    ("fields", "items", "words"),
    [
        ({}, None, "Name an item or write a condition"),
        ({**WAR, "value-1": "Opera"}, 0, "the rule would do nothing"),
        ({**WAR, "field-1": "year", "op-1": "ge", "value-1": "soon"}, None, "number"),
        ({"where": "{"}, None, "valid JSON"),
    ],
)
def test_what_touches_nothing_says_so(desk, films, fields, items, words):
    answer = desk.post(reverse("desk:reach", args=["rule"]), TERMS | fields)
    assert answer.context["reach"].items == items
    assert words in text(answer)


def test_it_is_said_whether_a_save_goes_live_or_into_a_draft(desk, films):
    url = reverse("desk:reach", args=["rule"])
    assert "You are changing live" in text(desk.post(url, TERMS))
    assert "a draft in “Spring”" in text(desk.post(url, TERMS | {"change_set": "Spring"}))


def test_without_script_a_button_counts_and_saves_nothing(desk, films, members):
    form = TERMS | WAR | {"effect": "cap", "at_most": "2", "look": "1"}
    answer = desk.post(reverse("desk:new", args=["rule"]), form)
    assert answer.context["reach"].items == 2
    page = text(answer)
    assert 'name="at_most" value="2"' in page
    assert 'value="War"' in page
    assert 'role="alert"' not in page, "what is not written yet is no error yet"
    assert not Decision.objects.exists()


def test_conditions_grow_one_by_one(desk, films):
    page = text(desk.get(reverse("desk:new", args=["rule"])))
    assert 'name="field-1"' in page
    assert 'name="field-2"' not in page
    for answer in (
        desk.post(ROWS, {**WAR, "add": "0"}),
        desk.post(reverse("desk:new", args=["rule"]), TERMS | WAR | {"add": "0"}),
    ):
        page = text(answer)
        assert 'name="field-2"' in page
        assert 'value="War"' in page
    assert not Decision.objects.exists()


def test_a_new_rule_spares_some_members_so_that_its_effect_can_be_told(desk):
    page = text(desk.get(reverse("desk:new", args=["rule"])))
    assert re.search(r'name="holdback" value="0.05"', page)
    page = text(desk.get(reverse("desk:new", args=["pin"])))
    assert re.search(r'name="holdback" value="0"', page)


def test_a_condition_is_removed_and_those_below_move_up(desk, films):
    two = {**WAR, "field-2": "year", "op-2": "ge", "value-2": "1980", "drop": "1"}
    for path in (ROWS, reverse("desk:new", args=["rule"])):
        page = text(desk.post(path, TERMS | two))
        assert 'name="value-1" value="1980"' in page
        assert 'name="field-2"' not in page
    assert not Decision.objects.exists()


def test_a_rule_of_many_conditions_is_saved_as_written(desk, home, films):
    rows: dict[str, str] = {}
    for at in range(1, 8):
        rows |= {f"field-{at}": "year", f"op-{at}": "ne", f"value-{at}": str(1900 + at)}
    form = TERMS | rows | {"match": "any", "effect": "exclude", "surface": "home"}
    assert desk.post(reverse("desk:new", args=["rule"]), form).status_code == 302
    parts = Revision.objects.get().spec["where"]["any"]
    assert [part["value"] for part in parts] == [1901, 1902, 1903, 1904, 1905, 1906, 1907]


def test_more_conditions_than_rows_are_refused_and_not_left_out(desk, home, films):
    rows: dict[str, str] = {}
    for at in range(1, 22):
        rows |= {f"field-{at}": "year", f"op-{at}": "eq", f"value-{at}": "1950"}
    form = TERMS | WAR | rows | {"effect": "exclude", "surface": "home"}
    answer = desk.post(reverse("desk:new", args=["rule"]), form)
    assert "At most 20 conditions" in text(answer)
    assert not Decision.objects.exists()


def test_groups_of_conditions_on_members_say_so(desk):
    of_members = reverse("desk:conditions", args=["members"])
    nested = text(desk.post(of_members, {"field-1": "ratings", "nest": "0"}))
    assert nested.count("Members for whom") == 2
    assert "Items for which" not in nested


def test_comparisons_fit_the_type_of_the_field(desk, films):
    tags = text(desk.post(ROWS, {"field-1": "genres"}))
    assert 'value="has"' in tags
    assert 'value="starts"' not in tags
    assert '<option value="War">' in tags, "tags in use are offered"
    number = text(desk.post(ROWS, {"field-1": "year"}))
    assert 'value="ge"' in number
    assert 'value="has"' not in number


@pytest.mark.parametrize(
    "where",
    [
        {"all": [{"field": "genres", "op": "has", "value": "War"}]},
        {"any": [{"field": "year", "op": "in", "value": [1950, 1951]}]},
        {"not": {"any": [{"field": "director", "op": "exists"}]}},
        {"all": [{"field": "colour", "op": "eq", "value": True}]},
        {"all": [{"field": "director", "op": "in", "value": ["Lean, David", "D1"]}]},
        {"all": [{"not": {"all": [{"field": "year", "op": "lt", "value": 1951}]}}]},
    ],
)
def test_a_rule_that_is_revised_unchanged_says_the_same(desk, home, films, where):
    content = {"effect": "exclude", "match": "all", "where": json.dumps(where)}
    new = TERMS | content | {"surface": "home"}
    assert desk.post(reverse("desk:new", args=["rule"]), new).status_code == 302
    one = Decision.objects.get()
    url = reverse("desk:revise", args=[one.pk])
    form = desk.get(url).context["form"]
    shown = {field.html_name: field.value() for field in form}
    typed = {name: value for name, value in shown.items() if value is not None and value != ""}
    answer = desk.post(url, typed | {"reason": "again"})
    assert answer.status_code == 302, answer.content.decode()
    first, second = one.revisions.order_by("number")
    assert second.spec == first.spec


def test_a_plain_query_is_revised_in_rows(desk, home, films):
    new = TERMS | WAR | {"effect": "exclude", "surface": "home"}
    desk.post(reverse("desk:new", args=["rule"]), new)
    page = text(desk.get(reverse("desk:revise", args=[Decision.objects.get().pk])))
    assert 'name="value-1" value="War"' in page


def test_an_item_is_found_by_words_and_chosen(desk, films):
    one = ItemFactory.create(outside_id="odd", title="A very odd film")
    page = text(desk.get(FIND, {"item": "odd very"}))
    assert "A very odd film" in page
    picked = desk.get(reverse("desk:pick-item"), {"item": str(one.pk)})
    assert 'value="odd"' in text(picked)
    assert "A very odd film" in text(picked)
    ItemFactory.create(source="elsewhere", outside_id="odd", title="Another")
    picked = desk.get(reverse("desk:pick-item"), {"item": str(one.pk)})
    assert f'value="{one.pk}"' in text(picked), "an id that two items share names neither"
    form = TERMS | {"surface": "home", "item": str(one.pk), "slot": "1"}
    assert desk.post(reverse("desk:new", args=["pin"]), form).status_code == 302


@pytest.mark.parametrize("words", ["", "no such film", "<script>", "%_'\\", "\x00", "x" * 3000])
def test_any_words_can_be_looked_for(desk, films, words):
    answer = desk.get(FIND, {"item": words})
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


def test_errors_are_summed_up_and_stand_beside_their_fields(desk, films):
    answer = desk.post(
        reverse("desk:new", args=["pin"]), TERMS | {"item": films[0].outside_id, "slot": "0"}
    )
    page = text(answer)
    assert '<a href="#id_slot">' in page
    assert 'role="alert"' in page
    assert 'aria-describedby="id_slot_helptext id_slot_error"' in page
    assert 'id="id_slot_error"' in page
    assert page.count('aria-invalid="true"') == 1


def test_a_window_is_read_on_the_clock_of_whoever_writes(desk, curator, home, films):
    curator.time_zone = "Asia/Shanghai"
    curator.save()
    page = text(desk.get(reverse("desk:new", args=["pin"])))
    assert "On the clock of Asia/Shanghai." in page
    until = {"until": "2030-01-01T08:00", "surface": "home", "slot": "1"}
    desk.post(reverse("desk:new", args=["pin"]), TERMS | until | {"item": films[0].outside_id})
    assert Revision.objects.get().until == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("wall", ["2150-03-29T02:30", "2150-10-25T02:30"])
def test_a_window_at_an_hour_that_is_skipped_or_shown_twice_is_asked_for_again(
    desk, curator, home, films, wall
):
    curator.time_zone = "Europe/Berlin"
    curator.save()
    told = {"until": wall, "surface": "home", "slot": "1", "item": films[0].outside_id}
    answer = desk.post(reverse("desk:new", args=["pin"]), TERMS | told)
    assert answer.status_code == 200
    assert 'id="id_until_error"' in text(answer)
    assert not Revision.objects.exists()


def test_conditions_of_segments_grow_too(desk, members):
    page = text(desk.post(reverse("desk:conditions", args=["members"]), {"add": "0"}))
    assert 'name="field-2"' in page
    url = reverse("desk:new-query-segment")
    page = text(desk.post(url, {"name": "Keen", "slug": "keen", "add": "0"}))
    assert 'name="field-2"' in page
    assert 'value="Keen"' in page


def test_the_parts_are_for_curators(client, stranger, films):
    client.force_login(stranger)
    assert client.get(FIND, {"item": "film"}).status_code == 403
    assert client.post(ROWS, WAR).status_code == 403
    assert client.post(reverse("desk:reach", args=["rule"]), WAR).status_code == 403


def test_the_forms_ask_a_fixed_number_of_questions(desk, films, django_assert_max_num_queries):
    for kind in ("pin", "rule"):
        with django_assert_max_num_queries(15):
            desk.get(reverse("desk:new", args=[kind]))
        with django_assert_max_num_queries(15):
            desk.post(reverse("desk:reach", args=[kind]), TERMS | WAR)
