"""The scorecard of a version: its page, and the gate in front of a promotion."""

from __future__ import annotations

import pytest
from django.urls import reverse

from recsys.models import LiveModel
from recsys.runs import actions, scorecards
from tests.recsys.runs.conftest import FIGURES, PART, REPORT

NEW_FIGURES = FIGURES | {
    "ndcg_low": 0.2,
    "ndcg_high": 0.3,
    "mrr": 0.4,
    "recall_20": 0.6,
    "novelty": 7.25,
    "diversity": None,
    "calibration": 0.5,
}
GROUPS = {"cold_items": NEW_FIGURES | {"n": 4}, "segment:keen": NEW_FIGURES | {"n": 3}}


def interval(mean, low, high, n=9):
    return {"n": n, "mean": mean, "low": low, "high": high}


def beside(live, ndcg, calibration=None):
    """What a run tells of a version that was compared with this one."""
    changes = {"ndcg": ndcg} | ({"calibration": calibration} if calibration else {})
    part = PART | {"members": NEW_FIGURES, "groups": GROUPS}
    return {
        "version": str(live.id),
        "label": str(live),
        "learnt_until": 1.0,
        "report": part,
        "difference": {"members": changes, "groups": {"cold_items": interval(0.1, 0.05, 0.2, 4)}},
    }


def report(**extra):
    part = PART | {"members": NEW_FIGURES, "groups": GROUPS}
    return REPORT | {"test": {"last": part, "all": part}} | extra


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


@pytest.fixture
def live(make_version, operator):
    version = make_version(report=report(bytes=2048, fit_seconds=1.5))
    actions.promote(version_id=version.id, actor=operator, reason="the first")
    return version


BETTER, WORSE, EITHER = (
    interval(0.02, 0.01, 0.03),
    interval(-0.02, -0.03, -0.01),
    interval(-0.001, -0.02, 0.02),
)


def test_the_page_defines_what_it_measures_and_numbers_whom(desk, make_version, live):
    version = make_version(report=report(beside=beside(live, BETTER), bytes=1024, fit_seconds=3.0))
    page = desk.get(reverse("runs:version", args=[version.id])).content.decode()
    for words in (
        "ranks better than popularity 1",
        "[0.0100, 0.0300]",
        "n = 9",
        "segment keen",
        "−log2 of the share",
        "1.0 KB" if "1.0 KB" in page else "1.0\xa0KB",
        "3.0 s",
        "popularity 1: 1.5 s",
    ):
        assert words in page


def test_a_measure_that_says_nothing_is_left_out(desk, make_version):
    version = make_version(report=report())
    (first, *_) = desk.get(reverse("runs:version", args=[version.id])).context["scorecards"]
    keys = [figure.key for figure in first.figures]
    assert "novelty" in keys
    assert "diversity" not in keys
    assert next((each.label, each.n) for each in first.groups) == ("members without history", 9)


def test_a_report_of_older_code_is_still_shown(desk, make_version):
    version = make_version()
    assert desk.get(reverse("runs:version", args=[version.id])).status_code == 200


def test_what_cannot_be_compared_says_why(desk, make_version, live):
    told = {"version": str(live.id), "label": str(live), "not_comparable": True}
    version = make_version(report=report(beside=told))
    page = desk.get(reverse("runs:version", args=[version.id])).content.decode()
    assert "cannot be compared" in page


def test_less_divergence_from_the_profile_is_better():
    part = PART | {"members": NEW_FIGURES}
    told = {"label": "x 1", "report": part, "difference": {"members": {"calibration": WORSE}}}
    (figure,) = (e for e in scorecards.card("", part, told).figures if e.key == "calibration")
    assert figure.verdict == "better"


def test_errors_of_ratings_stand_among_the_figures_with_their_own_number():
    errors = {"n": 5, "share": 1.0, "rmse": 0.9, "mae": 0.7, "accuracy": 0.8, "mean_rmse": 1.1}
    told = scorecards.card("", PART | {"ratings": errors}, {})
    figure = told.figure("rmse")
    assert figure is not None
    assert (figure.value, figure.n) == (0.9, 5)
    assert told.figure("ndcg") is not None
    assert scorecards.card("", PART, {}).figure("rmse") is None


def test_a_version_that_ranked_worse_goes_live_only_knowingly(desk, make_version, live):
    version = make_version(report=report(beside=beside(live, WORSE)))
    url = reverse("runs:promote", args=[version.id])
    refused = desk.post(url, {"reason": "it is newer"})
    assert "despite" in refused.context["form"].errors
    assert LiveModel.objects.get().version == live
    desk.post(url, {"reason": "it knows the new items", "despite": "on"})
    assert LiveModel.objects.get().version == version


@pytest.mark.parametrize("change", [BETTER, EITHER])
def test_one_that_did_not_asks_for_nothing_more(desk, make_version, live, change):
    version = make_version(report=report(beside=beside(live, change)))
    desk.post(reverse("runs:promote", args=[version.id]), {"reason": "newer"})
    assert LiveModel.objects.get().version == version


def test_the_gate_stands_in_front_of_every_door(make_version, live, operator):
    version = make_version(report=report(beside=beside(live, WORSE)))
    with pytest.raises(actions.NotPossible, match="ranked worse"):
        actions.promote(version_id=version.id, actor=operator, reason="newer")


def test_a_comparison_with_a_version_that_no_longer_serves_closes_no_gate(
    make_version, live, operator
):
    between = make_version(report=report())
    actions.promote(version_id=between.id, actor=operator, reason="newer")
    version = make_version(report=report(beside=beside(live, WORSE)))
    actions.promote(version_id=version.id, actor=operator, reason="newer still")
    assert LiveModel.objects.get().version == version
