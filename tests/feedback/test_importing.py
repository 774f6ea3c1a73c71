"""Importing interactions from files."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime, timedelta
from io import StringIO

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from time_machine import travel

from curation.models import ItemStats, Member
from feedback.models import EventKey, Interaction, MemberState
from tests.feedback.cast import says

pytestmark = pytest.mark.django_db

COLUMNS = ["member=user_id", "item=item_id", "value=rating", "occurred_at=timestamp"]


@pytest.fixture
def load(tmp_path):
    """Import a file of these bytes: answers what the command printed and the rows it refused."""

    def _load(content, name="some.csv", **options):
        path, report = tmp_path / name, tmp_path / "rejects.csv"
        path.write_bytes(content)
        out = StringIO()
        settings = {"source": "test", "column": [tuple(c.split("=")) for c in COLUMNS]} | options
        call_command("import_interactions", path, rejects=report, stdout=out, **settings)
        with report.open(newline="", encoding="utf-8") as rejects:
            refused = {int(row["line"]): row["reason"] for row in csv.DictReader(rejects)}
        return out.getvalue(), refused

    return _load


def table(*rows):
    return "\n".join(["user_id,item_id,rating,timestamp", *rows]).encode()


def test_ratings_become_feedback_of_members_who_are_made(load, films):
    out, refused = load(table("ada,film-0,4,1362062838", "bob,film-1,2.5,2013-03-01T12:00:00Z"))
    assert "2 imported, 0 already there, 0 refused" in out
    assert refused == {}
    ada = Member.objects.get(source="test", outside_id="ada")
    assert says(ada, films[0])["stars"] == 4.0
    assert Interaction.objects.get(subject=ada.subject).occurred_at == datetime(
        2013, 2, 28, 14, 47, 18, tzinfo=UTC
    )
    assert MemberState.objects.get(subject=ada.subject).ratings == 1
    assert ItemStats.objects.get(item=films[0]).ratings == 1


def test_importing_a_file_again_changes_nothing(load, films):
    content = table("ada,film-0,4,1362062838", "ada,film-0,5,1362062839")
    load(content)
    out, _refused = load(content)
    assert "0 imported, 2 already there, 0 refused" in out
    assert Interaction.objects.count() == 2
    assert MemberState.objects.get().version == 1


def test_bad_rows_in_the_middle_cost_only_themselves(load, films):
    films[3].active = False
    films[3].save()
    rows = [
        "ada,film-0,4,1362062838",
        "ada,film-1,9,1362062838",
        "ada,film-1,many,1362062838",
        "ada,no-such-film,4,1362062838",
        "ada,film-3,4,1362062838",
        "ada,film-1,4,yesterday",
        "ada,film-1,4,99999999999999999999",
        "ada,film-1,4,-5000000000",
        "ada,film-1,4,",
        "ada,film-1",
        'ada,"film-1,4,1362062838',
        ",film-1,4,1362062838",
        "ada,film-1,nan,1362062838",
        "ada,film-2,5,1362062838",
    ]
    content = table(*rows) + b"\n\xff\xfe,film-1,4,1362062838\nada,film-1,5,1362062838\n"
    out, refused = load(content)
    assert "3 imported, 0 already there, 13 refused" in out
    assert sorted(refused) == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16]
    assert all(refused.values())
    assert "not UTF-8" in refused[16]
    assert "broken quotes" in refused[12]


def test_instants_that_are_absurd_are_refused(load, films):
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    _out, refused = load(
        table(f"ada,film-0,4,{tomorrow}", "ada,film-0,4,1989-12-31T23:59:59Z", "ada,film-0,4,1e300")
    )
    assert sorted(refused) == [2, 3, 4]


def test_a_dry_run_says_the_same_and_writes_nothing(load, films):
    content = table("ada,film-0,4,1362062838", "ada,film-0,4,1362062838", "ada,film-0,9,1362062838")
    out, refused = load(content, dry_run=True)
    assert "1 would be imported, 1 already there, 1 refused" in out
    assert list(refused) == [4]
    assert not Member.objects.exists()
    assert not EventKey.objects.exists()
    out, _refused = load(content)
    assert "1 imported, 1 already there, 1 refused" in out


def test_ratings_of_ten_become_stars(load, films):
    rows = [f"m{rating},film-0,{rating},1362062838" for rating in range(11)]
    load(table(*rows), rating_transform="halve")
    found = {
        member.outside_id: Interaction.objects.get(subject=member.subject).value
        for member in Member.objects.all()
    }
    assert [found[f"m{rating}"] for rating in range(11)] == [1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_instants_move_by_whole_weeks_into_the_week_before_and_the_original_is_kept(load, films):
    first, last = datetime(2013, 3, 1, 12, tzinfo=UTC), datetime(2013, 11, 11, 7, 30, tzinfo=UTC)
    content = table(
        f"ada,film-0,4,{int(first.timestamp())}", f"ada,film-1,4,{int(last.timestamp())}"
    )
    load(content, shift_to_last_week=True)
    early, late = Interaction.objects.order_by("occurred_at")
    assert (early.original_at, late.original_at) == (first, last)
    assert late.occurred_at - last == early.occurred_at - first
    assert (late.occurred_at - last) % timedelta(weeks=1) == timedelta(0)
    assert timedelta(0) <= timezone.now() - late.occurred_at < timedelta(weeks=1)
    out, _refused = load(content, shift_to_last_week=True)
    assert "0 imported, 2 already there" in out


def test_a_file_loaded_again_in_another_week_is_still_the_same(load, films):
    content = table("ada,film-0,4,1362062838")
    with travel(timezone.now() - timedelta(days=10)):
        load(content, shift_to_last_week=True)
    out, _refused = load(content, shift_to_last_week=True)
    assert "0 imported, 1 already there, 0 refused" in out


@pytest.mark.parametrize("packed", [False, True])
def test_json_lines_bring_any_kind_and_their_own_event_ids(load, films, packed):
    rows = [
        {
            "event": "e1",
            "member": "ada",
            "item": "film-0",
            "kind": "like",
            "occurred_at": 1362062838,
        },
        {"event": "u1", "member": "ada", "kind": "undo", "undoes": "e1", "occurred_at": 1362062839},
        {
            "event": "e2",
            "member": 7,
            "item": "film-1",
            "kind": "not_interested",
            "occurred_at": 1362062838,
        },
    ]
    content = b"\n".join([*map(orjson.dumps, rows), b"{broken", b"[1]", b""])
    name = "some.jsonl.gz" if packed else "some.jsonl"
    out, refused = load(gzip.compress(content) if packed else content, name, column=[])
    assert "3 imported, 0 already there, 2 refused" in out
    assert sorted(refused) == [4, 5]
    assert says(Member.objects.get(outside_id="ada"), films[0])["thumb"] is None
    assert says(Member.objects.get(outside_id="7"), films[1])["never"] is True


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("some.xml", b"<a/>"),
        ("some.csv", b""),
        ("some.csv", b"a,a\n1,2\n"),
        ("some.csv.gz", b"not gzip at all"),
        ("some.csv.gz", gzip.compress(table("ada,film-0,4,1362062838"), mtime=0)[:-9]),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_with_words(load, films, name, content):
    with pytest.raises(CommandError, match="some"):
        load(content, name)


def test_a_missing_file_is_an_error_with_words(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_interactions", tmp_path / "none.csv")


def test_a_column_that_is_no_field_is_refused():
    with pytest.raises(CommandError, match="FIELD=COLUMN"):
        call_command("import_interactions", "some.csv", "--column", "stars=rating")
