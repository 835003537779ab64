"""Closed, typed, all problems at once; flags beat --set, which beats the file."""

from __future__ import annotations

import json

import pytest

from medgraft.errors import ConfigError, UsageError
from medgraft.experiment.config import DEFAULT_BACKBONE, FitConfig, resolve_config


def test_defaults():
    config = resolve_config().for_cohort(volumes=False)
    assert config.backbone.name == DEFAULT_BACKBONE
    assert config.strategy["kind"] == "linear-probe"
    assert config.strategy_config().repeats == 3
    assert config.seed == 0


def test_the_usual_strategy_goes_by_the_cohort_unless_one_was_asked_for():
    config = resolve_config(sets=["strategy.class_weights=balanced"])
    for volumes, kind in ((False, "linear-probe"), (True, "attention")):
        settled = config.for_cohort(volumes=volumes).strategy_config()
        assert (settled.kind, settled.class_weights) == (kind, "balanced")
    asked = resolve_config(sets=["strategy.kind=linear-probe"])
    assert asked.for_cohort(volumes=True).strategy["kind"] == "linear-probe"
    with pytest.raises(ConfigError, match="root"):
        resolve_config(sets=["strategy.root=false"]).for_cohort(volumes=True)


def test_flags_beat_set_which_beats_the_file(tmp_path):
    file = tmp_path / "fit.toml"
    file.write_text('seed = 1\nengine = "torch"\n[strategy]\nkind = "linear-probe"\nfolds = 3\nrepeats = 1\n')
    config = resolve_config(file, ["seed=2", "strategy.folds=4"], {"seed": 3, "engine": None})
    assert (config.seed, config.engine) == (3, "torch")
    assert (config.strategy["folds"], config.strategy["repeats"]) == (4, 1)


def test_a_runs_own_config_is_accepted(fitted):
    again = resolve_config(fitted.run / "config.json")
    first = json.loads((fitted.run / "config.json").read_text("utf-8"))
    for key, value in again.model_dump(mode="json").items():
        assert first[key] == value


def test_all_problems_at_once_with_the_nearest_names():
    with pytest.raises(ConfigError) as caught:
        resolve_config(sets=["sed=1", "strategy.fold=4", "preprocess.size=many", "split.on_leak=maybe"])
    text = str(caught.value)
    assert "sed: there is no such setting (did you mean 'seed'?)" in text
    assert "strategy.fold: there is no such setting (did you mean 'strategy.folds'?)" in text
    assert "preprocess.size" in text
    assert "split.on_leak" in text


def test_a_wrong_strategy_and_wrong_shares_hide_no_other_problem():
    with pytest.raises(ConfigError) as caught:
        resolve_config(sets=["sed=1", "split.train=0.9"], flags={"strategy.kind": "linear-prob"})
    text = str(caught.value)
    for words in ("did you mean 'seed'?", "train + val + test is 1.26; it must be 1", "did you mean 'linear-probe'?"):
        assert words in text


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        (["seed"], "NAME=VALUE is needed"),
        (["seed=2", "seed.x=1"], "seed"),
        (["split.train=0.9"], "it must be 1"),
    ],
)
def test_settings_that_do_not_hold(sets, words):
    with pytest.raises(ConfigError, match=words):
        resolve_config(sets=sets)


def test_an_unknown_strategy_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'linear-probe'"):
        resolve_config(flags={"strategy.kind": "linear-prob"})


def test_files_that_are_none(tmp_path):
    with pytest.raises(ConfigError, match="give a TOML or JSON file"):
        resolve_config(tmp_path / "nowhere.toml")
    (tmp_path / "bad.toml").write_text("seed = = 1")
    with pytest.raises(ConfigError, match="TOML"):
        resolve_config(tmp_path / "bad.toml")


def test_it_survives_json():
    config = resolve_config(sets=['preprocess.intensity={"low": 0, "high": 4095}'])
    assert FitConfig(**json.loads(config.model_dump_json())) == config
