"""A budget in place of a recipe: the winner is used as if it had been asked for; the test cases are not looked at."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import CohortError, ConfigError
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.predicting import predict_files
from medgraft.experiment.stages import choosing
from medgraft.files import read_json

SMALL = ["preprocess.size=64", "search.folds=3"]
BOTH = {"search.backbones": ["tf_efficientnet_lite0", "classical"]}


@pytest.fixture(scope="module")
def climbed(fitted, tmp_path_factory):
    """A budget of two sources, two heads each, and one training."""
    run = tmp_path_factory.mktemp("climbed") / "run"
    result = fit_run(
        fitted.cohort,
        run,
        sets=[*SMALL, 'search.upper=["partial"]'],
        flags={"search.budget": "60s", **BOTH},
        home=fitted.home,
    )
    return run, result


def test_the_ladder_tells_what_was_tried(climbed):
    ladder = read_json(climbed[0] / "ladder.json")
    tried = [(item["source"], item["strategy"]) for item in ladder["candidates"]]
    assert ("tf_efficientnet_lite0", "linear-probe") in tried
    assert ("classical", "linear-probe") in tried
    assert any(strategy == "partial" for _, strategy in tried)
    chosen = [item for item in ladder["candidates"] if item["status"] == "chosen"]
    assert [item["name"] for item in chosen] == [ladder["chosen"]]
    assert chosen[0]["folds"] == ladder["folds"] == 3


def test_what_was_chosen_is_what_predicts(climbed, fitted):
    run, _ = climbed
    ladder, model = read_json(run / "ladder.json"), read_json(run / "bundle" / "model.json")
    chosen = next(item for item in ladder["candidates"] if item["status"] == "chosen")
    assert model["backbone"]["name"] == chosen["source"]
    assert model["strategy"]["kind"] == chosen["strategy"]
    rows = pd.read_parquet(run / "predictions.parquet").query("split == 'test'").set_index("case_id")
    answers = predict_files(run, [fitted.cohort], home=fitted.home).table.set_index("case_id")
    for column in [name for name in rows if name.startswith("p_")]:
        np.testing.assert_array_equal(answers.loc[rows.index, column], rows[column])


def test_the_choice_is_told_as_optimistic_and_the_report_shows_it(climbed):
    run, result = climbed
    assert any("a little too good" in text for text in result.warnings)
    assert "How it was chosen" in (run / "report.html").read_text("utf-8")


def test_the_time_is_kept(fitted, tmp_path):
    began = time.monotonic()
    sets = [*SMALL, 'search.upper=["lp-ft"]']
    fit_run(fitted.cohort, tmp_path / "run", sets=sets, flags={"search.budget": "15s", **BOTH}, home=fitted.home)
    assert time.monotonic() - began < 15 * 1.1 + 30


def test_the_labels_of_the_test_cases_change_nothing(fitted, tmp_path, monkeypatch):
    """The material that candidates see holds none of them."""
    seen = []

    class Watching(choosing.Ladder):
        def run(self, planned):
            done = super().run(planned)
            seen.extend(trial.candidate.source.material.index for trial in done.trials)
            return done

    monkeypatch.setattr(choosing, "Ladder", Watching)
    run = tmp_path / "run"
    fit_run(
        fitted.cohort, run, sets=[*SMALL, "search.upper=[]"], flags={"search.budget": "20s", **BOTH}, home=fitted.home
    )
    cases = pd.read_parquet(run / "cohort.parquet")["case_id"].tolist()
    test = {cases.index(case) for case in read_json(run / "split.json")["test"]}
    assert seen
    assert all(not test & set(index) for index in seen)


def test_a_strategy_beside_a_budget_is_a_contradiction(fitted, tmp_path):
    with pytest.raises(ConfigError, match="a budget chooses the strategy"):
        fit_run(
            fitted.cohort,
            tmp_path / "run",
            flags={"search.budget": "20s", "strategy.kind": "lp-ft"},
            home=fitted.home,
        )


@pytest.mark.parametrize("text", ["20", "1d", "soon", "-3m"])
def test_a_budget_is_a_time(fitted, tmp_path, text):
    with pytest.raises(ConfigError, match="a time is needed"):
        fit_run(fitted.cohort, tmp_path / "run", flags={"search.budget": text}, home=fitted.home)


def test_too_few_patients_for_folds_are_told(tmp_path, fitted, monkeypatch):
    monkeypatch.setattr(choosing, "folds_for", lambda *_: None)
    data = write_phantom(tmp_path / "cohort", patients=12, images_per_patient=(1, 1), size=64, seed=1)
    with pytest.raises(CohortError, match="a budget needs cases of each class from two patients"):
        fit_run(data, tmp_path / "run", sets=SMALL, flags={"search.budget": "20s"}, home=fitted.home)
