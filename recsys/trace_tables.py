"""A trace as the tables that its page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from recsys.reasons import text_of
from recsys.supposing import Supposed
from recsys.trace_words import CAUSES, DENIALS, KINDS, OUTCOMES, STATES, SUPPOSED, VERSIONS

Trace = Mapping[str, Any]


def tables_of(trace: Trace) -> dict[str, Any]:
    """Placements with one column per scorer, the decisions and what became of them, the denied items."""
    scorers = sorted({name for placement in trace["placements"] for name in placement["parts"]})
    return {
        "scorers": scorers,
        "placements": [_placement(trace, each, scorers) for each in trace["placements"]],
        "verdicts": [_verdict(verdict) for verdict in trace["verdicts"]],
        "denials": [_denial(trace, denial) for denial in trace["denials"]],
        "report": trace["report"],
        "versions": [
            (VERSIONS.get(name, name), at) for name, at in sorted(trace["versions"].items())
        ],
    }


def _verdict(verdict: Trace) -> dict[str, Any]:
    kind, outcome, why = verdict["kind"], verdict["outcome"], verdict["why"]
    words = {"outcome": OUTCOMES.get(outcome, outcome), "why": CAUSES.get(why, why)}
    return {**verdict, "kind": KINDS.get(kind, kind), **words}


def supposed_rows(supposed: Iterable[Supposed]) -> list[dict[str, Any]]:
    """The decisions that had no part, and what would have become of them, in words."""
    return [
        {
            **each.as_json(),
            "kind": KINDS.get(each.kind, each.kind),
            "state": STATES[each.state],
            "outcome": SUPPOSED[each.outcome],
            "why": CAUSES.get(each.why, each.why),
        }
        for each in supposed
    ]


def _denial(trace: Trace, denial: Trace) -> dict[str, Any]:
    titles = [_title(trace, item) for item in denial["items"]]
    return {**denial, "code": DENIALS.get(denial["code"], denial["code"]), "titles": titles}


def _placement(trace: Trace, placement: Trace, scorers: list[str]) -> dict[str, Any]:
    return {
        **placement,
        "title": _title(trace, placement["item"]),
        "columns": [placement["parts"].get(scorer) for scorer in scorers],
        "texts": [text_of(reason) for reason in placement["reasons"]],
        "exact": sum_of(placement) == _billionths(placement["score"]),
    }


def sum_of(placement: Trace) -> int:
    """The parts, the boost and the rounding of a placement added up, in billionths."""
    parts = [part for part in placement["parts"].values() if part is not None]
    return sum(map(_billionths, [*parts, placement["boost"], placement["rounding"]]))


def _billionths(amount: float) -> int:
    return round(amount * 10**9)


def _title(trace: Trace, item: str) -> str:
    return str(trace["items"].get(item, {}).get("title", item))
