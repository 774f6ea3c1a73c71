"""A trace as the tables that its page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from recsys.screens.reasons import text_of
from recsys.screens.waterfalls import billionths
from recsys.traces.supposing import Supposed
from recsys.traces.words import (
    CAUSES,
    DENIALS,
    KINDS,
    LEFT_OUT,
    OUTCOMES,
    SELECTIONS,
    STATES,
    SUPPOSED,
    VERSIONS,
)

Trace = Mapping[str, Any]
Words = Mapping[str, str]
"""Decision to what it says."""


def tables_of(trace: Trace, words: Words) -> dict[str, Any]:
    """Placements with one column per scorer, the decisions and what became of them, the denied items."""
    scorers = sorted({name for placement in trace["placements"] for name in placement["parts"]})
    order = list(OUTCOMES)
    verdicts = sorted(trace["verdicts"], key=lambda verdict: order.index(verdict["outcome"]))
    return {
        "scorers": scorers,
        "placements": [_placement(trace, each, scorers) for each in trace["placements"]],
        "verdicts": [_verdict(verdict, words) for verdict in verdicts],
        "denials": [_denial(trace, denial) for denial in trace["denials"]],
        "report": trace["report"],
        "blend": _blend(trace["blend"]),
        "versions": [
            (VERSIONS.get(name, name), at) for name, at in sorted(trace["versions"].items())
        ],
    }


def decisions_of(trace: Trace) -> dict[UUID, int]:
    """Every decision that a trace says something of, and the revision in which it held."""
    return {UUID(each["decision"]): each["revision"] for each in trace["verdicts"]}


def _verdict(verdict: Trace, words: Words) -> dict[str, Any]:
    kind, outcome, why = verdict["kind"], verdict["outcome"], verdict["why"]
    return {
        **verdict,
        "kind": KINDS.get(kind, kind),
        "code": outcome,
        "outcome": OUTCOMES.get(outcome, outcome),
        "why": CAUSES.get(why, why),
        "words": words.get(verdict["decision"], ""),
        "to_words": words.get(verdict["to"] or "", ""),
    }


def _blend(blend: Trace) -> dict[str, Any]:
    """The weights as used, heaviest first, each with its share, scale and why it was left out if it was."""
    total = sum(blend["weights"].values()) or 1.0
    rows = [
        {
            "scorer": name,
            "weight": weight,
            "share": weight / total * 100,
            "scale": blend["scales"].get(name, ""),
            "left_out": LEFT_OUT.get(blend["left_out"].get(name, ""), ""),
        }
        for name, weight in blend["weights"].items()
    ]
    rows.sort(key=lambda row: (-row["weight"], row["scorer"]))
    return {"beta": blend["beta"], "decision": blend["decision"], "rows": rows}


def supposed_rows(supposed: Iterable[Supposed], words: Words) -> list[dict[str, Any]]:
    """The decisions that had no part, and what would have become of them, in words."""
    return [
        {
            **each.as_json(),
            "kind": KINDS.get(each.kind, each.kind),
            "state": STATES[each.state],
            "outcome": SUPPOSED[each.outcome],
            "why": CAUSES.get(each.why, each.why),
            "words": words.get(each.decision, ""),
            "to_words": words.get(each.to or "", ""),
        }
        for each in supposed
    ]


def _denial(trace: Trace, denial: Trace) -> dict[str, Any]:
    titles = [title_of(trace, item) for item in denial["items"]]
    return {**denial, "code": DENIALS.get(denial["code"], denial["code"]), "titles": titles}


def _placement(trace: Trace, placement: Trace, scorers: list[str]) -> dict[str, Any]:
    selection = placement["selection"]
    return {
        **placement,
        "title": title_of(trace, placement["item"]),
        "columns": [placement["parts"].get(scorer) for scorer in scorers],
        "texts": [text_of(reason) for reason in placement["reasons"]],
        "varied": SELECTIONS.get(selection["kind"], "") if selection else "",
        "exact": sum_of(placement) == billionths(placement["score"]),
    }


def sum_of(placement: Trace) -> int:
    """The parts, the boost and the rounding of a placement added up, in billionths."""
    parts = [part for part in placement["parts"].values() if part is not None]
    return sum(map(billionths, [*parts, placement["boost"], placement["rounding"]]))


def title_of(trace: Trace, item: str) -> str:
    """How an item of a trace is called."""
    return str(trace["items"].get(item, {}).get("title", item))
