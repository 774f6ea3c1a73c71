"""Groups of conditions in a form: nested and / or / not by buttons, with script and without."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.desk.queries.groups import MOST_LEVELS, read
from curation.desk.queries.rows import Told, in_rows
from curation.fusion.columns import Kind
from curation.models import Decision, Revision

VIEWS = reverse("desk:conditions", args=["items"])
NEW = reverse("desk:new", args=["rule"])
RULE = {
    "reason": "because",
    "priority": "100",
    "holdback": "0",
    "traffic": "1",
    "change_set": "",
    "effect": "exclude",
    "surface": "home",
}
TEXT = 'genres has "War" and (year >= 1951 or not (director exists and stats.ratings < 20))'


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


def text(answer):
    return " ".join(html.unescape(answer.content.decode()).split())


def sent(page):
    """What a browser would send of the conditions on a page, buttons left out."""
    part = page[page.index('id="conditions"') :]
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*?value="([^"]*)"', part))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"(.*?)</select>', part):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        first = re.search(r'<option value="([^"]*)"', options)
        shown = chosen or first
        fields[name] = shown[1] if shown else ""
    wanted = re.compile(r"view|match|(?:field|op|value|match|in)-\d+")
    values = re.findall(r'name="(value-\d+)"(?![^>]*value=)', part)
    return dict.fromkeys(values, "") | {
        name: value for name, value in fields.items() if wanted.fullmatch(name)
    }


def put(form, number, field, op, value):
    return form | {f"field-{number}": field, f"op-{number}": op, f"value-{number}": value}


@pytest.mark.parametrize(("path", "more"), [(VIEWS, {}), (NEW, RULE)], ids=["script", "without"])
def test_a_nested_query_is_written_by_buttons_and_saved_as_one(desk, home, films, path, more):
    def press(form, **button):
        return sent(text(desk.post(path, more | form | button)))

    form = put(press({}), 1, "genres", "has", "War")
    form = press(form, nest="0")
    assert form["match-2"] == "any", "a group within all of these is any of these"
    form = press(put(form, 3, "year", "ge", "1951"), nest="2")
    form = press(put(form, 5, "director", "exists", "") | {"match-4": "not_all"}, add="4")
    form = put(form, 6, "stats.ratings", "lt", "20")
    assert (form["in-4"], form["in-6"]) == ("2", "4")
    assert not Decision.objects.exists()
    assert TEXT in text(desk.post(VIEWS, form | {"switch": "text"}))
    assert desk.post(NEW, RULE | form).status_code == 302
    spec = Revision.objects.get().spec
    revised = text(desk.get(reverse("desk:revise", args=[Decision.objects.get().pk])))
    assert sent(revised) == form, "the form shows the tree that is stored"
    desk.post(reverse("desk:revise", args=[Decision.objects.get().pk]), RULE | form)
    assert {str(row.spec) for row in Revision.objects.all()} == {str(spec)}


def test_a_row_or_a_group_is_taken_out_with_what_stood_in_it(desk, films):
    form = desk.post(VIEWS, {"view": "text", "where_text": TEXT, "switch": "rows"})
    rows = sent(text(form))
    without_row = desk.post(VIEWS, rows | {"drop": "5"}).context["form"]
    assert [row[0].value() for row in without_row.condition_rows()] == [
        "genres",
        "year",
        "stats.ratings",
    ]
    assert "autofocus" in text(desk.post(VIEWS, rows | {"drop": "5"})), "the keyboard stays near"
    left = sent(
        text(desk.post(VIEWS, sent(text(desk.post(VIEWS, rows | {"drop": "6"}))) | {"drop": "5"}))
    )
    assert not any(key.startswith("match-4") for key in left), "an empty group goes too"
    assert sent(text(desk.post(VIEWS, rows | {"drop": "2"}))).keys() == {
        *("view", "match", "field-1", "op-1", "value-1")
    }


def test_each_group_is_a_fieldset_whose_legend_says_where_it_stands(desk, films):
    page = text(desk.post(VIEWS, {"view": "text", "where_text": TEXT, "switch": "rows"}))
    assert re.findall(r"<fieldset[^>]*><legend>(.*?)</legend>", page) == ["Group 2", "Group 2.2"]
    assert re.findall(r'role="group" aria-label="(Condition [\d.]+)"', page) == [
        f"Condition {place}" for place in ("1", "2.1", "2.2.1", "2.2.2")
    ]
    assert 'aria-label="Value 2.2.1"' in page


def test_groups_end_where_they_can_no_longer_be_read_and_say_so(desk, films):
    form: dict[str, str] = {}
    for level in range(1, MOST_LEVELS + 1):
        page = text(desk.post(VIEWS, form | {"nest": str(2 * level - 2) if level > 1 else "0"}))
        form = sent(page)
        deepest = max(int(key[6:]) for key in form if key.startswith("match-"))
        form |= {"nest": str(deepest)}
        if level < MOST_LEVELS - 1:
            assert "Groups go no deeper" not in page
    assert "Groups go no deeper in rows" in page
    told = text(desk.post(VIEWS, form))
    assert "Groups stand at most 4 deep in rows; write deeper ones as text." in told


@pytest.mark.parametrize(
    ("change", "at", "told"),
    [
        ({"value-3": "soon"}, "value-3", "number"),
        ({"op-6": "has"}, "op-6", ""),
        ({"in-3": "9"}, "match", "stands in a group that is not there"),
        ({"in-3": "6"}, "match", "stands in a group that is not there"),
        ({"match-2": "some"}, "match-2", ""),
    ],
)
def test_what_is_wrong_is_told_at_its_row(desk, home, films, change, at, told):
    rows = sent(text(desk.post(VIEWS, {"view": "text", "where_text": TEXT, "switch": "rows"})))
    form = desk.post(NEW, RULE | rows | change).context["form"]
    assert list(form.errors) == [at]
    assert told in str(form.errors[at])
    assert not Decision.objects.exists()
    shown = desk.post(VIEWS, rows | change | {"switch": "text"}).context["form"]
    if told == "number":
        assert shown.fault.startswith("Condition 2.1: expected a finite number")


def test_the_groups_are_told_in_chinese(desk, films, curator):
    curator.language = "zh-hans"
    curator.save()
    page = text(desk.post(VIEWS, {"view": "text", "where_text": TEXT, "switch": "rows"}))
    assert "<legend>第 2 组</legend>" in page
    assert "添加一组" in page


_SCHEMA = {"year": Kind.NUMBER, "title": Kind.TEXT, "genres": Kind.TAGS}
_COMPARISONS = st.one_of(
    st.builds(lambda value: {"field": "year", "op": "ge", "value": value}, st.integers(0, 3000)),
    st.builds(
        lambda values: {"field": "title", "op": "in", "value": values},
        st.lists(st.text("abc", min_size=1), min_size=1, max_size=3),
    ),
    st.just({"field": "genres", "op": "missing"}),
)
_TREES = st.recursive(
    _COMPARISONS,
    lambda parts: st.one_of(
        st.builds(lambda some: {"all": some}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda some: {"any": some}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda one: {"not": one}, parts),
    ),
    max_leaves=8,
)


@settings(max_examples=500)
@given(_TREES)
def test_what_rows_say_is_the_tree_that_they_show(tree):
    rows = in_rows(tree)
    if rows is None:
        return
    expected = {"all": [tree]} if "field" in tree else tree
    assert Told(read(rows), _SCHEMA).data == expected
