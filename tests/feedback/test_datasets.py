"""Published data sets: their layouts are read, again and again to the same end, and no archive is trusted."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from curation.models import Attribute, Item, Member, MemberAttribute
from feedback.imports import unpacking
from feedback.models import Interaction, Kind, Rating

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
    "users.dat": b"1::F::1::10::48067\n2::M::56::99::70072\n3::M::old::1::0\n",
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
    assert "2 would be imported, 0 already there, 1 refused. Nothing was written." in told
    assert not Item.objects.exists()
    assert not Interaction.objects.exists()
    assert not Attribute.objects.filter(key="genres").exists()


def test_movielens_of_double_colons_is_read_in_its_own_encoding(tmp_path):
    told = load(lay(tmp_path / "ml", DAT))
    assert Item.objects.get(outside_id="1").title == "Amélie"
    assert sorted(rating.stars or 0 for rating in Rating.objects.all()) == [3.0, 5.0]
    assert "2 imported, 0 already there, 1 refused" in told


def test_movielens_brings_its_members_with_what_is_known_of_them(tmp_path):
    rejects = tmp_path / "refused.csv"
    told = load(lay(tmp_path / "ml", DAT), rejects=rejects)
    assert "Members: 2 created, 0 updated, 0 unchanged, 1 refused" in told
    assert Member.objects.get(outside_id="1").attributes == {
        "gender": "F",
        "age": 1,
        "occupation": "K-12 student",
        "zip_code": "48067",
    }
    assert Member.objects.get(outside_id="2").attributes["occupation"] == "99"
    assert MemberAttribute.objects.get(key="age").kind == "number"
    (row,) = csv.DictReader(io.StringIO((tmp_path / "members-refused.csv").read_text()))
    assert (row["line"], "old" in row["reason"]) == ("3", True)


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


def rated(*ratings, header="user_id:token\titem_id:token\trating:float\ttimestamp:float"):
    rows = [f"u{n}\ta\t{rating}\t978300760" for n, rating in enumerate(ratings)]
    return {"shop.inter": "\n".join((header, *rows, ""))}


def stars():
    found = Rating.objects.order_by("subject").values_list("stars", flat=True)
    return sorted(float(each or 0) for each in found)


def test_ratings_up_to_ten_are_halved_into_stars_and_the_import_says_so(tmp_path):
    told = load(lay(tmp_path / "shop", rated(1, 5, 8, 10)))
    assert "ratings run from 1 to 10 and are halved into stars" in told
    assert stars() == [1.0, 3.0, 4.0, 5.0]


def test_ratings_of_a_stated_range_are_stars_by_halves_and_others_are_refused(tmp_path):
    told = load(lay(tmp_path / "shop", rated(-10, 0, 4, 10, 11)), rating_range=[-10, 10])
    assert stars() == [1.0, 3.0, 4.0, 5.0]
    assert "line 6 refused: The rating 11 is outside of -10 – 10." in told


@pytest.mark.parametrize("ratings", [(-1, 8), (20, 90), (0, 1)])
def test_ratings_of_a_range_that_cannot_be_guessed_are_asked_for(tmp_path, ratings):
    with pytest.raises(CommandError, match="--rating-range LEAST MOST"):
        load(lay(tmp_path / "shop", rated(*ratings)))
    assert not Item.objects.exists()


UNDATED = {
    "shop.inter": "user_id:token\titem_id:token\n"
    + "".join(f"u{n}\ta\n" for n in range(40))
    + "u1\ta\n"
}


def test_interactions_without_timestamps_are_spread_before_a_stated_instant_always_alike(tmp_path):
    path = lay(tmp_path / "shop", UNDATED)
    asked = {"occurred_at": datetime(2024, 3, 31, tzinfo=UTC), "spread_days": 10}
    told = load(path, **asked)
    assert "40 imported, 1 already there, 0 refused" in told
    assert "--occurred-at 2024-03-31T00:00:00+00:00" in told
    days = set(Interaction.objects.values_list("occurred_at__date", flat=True))
    assert min(days) >= date(2024, 3, 21)
    assert max(days) <= date(2024, 3, 31)
    assert len(days) > 5
    assert "0 imported, 41 already there, 0 refused" in load(path, **asked)


def test_interactions_without_timestamps_end_when_their_file_was_written(tmp_path):
    path = pack(tmp_path / "shop.zip", UNDATED | {"._shop.inter": "a resource fork"})
    told = load(path, kind="purchase")
    assert "40 imported, 1 already there, 0 refused" in told
    latest = max(Interaction.objects.values_list("occurred_at", flat=True))
    assert timedelta() < timezone.now() - latest < timedelta(days=8)
    assert set(Interaction.objects.values_list("kind", flat=True)) == {Kind.PURCHASE}
    with pytest.raises(CommandError, match="Say it with --occurred-at"):
        load(path, occurred_at=timezone.now() + timedelta(days=2))


def test_recbole_users_bring_attributes_that_segments_may_ask_for(tmp_path):
    users = (
        "user_id:token\tage:float\tliked:token_seq\tlanguage:token\tvector:float_seq\n"
        "u1\t31\tdry red\tEnglish\t1 2\nu2\told\t\t\t\n"
    )
    path = lay(tmp_path / "shop", ATOMIC | {"shop.user": users})
    assert "Members: 1 created" in load(path, dry_run=True)
    assert not Member.objects.exists()
    assert not MemberAttribute.objects.exists()
    told = load(path)
    assert "shop.user: left out language:token, vector:float_seq" in told
    assert "line 3 refused: age is declared as number; old is none." in told
    assert Member.objects.get(outside_id="u1").attributes == {"age": 31, "liked": ["dry", "red"]}
    assert dict(MemberAttribute.objects.values_list("key", "kind")) == {
        "age": "number",
        "liked": "tags",
    }
    assert "Members: 0 created, 0 updated, 1 unchanged, 1 refused" in load(path)


def test_an_attribute_that_is_declared_otherwise_stops_the_import(tmp_path):
    MemberAttribute.objects.create(key="age", kind="text", label="Age")
    users = {"shop.user": "user_id:token\tage:float\nu1\t31\n"}
    with pytest.raises(CommandError, match="age is declared as text"):
        load(lay(tmp_path / "shop", ATOMIC | users))


def test_of_several_files_of_interactions_one_has_to_be_named(tmp_path):
    path = lay(tmp_path / "shop", ATOMIC | {"other.inter": ATOMIC["shop.inter"]})
    with pytest.raises(CommandError, match=r"other.inter, shop.inter. Name one of them"):
        load(path)
    assert "1 imported" in load(path / "shop.inter")


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
    monkeypatch.setattr(unpacking, "MOST_BYTES", 50)
    with pytest.raises(CommandError, match="more than 50 bytes"):
        load(pack(tmp_path / "large.zip", CSV))


def test_an_archive_writes_nowhere_but_in_its_own_folder(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    load(pack(inside / "ml.zip", CSV, inside="../../../"))
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
