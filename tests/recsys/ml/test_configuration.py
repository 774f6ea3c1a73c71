from __future__ import annotations

import subprocess
import sys

import pytest

from recsys.ml.configs import EaseConfig
from recsys.ml.configuration import ConfigError, parse
from recsys.ml.families import registry


@pytest.mark.parametrize("name", registry.FAMILIES)
def test_every_setting_has_a_help_text_and_a_default_that_will_do(name):
    for setting in registry.family(name).settings:
        assert setting.help.endswith(".")
        assert setting.check(setting.default) is None
    assert registry.parse_config(name, {}) == registry.family(name).config()


@pytest.mark.parametrize(
    ("name", "given", "field", "message"),
    [
        ("ease", {"regularization": 0}, "regularization", "0 is out of range"),
        ("ease", {"regularization": float("nan")}, "regularization", "nan is out of range"),
        ("ease", {"regularization": "300"}, "regularization", "'300' is not a number from 1"),
        ("ease", {"regularization": True}, "regularization", "True is not a number"),
        ("ease", {"regularization": None}, "regularization", "None is not a number"),
        ("ease", {"lambda": 3}, "lambda", "there is no such setting; expected one of regul"),
        ("dot", {"epochs": 2.5}, "epochs", "2.5 is not a whole number from 1 to 500"),
        ("dot", {"epochs": -1}, "epochs", "-1 is out of range; expected a whole number"),
        ("dot", {"embedding_size": 10**9}, "embedding_size", "1000000000 is out of range"),
        ("popularity", {"half_life_days": -3}, "half_life_days", "-3 is out of range"),
        ("popularity", {"counts": "clicks"}, "counts", "'clicks' is not known; expected one of"),
        ("item_knn", [], "parameters", r"\[\] is no object"),
    ],
)
def test_impossible_parameters_are_refused_by_name(name, given, field, message):
    with pytest.raises(ConfigError, match=message) as refused:
        registry.parse_config(name, given)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ConfigError) as refused:
        registry.parse_config("dot", {"epochs": 0, "batch_size": "many", "speed": 1})
    assert {each.field for each in refused.value.problems} == {"epochs", "batch_size", "speed"}


def test_a_whole_number_will_do_where_a_number_is_asked():
    config = parse(EaseConfig, {"regularization": 300})
    assert isinstance(config.regularization, float)


def test_options_are_checked_like_settings():
    assert registry.parse_options({"seed": 3, "device": "cpu"}).seed == 3
    with pytest.raises(ConfigError, match="device: 'tpu' is not known; expected one of auto"):
        registry.parse_options({"device": "tpu"})


def test_an_unknown_family_is_answered_with_those_there_are():
    with pytest.raises(
        registry.UnknownFamily, match="'magic', only popularity, item_knn, user_knn"
    ):
        registry.family("magic")


HEAVY = {"torch", "scipy", "numpy", "django", "implicit", "transformers", "sentence_transformers"}
LIGHT = "import sys; {}; print(sorted(set({!r}) & set(sys.modules)))"
ALL_SCORERS = (
    "from recsys.ml.families import registry; [registry.scorer_of(n) for n in registry.FAMILIES]"
)


@pytest.mark.parametrize(
    ("what", "loads"),
    [
        ("import recsys.ml.families.registry", "[]"),
        (ALL_SCORERS, "['numpy', 'scipy']"),
        ("import recsys.ml.artifact", "['numpy']"),
        ("import recsys.ml.evaluation.metrics", "['numpy']"),
    ],
)
def test_settings_load_nothing_heavy_and_scoring_no_torch(what, loads):
    program = [sys.executable, "-c", LIGHT.format(what, sorted(HEAVY))]
    answer = subprocess.run(program, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == loads
