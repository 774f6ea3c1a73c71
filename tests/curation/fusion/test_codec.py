"""Slates and inputs as bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import orjson
import pytest

from curation.fusion.candidates import Similarities, pack_ids
from curation.fusion.codec import (
    CodecError,
    decode_inputs,
    encode_both,
    encode_inputs,
    encode_slate,
    replay,
    slate_body,
)
from curation.fusion.columns import Column, Kind
from curation.fusion.effects import (
    EFFECTS,
    Boost,
    Bury,
    BuryToBottom,
    Cap,
    Effect,
    Exclude,
    Fallback,
    Only,
    PinMatch,
    Quota,
)
from curation.fusion.explain import REASONS
from curation.fusion.policy import Audience, Diversity, DiversityKind, Hours, Rule, Scope
from curation.fusion.query import All, AnyOf, Comparison, Not, Query
from curation.fusion.slate import ENGINE_VERSION
from tests.curation.fusion.cases import (
    MEMBER,
    NOW,
    STRANGER,
    Case,
    block,
    decision_id,
    genre,
    item,
    items_of,
    pin,
    rule,
    simple_case,
)
from tests.curation.fusion.properties import fused


def every_rule() -> list[Rule]:
    """A rule of each effect, between them of every kind of query."""
    effects: list[Effect] = [Boost(0.5), Bury(0.2), BuryToBottom(), Cap(1, 2, "studio"), Exclude()]
    effects += [Only(Fallback.LIST, (item(1),)), PinMatch(2), Quota(1, 2)]
    assert {type(each) for each in effects} == set(EFFECTS.values())
    whats: list[Query] = [
        All((genre("war"), Not(Comparison("year", Kind.NUMBER, "lt", 1990.0)))),
        AnyOf((items_of(1, 2), Comparison("studio", Kind.TEXT, "in", ("a", "b")))),
        Comparison("released", Kind.DATE, "exists"),
        Comparison("animated", Kind.BOOLEAN, "eq", value=True),
    ]
    return [rule(at, effect, whats[at % 4], holdback=0.1) for at, effect in enumerate(effects)]


def rich() -> Case:
    """A case that uses every kind of field, effect and query."""
    hours = Hours("Asia/Shanghai", frozenset({3}), 0, 1440)
    case = simple_case(
        3.0,
        2.0,
        1.0,
        0.5,
        0.4,
        rated=np.array([True, False, False, False, False]),
        shown=np.array([1, 0, 2, 0, 0], np.int32),
        similarities=Similarities.of(np.full((5, 5), 0.25)),
        profile={"war": 1.0},
        nevers=frozenset({item(3)}),
        columns={
            "genres": Column.of(Kind.TAGS, [["War", "Drama"], None, ["战争"], [], ["War"]]),
            "year": Column.of(Kind.NUMBER, [1991, None, 2000, 1, 2]),
            "studio": Column.of(Kind.TEXT, ["A", None, "b", "b", "B"]),
            "released": Column.of(Kind.DATE, ["1991-01-01", None, None, None, None]),
            "animated": Column.of(Kind.BOOLEAN, [True, False, None, True, None]),
            "unused": Column.of(Kind.NUMBER, [1, 2, 3, 4, 5]),
        },
    )
    case = case.with_rules(*every_rule()).with_policy(
        blocks=(block(50, 2, safety=True, reason="law"),),
        pins=(pin(60, 1, 2, who=Audience(hours=hours, languages=frozenset({"zh", "en"}))),),
        valid_until=NOW,
    )
    case = case.with_surface(diversity=Diversity(DiversityKind.MMR, 200), exploring=frozenset({1}))
    context = replace(
        case.context,
        language="zh",
        anchor=item(2),
        segments=frozenset({decision_id(1), decision_id(2)}),
        attributes={"age": Column.of(Kind.NUMBER, [30])},
        clocks={"Asia/Shanghai": datetime(2025, 6, 4, 20, 30)},  # noqa: DTZ001  (a wall clock)
        versions={"policy": 3, "feedback": 9},
        models={"plain": "m-1"},
    )
    return replace(case, context=context, seed=2**64 - 1)


def test_every_kind_of_input_survives_storage():
    case = rich()
    inputs = decode_inputs(encode_inputs(*case.arguments))
    assert inputs.policy == case.policy
    assert inputs.seed == case.seed
    assert inputs.engine_version == ENGINE_VERSION
    for name in case.context.__dataclass_fields__.keys() - {"attributes"}:
        assert getattr(inputs.context, name) == getattr(case.context, name)
    assert set(inputs.candidates.columns) == set(case.candidates.columns) - {"unused"}
    assert encode_slate(replay(encode_inputs(*case.arguments))) == encode_slate(fused(case))


def test_no_candidates_survive_storage():
    case = simple_case()
    assert encode_slate(replay(encode_inputs(*case.arguments))) == encode_slate(fused(case))


@pytest.mark.parametrize("damage", ["", "other", "cut", "flipped", "layout"])
def test_damaged_inputs_are_refused(damage):
    sound = encode_inputs(*rich().arguments)
    damaged = {
        "": b"",
        "other": b"PK" + sound,
        "cut": sound[:-20],
        "flipped": sound[:40] + bytes([sound[40] ^ 255]) + sound[41:],
        "layout": sound[:4] + sound[:4],
    }[damage]
    with pytest.raises(CodecError):
        decode_inputs(damaged)


def test_the_trace_is_canonical_json():
    encoded = encode_slate(fused(rich()))
    assert orjson.dumps(orjson.loads(encoded), option=orjson.OPT_SORT_KEYS) == encoded


def test_amounts_are_decimals_of_nine_places():
    case = simple_case(0.1 + 0.2, 123456.123456789).with_rules(rule(1, Boost(0.3), items_of(1)))
    encoded = encode_slate(fused(case)).decode()
    assert '"score":0.6' in encoded
    assert '"score":10000.0' in encoded  # parts are bounded
    assert '"boost":0.3' in encoded


def test_the_body_names_every_scorer_and_holds_what_serving_needs():
    body = slate_body(fused(rich()))
    placement = body["placements"][0]
    assert set(placement["parts"]) == {"plain"}
    assert body["versions"] == {"policy": 3, "feedback": 9}
    assert body["valid_until"] == "2025-06-04T12:30:00+00:00"
    assert placement["parts"]["plain"] + placement["boost"] + placement[
        "rounding"
    ] == pytest.approx(placement["score"])


def test_every_reason_is_known_with_its_parameters():
    case = rich()
    for placement in fused(case).placements:
        for reason in placement.reasons:
            assert set(reason.parameters) == set(REASONS[reason.code])


def test_an_item_twice_is_refused():
    case = simple_case(1.0, 2.0)
    with pytest.raises(ValueError, match="twice"):
        replace(case.candidates, ids=pack_ids([item(1), item(1)]))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"active": np.ones(3, np.bool_)}, "active has 3 entries for 2"),
        ({"active": np.ones(2)}, "active holds float64, not bool"),
        ({"scores": {"plain": np.zeros(2, np.float32)}}, "score plain holds float32"),
        ({"scores": {}}, "same scorers"),
        ({"columns": {"year": Column.of(Kind.NUMBER, [1])}}, "column year has 1"),
        ({"ids": np.zeros((2, 4), np.uint8)}, "ids must be"),
    ],
)
def test_candidates_that_do_not_fit_together_are_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        replace(simple_case(1.0, 2.0).candidates, **changes)


def test_more_than_a_thousand_candidates_are_refused():
    with pytest.raises(ValueError, match="at most 1000"):
        simple_case(*([1.0] * 1001))


def test_other_members_are_not_stored_with_a_slate():
    case = rich()
    theirs = block(99, 4, scope=Scope(member=STRANGER))
    with_theirs = case.with_policy(blocks=(*case.policy.blocks, theirs))
    assert encode_inputs(*with_theirs.arguments) == encode_inputs(*case.arguments)
    assert encode_slate(fused(with_theirs)) == encode_slate(fused(case))


def test_a_members_own_decisions_are_stored_whoever_was_told_before():
    scopes = [Scope(member=who) for who in (MEMBER, STRANGER)]
    blocks = tuple(block(98 + at, 4, scope=scope) for at, scope in enumerate(scopes))
    case = rich().with_policy(blocks=blocks)
    for subject in (None, MEMBER, STRANGER, None):
        context = replace(case.context, subject=subject)
        stored = encode_inputs(case.candidates, case.policy, context, case.seed)
        own = tuple(each for each in blocks if each.scope.member == subject)
        assert decode_inputs(stored).policy.blocks == own


def test_trace_and_body_written_together_are_those_written_apart():
    slate = fused(rich())
    trace, body = encode_both(slate)
    assert trace == encode_slate(slate)
    assert body == slate_body(slate)


def test_the_trace_holds_the_frozen_situation():
    told = orjson.loads(encode_slate(fused(rich())))
    assert (told["language"], told["anchor"]) == ("zh", str(item(2)))
    assert told["segments"] == [str(decision_id(1)), str(decision_id(2))]
    assert (told["models"], told["versions"]["feedback"]) == ({"plain": "m-1"}, 9)


def test_a_member_reaches_the_trace_by_subject_only():
    assert orjson.loads(encode_slate(fused(rich())))["subject"] == str(MEMBER)
