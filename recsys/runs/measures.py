"""The words for the measures of an evaluation and for the groups of members that it tells apart."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Measure(NamedTuple):
    """A measure as people read it; `digits` is how many decimals say something."""

    label: str | Promise
    definition: str | Promise
    digits: int = 4


MEASURES: Final = {
    "ndcg": Measure(
        "NDCG@10",
        gettext_lazy(
            "How far in front of the ten places the targets stand: each gains 1/log2(place + 1), "
            "divided by the best that was possible."
        ),
    ),
    "mrr": Measure(
        "MRR@10",
        gettext_lazy("One over the place of the first target among ten; 0 where none is there."),
    ),
    "hit_rate": Measure(
        gettext_lazy("hit rate"), gettext_lazy("Share of members whose ten places hold a target.")
    ),
    "recall": Measure(
        "recall@10", gettext_lazy("Share of a member's targets that stand in the first ten places.")
    ),
    "recall_20": Measure(
        "recall@20", gettext_lazy("Share of a member's targets that stand in the first 20 places.")
    ),
    "coverage": Measure(
        gettext_lazy("coverage"),
        gettext_lazy("Share of the catalogue that stands in anybody's first ten places."),
    ),
    "novelty": Measure(
        gettext_lazy("novelty"),
        gettext_lazy(
            "How unlikely a member is to have met the items, in bits: −log2 of the share of members "
            "who had met each before the cut."
        ),
        2,
    ),
    "diversity": Measure(
        gettext_lazy("diversity"),
        gettext_lazy(
            "How unlike the ten items are in their tags: 1 − cosine, averaged over their pairs."
        ),
    ),
    "calibration": Measure(
        gettext_lazy("calibration"),
        gettext_lazy(
            "How far the mix of tags is from the member's own (Kullback–Leibler divergence): "
            "0 is a perfect match, lower is better."
        ),
    ),
    "rmse": Measure(
        "RMSE",
        gettext_lazy("Root of the mean squared error of predicted ratings, in their own scale."),
    ),
    "mae": Measure(
        "MAE", gettext_lazy("Mean absolute error of predicted ratings, in their own scale.")
    ),
    "accuracy": Measure(
        gettext_lazy("accuracy"),
        gettext_lazy(
            "Share of predicted ratings on the right side of 70 % of the highest: 4 of 5 stars."
        ),
    ),
}
"""By the name under which reports hold them, in the order of pages."""

LESS_IS_BETTER: Final = frozenset({"calibration", "rmse", "mae"})
OF_RATINGS: Final = ("rmse", "mae", "accuracy")
GROUPS: Final = {
    "newcomers": gettext_lazy("members without history"),
    "cold_members": gettext_lazy("cold members: one to four things done before"),
    "cold_items": gettext_lazy("cold items: the target had fewer than five interactions"),
}
SEGMENT: Final = "segment:"


def group_label(name: str) -> str:
    """A group in words; a segment by its slug."""
    if name.startswith(SEGMENT):
        return _("segment %(slug)s") % {"slug": name.removeprefix(SEGMENT)}
    return str(GROUPS.get(name, name))
