"""Pins of the best match that have a slot before others that claim it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from curation.fusion import policy as fusion
from curation.lint.beside import Beside
from curation.lint.findings import Findings, warns
from curation.lint.reach import beats


def matches_before(claim: fusion.Pin | fusion.Rule, slot: int, beside: Beside) -> Findings:
    """The pins of the best match that always have the slot which a pin, or another of them, claims."""
    for rule in beside.others(claim, beside.matches_in.get(slot, ())):
        if beats(rule, claim) and beside.named(rule):
            text = _("A pin of the best match that outranks it always has slot %(slot)d.")
            yield warns("always_beaten", text % {"slot": slot}, rule.lineage)
