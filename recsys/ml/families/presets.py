"""Settings to begin with, by family: what each preset is for and what it changes of the defaults. Data alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from recsys.ml.configuration import Value, gettext_noop

QUICK: Final = "quick"
RECOMMENDED: Final = "recommended"
THOROUGH: Final = "thorough"
LATELY: Final = "lately"


@dataclass(frozen=True, slots=True)
class Preset:
    """Named settings of one family: those that are not named keep their defaults."""

    name: str
    title: str
    help: str
    parameters: Mapping[str, Value] = field(default_factory=dict)


def _quick(help_text: str, **parameters: Value) -> Preset:
    return Preset(QUICK, gettext_noop("Quick look"), help_text, parameters)


def _thorough(help_text: str, **parameters: Value) -> Preset:
    return Preset(THOROUGH, gettext_noop("Thorough"), help_text, parameters)


_RECOMMENDED: Final = Preset(
    RECOMMENDED,
    gettext_noop("Recommended"),
    gettext_noop("The defaults: a good balance of quality and time."),
)
_FEWER_ITEMS: Final = gettext_noop(
    "Leaves out items with fewer than five interactions: faster, and blind to what is new."
)
_FEWER_NEIGHBOURS: Final = gettext_noop("Fewer neighbours: a smaller model, somewhat coarser.")
_MORE_NEIGHBOURS: Final = gettext_noop("More neighbours: reaches rarer items, larger and slower.")
_FEW_PASSES: Final = gettext_noop(
    "A small network and three passes: shows whether it learns at all."
)
_LONG_HISTORIES: Final = gettext_noop(
    "Reads four times longer histories with a larger network, and takes its time: many times as long."
)
_FEW_FILTERS: Final = gettext_noop("Few filters and two passes: shows whether it learns at all.")
_LONG_TEXTS: Final = gettext_noop(
    "Reads longer texts with more filters, in more passes: many times as long."
)

_LATELY: Final = gettext_noop("What is liked lately")
_LASTING: Final = Preset(
    "lasting",
    gettext_noop("What lasts"),
    gettext_noop("A half-life of a month: steadier, slower to follow a fashion."),
    {"half_life_days": 30.0},
)

PRESETS: Final[Mapping[str, tuple[Preset, ...]]] = {
    "popularity": (
        _RECOMMENDED,
        _LASTING,
    ),
    "context": (
        _RECOMMENDED,
        _LASTING,
    ),
    "item_knn": (
        _quick(_FEWER_NEIGHBOURS, neighbours=50, least=5),
        _RECOMMENDED,
        _thorough(_MORE_NEIGHBOURS, neighbours=1_000),
    ),
    "user_knn": (
        _quick(_FEWER_NEIGHBOURS, neighbours=20, members=10_000),
        _RECOMMENDED,
        _thorough(_MORE_NEIGHBOURS, neighbours=200, history=1_000),
        Preset(
            LATELY,
            _LATELY,
            gettext_noop(
                "Asks many neighbours what they did lately, above all since the member was last here."
            ),
            {"neighbours": 2_000, "half_life_days": 4.0, "before_days": 2.0},
        ),
    ),
    "cluster": (
        _quick(gettext_noop("Eight clusters: coarser tastes, each of more members."), clusters=8),
        _RECOMMENDED,
        _thorough(
            gettext_noop("Four times the clusters: finer tastes, each of fewer members."),
            clusters=64,
            nearest=8,
        ),
    ),
    "transitions": (
        _quick(_FEWER_ITEMS, least=5),
        _RECOMMENDED,
        _thorough(
            gettext_noop("Looks eight steps ahead instead of three: denser, slower."), lags=8
        ),
    ),
    "ease": (
        _quick(_FEWER_ITEMS, least=5),
        _RECOMMENDED,
        Preset(
            "smooth",
            gettext_noop("Smoother"),
            gettext_noop("Five times the regularization: trusts rare pairs less. As fast."),
            {"regularization": 500.0},
        ),
        Preset(
            LATELY,
            _LATELY,
            gettext_noop(
                "Of all that members liked it learns what they like lately, by half-lives of 16 days."
            ),
            {"regularization": 300.0, "half_life_days": 16.0},
        ),
    ),
    "svd": (
        _quick(gettext_noop("A quarter of the factors: smaller, coarser."), factors=8),
        _RECOMMENDED,
        _thorough(gettext_noop("Four times the factors: finer, larger, slower."), factors=128),
    ),
    "als": (
        _quick(
            gettext_noop("A quarter of the factors and a third of the passes."),
            factors=16,
            iterations=5,
        ),
        _RECOMMENDED,
        _thorough(
            gettext_noop("Twice the factors and twice the passes: about four times as long."),
            factors=128,
            iterations=30,
        ),
    ),
    "dot": (
        _quick(
            gettext_noop("Small embeddings and two passes: shows whether it learns at all."),
            embedding_size=32,
            epochs=2,
        ),
        _RECOMMENDED,
        _thorough(
            gettext_noop("Larger embeddings, more passes, more comparisons: many times as long."),
            embedding_size=256,
            epochs=20,
            negatives=1_024,
        ),
        Preset(
            "texts",
            gettext_noop("Begin with texts"),
            gettext_noop(
                "Embeddings begin with what texts mean: for catalogues of rarely met items."
            ),
            {"begins": "texts"},
        ),
    ),
    "ncf": (
        _quick(
            gettext_noop("Small embeddings and two passes: shows whether it learns at all."),
            factors=8,
            embedding_size=16,
            epochs=2,
        ),
        _RECOMMENDED,
        _thorough(
            gettext_noop("Larger embeddings, more passes, more comparisons: many times as long."),
            factors=128,
            embedding_size=64,
            epochs=20,
            negatives=512,
        ),
    ),
    "rating": (
        _quick(
            gettext_noop("A quarter of the factors and half the passes."), factors=4, iterations=5
        ),
        _RECOMMENDED,
        Preset(
            "any_feedback",
            gettext_noop("Any feedback"),
            gettext_noop("Predicts the reward of any feedback: for those who collect no stars."),
            {"predicts": "reward"},
        ),
    ),
    "gru": (
        _quick(_FEW_PASSES, embedding_size=32, units=64, epochs=3, held=0.0),
        _RECOMMENDED,
        _thorough(_LONG_HISTORIES, units=256, history=200, epochs=60, patience=5),
    ),
    "sasrec": (
        _quick(_FEW_PASSES, embedding_size=32, blocks=1, epochs=3, held=0.0),
        _RECOMMENDED,
        _thorough(_LONG_HISTORIES, embedding_size=128, history=200, epochs=60, patience=5),
    ),
    "content": (
        _RECOMMENDED,
        Preset(
            "likes",
            gettext_noop("Likes alone"),
            gettext_noop("Dislikes do not speak against similar texts."),
            {"dislike": 0.0},
        ),
        Preset(
            "meaning",
            gettext_noop("Meaning alone"),
            gettext_noop(
                "Compares what texts mean, whoever liked what: more unlike what others offer."
            ),
            {"compares": "meaning"},
        ),
    ),
    "textcnn": (
        _quick(_FEW_FILTERS, filters=16, embedding_size=32, epochs=2),
        _RECOMMENDED,
        _thorough(_LONG_TEXTS, filters=128, embedding_size=128, length=256, epochs=20),
    ),
    "joint": (
        _quick(_FEW_FILTERS, filters=16, embedding_size=32, units=64, epochs=2, held=0.0),
        _RECOMMENDED,
        _thorough(_LONG_TEXTS, filters=128, embedding_size=128, length=256, epochs=30, patience=5),
    ),
}


def presets_of(family: str) -> tuple[Preset, ...]:
    """The presets of a family, the quickest first; every family has the recommended one."""
    return PRESETS.get(family, (_RECOMMENDED,))


def preset_of(family: str, name: str) -> Preset | None:
    """One preset of a family, None where it has no such."""
    return next((each for each in presets_of(family) if each.name == name), None)
