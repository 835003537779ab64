from __future__ import annotations

import dataclasses
import json

import pytest

from medgraft.use.report.detections.figures.precision_recall import precision_recall
from medgraft.use.report.detections.run import read_detections


def test_the_area_is_the_average_precision(detected_session):
    run = read_detections(detected_session)
    figure = precision_recall(run)
    json.dumps(figure.payload(), allow_nan=False)
    for curve, label in zip(figure.data, run.base.labels, strict=True):
        told = run.base.metrics["test"]["per_class"][label]["map50"]["value"]
        assert sum(curve["y"]) / 101 == pytest.approx(told, abs=1e-4)
        assert min(curve["y"]) > 0
    assert "platelet: average precision" in figure.alt


def test_without_true_boxes_there_is_none(detected_session):
    run = read_detections(detected_session)
    assert precision_recall(dataclasses.replace(run, truth=run.truth.iloc[:0])) is None
