from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from recsys.ml.splits.canonical_files import (
    LEAVE_ONE_OUT,
    NEW_ITEMS,
    PROTOCOLS,
    TEMPORAL,
    read_canonical,
)
from recsys.ml.splits.files import BadSplit, read_folder, rewards, write_folder

HEAD = "user,item,rating,timestamp\n"
GOOD = {
    "train.csv": HEAD + "0,0,8,10\n0,1,2,20\n1,1,5,15\n",
    "val.csv": HEAD + "0,2,,30\n",
    "test.csv": HEAD + "0,3,9,40\n1,0,7,50\n",
    "meta.json": json.dumps({"n_users": 2, "n_items": 5}),
}


@pytest.fixture
def folder(tmp_path):
    for name, text in GOOD.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def canonical(path, rows, head="user_id,item_id,rating,timestamp"):
    path.write_bytes(gzip.compress("\n".join([head, *rows]).encode() + b"\n"))
    return path


def rows_of(members=6, events=10):
    return [
        f"u{member},i{(member + at) % 12},{5 + at % 5},{1_000 * at + member}"
        for member in range(members)
        for at in range(events)
    ]


def test_a_folder_is_read_as_it_is_written(folder, tmp_path):
    split = read_folder(folder)
    assert (len(split.train), len(split.validation), len(split.test)) == (3, 1, 2)
    assert len(split.catalogue) == 5, "items that nobody touched are ranked, too"
    # Of the highest rating, 8: a quarter is a dislike, five eighths so-so, none given a like.
    assert split.train.values.tolist() == [1.0, 0.0, 0.5]
    assert split.validation.values.tolist() == [1.0]
    write_folder(tmp_path / "again", split)
    again = read_folder(tmp_path / "again")
    assert again.test.digest() == read_folder(tmp_path / "again").test.digest()
    assert [case.targets for case in again.test_cases()] == [(3,), (0,)]


def test_the_test_is_asked_with_all_that_came_before(folder):
    split = read_folder(folder)
    assert [case.history.items for case in split.validation_cases()] == [(0, 1)]
    assert [case.history.items for case in split.test_cases()] == [(0, 1, 2), (1,)]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("meta.json", "{", "meta.json is no JSON"),
        ("meta.json", '{"n_users": 2}', "must hold n_users and n_items"),
        ("meta.json", '{"n_users": true, "n_items": 3}', "must hold n_users and n_items"),
        ("meta.json", '{"n_users": 0, "n_items": 3}', "must hold n_users and n_items"),
        ("train.csv", HEAD, "train.csv has no rows: there is nothing to learn from"),
        ("test.csv", HEAD, "test.csv has no rows: there is nobody to ask"),
        ("train.csv", "user,item,rating\n0,0,1\n", "lacks the columns timestamp"),
        ("train.csv", HEAD + "0,5,1,10\n", "item 5 is out of range; expected 0 to 4"),
        ("train.csv", HEAD + "-1,0,1,10\n", "user -1 is out of range; expected 0 to 1"),
        ("val.csv", HEAD + "0,,1,10\n", "val.csv: 1 rows have no item"),
        ("train.csv", HEAD + "0,1,1,\n", "a timestamp is missing or no number"),
        ("train.csv", HEAD + "0,x,1,10\n", "train.csv is no such CSV"),
        ("train.csv", HEAD + "0,1,1\n", "train.csv is no such CSV"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_expected(folder, name, text, said):
    (folder / name).write_text(text)
    with pytest.raises(BadSplit, match=said):
        read_folder(folder)


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(BadSplit, match=f"{name} cannot be read"):
        read_folder(folder)


def test_ratings_that_are_all_missing_are_likes():
    assert rewards(np.full(2, np.nan), 0.0).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_parts_all_that_it_keeps(tmp_path, protocol):
    split = read_canonical(canonical(tmp_path / "x.csv.gz", rows_of()), None, protocol)
    parts = (split.train, split.validation, split.test)
    told = [
        {(m, i, t) for m, i, t in zip(each.members, each.items, each.times, strict=True)}
        for each in parts
    ]
    assert all(told)
    assert sum(map(len, told)) == len(set.union(*told)) <= 60


def test_the_temporal_protocol_learns_nothing_of_later(tmp_path):
    split = read_canonical(canonical(tmp_path / "x.csv.gz", rows_of()), None, TEMPORAL)
    assert split.train.times.max() < split.validation.times.min()
    assert split.validation.times.max() < split.test.times.min()


def test_leave_one_out_asks_for_the_last_item_and_lets_short_histories_teach(tmp_path):
    path = canonical(tmp_path / "x.csv.gz", [*rows_of(2), "short,i1,5,7", "short,i2,5,8"])
    split = read_canonical(path, None, LEAVE_ONE_OUT)
    assert [case.targets for case in split.test_cases()] == [("i9",), ("i10",)]
    assert [case.targets for case in split.validation_cases()] == [("i8",), ("i9",)]
    assert len(split.train) == 2 * 8 + 2


def test_places_stand_in_for_instants(tmp_path):
    head, rows = "user_id,item_id,position", ["u,a,0", "u,b,1", "u,c,2", "u,d,", "v,a,0"]
    split = read_canonical(canonical(tmp_path / "x.csv.gz", rows, head), None, LEAVE_ONE_OUT)
    assert [case.targets for case in split.test_cases()] == [("c",)]
    assert split.test_cases()[0].history.items == ("d", "a", "b"), "without a place it comes first"


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        ("user_id,item_id", "u,a", "neither timestamp nor position"),
        ("user_id,item_id,timestamp", "u,a,", "1 rows have no timestamp"),
        ("user_id,item_id,timestamp", "u,a,soon", "timestamp is no number"),
        ("user_id,item_id,timestamp", ",a,5", "1 rows have no user_id"),
        ("member,item_id,timestamp", "u,a,5", "lacks the columns user_id"),
        ("user_id,item_id,timestamp", "u,a,5", "too few interactions to be split by temporal"),
    ],
)
def test_a_malformed_canonical_file_is_named(tmp_path, head, row, said):
    with pytest.raises(BadSplit, match=said):
        read_canonical(canonical(tmp_path / "x.csv.gz", [row], head))


