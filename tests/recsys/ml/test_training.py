"""The loop: it slows down and ends by what it measures, keeps the best, and resumes as if never stopped."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from recsys.ml.families.options import TrainingOptions
from recsys.ml.scorer import Cancelled, Training, Untrainable
from recsys.ml.training.loop import Task, Watch, train
from recsys.ml.training.pacing import Pacing
from recsys.ml.training.ranks import Ranks
from recsys.ml.training.torch_device import device_of

CPU = torch.device("cpu")
STEPS = 3


class Line(nn.Module):
    """y = x · w, with dropout so that an epoch depends on chance."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))
        self.dropout = nn.Dropout(0.3)

    def forward(self, inputs):
        return self.dropout(inputs) @ self.weight


class Teller:
    """Keeps what the loop tells; cancels at a step where asked."""

    def __init__(self, cancel_at=-1):
        self.cancel_at, self.points, self.done = cancel_at, [], []

    def __call__(self, stage, done, total, metrics=None):
        self.done.append((done, total))
        if metrics:
            self.points.append(metrics)
        if done == self.cancel_at and not metrics:
            raise Cancelled


def task_of(model, *, rate=0.1, scale=1.0, epochs=6, **more):
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)

    def batches(epoch):
        chance = np.random.default_rng([1, epoch])
        for _ in range(STEPS):
            yield [torch.from_numpy(chance.normal(size=(8, 4)).astype(np.float32))]

    def loss(batch):
        return scale * (model(batch[0]) - batch[0].sum(dim=1) * 3).square().mean()

    return Task(model, optimizer, batches, loss, STEPS, epochs, "one", **more)


def run(teller=None, folder=None, measures=None, options=None, **more):
    """Train a line; ``measures`` are what the watch finds, one for each epoch."""
    model = Line()
    if measures is not None:
        course = iter(measures)
        seen = []

        def measure():
            seen.append(model.weight.detach().clone())
            return next(course)

        more["watch"] = Watch("ndcg", measure)
    options = options or TrainingOptions(seed=5)
    task = task_of(model, **more)
    losses = train(task, Training(options, teller or Teller(), folder), CPU)
    return model, losses, task, seen if measures is not None else []


def test_the_pace_slows_after_a_plateau_and_ends_after_the_last_one():
    pacing = Pacing(patience=2, lowerings=1, factor=0.5)
    falling = [3.0, 2.0, 1.0]
    assert pacing.after([]) == pacing.after(falling[:1])
    assert (pacing.after(falling).rate, pacing.after(falling).best) == (1.0, 2)
    assert pacing.after([*falling, 1.0]).rate == 1.0
    slower = pacing.after([*falling, 1.0, 1.5])
    assert (slower.rate, slower.best, slower.is_over) == (0.5, 2, False)
    assert pacing.after([*falling, 1.0, 1.5, 1.2, 1.1]).is_over
    assert not pacing.after([*falling, 1.0, 1.5, 0.9, 1.1]).is_over


def test_without_patience_nothing_slows_or_ends():
    pace = Pacing().after([1.0, *[2.0] * 50])
    assert (pace.rate, pace.is_over) == (1.0, False)


def test_a_plateau_lowers_the_rate_of_the_optimizer():
    pacing = Pacing(patience=1, factor=0.1)
    *_, task, _ = run(measures=[0.5, 0.4, 0.6, 0.7, 0.8, 0.9], pacing=pacing)
    assert task.optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * 0.1)


def test_it_ends_early_and_with_the_best_parameters():
    teller = Teller()
    pacing = Pacing(patience=1, lowerings=1)
    model, losses, _, seen = run(teller, measures=[0.1, 0.5, 0.4, 0.3, 0.2], pacing=pacing)
    assert len(losses) == 4
    assert torch.equal(model.weight, seen[1])
    assert teller.done[-1] == (6 * STEPS, 6 * STEPS), "what is told ends at its total"
    assert [point["ndcg"] for point in teller.points] == [0.1, 0.5, 0.4, 0.3]


def test_without_a_watch_the_last_parameters_are_kept_and_the_loss_sets_the_pace():
    _, losses, task, _ = run(rate=0.0, pacing=Pacing(patience=1, lowerings=0), epochs=40)
    worse = next(at for at in range(1, 40) if losses[at] >= min(losses[:at]))
    assert len(losses) == worse + 1
    assert task.watch is None


@pytest.mark.parametrize("stopped_in", [1, 2, 3, 4])
def test_a_run_that_resumes_ends_as_one_that_was_never_stopped(tmp_path, stopped_in):
    measures = [0.1, 0.5, 0.4, 0.45, 0.2]
    given = {"pacing": Pacing(patience=1, lowerings=2, factor=0.5)}
    whole_told, resumed_told = Teller(), Teller()
    whole, losses, *_ = run(whole_told, measures=measures, **given)
    with pytest.raises(Cancelled):
        run(Teller(stopped_in * STEPS + 1), tmp_path, measures, **given)
    resumed, again, *_ = run(resumed_told, tmp_path, measures[stopped_in:], **given)
    assert again == losses
    assert torch.equal(resumed.weight, whole.weight)
    assert resumed_told.points == whole_told.points


def test_another_seed_drops_other_inputs():
    first, again, other = (run(options=TrainingOptions(seed=each))[1] for each in (1, 1, 2))
    assert first == again
    assert first != other


def test_each_epoch_and_rank_drops_other_inputs():
    dropped = []
    for rank, epoch in ((0, 0), (0, 1), (1, 0), (1, 1)):
        torch.manual_seed(Ranks(rank, 2).seed_of(5, epoch))
        dropped.append(tuple(Line().dropout(torch.ones(64)).tolist()))
    assert len(set(dropped)) == 4


def test_a_gradient_is_clipped_to_its_largest_norm():
    norms = []

    class Noting(torch.optim.SGD):
        def step(self, closure=None):
            norms.append(float(self.param_groups[0]["params"][0].grad.norm()))
            return super().step(closure)

    for clip in (0.0, 0.5):
        model = Line()
        task = task_of(model, scale=100.0, epochs=1, pacing=Pacing(clip=clip))
        noting = Task(
            model,
            Noting(model.parameters(), 1e-5),
            task.batches,
            task.loss,
            STEPS,
            1,
            "one",
            task.pacing,
        )
        train(noting, Training(), CPU)
    assert min(norms[:STEPS]) > 0.5
    assert norms[STEPS:] == pytest.approx([0.5] * STEPS, rel=1e-4)


def test_compiling_is_asked_of_torch_only_where_it_was_asked_for(monkeypatch):
    asked = []

    def noted(loss, **more):
        asked.append(more)
        return loss

    monkeypatch.setattr(torch, "compile", noted)
    run()
    assert asked == []
    run(options=TrainingOptions(compiled=True))
    assert asked == [{"dynamic": True}]


@pytest.mark.parametrize(("name", "where"), [("cuda", torch.cuda), ("mps", torch.backends.mps)])
def test_a_device_that_is_not_there_is_said(monkeypatch, name, where):
    monkeypatch.setattr(where, "is_available", lambda: False)
    with pytest.raises(Untrainable, match=f"{name} was asked for and there is none") as refused:
        device_of(name)
    assert refused.value.reason == "no_gpu"


def test_auto_takes_cuda_where_it_is_and_else_the_processor(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_of("auto").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_of("auto").type == "cuda"
