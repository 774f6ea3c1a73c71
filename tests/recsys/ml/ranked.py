"""`python -m tests.recsys.ml.ranked FOLDER`: two ranks that train lessons together, forked to load torch once.

Each writes what it learnt to FOLDER/LESSON-RANK.npz; a test learns the same lesson alone.
"""

from __future__ import annotations

import os
import socket
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from recsys.ml.configs import DotConfig, SasrecConfig
from recsys.ml.families.options import TrainingOptions
from recsys.ml.learners import dot_learner, sasrec_learner
from recsys.ml.scorer import Cancelled, Training, quiet
from recsys.ml.training import ranks
from recsys.ml.training.loop import Task, Watch, train
from recsys.ml.training.pacing import Pacing
from tests.recsys.ml.two_tastes import CATALOGUE, world

SIZE = 2
STEPS = 3
OPTIONS = TrainingOptions(seed=7, device="cpu")
DOT = DotConfig(embedding_size=4, batch_size=179, negatives=6, epochs=6)
SASREC = SasrecConfig(
    embedding_size=8,
    heads=2,
    blocks=1,
    history=4,
    batch_size=13,
    epochs=4,
    held=0.2,
    dropout=0.0,
    perturbation=0.1,
    learning_rate=0.01,
)


def dot(_folder):
    """Of 180 samples the last batch has one, and one rank nothing of it."""
    return _learnt(dot_learner.fit(DOT, world(), CATALOGUE, Training(OPTIONS)))


def sasrec(_folder):
    """Windows teach at several places each, a share of members is held out, inputs are pushed."""
    return _learnt(sasrec_learner.fit(SASREC, world(), CATALOGUE, Training(OPTIONS)))


def early(_folder):
    """The first rank alone measures, and finds a plateau."""
    found = iter([0.1, 0.5, 0.4, 0.3, 0.2])

    def measure():
        assert ranks.here().is_first
        return next(found)

    watch = Watch("ndcg", measure)
    return _line(epochs=6, pacing=Pacing(patience=1, lowerings=1), watch=watch)


def resumed(folder):
    """Stopped in the third epoch, gone on from the checkpoint."""
    kept = folder / f"kept-{ranks.here().size}"
    try:
        _line(_stopping(2 * STEPS + 1), kept, epochs=5)
    except Cancelled:
        return {**_line(folder=kept, epochs=5), "kept": len(list(kept.glob("[0-9]*")))}
    raise AssertionError("it was not stopped")


def straight(_folder):
    """Never stopped."""
    return _line(epochs=5)


def dropped(_folder):
    """What each rank's dropout leaves of as many ones."""
    seen = []

    def loss(model, batch):
        seen.append(nn.functional.dropout(torch.ones(64)))
        return model(batch[0]).square().mean()

    _line(epochs=1, loss=loss)
    return {"left": torch.stack(seen).numpy()}


LESSONS = {each.__name__: each for each in (dot, sasrec, early, resumed, straight, dropped)}


def _learnt(scorer):
    return dict(scorer.arrays())


def _stopping(at):
    def progress(_stage, done, _total, metrics=None):
        if done == at and not metrics:
            raise Cancelled

    return progress


def _line(progress=quiet, folder=None, loss=None, **more):
    """Train y = x · w on batches of seven rows; the parameters, the losses and the rate at the end."""
    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)

    def batches(epoch):
        chance = np.random.default_rng([1, epoch])
        for _ in range(STEPS):
            yield [torch.from_numpy(chance.normal(size=(7, 4)).astype(np.float32))]

    def squares(model, batch):
        return (model(batch[0])[:, 0] - batch[0].sum(dim=1) * 3).square().mean()

    loss = loss or squares
    task = Task(
        model,
        optimizer,
        batches,
        lambda batch: loss(model, batch),
        STEPS,
        fingerprint="one",
        **more,
    )
    losses = train(task, Training(OPTIONS, progress, folder), torch.device("cpu"))
    told = {name: each.detach().numpy() for name, each in model.state_dict().items()}
    return {**told, "losses": np.array(losses), "rate": optimizer.param_groups[0]["lr"]}


def main(folder: Path, lessons: Iterable[str]) -> int:
    """Fork the ranks and wait for them; how many failed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = [_forked(rank, port, folder, lessons) for rank in range(SIZE)]
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)


def _forked(rank: int, port: int, folder: Path, lessons: Iterable[str]) -> int:
    child = os.fork()
    if child:
        return child
    told: dict[str, object] = {
        "RANK": rank,
        "LOCAL_RANK": rank,
        "WORLD_SIZE": SIZE,
        "LOCAL_WORLD_SIZE": SIZE,
    }
    told |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in told.items()})
    try:
        with ranks.joined("cpu"):
            for name in lessons:
                np.savez(folder / f"{name}-{rank}.npz", **LESSONS[name](folder))
    except BaseException:  # noqa: BLE001 - the child of a fork must never return
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), LESSONS))
