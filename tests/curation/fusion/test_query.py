"""Queries: what they mean, how they are read, and what is said of those that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.fusion.columns import Column, Kind, fold
from curation.fusion.matching import Table
from curation.fusion.parsing import MOST_DEPTH, MOST_NODES, QueryError, parse
from curation.fusion.query import (
    OPERATORS,
    All,
    AnyOf,
    Comparison,
    ItemList,
    Not,
    Query,
    canonical,
    fields_of,
    to_json,
)
from tests.curation.fusion.cases import THOROUGH, item

SCHEMA = {
    "title": Kind.TEXT,
    "year": Kind.NUMBER,
    "released": Kind.DATE,
    "animated": Kind.BOOLEAN,
    "genres": Kind.TAGS,
    "stats.views": Kind.NUMBER,
}

_texts = st.sampled_from(
    ["War", "war", "WARRIOR", "İstanbul", "ΣΊΣΥΦΟΣ", "Straße", "战争", "", "%_"]
)
_values: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: _texts,
    Kind.NUMBER: st.sampled_from([-1.5, 0.0, 1990.0, 1e300]),
    Kind.DATE: st.sampled_from(["1999-12-31", "2000-01-01", "0001-01-01"]),
    Kind.BOOLEAN: st.booleans(),
    Kind.TAGS: _texts,
}
_stored = {kind: values for kind, values in _values.items() if kind is not Kind.TAGS} | {
    Kind.TAGS: st.lists(_texts, max_size=3)
}


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    field = draw(st.sampled_from(sorted(SCHEMA)))
    kind = SCHEMA[field]
    op = draw(st.sampled_from(OPERATORS[kind]))
    value = draw(_values[kind])
    if op == "in":
        value = tuple(draw(st.lists(_values[kind], max_size=3)))
    return Comparison(field, kind, op, None if op in ("exists", "missing") else value)


_lists = st.lists(st.integers(1, 6).map(item), max_size=3).map(lambda ids: ItemList(tuple(ids)))
queries = st.recursive(
    st.one_of(comparisons(), _lists),
    lambda part: st.one_of(
        st.lists(part, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(part, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        part.map(Not),
    ),
    max_leaves=5,
)
rows = st.lists(
    st.fixed_dictionaries({}, optional={n: st.none() | _stored[k] for n, k in SCHEMA.items()}),
    max_size=5,
)


def holds(query: Query, row: dict[str, object], number: int) -> bool:
    """The meaning of a query, written down a second time, one item at a time."""
    if isinstance(query, All):
        return all(holds(part, row, number) for part in query.parts)
    if isinstance(query, AnyOf):
        return any(holds(part, row, number) for part in query.parts)
    if isinstance(query, Not):
        return not holds(query.part, row, number)
    if isinstance(query, ItemList):
        return item(number) in query.items
    return _compares(query, row.get(query.field))


def _compares(query: Comparison, stored: Any) -> bool:
    present = stored is not None and stored != []
    if query.op in ("exists", "missing"):
        return present == (query.op == "exists")
    if not present:
        return False
    text = query.kind in (Kind.TEXT, Kind.TAGS)
    wanted: tuple[Any, ...] = query.value if isinstance(query.value, tuple) else (query.value,)
    if text:
        wanted = tuple(fold(each) for each in wanted)
        stored = [fold(tag) for tag in stored] if isinstance(stored, list) else fold(stored)
    if isinstance(stored, list):
        return any(tag in wanted for tag in stored)
    meanings: dict[str, Callable[[], bool]] = {
        "eq": lambda: stored == wanted[0],
        "ne": lambda: stored != wanted[0],
        "lt": lambda: stored < wanted[0],
        "le": lambda: stored <= wanted[0],
        "gt": lambda: stored > wanted[0],
        "ge": lambda: stored >= wanted[0],
        "in": lambda: stored in wanted,
        "contains": lambda: wanted[0] in stored,
        "starts": lambda: stored.startswith(wanted[0]),
    }
    return meanings[query.op]()


def table_of(stored: list[dict[str, object]]) -> Table:
    columns = {
        name: Column.of(kind, [row.get(name) for row in stored]) for name, kind in SCHEMA.items()
    }
    index = {item(number).bytes: number - 1 for number in range(1, len(stored) + 1)}
    return Table(len(stored), columns, index)


@THOROUGH
@given(queries, rows)
def test_vectors_agree_with_the_meaning_item_by_item(query, stored):
    expected = [holds(query, row, at + 1) for at, row in enumerate(stored)]
    assert table_of(stored).matches(query).tolist() == expected


@THOROUGH
@given(queries)
def test_a_query_survives_json(query):
    data = json.loads(canonical(query))
    assert data == json.loads(json.dumps(to_json(query)))
    assert parse(data, SCHEMA) == query


@THOROUGH
@given(rows, st.randoms(use_true_random=False))
def test_taking_rows_takes_their_values(stored, chance):
    order = chance.sample(range(len(stored)), chance.randint(0, len(stored)))
    kept = table_of([stored[at] for at in order])
    for name, column in table_of(stored).columns.items():
        taken = column.take(np.array(order, np.intp))
        assert taken.vocabulary == kept.columns[name].vocabulary
        assert np.array_equal(taken.data, kept.columns[name].data, equal_nan=True) or not order
        assert taken.starts.tolist() == kept.columns[name].starts.tolist()


def test_a_field_without_a_column_is_missing():
    table = Table(2, {})
    comparison = Comparison("year", Kind.NUMBER, "ne", 1.0)
    assert table.matches(comparison).tolist() == [False, False]
    assert table.matches(Comparison("year", Kind.NUMBER, "missing")).all()
    assert table.matches(Not(comparison)).all()


def test_a_column_of_another_kind_is_missing():
    table = Table(1, {"year": Column.of(Kind.TEXT, ["1990"])})
    assert not table.matches(Comparison("year", Kind.NUMBER, "exists")).any()


@pytest.mark.parametrize(
    ("text", "folded"),
    [("WAR", "war"), ("İI", "ii"), ("ΣΊΣ", "σίσ"), ("ẞ", "ß"), ("战", "战"), ("ǅ", "ǆ")],
)
def test_texts_fold_one_character_at_a_time(text, folded):
    assert fold(text) == folded


def test_the_fields_of_a_query_are_those_it_compares():
    query = All((Not(Comparison("year", Kind.NUMBER, "eq", 1.0)), ItemList((item(1),))))
    assert fields_of(query) == {"year"}


def _nested(levels: int) -> dict[str, object]:
    data: dict[str, object] = {"items": []}
    for _ in range(levels - 1):
        data = {"not": data}
    return data


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (None, "not_a_query", "expected one of"),
        ([], "not_a_query", "expected one of"),
        ({}, "not_a_query", "exactly one of"),
        ({"all": [], "any": []}, "not_a_query", "exactly one of"),
        ({"none": []}, "not_a_query", "'none'"),
        ({"all": {}}, "not_a_list", "all: expected a list"),
        ({"all": [{"any": [3]}]}, "not_a_query", "all[0].any[0]: "),
        ({"items": ["x"]}, "not_an_id", "items[0]: expected an item id, not 'x'"),
        ({"items": [7]}, "not_an_id", "not 7"),
        (
            {"field": "yera", "op": "eq", "value": 1},
            "unknown_field",
            "no field 'yera'; did you mean year? There are animated, genres",
        ),
        ({"field": ["year"], "op": "eq", "value": 1}, "unknown_field", "no field"),
        (
            {"field": "year", "op": "has", "value": 1},
            "unknown_operator",
            "number field; there are eq",
        ),
        ({"field": "year", "op": None}, "unknown_operator", "None is no operator"),
        ({"field": "year", "op": "eq"}, "no_value", "eq needs a value"),
        ({"field": "year", "op": "eq", "value": "1990"}, "not_a_number", "not '1990'"),
        ({"field": "year", "op": "eq", "value": True}, "not_a_number", "not True"),
        ({"field": "year", "op": "eq", "value": float("nan")}, "not_a_number", "finite"),
        ({"field": "year", "op": "eq", "value": 10**400}, "not_a_number", "finite"),
        ({"field": "year", "op": "in", "value": 3}, "not_a_list", "value: expected a list"),
        ({"field": "year", "op": "in", "value": [1, "b"]}, "not_a_number", "value[1]: "),
        ({"field": "year", "op": "in", "value": [1] * 1001}, "too_large", "more than 1000 values"),
        ({"field": "year", "op": "exists", "value": 1}, "unexpected_value", "takes no value"),
        ({"field": "year", "op": "eq", "value": 1, "or": 2}, "unknown_key", "'or'"),
        ({"field": "released", "op": "eq", "value": "2000-13-01"}, "not_a_date", "YYYY-MM-DD"),
        ({"field": "released", "op": "eq", "value": "20000101"}, "not_a_date", "YYYY-MM-DD"),
        ({"field": "released", "op": "eq", "value": 2000}, "not_a_date", "not 2000"),
        ({"field": "animated", "op": "eq", "value": 1}, "not_a_boolean", "true or false, not 1"),
        ({"field": "title", "op": "eq", "value": 1}, "not_a_text", "expected a text, not 1"),
        ({"field": "title", "op": "eq", "value": "a\0"}, "bad_text", "NUL"),
        ({"field": "title", "op": "eq", "value": "\ud800"}, "bad_text", "surrogate"),
        ({"field": "title", "op": "eq", "value": "x" * 201}, "too_large", "200 characters"),
        (_nested(MOST_DEPTH + 1), "too_deep", "deeper than 8 levels"),
        (_nested(900), "too_deep", "deeper than 8 levels"),
        ({"any": [{"items": []}] * MOST_NODES}, "too_large", "more than 100 parts"),
    ],
)
def test_a_query_that_cannot_be_read_says_why(data, code, told):
    with pytest.raises(QueryError) as caught:
        parse(data, SCHEMA)
    assert caught.value.code == code
    assert told in str(caught.value)


def test_the_deepest_and_largest_allowed_queries_are_read():
    parse(_nested(MOST_DEPTH), SCHEMA)
    parse({"any": [{"items": []}] * (MOST_NODES - 1)}, SCHEMA)


def test_ids_are_read_in_any_case():
    text = "0190A1B2-0000-7000-8000-00000000000A"
    assert parse({"items": [text]}, SCHEMA) == ItemList((UUID(text),))
