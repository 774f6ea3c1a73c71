"""Clusters of members: found where they are, the same each time, and not made up."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.members.clustering import (
    Scaling,
    Unclusterable,
    cluster,
    distances,
    kmeans,
    nearest,
    silhouette,
)


def blobs(*centres, each=60, spread=0.2, seed=3):
    """Members around centres, one centre after the other."""
    chance = np.random.default_rng(seed)
    return np.vstack([np.array(c) + spread * chance.normal(size=(each, len(c))) for c in centres])


@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_number_of_clusters_is_the_one_that_is_there(k):
    centres = [(3.0 * at, 5.0 * (at % 2), float(at)) for at in range(k)]
    found = cluster(blobs(*centres), most=8, seed=1)
    assert len(found.centres) == k
    assert max(found.silhouettes, key=found.silhouettes.__getitem__) == k
    for start in range(0, 60 * k, 60):
        assert len(set(found.labels[start : start + 60])) == 1


def test_the_same_members_and_seed_give_the_same_clusters():
    points = blobs((0, 0), (4, 0), (0, 4))
    one, two = cluster(points, 8, 7), cluster(points, 8, 7)
    assert (one.centres == two.centres).all()
    assert (one.labels == two.labels).all()


def test_the_largest_cluster_comes_first():
    points = np.vstack([blobs((0, 0), each=30), blobs((5, 5), each=90)])
    assert np.bincount(cluster(points, 2, 1).labels).tolist() == [90, 30]


def test_steps_never_worsen_the_sum_of_squares():
    points = blobs((0, 0), (2, 2), spread=1.0)
    sums = [distances(points, kmeans(points, k, 1)).min(axis=1).sum() for k in (1, 2, 4, 8)]
    assert sums == sorted(sums, reverse=True)
    mean = ((points - points.mean(axis=0)) ** 2).sum()
    assert sums[0] == pytest.approx(mean)


def test_the_silhouette_is_the_mean_of_what_each_member_has():
    points, centres = np.array([[0.0], [1.0], [4.0]]), np.array([[0.0], [4.0]])
    assert silhouette(points, centres) == pytest.approx((1 + (3 - 1) / 3 + 1) / 3)


def test_a_handful_of_strangers_is_no_cluster():
    points = np.vstack([blobs((0, 0), (4, 4), each=100), blobs((90, 90), each=2)])
    with pytest.raises(Unclusterable, match="hardly anybody"):
        cluster(points, 6, 1)


@pytest.mark.parametrize("points", [np.zeros((50, 3)), np.ones((1, 3))])
def test_members_who_are_alike_are_not_clustered(points):
    with pytest.raises(Unclusterable):
        cluster(points, 8, 1)


def test_blocks_weigh_alike_however_many_numbers_they_have():
    chance = np.random.default_rng(0)
    blocks = (chance.normal(5, 3, (400, 2)), 100 * chance.normal(size=(400, 50)))
    points = Scaling.of(blocks).points(np.hstack(blocks))
    assert (points[:, :2] ** 2).sum() == pytest.approx((points[:, 2:] ** 2).sum())


def test_what_is_missing_is_the_mean_and_what_never_varies_weighs_nothing():
    numbers = np.array([[1.0, 7.0, np.nan], [3.0, 7.0, np.nan], [np.nan, 7.0, np.nan]])
    points = Scaling.of((numbers,)).points(numbers)
    assert points[2].tolist() == [0, 0, 0]
    assert (points[:, 1:] == 0).all()
    assert points[0, 0] == -points[1, 0] == -1


def test_a_scaling_is_read_back_as_it_was_written():
    scaling = Scaling.of((blobs((0, 0), (4, 4)),))
    again = Scaling.of_json(scaling.as_json())
    assert (again.mean == scaling.mean).all()
    assert (again.scale == scaling.scale).all()


def test_a_member_goes_to_the_nearest_centre():
    assert nearest(np.array([[0.4], [0.6]]), np.array([[0.0], [1.0]])).tolist() == [0, 1]
