"""What people may decide about runs and model versions, and what the gate refuses."""

from __future__ import annotations

import pytest
from django.apps import apps

from curation import counters
from curation.models import Outbox, Scorer
from recsys.live import scorers as live
from recsys.live.artifacts import artifact_path
from recsys.ml.configuration import ConfigError
from recsys.ml.families.registry import UnknownFamily
from recsys.models import Job, LiveModel, Promotion, Run
from recsys.runs import actions


def test_a_request_writes_the_run_and_its_doorbell_together(operator):
    run = actions.request_run(family="ease", parameters={"regularization": 50}, actor=operator)
    assert run.parameters["regularization"] == 50
    assert run.parameters["decay"] == 0.8, "what was not given has its default"
    doorbell = Outbox.objects.get()
    assert (doorbell.task, doorbell.queue) == ("recsys.execute_run", "training")
    assert doorbell.arguments == [str(run.id)]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"embedding_size": 0}, "embedding_size"),
        ({"epochs": 2.5}, "epochs"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"layers": 3}, "layers"),
        ({"counts": "clicks"}, "counts"),
        ({"embedding_size": "64"}, "embedding_size"),
    ],
)
def test_impossible_parameters_are_refused_by_name_and_range(operator, parameters, field):
    with pytest.raises(ConfigError) as refusal:
        actions.request_run(family="dot", parameters=parameters, actor=operator)
    problem = refusal.value.problems[0]
    assert problem.field == field
    assert problem.expected
    assert not Run.objects.exists()
    assert not Outbox.objects.exists()


def test_impossible_options_are_refused(operator):
    with pytest.raises(ConfigError, match="threads"):
        actions.request_run(family="ease", parameters={}, options={"threads": 0}, actor=operator)


def test_an_unknown_family_is_refused(operator):
    with pytest.raises(UnknownFamily, match="only popularity"):
        actions.request_run(family="magic", parameters={}, actor=operator)


def test_a_queued_run_is_cancelled_at_once(make_run, operator):
    run = actions.cancel_run(run_id=make_run().id, actor=operator)
    assert run.state == Job.State.CANCELLED
    assert run.cancelled_by == operator


def test_a_running_run_is_asked_to_stop(make_run, operator):
    run = make_run()
    Run.objects.filter(pk=run.pk).update(state=Job.State.RUNNING)
    assert actions.cancel_run(run_id=run.id, actor=operator).state == Job.State.RUNNING
    assert Run.objects.get(pk=run.pk).cancel_requested


def test_a_run_that_is_over_is_not_cancelled(make_run, operator):
    run = make_run(state=Job.State.SUCCEEDED)
    with pytest.raises(actions.NotPossible, match="over"):
        actions.cancel_run(run_id=run.id, actor=operator)


def test_a_promotion_moves_pointer_scorer_and_counter_and_has_every_surface_fused_again(
    make_version, operator
):
    before = counters.read()["models"]
    version = make_version()
    actions.promote(version_id=version.id, actor=operator, reason="It is better")
    assert LiveModel.objects.get().version == version
    assert Scorer.objects.get(name="popularity").live
    assert counters.read()["models"] == before + 1
    rung = Outbox.objects.filter(task="recsys.refuse_surface").values_list("arguments", flat=True)
    assert sorted(rung) == [["home"], ["similar"]]


def test_roll_backs_go_back_version_by_version(make_version, operator):
    versions = [make_version() for _ in range(3)]
    for version in versions:
        actions.promote(version_id=version.id, actor=operator, reason="newer")
    for expected in (versions[1], versions[0]):
        actions.roll_back(family="popularity", actor=operator, reason="worse")
        assert LiveModel.objects.get().version == expected
    with pytest.raises(actions.NotPossible, match="no earlier version"):
        actions.roll_back(family="popularity", actor=operator, reason="worse")
    assert list(Promotion.objects.order_by("at").values_list("rolls_back", flat=True)) == [
        *[False] * 3,
        *[True] * 2,
    ]


def test_the_database_keeps_who_promoted_and_rolled_back_and_why(make_version, operator):
    for version in (make_version(), make_version()):
        actions.promote(version_id=version.id, actor=operator, reason="newer")
    actions.roll_back(family="popularity", actor=operator, reason="worse")
    who = str(operator.pk)
    acts = [("promote", who, "newer"), ("promote", who, "newer"), ("roll_back", who, "worse")]
    assert _audited("PromotionEvent") == acts
    assert _audited("LiveModelEvent") == acts


def _audited(name):
    """Action, actor and reason of every event that the database wrote, the oldest first."""
    events = apps.get_model("recsys", name).objects.select_related("pgh_context")
    told = [event.pgh_context.metadata for event in events.order_by("pgh_id")]
    return [(each["action"], each["actor"], each["reason"]) for each in told]


def test_a_promotion_needs_a_reason(make_version, operator):
    with pytest.raises(actions.NotPossible, match="reason"):
        actions.promote(version_id=make_version().id, actor=operator, reason=" ")


def test_what_is_live_is_not_promoted_again(make_version, operator):
    version = make_version()
    actions.promote(version_id=version.id, actor=operator, reason="first")
    with pytest.raises(actions.NotPossible, match="live already"):
        actions.promote(version_id=version.id, actor=operator, reason="again")
    assert Promotion.objects.count() == 1


@pytest.mark.parametrize("name", ["arrays.safetensors", "items.json", "manifest.json"])
def test_a_corrupt_artifact_is_refused_by_the_gate_and_left_out_at_load(
    make_version, operator, name
):
    version = make_version()
    path = artifact_path(version) / name
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(actions.NotPossible, match="damaged"):
        actions.promote(version_id=version.id, actor=operator, reason="better")
    assert not LiveModel.objects.exists()
    assert live.hold(version.id) is None


def test_a_missing_artifact_is_refused(make_version, operator):
    version = make_version()
    (artifact_path(version) / "arrays.safetensors").unlink()
    with pytest.raises(actions.NotPossible, match="missing"):
        actions.promote(version_id=version.id, actor=operator, reason="better")


def test_a_version_that_was_never_evaluated_is_refused(make_version, operator):
    version = make_version(report={})
    with pytest.raises(actions.NotPossible, match="never evaluated"):
        actions.promote(version_id=version.id, actor=operator, reason="better")