def test_a_file_that_is_not_gzipped_is_named(tmp_path):
    (tmp_path / "x.csv.gz").write_text("user_id,item_id,timestamp\n")
    with pytest.raises(BadSplit, match=r"x\.csv\.gz cannot be read"):
        read_canonical(tmp_path / "x.csv.gz")


def test_items_have_their_texts_and_must_hold_all(tmp_path):
    path = canonical(tmp_path / "x.csv.gz", rows_of())
    rows = [f"i{at},Film {at},War|Drama" for at in range(12)]
    items = canonical(tmp_path / "items.csv.gz", rows, "item_id,title,genres")
    split = read_canonical(path, items)
    assert split.texts[3] == "Film 3. War, Drama"
    few = canonical(tmp_path / "few.csv.gz", rows[1:], "item_id,title,genres")
    with pytest.raises(BadSplit, match="lacks 1 items of the interactions, first i0"):
        read_canonical(path, few)


def test_the_protocol_of_new_items_ranks_only_what_no_earlier_part_knows(tmp_path):
    split = read_canonical(canonical(tmp_path / "x.csv.gz", rows_of()), None, NEW_ITEMS, seed=3)
    known = [set(each.item_ids.at(each.items)) for each in (split.train, split.validation)]
    validated, tested = (set(each.ids) for each in split.ranked)
    assert not known[0] & (validated | tested)
    assert known[1] == validated
    assert not validated & tested
    assert {target for case in split.test_cases() for target in case.targets} == tested
    assert len(split.catalogue) == 12, "all are in the catalogue"
    other = read_canonical(canonical(tmp_path / "x.csv.gz", rows_of()), None, NEW_ITEMS, seed=4)
    assert set(other.ranked[1].ids) != tested


def test_other_protocols_rank_the_whole_catalogue(folder):
    split = read_folder(folder)
    assert split.ranked == (split.catalogue, split.catalogue)
