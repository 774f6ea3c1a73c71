"""Importing items from files, odd lines and all."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from django.core.management import CommandError, call_command

from curation.models import Attribute, Item

CSV = '''item_id,title,year,genres,extra
1,Sherlock Jr.,1924,Comedy|Fantasy,x
2,"The ""Kid""",,Drama,x
3,"Two
lines",1950,,x
'''
HOW = ["--source", "films", "--column", "item=item_id", "--declare", "year=number"]
HOW += ["--declare", "genres=tags"]


@pytest.fixture
def run(db, tmp_path):
    def run(content, *options, name="items.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = io.StringIO()
        call_command("import_items", str(path), *options, stdout=out)
        return out.getvalue()

    return run


def test_a_csv_is_read_by_the_kinds_of_its_attributes(run):
    assert "3 created, 0 updated, 0 unchanged, 0 refused" in run(CSV, *HOW)
    films = {item.outside_id: item for item in Item.objects.filter(source="films")}
    assert films["1"].attributes == {"year": 1924, "genres": ["Comedy", "Fantasy"]}
    assert (films["2"].title, films["2"].attributes) == ('The "Kid"', {"genres": ["Drama"]})
    assert (films["3"].title, films["3"].attributes) == ("Two\nlines", {"year": 1950})


def test_importing_again_changes_nothing(run):
    run(CSV, *HOW)
    assert "0 created, 0 updated, 3 unchanged, 0 refused" in run(CSV, *HOW)


def test_a_dry_run_keeps_nothing(run):
    told = run(CSV, *HOW, "--dry-run")
    assert "3 created" in told
    assert "Nothing was written" in told
    assert not Item.objects.exists()
    assert not Attribute.objects.exists()


def test_json_lines_may_be_flat_or_like_the_api(run):
    lines = b'{"item": "1", "title": "A", "year": 1950}\n'
    lines += b'{"item": "2", "title": "B", "attributes": {"year": 1951}, "active": false}\n'
    assert "2 created" in run(lines, "--declare", "year=number", name="items.jsonl")
    assert [item.attributes for item in Item.objects.order_by("outside_id")] == [
        {"year": 1950},
        {"year": 1951},
    ]
    assert not Item.objects.get(outside_id="2").active


def test_a_broken_line_costs_that_line_only_and_is_reported(run, tmp_path):
    rows = [f"{n},Film {n},{1900 + n},Drama,x".encode() for n in range(20)]
    rows[5] = b"5,Film \xff,1905,Drama,x"
    rows[9] = b"9,Film 9"
    rows[12] = b"12,Film 12,next year,Drama,x"
    rows[15] = b'15,"Film 15,1915,Drama,x'
    content = b"item_id,title,year,genres,extra\n" + b"\n".join(rows) + b"\n"
    rejects = tmp_path / "rejects.csv"
    told = run(gzip.compress(content), *HOW, "--rejects", str(rejects), name="items.csv.gz")
    assert "16 created, 0 updated, 0 unchanged, 4 refused" in told
    with rejects.open(newline="") as file:
        reported = {row["line"]: row["reason"] for row in csv.DictReader(file)}
    assert set(reported) == {"7", "11", "14", "17"}
    assert "UTF-8" in reported["7"]
    assert "year" in reported["14"]


def test_an_attribute_keeps_its_kind(run):
    run(CSV, *HOW)
    with pytest.raises(CommandError, match="declared as number"):
        run(CSV, "--declare", "year=text")
    with pytest.raises(CommandError, match="valid"):
        run(CSV, "--declare", "no such key=text")


@pytest.mark.parametrize("name", ["items.xlsx", "items"])
def test_a_file_of_another_kind_is_refused(run, name):
    with pytest.raises(CommandError, match="csv"):
        run(CSV, name=name)


def test_a_file_that_is_not_there_is_said_to_be(db, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_items", str(tmp_path / "none.csv"))
