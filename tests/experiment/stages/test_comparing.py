"""Comparators beside a fit, and the paired difference told of them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from medgraft.errors import ConfigError
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.stages import comparing
from medgraft.files import read_json
from medgraft.transfer.strategies.scratch import Scratch, ScratchConfig


@pytest.fixture(scope="module")
def compared(fitted, tmp_path_factory):
    run = tmp_path_factory.mktemp("compared") / "run"
    fit_run(fitted.cohort, run, sets=['evaluation.compare=["classical"]'], home=fitted.home)
    return run


def test_ours_is_the_runs_own_and_the_gain_is_the_difference(compared, fitted):
    (entry,) = read_json(compared / "comparison.json")["comparators"]
    assert (entry["name"], entry["strategy"]) == ("classical", "svm")
    rows = pd.read_parquet(compared / "predictions.parquet").query("split == 'test'")
    positive = read_json(compared / "metrics.json")["_meta"]["positive_label"]
    ours = roc_auc_score(rows["y_true"] == positive, rows[f"p_{positive}"])
    assert entry["test"]["ours"] == pytest.approx(ours)
    for part in ("test", "cv"):
        told = entry[part]
        assert told["gain"]["value"] == pytest.approx(told["ours"] - told["theirs"])
        assert told["gain"]["low"] <= told["gain"]["value"] <= told["gain"]["high"]


def test_the_runs_own_numbers_do_not_move(compared, fitted):
    assert (compared / "metrics.json").read_bytes() == (fitted.run / "metrics.json").read_bytes()


def test_the_comparator_is_what_its_own_run_would_be(compared, fitted, tmp_path):
    fit_run(fitted.cohort, tmp_path / "run", sets=["backbone.name=classical", "strategy.kind=svm"], home=fitted.home)
    theirs = read_json(tmp_path / "run" / "metrics.json")["test"]["auroc"]["value"]
    (entry,) = read_json(compared / "comparison.json")["comparators"]
    assert entry["test"]["theirs"] == pytest.approx(theirs)


def test_the_report_says_it(compared):
    assert "What transfer gained" in (compared / "report.html").read_text("utf-8")


class Quick(ScratchConfig):
    epochs: int = 1


def test_scratch_is_trained_from_random_weights(fitted, tmp_path, monkeypatch):
    member = type("QuickScratch", (Scratch,), {"Config": Quick})
    monkeypatch.setattr(comparing, "STRATEGIES", SimpleNamespace(get={"scratch": member}.get))
    sets = ['evaluation.compare=["scratch"]', "preprocess.size=32"]
    fit_run(fitted.cohort, tmp_path / "run", sets=sets, home=fitted.home)
    (entry,) = read_json(tmp_path / "run" / "comparison.json")["comparators"]
    assert entry["name"] == "scratch"
    assert "cv" not in entry
    assert np.isfinite(entry["test"]["gain"]["value"])


def test_an_unknown_comparator_is_named(fitted, tmp_path):
    with pytest.raises(ConfigError, match=r"evaluation\.compare"):
        fit_run(fitted.cohort, tmp_path / "run", sets=['evaluation.compare=["magic"]'], home=fitted.home)
