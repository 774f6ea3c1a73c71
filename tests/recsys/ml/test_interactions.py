from __future__ import annotations

import datetime as dt
import random
import uuid

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.data.tables import read_table
from recsys.ml.splits.temporal import leave_one_out, temporal_cuts

ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from("xyz"),
        st.sampled_from([0.0, 0.5, 1.0]),
        st.integers(0, 9).map(float),
    ),
    min_size=1,
    max_size=25,
)


def of(rows) -> Interactions:
    return Interactions.of(*zip(*rows, strict=True))


def test_a_vocabulary_knows_places_and_says_minus_one_for_strangers():
    vocabulary = Vocabulary.of(["a", "b"])
    assert vocabulary.indexes(["b", "?", "a"]).tolist() == [1, -1, 0]
    assert vocabulary.at(np.array([1, 0], np.int32)) == ["b", "a"]
    assert "a" in vocabulary
    assert "?" not in vocabulary


def test_an_id_twice_in_a_vocabulary_is_refused():
    with pytest.raises(ValueError, match="1 ids stand twice"):
        Vocabulary.of(["a", "a"])


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, chance: random.Random):
    turned = rows.copy()
    chance.shuffle(turned)
    assert of(rows).digest() == of(turned).digest()


@given(ROWS)
def test_a_history_is_a_members_latest_events_in_order_of_time(rows):
    for member in "abc":
        found = of(rows).history(member)
        times = {
            item: max(row[3] for row in rows if row[0] == member and row[1] == item)
            for item in {row[1] for row in rows if row[0] == member}
        }
        assert dict(zip(found.items, found.times.tolist(), strict=True)) == times
        assert (np.diff(found.times) >= 0).all()


@given(ROWS)
def test_latest_keeps_one_row_for_each_member_and_item(rows):
    kept = of(rows).latest()
    pairs = list(zip(kept.members.tolist(), kept.items.tolist(), strict=True))
    assert len(pairs) == len(set(pairs)) == len({(row[0], row[1]) for row in rows})


@pytest.mark.parametrize(
    ("values", "times", "message"),
    [
        ([1.0, 2.0], [0.0, 0.0], "outside"),
        ([1.0, float("nan")], [0.0, 0.0], "outside"),
        ([1.0, 1.0], [0.0, float("inf")], "no finite time"),
        ([1.0], [0.0, 0.0], "differ in length"),
    ],
)
def test_impossible_rows_are_refused(values, times, message):
    with pytest.raises(ValueError, match=message):
        Interactions.of(["a", "b"], ["x", "y"], values, times)


def test_a_stranger_has_an_empty_history():
    assert len(of([("a", "x", 1.0, 0.0)]).history("nobody")) == 0


def test_a_table_of_uuids_and_timestamps_is_read_as_what_it_says():
    members, items = [uuid.UUID(int=7), uuid.UUID(int=5)], [uuid.UUID(int=1), uuid.UUID(int=2)]
    at = dt.datetime(2024, 5, 1, 12, 0, 0, 250_000, dt.UTC)
    table = pa.table(
        {
            "subject": pa.array([each.bytes for each in members], pa.binary(16)),
            "item_id": pa.array([each.bytes for each in items], pa.uuid()),
            "value": pa.array([1.0, 0.5]),
            "occurred_at": pa.array([at, at], pa.timestamp("us", "UTC")),
            "curated": pa.array([True, None]),
            "stars": pa.array([4.0, None], pa.float32()),
        }
    )
    found = read_table(table)
    assert found.history(members[0]).items == (items[0],)
    assert found.history(members[1]).values.tolist() == [0.5]
    assert found.times.tolist() == [at.timestamp()] * 2
    assert found.curated[found.members == found.member_ids.places[members[0]]].all()
    assert found.curated.sum() == 1
    assert found.history(members[0]).stars.tolist() == [4.0]
    assert np.isnan(found.history(members[1]).stars).all()


def test_stars_stay_with_their_rows():
    told = [("b", "x", 1.0, 2.0), ("a", "y", 0.0, 1.0), ("a", "x", 1.0, 3.0)]
    rows = Interactions.of(*zip(*told, strict=True), stars=[4.0, 1.0, 5.0])
    assert rows.history("a").stars.tolist() == [1.0, 5.0]
    assert rows.history("a").first(1).stars.tolist() == [1.0]
    assert rows.where(rows.values > 0).latest().stars.tolist() == [5.0, 4.0]
    other = Interactions.of(*zip(*told, strict=True), stars=[4.0, 2.0, 5.0])
    assert len({each.digest() for each in (rows, other, of(told))}) == 3


def test_a_table_without_a_column_says_which():
    with pytest.raises(ValueError, match="column occurred_at is missing; there are subject"):
        read_table(pa.table({"subject": ["a"], "item_id": ["x"], "value": [1.0]}))


def test_a_table_with_nulls_says_where():
    table = {"subject": ["a"], "item_id": ["x"], "value": [None], "occurred_at": [0.0]}
    with pytest.raises(ValueError, match="column value has 1 nulls"):
        read_table(pa.table(table))


def test_the_temporal_split_cuts_at_the_quantile_and_again_before_it():
    rows = of([("a", str(at), 1.0, float(at)) for at in range(100)])
    cuts = temporal_cuts(rows)
    assert (cuts.validation, cuts.test) == pytest.approx((80.1, 89.1))
    assert len(rows.before(cuts.test)) == 90
    assert len(rows.before(cuts.validation)) == 81


def test_what_cannot_be_cut_is_said():
    with pytest.raises(ValueError, match="3 interactions cannot be cut by time"):
        temporal_cuts(of([("a", item, 1.0, 5.0) for item in "xyz"]))


@given(ROWS)
def test_leaving_one_out_takes_each_members_last_row(rows):
    whole = of(rows)
    earlier, last = leave_one_out(whole)
    assert len(earlier) + len(last) == len(whole)
    assert len(last) == len({row[0] for row in rows})
    for member in range(len(whole.member_ids)):
        left = earlier.times[earlier.members == member]
        assert left.max(initial=-1.0) <= last.times[last.members == member].item()


def test_a_history_of_events_in_any_order_keeps_the_latest_of_each_item():
    found = History.of([("y", 1.0, 3.0), ("x", 1.0, 1.0), ("x", 0.0, 5.0)])
    assert found.items == ("y", "x")
    assert found.values.tolist() == [1.0, 0.0]
