from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from medgraft.measure.segmentation.agreement import limits_of_agreement
from medgraft.use.report.outlines.figures.bland_altman import bland_altman
from medgraft.use.report.outlines.run import read_outlines


def test_dots_lines_and_bands(outlined_session):
    run = read_outlines(outlined_session)
    own = run.judged[run.judged["label"] == "tail"]
    true, called = own["volume_true"].to_numpy(), own["volume_called"].to_numpy()
    found = limits_of_agreement(true, called, groups=np.arange(len(own)) // 2)
    figure = bland_altman(run, "tail", found)
    json.dumps(figure.payload(), allow_nan=False)
    assert figure.data[0]["x"] == pytest.approx((true + called) / 2, abs=1e-4)
    assert figure.data[0]["y"] == pytest.approx(called - true, abs=1e-4)
    levels = [shape["y0"] for shape in figure.layout["shapes"] if shape["type"] == "line"]
    assert levels == [found.bias.value, found.low.value, found.high.value, 0]
    bands = [(shape["y0"], shape["y1"]) for shape in figure.layout["shapes"] if shape["type"] == "rect"]
    assert bands == [(one.low, one.high) for one in (found.bias, found.low, found.high)]
    low, high = figure.layout["yaxis"]["range"]
    assert low < min(found.low.low, *figure.data[0]["y"]) and high > max(found.high.high, *figure.data[0]["y"])
    assert figure.title == "Volume of tail" and "mL" in figure.caption


def test_without_intervals_there_are_no_bands(outlined_session):
    run = read_outlines(outlined_session)
    found = limits_of_agreement(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]), groups=np.zeros(3, dtype=int))
    figure = bland_altman(dataclasses.replace(run), "head", found)
    assert [shape["type"] for shape in figure.layout["shapes"]] == ["line"] * 4
