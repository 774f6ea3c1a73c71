"""The families by name: where their settings, scorers and learners live, as dotted paths.

Importing this loads neither torch nor scipy; ``scorer_of`` and ``learner_of`` load what they name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Final, cast

from recsys.ml.configs import (
    AlsConfig,
    ClusterConfig,
    ContentConfig,
    ContextConfig,
    DotConfig,
    EaseConfig,
    GruConfig,
    ItemKnnConfig,
    JointConfig,
    NcfConfig,
    PopularityConfig,
    RatingConfig,
    SasrecConfig,
    SvdConfig,
    TextcnnConfig,
    TransitionsConfig,
    UserKnnConfig,
)
from recsys.ml.configs.linear import MOST_ITEMS
from recsys.ml.configuration import (
    ConfigError,
    Problem,
    Setting,
    gettext_noop,
    parse,
    settings_of,
)
from recsys.ml.families.options import TrainingOptions

if TYPE_CHECKING:
    from recsys.ml.scorer import Learner, Scorer

Config = (
    PopularityConfig
    | ItemKnnConfig
    | UserKnnConfig
    | ClusterConfig
    | ContextConfig
    | TransitionsConfig
    | EaseConfig
    | SvdConfig
    | AlsConfig
    | DotConfig
    | NcfConfig
    | RatingConfig
    | GruConfig
    | SasrecConfig
    | ContentConfig
    | TextcnnConfig
    | JointConfig
)


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of scorer.

    ``iterative`` ones resume from a checkpoint, the others start again; those that ``reads_texts`` need
    the vectors of items, those that ``reads_words`` their texts. Only those that train ``by_gradient`` can be
    fitted by several processes. ``most_items`` is how many items a fit takes, 0 any number.
    """

    name: str
    title: str
    help: str
    config: type[Any]
    scorer: str
    learner: str
    iterative: bool = False
    by_gradient: bool = False
    reads_texts: bool = False
    reads_words: bool = False
    most_items: int = 0

    @property
    def settings(self) -> tuple[Setting, ...]:
        """What a launch form shows."""
        return settings_of(self.config)


class UnknownFamily(LookupError):
    """No family has this name; the message lists those that there are."""


