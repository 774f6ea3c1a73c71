"""Settings of each family, by theme. No torch, no scipy, no numpy: the web process shows them as forms."""

from __future__ import annotations

from recsys.ml.configs.counted import (
    ClusterConfig,
    ContextConfig,
    PopularityConfig,
    TransitionsConfig,
)
from recsys.ml.configs.linear import AlsConfig, EaseConfig, RatingConfig, SvdConfig
from recsys.ml.configs.neighbours import ContentConfig, ItemKnnConfig, UserKnnConfig
from recsys.ml.configs.neural import DotConfig, NcfConfig
from recsys.ml.configs.sequences import GruConfig, SasrecConfig
from recsys.ml.configs.texts import JointConfig, TextcnnConfig

__all__ = [
    "AlsConfig",
    "ClusterConfig",
    "ContentConfig",
    "ContextConfig",
    "DotConfig",
    "EaseConfig",
    "GruConfig",
    "ItemKnnConfig",
    "JointConfig",
    "NcfConfig",
    "PopularityConfig",
    "RatingConfig",
    "SasrecConfig",
    "SvdConfig",
    "TextcnnConfig",
    "TransitionsConfig",
    "UserKnnConfig",
]
