"""Published data sets: their layouts are read, again and again to the same end, and no archive is trusted."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from django.core.management import CommandError, call_command

from curation.models import Attribute, Item
from feedback.imports import datasets
from feedback.models import Interaction, Rating

pytestmark = pytest.mark.django_db

CSV = {
    "movies.csv": (
        "movieId,title,genres\n"
        '1,"American President, The (1995)",Comedy|Drama\n'
        "2,Toy Story (1995),Animation\n"
        "3,Nothing,(no genres listed)\n"
    ),
    "ratings.csv": (
        "userId,movieId,rating,timestamp\n7,1,0.5,964982703\n7,2,4.0,964981247\n8,9,3.0,964981247\n"
    ),
}
DAT = {
    "movies.dat": "1::Am\xe9lie (2001)::Comedy|Romance\n2::Heat (1995)::Action\n".encode("latin-1"),
    "ratings.dat": b"1::1::5::978300760\n1::2::3::978302109\n1::2::3\n",
    "users.dat": b"1::F::1::10::48067\n",
}
FLAGS = "|".join("0" * 19)
HUNDRED_K = {
    "u.item": (
        f"1|Toy Story (1995)|01-Jan-1995||http://x|0|0|0|1|1|1{'|0' * 13}\n"
        f"2|Misérables, Les (1995)|01-Jan-1995||http://x|{FLAGS}\n"
        f"267|unknown||||1{'|0' * 18}\n"
    ).encode("latin-1"),
    "u.data": b"196\t1\t3\t881250949\n186\t2\t4\t891717742\n22\t9\t1\t878887116\n",
    "u.genre": b"unknown|0\nAction|1\n",
}
ATOMIC = {
    "shop.item": (
        "item_id:token\tproduct_name:token_seq\tprice:float\tlabels:token_seq\tvector:float_seq\n"
        "a\tRed wine\t9.5\tdry red\t1 2\nb\tOil\tcheap\t\t\n"
    ),
    "shop.inter": (
        "user_id:token\titem_id:token\ttimestamp:float\nu1\ta\t978300760\nu1\tb\t978300761\n"
    ),
}


def lay(folder, files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def pack(path, files, inside="ml-latest-small/"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(inside + name, text)
    return path


def load(path, **options):
    out = io.StringIO()
    call_command("import_dataset", str(path), source="sets", stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize("packed", [False, True])
def test_movielens_of_csv_is_read_from_a_folder_and_from_an_archive(tmp_path, packed):
    path = pack(tmp_path / "ml.zip", CSV) if packed else lay(tmp_path / "ml", CSV)
    rejects = tmp_path / "refused.csv"
    told = load(path, rejects=rejects)
    item = Item.objects.get(source="sets", outside_id="1")
    assert (item.title, item.attributes) == (
        "American President, The",
        {"year": 1995, "genres": ["Comedy", "Drama"]},
    )
    assert Item.objects.get(outside_id="3").attributes == {}
    assert sorted(rating.stars or 0 for rating in Rating.objects.all()) == [1.0, 4.0]
    assert "2 imported, 0 already there, 1 refused" in told
    assert [row["line"] for row in csv.DictReader(io.StringIO(rejects.read_text()))] == ["4"]
    assert (tmp_path / "items-refused.csv").exists()


def test_importing_again_adds_nothing(tmp_path):
    path = lay(tmp_path / "ml", CSV)
    load(path)
    told = load(path)
    assert "0 created, 0 updated, 3 unchanged" in told
    assert "0 imported, 2 already there" in told


def test_a_dry_run_writes_nothing(tmp_path):
    told = load(lay(tmp_path / "ml", CSV), dry_run=True)
    assert "3 created" in told
    assert not Item.objects.exists()
    assert not Interaction.objects.exists()
    assert not Attribute.objects.filter(key="genres").exists()


def test_movielens_of_double_colons_is_read_in_its_own_encoding(tmp_path):
    told = load(lay(tmp_path / "ml", DAT))
    assert Item.objects.get(outside_id="1").title == "Amélie"
    assert sorted(rating.stars or 0 for rating in Rating.objects.all()) == [3.0, 5.0]
    assert "2 imported, 0 already there, 1 refused" in told


def test_movielens_100k_is_read_with_its_columns_of_genres(tmp_path):
    told = load(pack(tmp_path / "ml-100k.zip", HUNDRED_K))
    items = {item.outside_id: (item.title, item.attributes) for item in Item.objects.all()}
    assert items == {
        "1": ("Toy Story", {"year": 1995, "genres": ["Animation", "Children's", "Comedy"]}),
        "2": ("Misérables, Les", {"year": 1995}),
        "267": ("unknown", {}),
    }
    assert sorted(rating.stars or 0 for rating in Rating.objects.all()) == [3.0, 4.0]
    assert "2 imported, 0 already there, 1 refused" in told


@pytest.mark.parametrize("packed", [False, True])
def test_recbole_interactions_without_items_bring_items_called_by_their_ids(tmp_path, packed):
    files = {"shop.inter": ATOMIC["shop.inter"] + "u2\ta\t978300762\n"}
    path = pack(tmp_path / "shop.zip", files) if packed else lay(tmp_path / "shop", files)
    told = load(path)
    assert sorted(Item.objects.values_list("outside_id", "title")) == [("a", "a"), ("b", "b")]
    assert "3 imported, 0 already there, 0 refused" in told
    if not packed:
        assert [each.name for each in path.iterdir()] == ["shop.inter"]


def test_recbole_files_bring_attributes_of_the_types_in_their_header(tmp_path):
    told = load(lay(tmp_path / "shop", ATOMIC))
    item = Item.objects.get(outside_id="a")
    assert (item.title, item.attributes) == ("Red wine", {"price": 9.5, "labels": ["dry", "red"]})
    assert dict(Attribute.objects.values_list("key", "kind")) == {
        "price": "number",
        "labels": "tags",
    }
    assert "1 created" in told
    assert "1 refused" in told
    assert Rating.objects.get().clicked


@pytest.mark.parametrize(
    "files",
    [
        {"notes.txt": "nothing"},
        {"movies.csv": CSV["movies.csv"]},
        ATOMIC | {"shop.item": "item_id\ttitle\n1\tx\n"},
        ATOMIC | {"shop.inter": "user_id:token\titem_id:uuid\n"},
        ATOMIC | {"shop.inter": ""},
    ],
)
def test_what_is_no_known_data_set_is_refused(tmp_path, files):
    with pytest.raises(CommandError):
        load(lay(tmp_path / "x", files))
    assert not Interaction.objects.exists()


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 broken")
    for path in (tmp_path / "x.zip", tmp_path / "absent.zip"):
        with pytest.raises(CommandError):
            load(path)


def test_a_zip_bomb_is_refused(tmp_path):
    bomb = CSV | {"movies.csv": CSV["movies.csv"] + "x" * 20_000_000}
    with pytest.raises(CommandError, match="packed more than 100 times"):
        load(pack(tmp_path / "bomb.zip", bomb))
    assert not Item.objects.exists()


def test_an_archive_that_says_it_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "MOST_BYTES", 50)
    with pytest.raises(CommandError, match="more than 50 bytes"):
        load(pack(tmp_path / "large.zip", CSV))


def test_an_archive_writes_nowhere_but_in_its_own_folder(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    load(pack(inside / "ml.zip", CSV, inside="../../../"))
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
