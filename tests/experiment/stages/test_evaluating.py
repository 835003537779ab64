"""Predictions are in their schema, and metrics are those of the predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.files import read_json


@pytest.fixture
def predictions(fitted):
    return pd.read_parquet(fitted.run / "predictions.parquet")


def test_the_schema(predictions):
    names = ["case_id", "patient_id", "site", "split", "repeat", "fold", "y_true", "y_pred", "p_clear", "p_nodule"]
    assert list(predictions) == names
    folds = predictions[predictions["split"] == "cv"]
    assert sorted(folds["repeat"].unique()) == [0, 1, 2]
    assert predictions.loc[~predictions["split"].isin(["cv", "loso"]), ["repeat", "fold"]].isna().all(axis=None)


def test_metrics_are_those_of_scikit_learn(fitted, predictions):
    metrics = read_json(fitted.run / "metrics.json")
    test = predictions[predictions["split"] == "test"]
    assert metrics["test"]["auroc"]["value"] == pytest.approx(
        roc_auc_score(test["y_true"] == "nodule", test["p_nodule"])
    )
    assert metrics["test"]["accuracy"]["value"] == pytest.approx(accuracy_score(test["y_true"], test["y_pred"]))
    repeats = [rows for _, rows in predictions[predictions["split"] == "cv"].groupby("repeat")]
    mean = np.mean([roc_auc_score(rows["y_true"] == "nodule", rows["p_nodule"]) for rows in repeats])
    assert metrics["cv"]["auroc"]["value"] == pytest.approx(mean)


def test_patients_are_numbered_by_the_cohorts_order():
    np.testing.assert_array_equal(patient_numbers(pd.Series(["z", "a", "z"])), [0, 1, 0])
    assert patient_numbers(pd.Series(["z", None])) is None
