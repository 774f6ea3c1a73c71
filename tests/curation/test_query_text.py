"""A query as text: in the forms, where it is one of three views, and over the API, where it stands beside JSON."""

from __future__ import annotations

import html
import json

import pytest
from django.conf import settings
from django.urls import reverse

from curation.models import Attribute, Decision, MemberAttribute, Revision, Segment
from tests.curation.test_api import DECISIONS, Caller, problem
from tests.factories import MemberFactory

TERMS = {"reason": "because", "priority": "100", "holdback": "0", "traffic": "1", "change_set": ""}
RULE = TERMS | {"effect": "exclude", "surface": "home"}
NEW = reverse("desk:new", args=["rule"])
VIEWS = reverse("desk:conditions", args=["items"])
FAULT = reverse("desk:query-fault", args=["items"])
NEXT = reverse("desk:complete", args=["items"])
TEXT = 'genres has "War" and (year >= 1951 or not stats.ratings < 20)'
JSON = {
    "all": [
        {"field": "genres", "op": "has", "value": "War"},
        {
            "any": [
                {"field": "year", "op": "ge", "value": 1951.0},
                {"not": {"field": "stats.ratings", "op": "lt", "value": 20.0}},
            ]
        },
    ]
}
WAR = {"view": "rows", "match": "all", "field-1": "genres", "op-1": "has", "value-1": "War"}


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def members(db):
    return [MemberFactory.create(source=settings.DEFAULT_SOURCE) for _each in range(3)]


@pytest.fixture
def script(client, curator):
    return Caller(client, curator)


def text(answer):
    assert answer.status_code == 200
    return html.unescape(" ".join(answer.content.decode().split()))


def switched(desk, to, **given):
    return desk.post(VIEWS, given | {"switch": to}).context["form"]


def test_a_rule_is_written_as_text(desk, home, films):
    assert desk.post(NEW, RULE | {"view": "text", "where_text": TEXT}).status_code == 302
    assert Revision.objects.get().spec["where"] == JSON


def test_text_says_how_many_items_it_names_while_it_is_written(desk, films):
    form = TERMS | {"effect": "exclude", "view": "text"}
    url = reverse("desk:reach", args=["rule"])
    found = desk.post(url, form | {"where_text": 'genres has "War"'}).context["reach"]
    assert (found.items, [each["item"].pk for each in found.sample]) == (
        2,
        [films[0].pk, films[2].pk],
    )
    assert "Column 12: a text stands in quotation marks" in text(
        desk.post(url, form | {"where_text": "genres has War"})
    )
    assert "write a condition" in text(desk.post(url, form | {"where_text": ""}))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("genres has War", "Column 12: a text stands in quotation marks: instead of “War”"),
        ('genre has "War"', "Column 1: no field 'genre'; did you mean genres?"),
        (
            "year >= 1950 and\n year has 3",
            "Line 2, column 7: 'has' is no operator of a number field",
        ),
        ('year >= "x"', "Column 9: expected a finite number, not 'x'"),
        ('title = "War', "Column 9: this quotation mark is never closed"),
        ("", "Give at least one condition."),
        (" ", "Give at least one condition."),
    ],
)
def test_what_is_wrong_is_told_at_the_field_while_it_is_written_and_when_it_is_saved(
    desk, films, typed, told
):
    saved = desk.post(NEW, RULE | {"view": "text", "where_text": typed})
    assert told in saved.context["form"].errors["where_text"][0]
    assert told in text(saved).split('id="query-fault"')[1]
    assert not Decision.objects.exists()
    while_written = text(desk.post(FAULT, {"view": "text", "where_text": typed}))
    assert told in while_written if typed.strip() else not while_written


