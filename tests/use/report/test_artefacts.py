from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from medgraft.errors import ArtifactError
from medgraft.files import write_json
from medgraft.use.report.artefacts import read_artefacts


def test_reads_a_whole_run(fabricate):
    run = read_artefacts(fabricate())
    assert run.labels == ("benign", "malignant") and run.shown == "malignant" and run.binary
    assert run.splits == ["test", "cv", "val", "train"] and run.main == "test"
    assert run.patients_known and not run.synthetic
    assert run.estimate("test", "auroc")["n"] == 48 and run.estimate("test", "dice") is None
    assert run.config_value("seed") == 0 and run.config_value("nothing") is None


def test_training_and_left_out_sites_do_not_stand_beside_the_others(fabricate):
    folder = fabricate()
    metrics = read_artefacts(folder).metrics
    write_json(folder / "metrics.json", {**metrics, "loso": metrics["cv"]})
    run = read_artefacts(folder)
    assert "loso" in run.splits
    assert run.judged == ["test", "cv", "val"]


def test_probabilities_are_joined_by_label(fabricate):
    run = read_artefacts(fabricate(labels=("a", "b", "c")))
    rows = run.main_rows
    np.testing.assert_array_equal(run.probability(rows)[:, 2], rows["p_c"])


def test_the_synthetic_cohort_is_recognised(fabricate):
    assert read_artefacts(fabricate(synthetic=True)).synthetic


def test_cross_validation_counts_each_case_once(fabricate):
    folder = fabricate()
    metrics = read_artefacts(folder).metrics
    write_json(folder / "metrics.json", {"cv": metrics["cv"], "external:b": metrics["val"]})
    run = read_artefacts(folder)
    assert run.splits == ["external:b", "cv"]
    write_json(folder / "metrics.json", {"cv": metrics["cv"]})
    rows = read_artefacts(folder).main_rows
    assert len(rows) == rows["case_id"].nunique() == 192


@pytest.mark.parametrize("name", ["cohort.parquet", "split.json", "predictions.parquet", "metrics.json"])
def test_a_missing_artefact_is_named(fabricate, name):
    folder = fabricate()
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        read_artefacts(folder)


def test_damage_is_an_error(fabricate, tmp_path):
    folder = fabricate()
    (folder / "predictions.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(ArtifactError, match="damaged"):
        read_artefacts(folder)
    with pytest.raises(ArtifactError, match="no folder"):
        read_artefacts(tmp_path / "nowhere")


def test_bundle_and_predictions_of_different_runs(fabricate):
    folder = fabricate()
    write_json(folder / "bundle" / "labels.json", {"labels": ["x", "y"], "positive": "y"})
    with pytest.raises(ArtifactError, match="different runs"):
        read_artefacts(folder)


def test_optional_artefacts_may_be_missing(fabricate):
    folder = fabricate()
    for name in ("config.json", "audit.json", "history.csv", "timings.json"):
        (folder / name).unlink()
    for item in (folder / "bundle").iterdir():
        item.unlink()
    run = read_artefacts(folder)
    assert run.labels == ("benign", "malignant") and run.history.empty and run.model == {}
    assert isinstance(run.history, pd.DataFrame)
