"""The text of a query: another view of the same tree, and what is said of a text that cannot be read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curation.fusion.columns import Kind
from curation.fusion.completion import Suggestion, spot_at, suggestions
from curation.fusion.parsing import MOST_DEPTH, MOST_NODES, MOST_TEXT, Place, QueryError, parse
from curation.fusion.query import (
    OPERATORS,
    All,
    AnyOf,
    Comparison,
    ItemList,
    Not,
    Query,
    to_json,
)
from curation.fusion.reading import MOST_WRITTEN, parse_text, read_text
from curation.fusion.writing import is_query, text_of, to_text
from tests.curation.fusion.cases import THOROUGH

SCHEMA = {
    "title": Kind.TEXT,
    "year": Kind.NUMBER,
    "released": Kind.DATE,
    "animated": Kind.BOOLEAN,
    "genres": Kind.TAGS,
    "stats.ratings": Kind.NUMBER,
    # Keys that the language would read as something else, and some that only fit between backquotes.
    **dict.fromkeys(("not", "IN", "all", "items", "everything", "missing"), Kind.TAGS),
    "运行时间": Kind.NUMBER,
    "90s": Kind.BOOLEAN,
    "-x": Kind.TEXT,
    "a b`c\n": Kind.DATE,
}
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_values: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: _texts
    | st.sampled_from(["战争", '"', "\\", "'“”`", "1980-01-01", "and", "\r\n\t", "é́"]),
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False) | st.integers().map(float),
    Kind.DATE: st.dates().map(lambda day: day.isoformat()),
    Kind.BOOLEAN: st.booleans(),
}
_values[Kind.TAGS] = _values[Kind.TEXT]


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    field = draw(st.sampled_from(sorted(SCHEMA)))
    kind = SCHEMA[field]
    op = draw(st.sampled_from(OPERATORS[kind]))
    if op in ("exists", "missing"):
        return Comparison(field, kind, op)
    if op == "in":
        return Comparison(field, kind, op, tuple(draw(st.lists(_values[kind], max_size=3))))
    return Comparison(field, kind, op, draw(_values[kind]))


_lists = st.lists(st.uuids(), max_size=3).map(lambda ids: ItemList(tuple(ids)))
queries: st.SearchStrategy[Query] = st.recursive(
    comparisons() | _lists,
    lambda part: (
        st.lists(part, max_size=3).map(lambda parts: All(tuple(parts)))
        | st.lists(part, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
        | part.map(Not)
    ),
    max_leaves=8,
)
WAR = Comparison("genres", Kind.TAGS, "has", "War")
NEW = Comparison("year", Kind.NUMBER, "ge", 1980.0)
SEEN = Comparison("stats.ratings", Kind.NUMBER, "lt", 20.0)


def refusal(text: str) -> QueryError | None:
    try:
        parse_text(text, SCHEMA)
    except QueryError as error:
        return error
    return None


def depth(query: Query) -> int:
    parts = getattr(query, "parts", None) or ([query.part] if isinstance(query, Not) else [])
    return 1 + max(map(depth, parts), default=0)


@THOROUGH
@given(queries.filter(lambda query: depth(query) <= MOST_DEPTH))
@example(WAR)
@example(All((WAR,)))
@example(All(()))
@example(AnyOf(()))
@example(AnyOf((WAR,)))
@example(All((All((WAR,)),)))
@example(All((All((WAR, NEW)), All(()), AnyOf((SEEN,)))))
@example(Not(Not(All((WAR,)))))
@example(All((Not(WAR),)))
@example(Comparison("year", Kind.NUMBER, "eq", -0.0))
def test_a_query_that_is_written_as_text_is_read_as_the_same_query(query):
    assert parse_text(to_text(query), SCHEMA) == query
    assert parse(read_text(to_text(query)).data, SCHEMA) == query, "and the JSON of it"
    assert is_query(to_json(query))


@THOROUGH
@given(st.text() | st.text(st.sampled_from('year>=3 genrshaW"“”()（，and not\\`')), st.text())
def test_any_text_is_read_or_refused_and_any_place_in_it_completed(before, after):
    told = refusal(before)
    assert told is None or told.place is not None
    spot = spot_at(before, after)
    if spot:
        suggestions(spot, SCHEMA, {}, lambda _field, _typed: ["War"])


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (
            'genres has "War" and (year >= 1980 or not stats.ratings < 20)',
            All((WAR, AnyOf((NEW, Not(SEEN))))),
        ),
        ('genres has "War" or year >= 1980 and stats.ratings < 20', AnyOf((WAR, All((NEW, SEEN))))),
        ('not genres has "War" and year >= 1980', All((Not(WAR), NEW))),
        ('  GENRES HAS "War"'.replace("GENRES", "genres"), All((WAR,))),
        ('(genres has "War")', WAR),
        ("genres has “War”", All((WAR,))),
        ("genres has 'War'", All((WAR,))),
        ('genres has "War"　AND\r\n（year ≥ 1980 Or stats.ratings ＜ 2e1）', All((WAR, AnyOf((NEW, SEEN))))),
        ("year in (1, 2，3、4)", All((Comparison("year", Kind.NUMBER, "in", (1.0, 2.0, 3.0, 4.0)),))),
        ("year in ()", All((Comparison("year", Kind.NUMBER, "in", ()),))),
        ("released < 1980-01-01", All((Comparison("released", Kind.DATE, "lt", "1980-01-01"),))),
        ('released < "1980-01-01"', All((Comparison("released", Kind.DATE, "lt", "1980-01-01"),))),
        ("animated == TRUE", All((Comparison("animated", Kind.BOOLEAN, "eq", True),))),
        ("title exists", All((Comparison("title", Kind.TEXT, "exists"),))),
        ("title is missing", All((Comparison("title", Kind.TEXT, "missing"),))),
        ("title missing", All((Comparison("title", Kind.TEXT, "missing"),))),
        ('title starts with "The"', All((Comparison("title", Kind.TEXT, "starts", "The"),))),
        ('title starts "The"', All((Comparison("title", Kind.TEXT, "starts", "The"),))),
        (r'title contains "\"\u6218\n"', All((Comparison("title", Kind.TEXT, "contains", '"战\n'),))),
        (r"title = 'it\'s \"so\"'", All((Comparison("title", Kind.TEXT, "eq", 'it\'s "so"'),))),
        ('title = 1980-01-01', All((Comparison("title", Kind.TEXT, "eq", "1980-01-01"),))),
        (
            '`not` missing and 运行时间 > 9',
            All((Comparison("not", Kind.TAGS, "missing"), Comparison("运行时间", Kind.NUMBER, "gt", 9.0))),
        ),
        ('all(genres has "War")', All((WAR,))),
        ('any(genres has "War")', AnyOf((WAR,))),
        ("everything", All(())),
        ("not nothing", Not(AnyOf(()))),
        ("((((((((((year >= 1980))))))))))", NEW),
        (f'items ("{UUID(int=1)}")', ItemList((UUID(int=1),))),
    ],
)  # fmt: skip
def test_what_is_written_means(text, query):
    assert parse_text(text, SCHEMA) == query


@pytest.mark.parametrize(
    ("text", "column", "code", "told"),
    [
        ("", 1, "no_condition", "expected a field, not, or a bracket, instead of the end"),
        ("year >= 1980 and ", 17, "no_condition", "instead of the end"),
        ("and year >= 1980", 1, "no_condition", "instead of “and”"),
        ("§", 1, "no_condition", "instead of “§”"),
        ("year", 5, "no_comparison", "expected one of =, !=, <, <=, >, >=, in, exists, is missing"),
        ('genres "War"', 8, "no_comparison", "expected one of has, in, exists, is missing"),
        ("year not in (3)", 6, "no_comparison", "instead of “not”"),
        ("year >=", 8, "no_value", "expected a number, instead of the end"),
        ("released >=", 12, "no_value", "a date as YYYY-MM-DD"),
        ("animated =", 11, "no_value", "true or false"),
        ("shoe =", 7, "no_value", "expected a value"),
        ("genres has War", 12, "unquoted", "a text stands in quotation marks: instead of “War”"),
        ('title = "War', 9, "unclosed", "never closed"),
        ('title = "\\d"', 9, "bad_text", "stands before one of"),
        ("title = '\\ud800'", 9, "bad_text", "no lone surrogate"),
        ("year >= 1980 year", 14, "no_join", "expected and, or, or the end, instead of “year”"),
        ("(year >= 1980", 14, "no_join", "expected and, or, or “)”, instead of the end"),
        ("year >= 1980)", 13, "no_join", "instead of “)”"),
        ("year in (1 2)", 12, "no_comma", "expected a comma or “)”"),
        ("year in 3", 9, "no_bracket", "expected “(”"),
        ("year is there", 9, "no_state", "expected missing or exists"),
        ("items (3)", 8, "no_id", "an item id in quotation marks"),
        ('items ("x")', 8, "not_an_id", "expected an item id, not 'x'"),
        ('genre has "War"', 1, "unknown_field", "did you mean genres?"),
        ("Year >= 3", 1, "unknown_field", "did you mean year?"),
        ("shoe >= 3", 1, "unknown_field", "there are -x"),
        ('year has "War"', 6, "unknown_operator", "'has' is no operator of a number field; there are =,"),
        ("title starts with 3", 19, "not_a_text", "expected a text, not 3"),
        ('year >= 3 and year >= "3"', 23, "not_a_number", "expected a finite number, not '3'"),
        ("year = 1e999", 8, "not_a_number", "finite"),
        ("year in (1, true)", 13, "not_a_number", "not True"),
        ("released < 1980-1-1", 12, "not_a_date", "YYYY-MM-DD, not '1980-1-1'"),
        ("animated = 1", 12, "not_a_boolean", "true or false, not 1"),
        (f'title = "{"x" * (MOST_TEXT + 1)}"', 9, "too_large", "longer than 200 characters"),
        (f"year in ({', '.join('1' * 1001)})", 9, "too_large", "more than 1000 values"),
        ("not " * MOST_DEPTH + "year = 1", 33, "too_deep", "deeper than 8 levels"),
        ("not " * 20_000 + "year = 1", 33, "too_deep", "deeper than 8 levels"),
        (" or ".join(["year = 1"] * MOST_NODES), 1189, "too_large", "more than 100 parts"),
        ("(" * 40_000, 40_001, "no_condition", "instead of the end"),
        ("x" * (MOST_WRITTEN + 1), MOST_WRITTEN + 1, "too_large", "longer than 100000"),
    ],
    ids=lambda told: str(told)[:30],
)  # fmt: skip
def test_a_text_that_cannot_be_read_says_where_and_what_was_expected(text, column, code, told):
    with pytest.raises(QueryError) as caught:
        parse_text(text, SCHEMA)
    error = caught.value
    assert (error.place, error.code) == (Place(1, column), code), str(error)
    assert told in str(error)


def test_a_place_is_told_by_its_line_where_there_are_several():
    with pytest.raises(QueryError) as caught:
        parse_text("year >= 1980 and\r\n  genres has 4", SCHEMA)
    assert caught.value.place == Place(2, 14)


def test_a_lone_comparison_is_written_as_the_rows_of_a_form_have_it():
    assert to_text(All((WAR,))) == 'genres has "War"'
    assert to_text(WAR) == '(genres has "War")'
    assert text_of({"field": "year", "op": "in", "value": [1980.0, 1.5]}) == "(year in (1980, 1.5))"


@pytest.mark.parametrize(
    "data",
    [
        *(None, [], {}, {"all": 3}, {"all": [3]}, {"not": None}, {"field": 3, "op": "eq"}),
        *({"field": "year"}, {"all": [], "any": []}, {"any": [{"slot": 3}]}, {"items": "x"}),
        {"strength": 1},
    ],
)  # fmt: skip
def test_what_is_no_query_is_not_written_as_one(data):
    assert not is_query(data)


def offered(before: str, after: str = "") -> list[str]:
    spot = spot_at(before, after)
    words = {"genres": "类型"}
    known = ["War", "Science fiction", 'a "b"']

    def values(_field: str, typed: str) -> list[str]:
        return [each for each in known if typed.lower() in each.lower()]

    return [each.insert for each in suggestions(spot, SCHEMA, words, values)] if spot else []


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ("gen", ["genres "]),
        ("类", ["genres "]),
        ("not ye", ["year "]),
        ("(", ["title ", "year "]),
        ("no", ["`not` ", "not "]),
        ("genres ", ["has ", "in (", "exists", "is missing"]),
        ("genres h", ["has "]),
        ("year >", ["> ", ">= "]),
        ("year is ", ["missing", "exists"]),
        ("genres has ", ['"War"', '"Science fiction"', '"a \\"b\\""']),
        ("genres has W", ['"War"']),
        ('genres has "science f', ['"Science fiction"']),
        ("genres has “wa", ['"War"']),
        ('genres in ("War",', [' "War"']),
        ("animated = ", ["true", "false"]),
        ('genres has "War"', [" and ", " or "]),
        ('genres has "War" o', ["or "]),
    ],
)
def test_what_may_come_next_is_offered(before, first):
    assert offered(before)[: len(first)] == first


@pytest.mark.parametrize(
    "before", ["year >= ", "§ ", "genres has War and ", "shoe ", "year >= 3) "]
)
def test_nothing_is_offered_where_nothing_is_known(before):
    assert [each for each in offered(before) if each.strip() not in ("in (", "")] == []


def test_a_choice_takes_the_place_of_what_was_begun_before_and_after_the_cursor():
    spot = spot_at('genres has "Wa', 'r" and year > 3')
    assert spot
    assert (spot.start, spot.replaces) == (11, 2)
    found = suggestions(spot, SCHEMA, {}, lambda _field, _typed: ["War"])
    assert found == [Suggestion('"War"', "War", "value")]