def test_what_is_wrong_is_told_in_chinese(desk, films, curator):
    curator.language = "zh-hans"
    curator.save()
    page = text(desk.post(FAULT, {"where_text": "year >= 1950 and genres has 4"}))
    assert "第 29 列：应为文本，而不是 4" in page
    page = text(desk.post(FAULT, {"where_text": "genre has 4"}))
    assert "没有字段 'genre'；是不是 genres？" in page
    assert "第 5 列：应为 =、!=、" in text(desk.post(FAULT, {"where_text": "year"}))


def test_one_query_goes_round_all_views_and_loses_nothing(desk, films):
    as_text = switched(desk, "text", **WAR)
    assert (as_text.view, as_text["where_text"].value()) == ("text", 'genres has "War"')
    as_json = switched(desk, "json", view="text", where_text=as_text["where_text"].value())
    assert json.loads(as_json["where"].value()) == {
        "all": [{"field": "genres", "op": "has", "value": "War"}]
    }
    rows = switched(desk, "rows", view="json", where=as_json["where"].value())
    assert [field.value() for field in rows.condition_rows()[0]] == ["genres", "has", "War"]
    assert rows["match"].value() == "all"


@pytest.mark.parametrize("match", ["all", "any", "none"])
def test_how_rows_are_joined_survives_the_text(desk, films, match):
    typed = switched(desk, "text", **WAR | {"match": match})["where_text"].value()
    assert switched(desk, "rows", view="text", where_text=typed)["match"].value() == match


def test_a_query_that_is_too_nested_for_rows_stays_text_and_says_so(desk, films):
    deep = "any(all(any(all(any(year >= 1951)))))"
    answer = desk.post(VIEWS, {"view": "text", "where_text": deep, "switch": "rows"})
    assert answer.context["form"].view == "text"
    page = text(answer)
    assert "too nested for rows" in page
    assert f"{deep}</textarea>" in page
    desk.post(NEW, RULE | {"view": "text", "where_text": deep})
    revised = desk.get(reverse("desk:revise", args=[Decision.objects.get().pk])).context["form"]
    assert (revised.view, revised["where_text"].value()) == ("text", deep)


@pytest.mark.parametrize(
    "given",
    [
        {"view": "text", "where_text": "genres has War"},
        {"view": "json", "where": '{"all": 3}'},
        {"view": "json", "where": "{"},
        {"view": "rows", "field-1": "year", "op-1": "ge", "value-1": "soon"},
        {"view": "rows", "field-1": "shoe", "op-1": "ge", "value-1": "soon"},
    ],
)
def test_what_cannot_be_read_stays_where_it_is_written(desk, films, given):
    for view in ("rows", "text", "json"):
        form = switched(desk, view, **given)
        assert form.view == given["view"]
        assert form.fault
        kept = {name: form[name].value() for name in given if name != "view"}
        assert kept == {name: value for name, value in given.items() if name != "view"}


def test_without_script_a_button_shows_the_other_view_and_keeps_the_rest(desk, films):
    page = text(desk.post(NEW, RULE | WAR | {"reason": "Kept words", "switch": "text"}))
    assert 'genres has "War"</textarea>' in page
    assert 'value="Kept words"' in page
    assert 'role="alert"' not in page
    page = text(
        desk.post(NEW, RULE | {"view": "text", "where_text": 'genres has "War"', "switch": "rows"})
    )
    assert 'name="value-1" value="War"' in page
    assert not Decision.objects.exists()


def test_a_segment_is_written_as_text_and_told_so(desk, members):
    url = reverse("desk:new-query-segment")
    form = {"name": "New", "slug": "new", "view": "text", "confirmed": "on"}
    counted = desk.post(
        reverse("desk:segment-count"), {"view": "text", "where_text": "ratings < 1"}
    )
    assert "3 of 3 members" in text(counted)
    assert "Column 11: expected a finite number" in text(
        desk.post(url, form | {"where_text": 'ratings < "x"'})
    )
    assert "lists no items" in text(desk.post(url, form | {"where_text": "items ()"}))
    assert desk.post(url, form | {"where_text": "ratings < 1"}).status_code == 302
    assert Segment.objects.get().query == {"all": [{"field": "ratings", "op": "lt", "value": 1.0}]}
    page = text(
        desk.post(
            reverse("desk:edit-segment", args=["new"]),
            {
                "name": "New",
                "view": "rows",
                "field-1": "ratings",
                "op-1": "lt",
                "value-1": "1",
                "switch": "text",
            },
        )
    )
    assert "ratings < 1</textarea>" in page


