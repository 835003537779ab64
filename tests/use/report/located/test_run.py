from __future__ import annotations

import pandas as pd
import pytest

from medgraft.errors import ArtifactError
from medgraft.files import write_json
from medgraft.use.report.located.run import checked_columns, read_located, task_of


@pytest.fixture
def folder(tmp_path, plain_run):
    run = plain_run()
    run.cohort.to_parquet(tmp_path / "cohort.parquet")
    write_json(tmp_path / "split.json", run.split)
    write_json(tmp_path / "metrics.json", {**run.metrics, "_meta": {"task": "segmentation", "labels": ["a", "b"]}})
    return tmp_path


def test_the_task_is_read_from_the_metrics(folder, tmp_path):
    assert task_of(folder) == "segmentation"
    write_json(folder / "metrics.json", {"_meta": {}})
    assert task_of(folder) == "" and task_of(tmp_path / "nowhere") == ""


def test_only_cohort_split_and_metrics_are_needed(folder):
    run = read_located(folder)
    assert run.labels == ("a", "b") and run.main == "test" and run.predictions.empty and run.history.empty
    for name in ("cohort.parquet", "split.json"):
        (folder / name).rename(folder / "away")
        with pytest.raises(ArtifactError, match=name):
            read_located(folder)
        (folder / "away").rename(folder / name)


def test_the_bundle_names_the_classes_first(folder):
    write_json(folder / "bundle" / "labels.json", {"labels": ["x"]})
    assert read_located(folder).labels == ("x",)
    write_json(folder / "bundle" / "labels.json", {"labels": []})
    write_json(folder / "metrics.json", {"_meta": {}})
    with pytest.raises(ArtifactError, match="names a class"):
        read_located(folder)


@pytest.mark.parametrize(("epochs", "counted"), [([1, 2, 1, 2], [1, 2, 3, 4]), ([0, 1, 2, 5], [0, 1, 2, 5])])
def test_epochs_of_several_phases_are_counted_on(folder, epochs, counted):
    pd.DataFrame({"phase": list("aabb"), "epoch": epochs, "loss": 0.5}).to_csv(folder / "history.csv", index=False)
    assert read_located(folder).history["epoch"].tolist() == counted


def test_a_missing_column_is_named(tmp_path):
    table = pd.DataFrame({"case_id": [1], "x": [2.0]})
    assert checked_columns(table, tmp_path, ("case_id", "x"))["case_id"].tolist() == ["1"]
    with pytest.raises(ArtifactError, match="column y is missing"):
        checked_columns(table, tmp_path, ("case_id", "y"))