_ALL: Final = (
    Family(
        "popularity",
        gettext_noop("Popularity"),
        gettext_noop("What members rated well lately, alike for everyone."),
        PopularityConfig,
        "recsys.ml.scorers.popularity:Popularity",
        "recsys.ml.scorers.popularity:fit",
    ),
    Family(
        "item_knn",
        gettext_noop("Nearest items"),
        gettext_noop("Items liked by the same members, by cosine."),
        ItemKnnConfig,
        "recsys.ml.scorers.item_knn:ItemKnn",
        "recsys.ml.scorers.item_knn:fit",
    ),
    Family(
        "user_knn",
        gettext_noop("Nearest members"),
        gettext_noop("What members liked whose likes are alike, by cosine."),
        UserKnnConfig,
        "recsys.ml.scorers.user_knn:UserKnn",
        "recsys.ml.scorers.user_knn:fit",
    ),
    Family(
        "context",
        gettext_noop("Popularity by time"),
        gettext_noop("What is popular lately, and liked at this hour and on this weekday."),
        ContextConfig,
        "recsys.ml.scorers.context:Context",
        "recsys.ml.scorers.context:fit",
    ),
    Family(
        "cluster",
        gettext_noop("Clusters"),
        gettext_noop("What is popular lately among members of the same taste, by k-means."),
        ClusterConfig,
        "recsys.ml.scorers.cluster:Cluster",
        "recsys.ml.scorers.cluster:fit",
    ),
    Family(
        "transitions",
        gettext_noop("Transitions"),
        gettext_noop("What members turn to next after an item."),
        TransitionsConfig,
        "recsys.ml.scorers.transitions:Transitions",
        "recsys.ml.scorers.transitions:fit",
    ),
    Family(
        "ease",
        gettext_noop("EASE"),
        gettext_noop("A linear item-item model in closed form."),
        EaseConfig,
        "recsys.ml.scorers.ease:Ease",
        "recsys.ml.scorers.ease:fit",
        most_items=MOST_ITEMS,
    ),
    Family(
        "svd",
        gettext_noop("Singular values"),
        gettext_noop("What items have in common, by a truncated decomposition (SVD, LSA)."),
        SvdConfig,
        "recsys.ml.scorers.svd:Svd",
        "recsys.ml.scorers.svd:fit",
    ),
    Family(
        "als",
        gettext_noop("Alternating least squares"),
        gettext_noop("Embeddings from a weighted matrix factorization."),
        AlsConfig,
        "recsys.ml.scorers.als:Als",
        "recsys.ml.learners.als_learner:fit",
        iterative=True,
    ),
    Family(
        "dot",
        gettext_noop("Dot product"),
        gettext_noop("Embeddings learnt by ranking what came next above sampled items."),
        DotConfig,
        "recsys.ml.scorers.dot:Dot",
        "recsys.ml.learners.dot_learner:fit",
        iterative=True,
        by_gradient=True,
    ),
    Family(
        "ncf",
        gettext_noop("Neural filtering"),
        gettext_noop("A product of embeddings and a small network beside it (NCF, NeuMF)."),
        NcfConfig,
        "recsys.ml.scorers.ncf:Ncf",
        "recsys.ml.learners.ncf_learner:fit",
        iterative=True,
        by_gradient=True,
    ),
    Family(
        "rating",
        gettext_noop("Ratings"),
        gettext_noop("How many stars a member would give; judged by its errors, weak at ranking."),
        RatingConfig,
        "recsys.ml.scorers.rating:Rating",
        "recsys.ml.learners.rating_learner:fit",
    ),
    Family(
        "gru",
        gettext_noop("Recurrent network"),
        gettext_noop("A network that reads a history step by step and tells what comes next."),
        GruConfig,
        "recsys.ml.scorers.gru:Gru",
        "recsys.ml.learners.gru_learner:fit",
        iterative=True,
        by_gradient=True,
    ),
    Family(
        "sasrec",
        gettext_noop("Self-attention"),
        gettext_noop("A network that weighs a history's items by each other (SASRec)."),
        SasrecConfig,
        "recsys.ml.scorers.sasrec:Sasrec",
        "recsys.ml.learners.sasrec_learner:fit",
        iterative=True,
        by_gradient=True,
    ),
    Family(
        "content",
        gettext_noop("Content"),
        gettext_noop("Items whose texts mean something like what a member liked; new ones too."),
        ContentConfig,
        "recsys.ml.scorers.content:Content",
        "recsys.ml.scorers.content:fit",
        reads_texts=True,
    ),
    Family(
        "textcnn",
        gettext_noop("Text convolution"),
        gettext_noop(
            "Items whose words fit what a member liked, as a network learnt it; new ones too."
        ),
        TextcnnConfig,
        "recsys.ml.scorers.textcnn:Textcnn",
        "recsys.ml.learners.textcnn_learner:fit",
        iterative=True,
        by_gradient=True,
        reads_words=True,
    ),
    Family(
        "joint",
        gettext_noop("Joint network"),
        gettext_noop(
            "A recurrent network over a history and a convolution over words, learnt together."
        ),
        JointConfig,
        "recsys.ml.scorers.joint:Joint",
        "recsys.ml.learners.joint_learner:fit",
        iterative=True,
        by_gradient=True,
        reads_words=True,
    ),
)
FAMILIES: Final = {each.name: each for each in _ALL}


def family(name: str) -> Family:
    """The family of a name; raises UnknownFamily."""
    if name not in FAMILIES:
        raise UnknownFamily(f"there is no family {name!r}, only {', '.join(FAMILIES)}")
    return FAMILIES[name]


def needs_vectors(name: str, parameters: Mapping[str, Any]) -> bool:
    """Whether a fit of a family with these settings takes the vectors of items' texts."""
    return family(name).reads_texts or parameters.get("begins") == "texts"


def parse_config(name: str, parameters: object) -> Config:
    """Make a family's config of what was given; raises UnknownFamily, ConfigError."""
    return cast("Config", parse(family(name).config, parameters))


def parse_options(given: object, name: str = "") -> TrainingOptions:
    """Make training options of what was given, for a family where one is named; raises ConfigError."""
    options = parse(TrainingOptions, given)
    if name and options.processes > 1 and not family(name).by_gradient:
        wrong = f"{name} does not train by gradient, so one process fits it"
        raise ConfigError((Problem("processes", wrong, "1"),))
    return options


def scorer_of(name: str) -> type[Scorer]:
    """The scorer class of a family; loads no torch."""
    return cast("type[Scorer]", resolve_name(family(name).scorer))


def learner_of(name: str) -> Learner:
    """The learner of a family; those of iterative families load torch."""
    return cast("Learner", resolve_name(family(name).learner))