def suggested(desk, before, after="", url=NEXT):
    answer = desk.post(url, {"before": before, "after": after})
    return [each.insert for each in answer.context["found"]], text(answer)


def test_what_may_come_next_is_suggested(desk, films):
    Attribute.objects.filter(key="genres").update(label="题材")
    inserts, page = suggested(desk, "gen")
    assert inserts[0] == "genres "
    assert 'role="option"' in page
    assert "题材" in page
    assert suggested(desk, "题")[0] == ["genres "], "a field is found by what people call it"
    inserts, page = suggested(desk, "year >")
    assert inserts == ["> ", ">= "]
    assert "is above" in page
    assert suggested(desk, "genres has w")[0] == ['"War"']
    assert suggested(desk, "director = d")[0] == ['"D0"', '"D1"'], "the most usual first"
    assert suggested(desk, 'title starts with "Film')[0][0].startswith('"Film')
    assert suggested(desk, 'genres has "War" ')[0] == ["and ", "or "]
    assert 'data-count="0 suggestions"' in suggested(desk, "§")[1]


def test_places_are_told_as_scripts_count_them(desk, films):
    page = suggested(desk, 'title = "\U0001f600" and gen')[1]
    assert 'data-start="17" data-end="20"' in page


def test_the_end_of_a_line_counts_once_however_a_browser_sends_it(desk, films):
    page = suggested(desk, "year >= 1980\r\nand\r\ngen", "r\r\n")[1]
    assert 'data-start="17" data-end="21"' in page


def test_of_members_only_what_several_share_is_suggested(desk, members):
    MemberAttribute.objects.create(key="town", kind="text", label="Town")
    for member, town in zip(members, ("Ulm", "Ulm", "Ulverton"), strict=True):
        member.attributes = {"town": town}
        member.save()
    url = reverse("desk:complete", args=["members"])
    assert suggested(desk, 'town = "Ul', url=url)[0] == ['"Ulm"']
    # Who was merged keeps what the other has now: it is one person's all the same.
    last = MemberFactory.create(attributes={"town": "Ulverton"}, merged_into=members[2])
    assert last.attributes == members[2].attributes
    assert suggested(desk, 'town = "Ul', url=url)[0] == ['"Ulm"']


@pytest.mark.parametrize("before", ["", "\x00", "x" * 200_000, "(" * 5_000, 'genres has "%_\\'])
def test_any_place_can_be_completed(desk, films, before):
    assert desk.post(NEXT, {"before": before}).status_code == 200
    assert desk.post(FAULT, {"where_text": before}).status_code == 200


def test_the_parts_of_the_text_are_for_curators_and_of_known_things(client, desk, stranger, films):
    assert desk.post(reverse("desk:complete", args=["shoes"])).status_code == 404
    assert desk.post(reverse("desk:query-fault", args=["shoes"])).status_code == 404
    client.force_login(stranger)
    assert client.post(NEXT, {"before": ""}).status_code == 403
    assert client.post(FAULT, {"where_text": ""}).status_code == 403


def test_the_parts_ask_a_fixed_number_of_questions(desk, films, django_assert_max_num_queries):
    for url in (NEXT, FAULT, VIEWS):
        with django_assert_max_num_queries(15):
            desk.post(url, {"before": 'genres has "', "where_text": TEXT, "view": "text"})


