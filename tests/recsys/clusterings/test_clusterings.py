"""Learned segments: found by a worker, shown, kept by a curator, and brought up to date."""

from __future__ import annotations

import numpy as np
import pytest
from django.urls import reverse

from curation.actions import archive_segment
from curation.models import MemberStats, Outbox, Segment, SegmentState
from curation.people import memberships
from curation.problems import Conflict
from recsys.clusterings import segments
from recsys.clusterings import worker as clustering
from recsys.clusterings.actions import (
    NotPossible,
    cancel_clustering,
    keep_cluster,
    request_clustering,
)
from recsys.live import scorers as live
from recsys.ml.data.interactions import Vocabulary
from recsys.models import Clustering, Job, LiveModel, ModelVersion, Run
from recsys.profiles.traits import FIELDS, names_of, traits_of
from tests.recsys.clusterings.conftest import EACH


@pytest.fixture
def found(members, curator):
    """A clustering that is done."""
    asked = request_clustering(actor=curator)
    clustering.execute(asked.pk)
    return Clustering.objects.get(pk=asked.pk)


def subjects(members):
    return {member.subject for member in members}


def in_it(segment):
    return set(segment.memberships.values_list("subject", flat=True))


def of_evening(found):
    """The cluster of those who come in the evening."""
    names = names_of([each["traits"] for each in found.report["clusters"]])
    return next(at for at, name in enumerate(names) if name.startswith("Evening"))


def kept(found, curator):
    at = of_evening(found)
    return keep_cluster(
        clustering_id=found.pk, cluster=at, slug="evening", name="Evening", actor=curator
    )


# Finding them -----------------------------------------------------------------------------------------


def test_members_of_two_habits_are_two_clusters_with_names_that_say_so(found):
    assert found.state == Job.State.SUCCEEDED, found.error
    told = found.report["clusters"]
    assert [each["size"] for each in told] == [EACH, EACH]
    names = sorted(names_of([each["traits"] for each in told]))
    assert names == ["Evening · Drama, War · rates high", "Morning · Comedy · rates low"]
    scores = found.report["silhouettes"]
    assert max(scores, key=scores.__getitem__) == "2"


def test_the_same_members_and_seed_give_the_same_clusters(found, curator):
    again = request_clustering(actor=curator)
    clustering.execute(again.pk)
    again.refresh_from_db()
    assert (again.report, again.model) == (found.report, found.model)


def test_nothing_is_switched_on_by_itself(found):
    assert not Segment.objects.exists()


@pytest.mark.parametrize("family", ["als", "dot"])
def test_factors_of_a_live_model_are_asked(members, curator, monkeypatch, family):
    run = Run.objects.create(family=family)
    version = ModelVersion.objects.create(
        family=family, number=1, run=run, artifact="x", digest="0" * 64
    )
    LiveModel.objects.create(family=family, version=version)
    monkeypatch.setattr(live, "hold", lambda _version: Taste())
    asked = request_clustering(actor=curator)
    clustering.execute(asked.pk)
    asked.refresh_from_db()
    assert asked.version == version
    assert len(asked.model["scaling"]["mean"]) == len(FIELDS) + 2
    assert clustering.assign(asked.pk)


class Taste:
    """A model whose factors are how much of the even and of the odd films a member saw."""

    items = Vocabulary.of([])

    def vectors(self, members):
        return np.array([[len(each), 1.0] for each in members], np.float32)


def test_few_members_are_told_and_nothing_is_made_up(films, curator):
    asked = request_clustering(actor=curator)
    clustering.execute(asked.pk)
    asked.refresh_from_db()
    assert asked.state == Job.State.FAILED
    assert "Only 0 members" in asked.error


def test_members_who_are_all_alike_are_told(members, curator):
    MemberStats.objects.update(features={"interactions": 9}, ratings=9)
    asked = request_clustering(actor=curator)
    clustering.execute(asked.pk)
    asked.refresh_from_db()
    assert asked.state == Job.State.FAILED
    assert "alike" in asked.error


