"""Training the convolution over words with sampled softmax: the half that needs torch.

Dims: N samples of a batch, L places of a history, D numbers of a vector, S sampled items.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from recsys.ml.configs import TextcnnConfig
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.learners.samples import arrays_of, learn
from recsys.ml.learners.text_learner import Reader
from recsys.ml.scorer import Training
from recsys.ml.scorers import texts
from recsys.ml.scorers.textcnn import Textcnn


class TextNetwork(nn.Module):
    """u = c + P Σ_j w_j t_j over a history, logit of item i = u · t_i, t what the reader makes of words."""

    def __init__(self, words: texts.Words, config: TextcnnConfig) -> None:
        super().__init__()
        self.reader = Reader(words, config)
        self.of_history = nn.Linear(config.embedding_size, config.embedding_size)

    def forward(
        self, histories: Tensor, weights: Tensor, targets: Tensor, sampled: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Logits [N] of targets and [N, S] of sampled items; each item of the batch is read once."""
        met = torch.cat([histories.flatten(), targets, sampled])
        items, places = torch.unique(met, return_inverse=True)
        vectors = self.reader(items).float()
        seen, own, others = places.split([histories.numel(), len(targets), len(sampled)])
        done = functional.embedding_bag(
            seen.view_as(histories), vectors, per_sample_weights=weights, mode="sum"
        )
        members = self.of_history(done)
        return (members * vectors[own]).sum(dim=1), members @ vectors[others].T

    @torch.no_grad()
    def scoring(self) -> dict[str, Tensor]:
        """What the scoring half keeps."""
        target = self.reader.everything()
        history = target @ self.of_history.weight.T
        return {"history": history, "target": target, "base": target @ self.of_history.bias}


def fit(
    config: TextcnnConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Textcnn:
    """Learn to tell each interaction from sampled items by the words of all of them.

    Raises Untrainable where no item has words.
    """
    words, known = texts.read(config, interactions, catalogue, training.texts)
    torch.manual_seed(training.options.seed)
    network = TextNetwork(words, config)
    learn(network, known, config, training, "softmax", words.digest())
    return Textcnn(config, words.items, **arrays_of(network.scoring()))