def test_what_differs_is_shown_as_text_and_never_as_json(desk, home, films):
    desk.post(
        NEW, RULE | {"view": "text", "where_text": 'genres has "War"', "change_set": "Spring"}
    )
    one = Decision.objects.get()
    typed = {"view": "text", "where_text": TEXT, "base": "1", "change_set": "Spring"}
    assert desk.post(reverse("desk:revise", args=[one.pk]), RULE | typed).status_code == 302
    history = text(desk.get(reverse("desk:history", args=["curation.decision", one.pk])))
    assert TEXT in history
    assert "op has" not in history


def test_a_rule_is_decided_by_text_over_the_api(script, films):
    body = {"kind": "rule", "surface": "home", "effect": "exclude"}
    answer = script.decide(**body, where_text=TEXT)
    assert answer.status_code == 201
    told = answer.json()
    assert told["content"]["where"] == JSON
    assert told["where_text"] == TEXT
    assert script.get(f"{DECISIONS}{told['id']}/").json()["where_text"] == TEXT
    by_json = script.decide(**body, where=JSON).json()
    assert by_json["where_text"] == TEXT
    pin = script.decide(kind="pin", surface="home", item=films[0].outside_id, slot=1).json()
    assert pin["where_text"] is None


def test_text_over_the_api_lists_items_by_their_outside_ids(script, films):
    body = {"kind": "rule", "surface": "home", "effect": "exclude"}
    listed = script.decide(**body, where_text=f'items ("{films[0].outside_id}")').json()
    assert listed["content"]["where"] == {"items": [str(films[0].pk)]}
    bad = problem(script.decide(**body, where_text='items ("none")'), 400, "unknown_item")
    assert bad["errors"][0]["field"] == "where_text"


@pytest.mark.parametrize(
    ("given", "code", "error"),
    [
        ({"where": JSON, "where_text": TEXT}, "invalid", {"field": "where", "code": "invalid"}),
        ({"items": ["x"], "where_text": TEXT}, "invalid", {"field": "where"}),
        ({"where_text": 3}, "invalid", {"field": "where_text"}),
        ({"where_text": ""}, "invalid", {"field": "where_text", "code": "blank"}),
        ({"where_text": "x" * 100_001}, "invalid", {"field": "where_text", "code": "max_length"}),
        (
            {"where_text": "genres has War"},
            "bad_query",
            {"field": "where_text", "code": "unquoted", "line": 1, "column": 12},
        ),
        (
            {"where_text": 'genre has "War"'},
            "bad_query",
            {"field": "where_text", "code": "unknown_field", "line": 1, "column": 1},
        ),
        ({"where_text": "not " * 9 + "year = 1"}, "bad_query", {"code": "too_deep", "column": 33}),
    ],
)
def test_text_that_cannot_be_used_is_refused_with_its_place(script, films, given, code, error):
    body = {"kind": "rule", "surface": "home", "effect": "exclude"}
    (told,) = problem(script.decide(**body, **given), 400, code)["errors"]
    assert error.items() <= told.items()


def test_a_segment_is_put_as_text_over_the_api(script, members):
    url = "/api/v1/segments/new/"
    put = {"name": "New", "confirm": True}
    answer = script.send("PUT", url, put | {"where_text": 'ratings < 1 or language = "en"'})
    assert answer.status_code == 200, answer.content
    assert answer.json()["where_text"] == 'ratings < 1 or language = "en"'
    assert answer.json()["query"]["any"][0] == {"field": "ratings", "op": "lt", "value": 1.0}
    both = put | {"where_text": "ratings < 1", "query": {"all": []}}
    assert (
        problem(script.send("PUT", url, both), 400, "invalid")["errors"][0]["field"] == "where_text"
    )
    bad = problem(script.send("PUT", url, put | {"where_text": "ratings <"}), 400, "bad_query")
    assert (
        bad["errors"][0].items()
        >= {"field": "where_text", "code": "no_value", "column": 10}.items()
    )
