"""`manage.py benchmark`, end to end on small files; nothing here may touch a database."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from recsys.ml.benchmarking import blended_by_itself
from recsys.ml.splits.canonical_files import LEAVE_ONE_OUT, read_canonical
from recsys.ml.splits.files import read_folder, write_folder
from tests.recsys.ml.test_split_files import canonical
from tests.recsys.ml.two_tastes import world

ROOT = Path(__file__).resolve().parents[2]
QUICK = "popularity,item_knn,ease"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The world of two tastes, likes only, as a canonical file."""
    rows = world()
    told = zip(rows.members, rows.items, rows.values, rows.times, strict=True)
    lines = [f"m{m},i{i},{v * 10:g},{t:.0f}" for m, i, v, t in told if v > 0]
    return canonical(tmp_path_factory.mktemp("data") / "world.interactions.csv.gz", lines)


@pytest.fixture(scope="module")
def split(data):
    folder = data.parent / "split"
    write_folder(folder, read_canonical(data, None, LEAVE_ONE_OUT))
    return folder


def run(*words, **options):
    out = StringIO()
    call_command("benchmark", *map(str, words), stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def test_a_scorer_is_tuned_fitted_and_measured_without_a_database(split):
    told = run("--split", split, "--scorer", "ease", "--scorer", "popularity")
    assert "60 members are asked" in told
    ease, popularity = (
        float(next(line for line in told.splitlines() if line.startswith(f"| {name}")).split()[3])
        for name in ("ease", "popularity")
    )
    assert ease > popularity, "taste says more than fashion here"
    assert "ease − popularity: NDCG@10 +" in told
    assert "ease: counts event" in told


def test_settings_that_are_given_are_taken_and_not_tuned(split):
    told = run("--split", split, "--scorer", "ease", "--set", "ease.regularization=7")
    assert "ease: counts event, regularization 7.0\n" in told
    blend = run("--split", split, "--among", "ease,popularity", "--set", "ease.decay=0.5")
    assert "weights" in blend


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("ease.decay=much", "decay: 'much' is not a number from 0.05 to 1"),
        ("content.centre=maybe", "centre: 'maybe' is not true or false"),
        ("ease.speed=3", "speed: there is no such setting"),
        ("magic.decay=1", "there is no family 'magic'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(split, word, told):
    with pytest.raises(CommandError, match=told):
        run("--split", split, "--scorer", "ease", "--set", word)


def test_rare_members_and_items_are_left_out_where_that_is_asked(data):
    assert "60 members, 12 items" in run("--data", data, "--scorer", "popularity", "--least", 4)
    with pytest.raises(CommandError, match="no members and items with 19 interactions"):
        run("--data", data, "--scorer", "popularity", "--least", 19)


def test_a_fit_tells_its_curve_where_that_is_asked(split):
    heard = StringIO()
    words = ("--split", split, "--scorer", "dot", "--set", "dot.epochs=2", "--verbosity", "2")
    call_command("benchmark", *map(str, words), stdout=StringIO(), stderr=heard)
    assert "epoch 1, loss" in heard.getvalue()
    assert "epoch 2, loss" in heard.getvalue()


def test_ratings_are_measured_by_their_errors(data):
    told = run("--data", data, "--scorer", "rating", "--scorer", "popularity")
    assert "rating: RMSE 0." in told
    assert "ratings, 100% of them predicted" in told
    assert "popularity: RMSE" not in told


def test_lists_hold_the_best_unseen_items_padded(split, tmp_path):
    run("--split", split, "--scorer", "blend", "--among", QUICK, "--recs", tmp_path / "recs.npz")
    recs = np.load(tmp_path / "recs.npz")
    assert sorted(recs.files) == ["items", "users"]
    users, items = recs["users"], recs["items"]
    assert items.shape == (60, 100)
    assert users.tolist() == list(range(60))
    cases = {case.member: case for case in read_folder(split).test_cases()}
    for user, row in zip(users.tolist(), items, strict=True):
        kept = row[row >= 0]
        assert (row[len(kept) :] == -1).all(), "empty places stand at the end"
        assert len(kept) == len(set(kept.tolist())) == 12 - 3
        assert not set(kept.tolist()) & set(cases[user].history.items)
    first = [row[:3] for row in items]
    found = sum(cases[u].targets[0] in row for u, row in zip(users.tolist(), first, strict=True))
    assert found == 60, "the half of three left is known"


def test_the_lists_do_not_depend_on_the_targets(split, tmp_path):
    """What stands in test.csv decides who is asked, nothing else."""
    other = tmp_path / "other"
    other.mkdir()
    for name in ("train.csv", "val.csv", "meta.json"):
        (other / name).write_bytes((split / name).read_bytes())
    head, *rows = (split / "test.csv").read_text().splitlines()
    cells = [row.split(",") for row in rows]
    turned = [",".join([row[0], str((int(row[1]) + 5) % 12), *row[2:]]) for row in cells]
    (other / "test.csv").write_text("\n".join([head, *turned]) + "\n")
    found = []
    for folder in (split, other):
        run("--split", folder, "--scorer", "item_knn", "--recs", tmp_path / "recs.npz")
        recs = np.load(tmp_path / "recs.npz")
        found.append(dict(zip(recs["users"].tolist(), recs["items"].tolist(), strict=True)))
    both = found[0].keys() & found[1].keys()
    assert len(both) > 30
    assert all(found[0][user] == found[1][user] for user in both)


def test_a_canonical_file_is_split_by_a_protocol(data, tmp_path):
    told = run(
        *("--data", data, "--protocol", "random", "--scorer", "popularity"),
        *("--write-split", tmp_path / "written"),
    )
    assert "| popularity |" in told
    assert len(read_folder(tmp_path / "written").test) == 60


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scorer", "magic"], "There is no scorer magic; there are popularity"),
        (["--scorer", "content"], "content reads texts"),
        (["--scorer", "textcnn"], "textcnn reads texts"),
        (["--scorer", "ease", "--scorer", "als", "--recs", "x.npz"], "give --scorer once"),
        (["--scorer", "ease", "--recs", "x.csv"], "must end in .npz"),
        (["--scorer", "ease", "--recs", "/nowhere/x.npz"], "no folder /nowhere"),
        (["--among", "ease,magic"], "There is no scorer magic"),
        (["--seed", "-1"], "seed"),
        (["--items", "x.csv.gz"], "--items belongs to --data"),
    ],
)
def test_what_cannot_be_is_said_before_the_work(split, words, said):
    with pytest.raises(CommandError, match=said):
        run("--split", split, *words)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"meta\.json cannot be read"):
        run("--split", tmp_path)


def test_it_starts_where_nothing_runs(split, tmp_path):
    """In a process of its own, without services in sight."""
    hidden = ("DATABASE_URL", "BROKER_URL", "CACHE_URL")
    bare = {name: value for name, value in os.environ.items() if name not in hidden}
    words = ["benchmark", "--split", str(split), "--scorer", "popularity"]
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**bare, "TANDEM_VAR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "| popularity |" in done.stdout


def test_a_blend_takes_by_itself_what_is_quick_and_looks_at_no_target(data):
    taken = blended_by_itself(read_canonical(data), with_texts=False)
    assert {"popularity", "user_knn", "ease", "transitions", "als"} <= set(taken)
    assert not {"context", "rating", "content", "dot", "sasrec"} & set(taken)
