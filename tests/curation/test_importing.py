"""Reading files as streams."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.imports.importing import MOST_BYTES, Rejects, Rows, UnreadableError


def rows_of(path):
    with Rows(path) as rows:
        return list(rows)


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\0") | st.sampled_from('",\n |'), max_size=8
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(table=st.lists(st.tuples(cells, cells, cells), max_size=8), packed=st.booleans())
def test_any_table_is_read_as_it_was_written(tmp_path, table, packed):
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b", "c"), *table])
    path = tmp_path / ("t.csv.gz" if packed else "t.csv")
    written = out.getvalue().encode()
    path.write_bytes(gzip.compress(written) if packed else written)
    rows = rows_of(path)
    assert [tuple(row.fields.values()) for row in rows] == table
    assert not any(row.problem for row in rows)


def test_a_row_knows_the_line_on_which_it_starts(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b'\xef\xbb\xbfa,b\r\n1,"x\ny"\r\n\r\n2,z\r\n')
    assert [(row.line, row.fields) for row in rows_of(path)] == [
        (2, {"a": "1", "b": "x\ny"}),
        (5, {"a": "2", "b": "z"}),
    ]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b"1", "1 fields instead of 2"),
        (b"1,2,3", "3 fields instead of 2"),
        (b"\xff,2", "not UTF-8"),
        (b'"1,2', "broken quotes"),
        (b'"1"x,2', "broken quotes"),
        (b"1," + b"2" * MOST_BYTES, "longer than"),
    ],
)
def test_a_broken_line_costs_only_itself(tmp_path, bad, problem):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,2\n" + bad + b"\n3,4\n")
    before, broken, after = rows_of(path)
    assert (before.fields, after.fields) == ({"a": "1", "b": "2"}, {"a": "3", "b": "4"})
    assert (broken.line, after.line) == (3, 4)
    assert problem in broken.problem


@pytest.mark.parametrize("bad", [b"{", b"[1]", b'"text"', b"NaN", b'{"a": "\\ud800"}', b"\xff"])
def test_a_line_that_is_no_json_object_costs_only_itself(tmp_path, bad):
    path = tmp_path / "t.jsonl"
    path.write_bytes(b'{"a": 1}\n' + bad + b'\n\n{"a": 2}')
    before, broken, after = rows_of(path)
    assert (before.fields, after.fields) == ({"a": 1}, {"a": 2})
    assert broken.problem
    assert (broken.line, after.line) == (2, 4)


def test_tabs_separate_where_the_name_says_so(tmp_path):
    path = tmp_path / "T.TSV"
    path.write_bytes(b"a\tb\n1\t2,3\n")
    assert [row.fields for row in rows_of(path)] == [{"a": "1", "b": "2,3"}]


def test_the_share_read_grows_to_the_whole(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a\n" + b"1\n" * 200_000)
    with Rows(path) as rows:
        shares = [rows.share for _row in rows]
        assert rows.share == 1.0
    assert shares == sorted(shares)
    assert shares[0] < 0.5


def test_a_damaged_archive_says_how_far_it_could_be_read(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a\n1\n2\n", mtime=0)[:-4])
    with pytest.raises(UnreadableError, match="damaged after line"):
        rows_of(path)


def test_rejects_are_written_as_they_come(tmp_path):
    path = tmp_path / "rejects.csv"
    with Rejects(path) as rejects:
        rejects.add(3, 'a "reason", with a comma')
        assert rejects.count == 1
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["line", "reason"], ["3", 'a "reason", with a comma']]


def test_rejects_without_a_file_are_counted(tmp_path):
    with Rejects(None) as rejects:
        rejects.add(3, "reason")
    assert rejects.count == 1
    assert not list(tmp_path.iterdir())
