from __future__ import annotations

import dataclasses
import json

import pytest

from medgraft.measure.detection.weighted import FALSE_POSITIVES
from medgraft.use.report.detections.figures.froc import froc
from medgraft.use.report.detections.run import MEASURES, read_detections


def test_band_curves_and_the_seven_points(detected_session):
    run = read_detections(detected_session)
    figure = froc(run)
    json.dumps(figure.payload(), allow_nan=False)
    assert [one.get("name") for one in figure.data] == [None, None, "cell", "platelet", "Mean of the classes", None]
    low, high, mean, points = figure.data[0], figure.data[1], figure.data[4], figure.data[5]
    assert all(a <= b <= c for a, b, c in zip(low["y"], mean["y"], high["y"], strict=True))
    assert points["x"] == list(FALSE_POSITIVES)
    told = [run.base.metrics["test"][name]["value"] for name in MEASURES[3:]]
    assert points["y"] == pytest.approx(told, abs=1e-4)
    on_curve = [mean["y"][mean["x"].index(round(limit, 5))] for limit in FALSE_POSITIVES]
    assert on_curve == pytest.approx(told, abs=1e-4)
    assert f"{told[0]:.3f} at 1/8" in figure.alt


def test_without_true_boxes_there_is_none(detected_session):
    run = read_detections(detected_session)
    assert froc(dataclasses.replace(run, truth=run.truth.iloc[:0])) is None


def test_one_class_has_one_curve(fabricate_boxes):
    figure = froc(read_detections(fabricate_boxes(labels=("cell",), n=6)))
    assert not figure.layout["showlegend"] and len(figure.data) == 4
