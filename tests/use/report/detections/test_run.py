from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from medgraft.errors import ArtifactError
from medgraft.files import read_json, write_json
from medgraft.measure.detection.evaluation import evaluate_boxes
from medgraft.use.report.detections.run import MEASURES, POINTS, read_detections


def test_images_are_those_of_the_metrics(detected_session):
    """The numbers of the run come out of the boxes that were read, image without boxes included."""
    run = read_detections(detected_session)
    assert len(run.judged) == len(run.images) == 16 and run.judged == sorted(run.judged)
    again = evaluate_boxes(run.images, run.base.labels, groups=run.groups, replicates=10)
    for name in MEASURES:
        assert again[name]["value"] == pytest.approx(run.base.metrics["test"][name]["value"])
    assert again["map50"]["n"] == 16 and again["map50"]["n_patients"] == 8
    assert len(MEASURES) == 3 + len(POINTS)


def test_patients_go_by_case(detected_session):
    run = read_detections(detected_session)
    cohort = run.base.cohort.set_index("case_id")["patient_id"]
    named = pd.factorize(cohort.reindex(run.judged))[0]
    np.testing.assert_array_equal(run.groups, named)


def test_the_score_is_that_of_the_run(fabricate_boxes):
    folder = fabricate_boxes(n=4)
    assert read_detections(folder).score == 0.5
    metrics = read_json(folder / "metrics.json")
    del metrics["_meta"]["thresholds"]
    write_json(folder / "metrics.json", metrics)
    assert read_detections(folder).score is None


def test_cross_validation_and_other_sites(fabricate_boxes):
    folder = fabricate_boxes(n=4)
    metrics = read_json(folder / "metrics.json")
    write_json(folder / "metrics.json", {"cv": metrics["test"], "_meta": metrics["_meta"]})
    assert len(read_detections(folder).judged) == 10
    called = pd.read_parquet(folder / "predicted_boxes.parquet").assign(split="external:b")
    called.to_parquet(folder / "predicted_boxes.parquet")
    write_json(folder / "metrics.json", {"external:b": metrics["test"], "_meta": metrics["_meta"]})
    assert set(read_detections(folder).judged) == set(called["case_id"])


def test_what_is_missing_is_named(fabricate_boxes):
    folder = fabricate_boxes(n=4)
    pd.read_parquet(folder / "predicted_boxes.parquet").drop(columns="score").to_parquet(
        folder / "predicted_boxes.parquet"
    )
    with pytest.raises(ArtifactError, match="column score is missing"):
        read_detections(folder)
    (folder / "boxes.parquet").unlink()
    with pytest.raises(ArtifactError, match=r"boxes\.parquet is missing"):
        read_detections(folder)
