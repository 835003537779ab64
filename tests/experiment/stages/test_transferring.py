"""The transfer stage shows the strategy train and validation only, and writes what it gives."""

from __future__ import annotations

import numpy as np
import pandas as pd

from medgraft.experiment.stages.transferring import weights_checksum
from medgraft.files import read_json
from medgraft.transfer.models.bundle import read_bundle


def test_the_history_is_the_sweep(fitted):
    history = pd.read_csv(fitted.run / "history.csv")
    assert history["chosen"].sum() == 1
    assert history["C"].is_monotonic_increasing


def test_the_bundle_is_a_frozen_one_with_the_sources_checksum(fitted):
    bundle = read_bundle(fitted.run / "bundle")
    assert bundle.frozen
    assert bundle.checksum == bundle.backbone.checksum
    assert bundle.calibration.threshold_from == "val"


def test_test_cases_are_not_in_cross_validation(fitted):
    predictions = pd.read_parquet(fitted.run / "predictions.parquet")
    split = read_json(fitted.run / "split.json")
    folds = predictions[predictions["split"] == "cv"]
    assert not set(folds["case_id"]) & set(split["test"])
    assert set(folds["case_id"]) == {*split["train"], *split["val"]}


def test_the_checksum_hangs_on_names_types_and_values():
    one = {"a": np.zeros(3, np.float32)}
    others = [{"b": one["a"]}, {"a": np.zeros(3, np.float64)}, {"a": np.ones(3, np.float32)}]
    assert len({weights_checksum(state) for state in (one, *others)}) == 4
    assert weights_checksum(one) == weights_checksum({"a": np.zeros(3, np.float32)})