def test_a_clustering_that_waits_is_cancelled(films, curator):
    asked = request_clustering(actor=curator)
    cancel_clustering(clustering_id=asked.pk, actor=curator)
    clustering.execute(asked.pk)
    asked.refresh_from_db()
    assert asked.state == Job.State.CANCELLED
    with pytest.raises(NotPossible):
        cancel_clustering(clustering_id=asked.pk, actor=curator)


@pytest.mark.parametrize("most", [0, 1, 13, 1000])
def test_no_number_of_segments_beyond_bounds_is_taken(films, curator, most):
    with pytest.raises(NotPossible):
        request_clustering(actor=curator, most=most)
    assert not Outbox.objects.filter(task="recsys.cluster").exists()


# Keeping them -----------------------------------------------------------------------------------------


def test_a_kept_cluster_is_a_segment_with_its_members(found, members, curator):
    segment = kept(found, curator)
    segments.refresh_one(segment.pk)
    assert in_it(segment) == subjects(members[:EACH])
    state = SegmentState.objects.get(segment=segment)
    assert (state.size, state.problem) == (EACH, "")


def test_members_move_with_what_they_do(found, members, curator):
    segment = kept(found, curator)
    segments.refresh_one(segment.pk)
    changed, other = (MemberStats.objects.get(pk=members[n].subject) for n in (0, EACH))
    changed.features, changed.ratings = other.features, other.ratings
    changed.save()
    segments.refresh_one(segment.pk)
    assert in_it(segment) == subjects(members[1:EACH])
    before = SegmentState.objects.get(segment=segment).version - 1
    assert memberships.members_at(segment, before) == subjects(members[:EACH])


def test_a_segment_whose_model_is_gone_keeps_its_members_and_says_so(found, members, curator):
    segment = kept(found, curator)
    segments.refresh_one(segment.pk)
    Segment.objects.filter(pk=segment.pk).update(
        learned={"clustering": str(found.pk).replace("0", "1"), "cluster": 0}
    )
    segments.refresh_one(segment.pk)
    assert in_it(segment) == subjects(members[:EACH])
    assert "gone" in SegmentState.objects.get(segment=segment).problem


def test_an_archived_learned_segment_stays_empty(found, members, curator):
    segment = kept(found, curator)
    archive_segment(actor=curator, segment=segment)
    segments.refresh_one(segment.pk)
    assert in_it(segment) == set()


def test_a_slug_is_taken_only_once_and_no_cluster_is_made_up(found, curator):
    kept(found, curator)
    with pytest.raises(Conflict):
        kept(found, curator)
    with pytest.raises(NotPossible):
        keep_cluster(clustering_id=found.pk, cluster=9, slug="a", name="A", actor=curator)


def test_the_pages_show_what_was_found_and_keep_it(client, found, curator):
    client.force_login(curator)
    page = client.get(reverse("clusterings:detail", args=[found.pk])).content.decode()
    assert "Evening · Drama, War · rates high" in page
    url = reverse("clusterings:keep", args=[found.pk, of_evening(found)])
    assert "evening-drama-war-rates-high" in client.get(url).content.decode()
    answer = client.post(url, {"name": "<b>Night owls</b>", "slug": "owls"})
    assert answer.url == reverse("desk:segment", args=["owls"])
    assert Segment.objects.get().kind == "learned"
    page = client.get(reverse("clusterings:detail", args=[found.pk])).content.decode()
    assert "&lt;b&gt;Night owls" in page
    assert client.get(reverse("clusterings:keep", args=[found.pk, 9])).status_code == 404


# Traits -----------------------------------------------------------------------------------------------


def test_a_cluster_like_all_members_has_no_traits():
    behaviour = np.ones((40, len(FIELDS)))
    inside = np.arange(40) < 20
    assert traits_of(behaviour, np.zeros((40, 0)), inside, []) == []
    assert names_of([[], []]) == ["Like most members 1", "Like most members 2"]


def test_a_tag_is_told_where_it_is_liked_more_than_elsewhere():
    likes = np.array([[9.0, 1.0, 5.0], [1.0, 9.0, 5.0]]).repeat(20, axis=0)
    behaviour = np.zeros((40, len(FIELDS)))
    (trait,) = traits_of(behaviour, likes, np.arange(40) < 20, ["War", "Comedy", "Drama"])
    assert trait == {"tags": ["War"]}
