"""Training the recurrent network and the convolution over words together: the half that needs torch.

Dims: N places, B windows, L places of one, K items, n of them, S sampled ones, D numbers of a vector, H units.
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from recsys.ml.configs import JointConfig
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.learners.gru_learner import Recurrent
from recsys.ml.learners.samples import arrays_of
from recsys.ml.learners.sequence_learner import teach
from recsys.ml.learners.text_learner import AT_ONCE, Reader
from recsys.ml.scorer import Training
from recsys.ml.scorers import texts
from recsys.ml.scorers.joint import Joint
from recsys.ml.training.ranks import Batch


class Joining(nn.Module):
    """u · c + o · ReLU(W_r u + W_s c + b)."""

    def __init__(self, size: int, units: int) -> None:
        super().__init__()
        self.units = units
        if units:
            self.of_member = nn.Linear(size, units, bias=False)
            self.of_item = nn.Linear(size, units)
            self.head = nn.Linear(units, 1, bias=False)

    def own(self, hidden: Tensor, items: Tensor) -> Tensor:
        """Logits [N] of hidden vectors [N, D], each with its own item [N, D]."""
        product = (hidden * items).sum(dim=1)
        return (
            product + self._layer(self.of_member(hidden) + self.of_item(items))
            if self.units
            else product
        )

    def all(self, hidden: Tensor, items: Tensor) -> Tensor:
        """Logits [N, S] of hidden vectors [N, D] with all of the items [S, D]."""
        product = hidden @ items.T
        if not self.units:
            return product
        # Some items at a time: with a whole catalogue the layer would take gigabytes.
        members = self.of_member(hidden)[:, None]
        met = [self._layer(members + each) for each in torch.split(self.of_item(items), AT_ONCE)]
        return product + torch.cat(met, dim=1)

    def _layer(self, met: Tensor) -> Tensor:
        return torch.as_tensor(self.head(functional.relu(met))).squeeze(-1)


class JointNetwork(Recurrent):
    """The network of `joint.Joint`, for many windows at once; the words of a batch's items are read once."""

    def __init__(self, words: texts.Words, config: JointConfig) -> None:
        super().__init__()
        self.reader = Reader(words, config)
        self.prepare(config)
        self.joining = Joining(config.embedding_size, config.joined)

    def meeting(self) -> Joining:
        """By the product and the joining layer."""
        return self.joining

    def table(self, items: Tensor | None = None) -> Tensor:
        """What the reader makes of words."""
        vectors = self.reader.everything() if items is None else self.reader(items)
        return vectors.float()

    def narrowed(self, batch: Batch, chances: Tensor) -> tuple[Tensor, Batch, Tensor]:
        """Only the items that the batch is about; all of them where it compares with all."""
        items, weights, fades, targets, lessons, sampled = batch
        if not len(sampled):
            every = torch.arange(len(chances), device=chances.device)
            return self.table(every), batch, chances
        met = torch.cat([items.flatten(), targets.flatten(), sampled])
        asked, places = torch.unique(met, return_inverse=True)
        read, wanted, others = places.split([items.numel(), targets.numel(), len(sampled)])
        about = (read.view_as(items), weights, fades, wanted.view_as(targets), lessons, others)
        return self.table(asked), about, chances[asked]

    @torch.no_grad()
    def scoring(self) -> dict[str, Tensor]:
        """What the scoring half keeps: vectors instead of words, the joining layer with the items in it."""
        own = {
            name: each
            for name, each in self.state_dict().items()
            if name.startswith(("cell", "out"))
        }
        vectors = self.table()
        own["items"] = vectors
        if self.joining.units:
            own["joined"] = self.joining.of_item(vectors)
            own["of_member.weight"] = self.joining.of_member.weight
            own["head.weight"] = self.joining.head.weight
        return own


def fit(
    config: JointConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Joint:
    """Learn to tell what comes next by the words of what came before and of all that may come.

    Raises Untrainable where no item has words.
    """
    words, known = texts.read(config, interactions, catalogue, training.texts)
    network = teach(config, known, training, lambda: JointNetwork(words, config), words.digest())
    parameters: dict[str, NDArray[Any]] = dict(arrays_of(network.scoring()))
    return Joint(config, words.items, parameters)
