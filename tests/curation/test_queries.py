"""The two back ends of queries, SQL and arrays, give the same items."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.catalogue.columns import columns
from curation.fusion.candidates import pack_ids
from curation.fusion.columns import Kind
from curation.fusion.matching import Table
from curation.fusion.parsing import QueryError, parse
from curation.fusion.query import EVERYTHING, OPERATORS, All, ItemList, Not, fields_of
from curation.models import Embedding, Item, ItemStats, Likeness
from curation.queries import sets
from curation.queries.items import BUILT_IN, COUNTS, best, count, items_matching, schema
from tests.factories import ItemFactory, UserFactory

# What differs between the Unicode versions of Python and PostgreSQL: unassigned in Python's.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters="\0")
WORDS = st.sampled_from(["War", "war", "WAR", "Comedy", "", "ß", "İ", "ΟΔΟΣ", "οδος", "%", "战争"])
TEXTS = WORDS | st.text(CHARACTERS, max_size=4)
NUMBERS = st.sampled_from([0, 1, 1.5, -2, 1950, 1e300, 2**53 + 1]) | st.floats(-9, 9)
DAYS = st.sampled_from(["2020-02-29", "2020-03-01", "1999-12-31", "0001-01-01", "9999-12-31"])
NO_DAYS = st.sampled_from(["2021-02-29", "2020-13-01", "0000-01-01", "2020-2-1", "٢٠٢٠-01-01", ""])
VALUES = {
    Kind.TEXT: TEXTS,
    Kind.NUMBER: NUMBERS,
    Kind.DATE: DAYS,
    Kind.BOOLEAN: st.booleans(),
    Kind.TAGS: TEXTS,
}
STORED = {**VALUES, Kind.TAGS: st.lists(TEXTS, max_size=3)}
ANYTHING = (
    st.none() | TEXTS | NUMBERS | NO_DAYS | st.booleans() | st.lists(TEXTS | NUMBERS, max_size=2)
)
DECLARED = {
    "year": Kind.NUMBER,
    "genres": Kind.TAGS,
    "released": Kind.DATE,
    "director": Kind.TEXT,
    "colour": Kind.BOOLEAN,
}
FIELDS = DECLARED | dict(BUILT_IN)


def stored():
    """The attributes of an item: each absent, of its kind, or of some other."""
    fields = {key: STORED[kind] | ANYTHING for key, kind in DECLARED.items()}
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def comparisons(draw):
    field = draw(st.sampled_from(sorted(DECLARED)) | st.sampled_from(sorted(FIELDS)))
    kind = FIELDS[field]
    op = draw(st.sampled_from(OPERATORS[kind]))
    if op in ("exists", "missing"):
        return {"field": field, "op": op}
    value = st.lists(VALUES[kind], max_size=3) if op == "in" else VALUES[kind]
    return {"field": field, "op": op, "value": draw(value)}


LISTS = st.lists(st.integers(0, 5), max_size=3).map(lambda rows: {"items": rows})
QUERIES = st.recursive(
    comparisons() | LISTS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts})
        | st.lists(inner, max_size=3).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=5,
)


def with_ids(data, ids):
    """Replace the row numbers in item lists by ids; those past the end name no item."""
    if "items" in data:
        return {
            "items": [str(ids[row] if row < len(ids) else uuid.uuid4()) for row in data["items"]]
        }
    (key, value), *others = data.items()
    if others or key not in ("all", "any", "not"):
        return data
    if key == "not":
        return {"not": with_ids(value, ids)}
    return {key: [with_ids(part, ids) for part in value]}


ROWS = st.lists(
    st.fixed_dictionaries({"attributes": stored(), "title": TEXTS, "provider": TEXTS}),
    min_size=1,
    max_size=5,
)


SEEN = datetime(2020, 2, 29, 23, tzinfo=UTC)
TOLD: dict[str, Any] = {
    "hours": [1, *[0] * 18, 3, *[0] * 4],
    "weekdays": [2, 0, 0, 0, 0, 1, 1],
    **{name: at % 5 for at, name in enumerate(COUNTS)},
}


@pytest.mark.usefixtures("attributes")
@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=ROWS, data=QUERIES)
def test_sql_and_arrays_name_the_same_items(rows, data):
    with transaction.atomic():
        items = Item.objects.bulk_create(
            ItemFactory.build(outside_id=str(at), **row) for at, row in enumerate(rows)
        )
        ItemStats.objects.create(item=items[0], mean_rating=1.5, last_at=SEEN, **TOLD)
        known_fields = schema()
        query = parse(with_ids(data, [item.pk for item in items]), known_fields)
        known, read = columns(Item.objects.all(), fields_of(query), known_fields)
        index = {pack_ids([item]).tobytes(): row for row, item in enumerate(known)}
        mask = Table(len(known), read, index).matches(query)
        by_arrays = {item for item, hit in zip(known, mask, strict=True) if hit}
        by_sql = set(items_matching(query).values_list("pk", flat=True))
        shown = {item.pk for item in best(query, len(rows))}
        counted = count(query)
        known_sets = sets.ask([query, EVERYTHING])
        in_set, everything = known_sets.of(query), known_sets.of(EVERYTHING)
        transaction.set_rollback(True)
    assert by_sql == by_arrays
    assert shown == by_arrays
    assert counted == len(by_arrays)
    assert int(sets.size(in_set)) == len(by_arrays)
    assert int(sets.size(everything)) == len(rows)


def test_sets_of_one_question_hold_the_same_item_in_the_same_place(films):
    """Enough comparisons for several columns of the answer, enough items for several words of a set."""
    ItemFactory.create_batch(130, attributes={"year": 1900})
    years = [{"field": "year", "op": "ge", "value": 1890 + at} for at in range(70)]
    queries = [parse(year, schema()) for year in years]
    war = parse({"field": "genres", "op": "has", "value": "war"}, schema())
    known = sets.ask([*queries, war])
    both = [int(sets.size(known.of(query) & known.of(war))) for query in queries]
    assert both == [count(All((query, war))) for query in queries]
    assert int(sets.size(known.of(queries[0]) & ~known.of(queries[11]))) == 130


def test_sets_of_an_empty_catalogue_are_empty(db):
    listed = ItemList((uuid.uuid4(),))
    known = sets.ask([listed])
    assert [int(sets.size(known.of(query))) for query in (listed, EVERYTHING, Not(listed))] == [
        0
    ] * 3


def test_sets_hold_active_items_alone(films):
    war = parse({"field": "genres", "op": "has", "value": "war"}, schema())
    Item.objects.filter(pk=films[0].pk).update(active=False)
    assert int(sets.size(sets.ask([war]).of(war))) == 1


def test_only_active_items_are_counted(films):
    query = parse({"field": "genres", "op": "has", "value": "war"}, schema())
    assert count(query) == 2
    Item.objects.filter(pk=films[0].pk).update(active=False)
    assert count(query) == 1


def test_an_item_without_statistics_has_no_ratings_and_no_mean(films):
    none = parse({"field": "stats.ratings", "op": "eq", "value": 0}, schema())
    mean = parse({"field": "stats.mean_rating", "op": "exists"}, schema())
    assert (count(none), count(mean)) == (3, 0)
    ItemStats.objects.create(item=films[0], ratings=4, mean_rating=3.5)
    assert (count(none), count(mean)) == (2, 1)


@pytest.mark.parametrize("field", ["genres'); DROP TABLE curation_item; --", 'a"b', "%s", "@"])
def test_a_value_or_field_is_never_sql(films, field):
    query = parse({"field": "director", "op": "eq", "value": field}, schema())
    assert count(query) == 0
    query = parse({"field": field, "op": "eq", "value": "x"}, {field: Kind.TEXT})
    assert count(query) == 0
    assert Item.objects.count() == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("click_rate", 0.5),
        ("like_rate", 0.25),
        ("favourite_rate", 0.75),
        ("share_rate", 1.25),
        ("view_rate", 2.0),
        ("purchase_rate", 0.5),
        ("positive_share", 0.5),
        ("evening", 0.75),
        ("night", 0.25),
        ("weekend", 0.5),
    ],
)
def test_rates_and_times_of_day_are_shares(films, field, value):
    profile = {"hours": [1, *[0] * 18, 3, *[0] * 4], "weekdays": [2, 0, 0, 0, 0, 1, 1]}
    counts = {"likes": 1, "dislikes": 1, "clicks": 2, "shown": 4}
    counts |= {"favourites": 3, "shares": 5, "views": 8, "purchases": 2}
    ItemStats.objects.create(item=films[0], **counts, **profile)
    known = {"field": f"stats.{field}", "op": "eq", "value": value}
    assert list(items_matching(parse(known, schema()))) == [films[0]]
    missing = {"field": f"stats.{field}", "op": "missing"}
    assert count(parse(missing, schema())) == 2


# Likeness ---------------------------------------------------------------------------------------------


def written(key, encoder="small", vector=(0.6, 0.8)):
    author, vector = UserFactory.create(), vector and list(vector)
    Likeness.objects.create(key=key, text=key, encoder=encoder, vector=vector, author=author)
    return f"like.{key}"


@pytest.fixture
def near():
    """Items whose texts lie at 0.6, 0.96, 0.8 and -1 of a text, and one whose text nobody has read."""
    vectors = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-0.6, -0.8]]
    items = [ItemFactory.create() for _ in range(5)]
    for item, vector in zip(items, vectors, strict=False):
        Embedding.objects.create(item=item, encoder="small", dimension=2, vector=vector)
    return items


def both(query):
    """The items of a query by both back ends, which agree."""
    known = schema()
    read = parse(query, known)
    ids, found = columns(Item.objects.all(), fields_of(read), known)
    mask = Table(len(ids), found).matches(read)
    by_arrays = {key for key, held in zip(ids, mask, strict=True) if held}
    assert by_arrays == set(items_matching(read).values_list("pk", flat=True))
    return by_arrays


@pytest.mark.django_db
@pytest.mark.parametrize(("least", "places"), [(0.5, [0, 1, 2]), (0.79, [1, 2]), (0.97, [])])
def test_a_text_names_the_items_whose_texts_come_near_enough(near, least, places):
    field = written("a-heist-in-space")
    asked = {"field": field, "op": "ge", "value": least}
    assert both(asked) == {near[at].pk for at in places}
    assert both({"not": asked}) == {item.pk for item in near} - {near[at].pk for at in places}


@pytest.mark.django_db
def test_both_back_ends_agree_on_the_very_edge(near):
    field = written("a-heist-in-space")
    known = schema()
    _ids, found = columns(Item.objects.all(), [field], known)
    edges = found[field].data[found[field].present].tolist()
    assert len(edges) == 4
    for edge in edges:
        assert both({"field": field, "op": "ge", "value": edge})
        assert both({"field": field, "op": "gt", "value": max(edges)}) == set()


@pytest.mark.django_db
def test_a_text_without_a_vector_or_of_another_encoder_is_like_nothing(near):
    for field in (written("unread", vector=None), written("other", "large", (1.0, 0.0, 0.0))):
        assert both({"field": field, "op": "ge", "value": -1}) == set()
        assert both({"field": field, "op": "missing"}) == {item.pk for item in near}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["like.nothing", "like.", "like.a'; drop table x", "like.A"])
def test_a_text_that_nobody_wrote_cannot_be_asked_about(name):
    with pytest.raises(QueryError):
        parse({"field": name, "op": "ge", "value": 0}, schema())
