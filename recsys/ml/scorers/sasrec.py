"""Self-attention over a history: the scoring half, which needs numpy only.

Dims: n places, D numbers of an embedding, H heads of D/H numbers each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from recsys.ml.configs.sequences import SasrecConfig
from recsys.ml.data.interactions import Values
from recsys.ml.scorer import Arrays, Profile
from recsys.ml.scorers.sequential import Sequential, Shapes, sigmoid

WIDER: Final = 4
"""How many times wider the feed forward is inside."""
EPSILON: Final = 1e-5


@dataclass(frozen=True, eq=False)
class Sasrec(Sequential):
    """u = what blocks of causal self-attention make of the last place.

    SASRec (Kang and McAuley 2018), with norms before the layers and, where ``gated``, the gates of LiGR
    (Borisyuk and others 2025, as in eSASRec). Place t attends to place j in proportion to |w_j| e^(q_t·k_j):
    a weight multiplies attention, so what fades is seen less at every layer, in training as in folding
    in, and only ratios of weights matter. A dislike is read turned round.
    """

    family: ClassVar[str] = "sasrec"

    def member(self, profile: Profile) -> Values:
        """Read the places; the last block only works out the last one."""
        own, count = self.parameters, len(profile.rows)
        fades = np.log(np.abs(profile.weights))
        states = own["items"][profile.rows] * np.sign(profile.weights)[:, None]
        states = states + own["positions"][:count]
        for at in range(self.config.blocks):
            is_last = at == self.config.blocks - 1
            states = self._block(_part(own, f"blocks.{at}."), states, fades, is_last=is_last)
        return _normed(states[-1], _part(own, "norm."))

    def _block(self, own: Arrays, states: Values, fades: Values, *, is_last: bool) -> Values:
        """One layer of attention and one feed forward; of the last place alone where it is the last."""
        normed = _normed(states, _part(own, "attention_norm."))
        asking = slice(-1, None) if is_last else slice(None)
        attended = self._attention(own, normed, asking, fades)
        states = states[asking]
        states = states + self._gate(own, "attention_gate.", states) * attended
        normed = _normed(states, _part(own, "feed_norm."))
        return np.asarray(states + self._gate(own, "feed_gate.", states) * self._feed(own, normed))

    def _attention(self, own: Arrays, normed: Values, asking: slice, fades: Values) -> Values:
        count, size = normed.shape
        heads = self.config.heads
        keys, values = (
            (normed @ own[name].T).reshape(count, heads, -1).transpose(1, 0, 2)
            for name in ("key.weight", "value.weight")
        )
        asked = normed[asking] @ own["query.weight"].T
        queries = asked.reshape(len(asked), heads, -1).transpose(1, 0, 2)
        logits = queries @ keys.transpose(0, 2, 1) / np.float32(np.sqrt(size // heads)) + fades
        later = np.triu(np.ones((count, count), bool), 1)[asking]
        logits = np.where(later, np.float32(-np.inf), logits)
        shares = np.exp(logits - logits.max(axis=2, keepdims=True))
        shares = shares / shares.sum(axis=2, keepdims=True)
        mixed = (shares @ values).transpose(1, 0, 2).reshape(len(asked), size)
        return np.asarray(mixed @ own["mix.weight"].T)

    def _gate(self, own: Arrays, name: str, states: Values) -> Values | float:
        if not self.config.gated:
            return 1.0
        gate = _part(own, name)
        return sigmoid(states @ gate["weight"].T + gate["bias"])

    def _feed(self, own: Arrays, normed: Values) -> Values:
        wide = normed @ own["widen.weight"].T
        if self.config.gated:
            opened = normed @ own["open.weight"].T
            wide = wide * opened * sigmoid(opened)
        else:
            wide = np.maximum(wide, 0)
        return np.asarray(wide @ own["narrow.weight"].T)

    @classmethod
    def shapes(cls, config: SasrecConfig, items: int) -> Shapes:
        """The table, the places, and each block's layers."""
        size = config.embedding_size
        named: dict[str, tuple[int, ...]] = {
            "items": (items, size),
            "positions": (config.history, size),
        }
        named |= {f"norm.{each}": (size,) for each in ("weight", "bias")}
        for at in range(config.blocks):
            named |= {f"blocks.{at}.{name}": shape for name, shape in _block_shapes(config).items()}
        return named


def _block_shapes(config: SasrecConfig) -> Mapping[str, tuple[int, ...]]:
    size = config.embedding_size
    square, wide = (size, size), (WIDER * size, size)
    named: dict[str, tuple[int, ...]] = {
        f"{name}.weight": square for name in ("query", "key", "value", "mix")
    }
    named |= {"widen.weight": wide, "narrow.weight": (size, WIDER * size)}
    named |= {
        f"{norm}.{each}": (size,)
        for norm in ("attention_norm", "feed_norm")
        for each in ("weight", "bias")
    }
    if config.gated:
        named |= {"open.weight": wide}
        for gate in ("attention_gate", "feed_gate"):
            named |= {f"{gate}.weight": square, f"{gate}.bias": (size,)}
    return named


def _part(own: Arrays, prefix: str) -> Arrays:
    """The parameters under a prefix, by what comes after it."""
    return {
        name.removeprefix(prefix): each for name, each in own.items() if name.startswith(prefix)
    }


def _normed(states: Values, own: Arrays) -> Values:
    """Layer normalization of the last axis."""
    centred = states - states.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(EPSILON))
    return np.asarray(centred / spread * own["weight"] + own["bias"], np.float32)
