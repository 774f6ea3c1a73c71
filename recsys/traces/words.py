"""The words for the codes of a trace, in the language of the request."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

KINDS: Final = {
    "pin": _("pin"),
    "block": _("block"),
    "blend": _("blend"),
    "boost": _("boost"),
    "bury": _("bury"),
    "bury_to_bottom": _("bury to the bottom"),
    "exclude": _("exclude"),
    "only": _("only these"),
    "cap": _("cap"),
    "quota": _("quota"),
    "pin_match": _("pin of the best match"),
}
"""Kinds of decision, those of a rule by its effect."""

OUTCOMES: Final = {
    "fired": _("took effect"),
    "idle": _("found nothing to do"),
    "lost": _("gave way"),
    "withheld": _("was withheld"),
}
"""What became of a decision."""

SUPPOSED: Final = {
    "fired": _("would have taken effect"),
    "idle": _("would have found nothing to do"),
    "lost": _("would have given way"),
    "ended": _("would have ended"),
    "apart": _("does not concern this slate"),
}
"""What would have become of a decision that was left out."""

STATES: Final = {
    "withheld": _("withheld from this member"),
    "scheduled": _("had not begun"),
    "over": _("was over"),
    "draft": _("draft"),
}
"""Why a decision was left out."""

CAUSES: Final = {
    "past_depth": _("its slot lies beyond the slate"),
    "no_candidate": _("the item is no candidate"),
    "no_match": _("no item matched"),
    "denied": _("the item may not be shown"),
    "item_claimed": _("the item has a slot already"),
    "shifted": _("the slot was taken; the next free one was used"),
    "fell_back": _("its fallback was shown"),
    "blend_holds": _("another blend holds"),
    "traffic": _("the member is outside its share of traffic"),
    "holdback": _("the member is held back to measure its effect"),
}
"""Why that became of it."""

DENIALS: Final = {
    "safety_block": _("safety block"),
    "never": _("not wanted by the member"),
    "inactive": _("inactive"),
    "block": _("block"),
    "excluded": _("excluded by a rule"),
    "not_listed": _("not among those that a rule allows"),
}
"""Why an item may not be shown."""

LEFT_OUT: Final = {
    "absent": _("not live"),
    "knows_nothing": _("knows nothing of this member; its weight went to the others"),
}
"""Why a scorer of weight had no part."""

TIERS: Final = {
    "unscored": _("No scorer knows this item: it stands after those that one knows."),
    "bottom": _("A rule sends this item to the bottom: it stands after all others."),
}
"""What a tier below the first one means."""

SELECTIONS: Final = {
    "mmr": _("how alike it is to what stands above"),
    "calibration": _("how far it leads away from the member’s profile"),
}
"""What the diversity knob takes a penalty for."""

VERSIONS: Final = {
    "policy": _("policy"),
    "blocks": _("blocks"),
    "catalogue": _("catalogue"),
    "models": _("models"),
    "rewards": _("rewards"),
    "feedback": _("feedback"),
    "segments": _("segments"),
    "statistics": _("statistics"),
}
"""What a slate was made from."""
